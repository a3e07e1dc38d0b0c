// Threads that each make system calls: threads THREADS COUNT; every thread calls getppid COUNT times and opens /dev/null once.
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static long count;

static void* work(void* unused) {
  (void)unused;
  for (long i = 0; i < count; ++i) syscall(SYS_getppid);
  const int fd = open("/dev/null", O_RDONLY);
  if (fd >= 0) close(fd);
  return NULL;
}

int main(int argc, char** argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 4;
  count = argc > 2 ? atol(argv[2]) : 100;
  pthread_t ids[64];
  for (int i = 0; i < threads && i < 64; ++i) pthread_create(&ids[i], NULL, work, NULL);
  for (int i = 0; i < threads && i < 64; ++i) pthread_join(ids[i], NULL);
  return 0;
}
