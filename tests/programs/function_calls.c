// Calls functions of its own, in itself and in a child.
// Usage: function_calls COUNT    twice(i) and the parts in known numbers, in this process and in a child that it forks
//        function_calls watch    twice() until SIGTERM; then 0 if its code is as it was at the start, else 1
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline, noclone)) long twice(long value) {
  __asm__ volatile("");
  return 2 * value;
}
__attribute__((noinline, noclone)) int negate_int(int value) {
  __asm__ volatile("");
  return -value;
}
__attribute__((noinline, noclone)) void part_one(void) { __asm__ volatile(""); }
__attribute__((noinline, noclone)) void part_two(const char* text) { __asm__ volatile("" : : "r"(text)); }
__attribute__((noinline, noclone)) void part_three(void) { __asm__ volatile(""); }

static volatile sig_atomic_t ending = 0;
static void on_term(int signal_number) {
  (void)signal_number;
  ending = 1;
}

static int watch(void) {
  unsigned char code[8];
  memcpy(code, (const void*)twice, sizeof code);
  signal(SIGTERM, on_term);
  puts("ready");
  fflush(stdout);
  long i = 0;
  while (!ending) twice(++i);
  return memcmp(code, (const void*)twice, sizeof code) == 0 ? 0 : 1;
}

static void call_all(long count) {
  for (long i = 0; i < count; ++i) {
    if (twice(i) != 2 * i || negate_int((int)i) != -(int)i) exit(1);
    part_one();
    part_two("even");
    part_two("odd");
    for (int times = 0; times < 3; ++times) part_three();
  }
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "watch") == 0) return watch();
  const long count = argc > 1 ? atol(argv[1]) : 100;
  const pid_t child = fork();
  if (child < 0) return 1;
  call_all(count);
  if (child == 0) _exit(0);
  int status = 0;
  return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
