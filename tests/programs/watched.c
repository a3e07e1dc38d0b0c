// A variable that is written to, at the same address in every run (not position-independent): watched address
// prints that address; watched N writes 0 to N - 1 to it, reads it as often, and its child does the same once more.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Not zero: the kernel would write to it too, when it clears the page.
volatile long watched_word __attribute__((aligned(8))) = 1;

static long work(long count) {
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    watched_word = i;
    sum += watched_word;
  }
  return sum;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "address") == 0) {
    printf("%#lx\n", (unsigned long)&watched_word);
    return 0;
  }
  const long count = argc > 1 ? atol(argv[1]) : 10;
  const long sum = work(count);
  const pid_t child = fork();
  if (child == 0) _exit(work(count) == sum ? 0 : 1);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? 0 : 1;
}
