// Says which of its calls failed. Usage: fault_target writes FILE | connects PORT PORT | maps
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kWrites = 30, kEveryMs = 100 };
static const char* path;

static long now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void* write_often(void* name) {
  prctl(PR_SET_NAME, name);
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
  const int other = open("/dev/null", O_WRONLY);
  const long began = now_ms();
  for (int i = 0; i < kWrites; i++) {
    usleep(kEveryMs * 1000);
    if (write(other, "x", 1) != 1) printf("%s: /dev/null failed\n", (char*)name);
    const long result = write(fd, "x", 1);
    if (result != 1) printf("%s: write %s after %s2 s\n", (char*)name, strerror(errno), now_ms() - began > 2000 ? ">" : "<");
  }
  return NULL;
}

static void try_connect(const char* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons((unsigned short)atoi(port));
  const long began = now_ms();
  const int result = connect(fd, (struct sockaddr*)&address, sizeof address);
  printf("%s: %s, %s\n", port, result == 0 ? "connected" : strerror(errno), now_ms() - began > 400 ? "late" : "at once");
}

static void try_map(size_t size) {
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  printf("%zu: %s\n", size >> 20, memory == MAP_FAILED ? strerror(errno) : "mapped");
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "writes") == 0 && argc > 2) {
    path = argv[2];
    pthread_t ids[2];
    pthread_create(&ids[0], NULL, write_often, "first");
    pthread_create(&ids[1], NULL, write_often, "second");
    for (int i = 0; i < 2; i++) pthread_join(ids[i], NULL);
    return 0;
  }
  if (strcmp(what, "connects") == 0 && argc > 3) {
    try_connect(argv[2]);
    try_connect(argv[3]);
    return 0;
  }
  if (strcmp(what, "maps") == 0) {
    for (size_t megabytes = 1; megabytes <= 1024; megabytes *= 8) try_map(megabytes << 20);
    return 0;
  }
  fprintf(stderr, "usage: fault_target writes FILE | connects PORT PORT | maps\n");
  return 2;
}
