// Makes a system call in a loop at the end of a chain of calls. Usage: deep_stack DEPTH COUNT; prints nanoseconds per
// call.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static long count;

__attribute__((noinline, noclone)) long descend(long depth, volatile long* sum) {
  if (depth == 0) {
    const long began = now_ns();
    for (long i = 0; i < count; ++i) *sum += getppid();
    return now_ns() - began;
  }
  const long result = descend(depth - 1, sum);
  *sum += result;
  return result;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: deep_stack DEPTH COUNT\n");
    return 2;
  }
  count = atol(argv[2]);
  volatile long sum = 0;
  printf("%.1f\n", (double)descend(atol(argv[1]), &sum) / (double)count);
  return 0;
}
