// Signals, those that are described by a siginfo too.
#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_rt_sigaction, "ennz"}, {SYS_rt_sigprocmask, "essz"}, {SYS_rt_sigpending, "sz"}, {SYS_rt_sigtimedwait, "sssz"},
    {SYS_rt_sigqueueinfo, "nes"}, {SYS_rt_tgsigqueueinfo, "nnes"}, {SYS_rt_sigsuspend, "sz"}, {SYS_sigaltstack, "ss"}, {SYS_kill, "ne"},
    {SYS_tkill, "ne"}, {SYS_tgkill, "nne"}, {SYS_signalfd, "dsz"}, {SYS_signalfd4, "dszf"}, {SYS_pidfd_send_signal, "des"},
};

static void run(void) {
  VARY_ALL(kCalls);
  const long addresses[] = {0, 1, END, BAD};
  for (int bit = 0; bit < 64; bit++) {
    const uint64_t masks[] = {1UL << bit, ~(1UL << bit), (1UL << bit) - 1, -1UL << bit};
    for (int i = 0; i < 4; i++) {
      call(SYS_rt_sigprocmask, i, at_end(masks + i, 8), 0, 8, 0, 0);
      const uint64_t action[4] = {addresses[i], 1UL << bit | (i % 2 ? 0x04000000 : 0), END - bit, masks[i]};
      // strace reads 88 bytes of it.
      long whole[16];
      memset(whole, 0, sizeof whole);
      memcpy(whole, action, sizeof action);
      call(SYS_rt_sigaction, bit + 1, at_end(whole, sizeof whole), (long)(END - sizeof whole), 8, 0, 0);
      call(SYS_signalfd4, -1, at_end(masks + i, 8), 8, 1U << bit, 0, 0);
    }
    const struct { long base; int flags, gap; unsigned long size; } stack = {END, 1U << bit, 0, 1UL << bit};
    call(SYS_sigaltstack, at_end(&stack, 24), at_end(&stack, 24), 0, 0, 0, 0);
    call(SYS_rt_sigpending, at_end(masks, 8), bit % 12, 0, 0, 0, 0);
  }
  // What a siginfo says, by signal and by who sent it.
  for (int number = 0; number < 66; number++) {
    const int codes[] = {0, 0x80, -1, -2, -3, -4, -5, -6, -60, -7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 0x10001, -100};
    for (unsigned code = 0; code < sizeof codes / sizeof *codes; code++) {
      int info[32] = {number, number % 3, codes[code], 0, 0x11, 0x22, (int)END, 7, 0x55, 0x66, 5, 1, 2, 3};
      call(SYS_rt_sigqueueinfo, 1, number, at_end(info, 128), 0, 0, 0);
      for (int i = 4; i < 14; i++) info[i] = 0;
      call(SYS_rt_tgsigqueueinfo, 1, 2, number, at_end(info, 128), 0, 0);
      call(SYS_rt_sigtimedwait, (long)zeros, at_end(info, 128), 0, 8, 0, 0);
    }
  }
}
