// prctl and arch_prctl with each option.
#include "family.h"

int main(void) {
  const long values[] = {0, 1, 2, 3, 4, 5, 8, 15, 17, 0x2a, 0xff, 0x7fff8, -1, 0x100000000, 0x123456789abcdef};
  const long options[] = {0x59616d61, 0x53564d41, -1, 0x1000, 0x100000001, 0x50};
  for (int i = 0; i < 86; i++) {
    const long option = i < 80 ? i : options[i - 80];
    if (option >= 65 && option < 70) continue;  // newer than strace 6.1
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      syscall(SYS_prctl, option, values[v], values[(v + 1) % 15], values[(v + 2) % 15], values[(v + 3) % 15]);
      syscall(SYS_prctl, option, values[v], 0, 0, 0);
    }
    for (size_t size = 1; size < 256; size *= 3) {
      syscall(SYS_prctl, option, pattern(size), pattern(size), pattern(size), pattern(size));
      syscall(SYS_prctl, option, 1L, pattern(size), size, 0);
      syscall(SYS_prctl, option, 2L, pattern(size), size, 0);
      syscall(SYS_prctl, option, 14L, pattern(size), size, 0);
    }
    syscall(SYS_prctl, option, "a name that is longer than it may be, cut", 1L, 2L, "and another such name of an area");
    syscall(SYS_prctl, option, 0L, "x", 2L, "name");
    syscall(SYS_prctl, option, BAD, BAD, BAD, BAD);
  }
  for (long bit = 1; bit; bit <<= 1) {
    static const int flagged[] = {8, 10, 14, 28, 50, 51, 53, 55, 56, 60, 61, 63, 64};
    for (size_t i = 0; i < sizeof flagged / sizeof *flagged; i++) syscall(SYS_prctl, flagged[i], bit, bit, bit, bit);
  }
  for (int code = 0x1000; code < 0x1020; code++) {
    syscall(SYS_arch_prctl, code, 0x123L);
    syscall(SYS_arch_prctl, code, pattern(8));
    syscall(SYS_arch_prctl, code, pattern(4));
    syscall(SYS_arch_prctl, code, NULL);
  }
  for (int code = 0x2000; code < 0x2006; code++) syscall(SYS_arch_prctl, code, pattern(8));
  for (int code = 0x4000; code < 0x4006; code++) syscall(SYS_arch_prctl, code, pattern(8));
  for (int code = 0x5000; code < 0x5006; code++) syscall(SYS_arch_prctl, code, pattern(8));
  return 0;
}
