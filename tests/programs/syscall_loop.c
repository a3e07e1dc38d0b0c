// Makes the same system calls in a tight loop and says what an iteration cost.
// Usage: syscall_loop getppid|open|access COUNT [PER_SECOND]; prints nanoseconds per iteration.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

__attribute__((noinline)) void once(const char* what) {
  if (what[0] == 'g') {
    syscall(SYS_getppid);
  } else if (what[0] == 'o') {
    const int fd = open("/dev/null", O_RDONLY);
    if (fd >= 0) close(fd);
  } else if (access("/nonexistent", R_OK) == 0) {
    puts("unexpected: /nonexistent exists");
  }
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: syscall_loop getppid|open|access COUNT [PER_SECOND]\n");
    return 2;
  }
  const long count = atol(argv[2]);
  const long per_second = argc > 3 ? atol(argv[3]) : 0;
  const long began = now_ns();
  for (long i = 0; i < count; ++i) {
    once(argv[1]);
    // Paced in bursts of 250, each waiting for its due time without sleeping, so that the rate is exact.
    if (per_second > 0 && i % 250 == 0) {
      while (now_ns() - began < i * 1000000000L / per_second) continue;
    }
  }
  printf("%.1f\n", (double)(now_ns() - began) / (double)count);
  return 0;
}
