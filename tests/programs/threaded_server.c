// Threads that serve, and as many that ask, each pair by a port of its own. Usage: threaded_server PAIRS REQUESTS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int requests;

struct pair {
  int listening;
  struct sockaddr_in address;
};

// Every thread has descriptors of its own, so that their numbers do not depend on the others.
static void* serve(void* argument) {
  const struct pair* pair = argument;
  char line[32];
  unshare(CLONE_FILES);
  for (int i = 0; i < requests; i++) {
    const int fd = accept4(pair->listening, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || recv(fd, line, sizeof line, MSG_WAITALL) != sizeof line || send(fd, "done", 4, 0) != 4) abort();
    close(fd);
  }
  return NULL;
}

static void* ask(void* argument) {
  const struct pair* pair = argument;
  char line[32] = "a request of thirty-two bytes";
  unshare(CLONE_FILES);
  for (int i = 0; i < requests; i++) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr*)&pair->address, sizeof pair->address) != 0) abort();
    if (send(fd, line, sizeof line, 0) != sizeof line || recv(fd, line, 4, MSG_WAITALL) != 4) abort();
    close(fd);
  }
  return NULL;
}

int main(int argc, char** argv) {
  enum { kMost = 16 };
  const int count = argc > 1 ? atoi(argv[1]) : 4;
  requests = argc > 2 ? atoi(argv[2]) : 20;
  struct pair pairs[kMost];
  pthread_t ids[2 * kMost];
  if (count > kMost) return 2;
  memset(pairs, 0, sizeof pairs);
  for (int i = 0; i < count; i++) {
    struct sockaddr_in* const address = &pairs[i].address;
    socklen_t length = sizeof *address;
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pairs[i].listening = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(pairs[i].listening, (struct sockaddr*)address, length) != 0 || listen(pairs[i].listening, 8) != 0 ||
        getsockname(pairs[i].listening, (struct sockaddr*)address, &length) != 0) {
      return 1;
    }
  }
  for (int i = 0; i < count; i++) {
    pthread_create(&ids[2 * i], NULL, serve, &pairs[i]);
    pthread_create(&ids[2 * i + 1], NULL, ask, &pairs[i]);
  }
  for (int i = 0; i < 2 * count; i++) pthread_join(ids[i], NULL);
  return 0;
}
