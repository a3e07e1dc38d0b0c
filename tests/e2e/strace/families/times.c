// Clocks, timers and futexes.
#include <linux/futex.h>
#include <linux/timex.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_nanosleep, "ss"}, {SYS_getitimer, "es"}, {SYS_setitimer, "ess"}, {SYS_alarm, "n"}, {SYS_gettimeofday, "ss"}, {SYS_settimeofday, "ss"},
    {SYS_time, "s"}, {SYS_adjtimex, "s"}, {SYS_clock_adjtime, "es"}, {SYS_timer_create, "ess"}, {SYS_timer_settime, "nfss"},
    {SYS_timer_gettime, "ns"}, {SYS_timer_getoverrun, "n"}, {SYS_timer_delete, "n"}, {SYS_clock_settime, "es"}, {SYS_clock_gettime, "es"},
    {SYS_clock_getres, "es"}, {SYS_clock_nanosleep, "efss"}, {SYS_timerfd_create, "ef"}, {SYS_timerfd_settime, "dfss"},
    {SYS_timerfd_gettime, "ds"}, {SYS_futex, "sEnssn"}, {SYS_futex_waitv, "snfse"},
};

static void run(void) {
  VARY_ALL(kCalls);
  const struct timespec_pair { long seconds, nanoseconds; } times[] = {{1, 999999999}, {0, 1000000000}, {-1, -1}, {0x7fffffffffffffff, 0x3fffffff}, {1700000000, 5}};
  for (int i = 0; i < 5; i++) {
    for (int k = 0; k < 5; k++) {
      const struct timespec_pair both[2] = {times[i], times[k]};
      const long whole = at_end(both, 32), one = at_end(both, 16);
      call(SYS_nanosleep, one, whole, 0, 0, 0, 0);
      call(SYS_timer_settime, 5, k % 3, whole, whole, 0, 0);
      call(SYS_timerfd_settime, 5, k % 4, whole, whole, 0, 0);
      call(SYS_setitimer, k, whole, whole, 0, 0, 0);
      call(SYS_settimeofday, one, (long)both, 0, 0, 0, 0);
      call(SYS_gettimeofday, one, one, 0, 0, 0, 0);
      call(SYS_clock_nanosleep, k, i, one, one, 0, 0);
      call(SYS_clock_settime, k, one, 0, 0, 0, 0);
      call(SYS_clock_gettime, 5 + k, one, 0, 0, 0, 0);
      call(SYS_time, one, 0, 0, 0, 0, 0);
    }
  }
  // Clocks of processes, threads and descriptors.
  for (long clock = -40; clock < 0; clock++) {
    call(SYS_clock_gettime, clock, END - 16, 0, 0, 0, 0);
    call(SYS_clock_nanosleep, clock * 8 + 2, 1, (long)times, 0, 0, 0);
    call(SYS_timer_create, ~(clock * 1000) << 3 | (clock & 7), 0, END - 4, 0, 0, 0);
  }
  // Each operation of a futex with each flag.
  for (int operation = 0; operation < 20; operation++) {
    for (int flags = 0; flags < 1024; flags += 128) {
      call(SYS_futex, END - 4, operation | flags, 5, (long)times, END - 8, 0xfedcba98);
      call(SYS_futex, END - 4, operation | flags, -1, at_end(times + 2, 16), 0, -1);
      call(SYS_futex, 0, operation | flags, 0x7fffffff, BAD, BAD, 0x12345678);
      call(SYS_futex, 1, operation | flags, 0x80000000, 0, 3, 0);
      call(SYS_futex, END, operation | flags, 1, 0x7fffffff, 3, 0x900000001);
    }
  }
  for (unsigned value = 0; value < 256; value++) call(SYS_futex, END - 4, FUTEX_WAKE_OP, 1, 2, END - 8, value << 24 | value << 12 | value * 17);
  for (int bit = 0; bit < 32; bit++) {
    const struct futex_waitv waited[3] = {{bit, END - 4, 1U << bit, bit % 5 ? 0 : bit}, {-1, 0, 2, 0}, {1, BAD, 0x82, 1}};
    for (int count = 0; count < 5; count++) call(SYS_futex_waitv, at_end(waited, 48 + 24 * (bit % 2)), count, bit, (long)times, bit % 4, 0);
    struct timex_like { unsigned modes; int gap; long offset, frequency, most, estimated; int status, gap2; long constant, precision, tolerance, seconds, part, tick, pps[3];
      int shift, gap3; long more[5]; int tai; int rest[11]; } adjusted = {1U << bit, 0, 5, -6, 7, 8, 1U << bit, 0, 9, 10, 11, 12, 13, 14, {15, -16, 17}, 18, 0, {19, 20, 21, 22, 23}, bit - 5};
    call(SYS_adjtimex, at_end(&adjusted, 208), 0, 0, 0, 0, 0);
    call(SYS_clock_adjtime, bit % 12, at_end(&adjusted, 208), 0, 0, 0, 0);
    call(SYS_clock_adjtime, bit % 12, at_end(&adjusted, 200), 0, 0, 0, 0);
    for (int notified = 0; notified < 6; notified++) {
      const struct { long value; int signal, how; union { int thread; long function[2]; }; } event = {0x1122334455667788, bit * 2, notified, {.function = {END, BAD}}};
      call(SYS_timer_create, bit % 12, at_end(&event, 64), END - 4, 0, 0, 0);
      call(SYS_timer_create, bit % 12, at_end(&event, 64 - 8 * (bit % 7)), END - 2, 0, 0, 0);
    }
  }
}
