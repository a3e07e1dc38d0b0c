// Processes: how they are scheduled, limited, made, waited for and compared; where their memory is.
#include <linux/sched.h>
#include <linux/sched/types.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_sched_yield, ""}, {SYS_getpid, ""}, {SYS_getppid, ""}, {SYS_getpgrp, ""}, {SYS_setsid, ""}, {SYS_gettid, ""}, {SYS_getpgid, "n"},
    {SYS_getsid, "n"}, {SYS_setpgid, "nn"}, {SYS_getpriority, "en"}, {SYS_setpriority, "enn"}, {SYS_sched_setparam, "ns"},
    {SYS_sched_getparam, "ns"}, {SYS_sched_setscheduler, "nes"}, {SYS_sched_setscheduler, "nfs"}, {SYS_sched_getscheduler, "n"},
    {SYS_sched_get_priority_max, "e"}, {SYS_sched_get_priority_min, "e"}, {SYS_sched_rr_get_interval, "ns"}, {SYS_sched_setaffinity, "nzs"},
    {SYS_sched_getaffinity, "nzs"}, {SYS_sched_setattr, "nsf"}, {SYS_sched_getattr, "nszf"}, {SYS_ioprio_set, "enf"}, {SYS_ioprio_get, "en"},
    {SYS_getrlimit, "es"}, {SYS_setrlimit, "es"}, {SYS_prlimit64, "ness"}, {SYS_getrusage, "es"}, {SYS_times, "s"}, {SYS_getcpu, "sss"},
    {SYS_wait4, "nsfs"}, {SYS_waitid, "ensfs"}, {SYS_kcmp, "nnenn"}, {SYS_unshare, "f"}, {SYS_setns, "df"}, {SYS_pidfd_open, "nf"},
    {SYS_pidfd_getfd, "ddf"}, {SYS_process_madvise, "dsnef"}, {SYS_process_mrelease, "df"},
    {SYS_process_vm_readv, "nszsnf"}, {SYS_process_vm_writev, "nsnszf"}, {SYS_set_tid_address, "s"}, {SYS_set_robust_list, "sz"},
    {SYS_get_robust_list, "nss"}, {SYS_rseq, "szfn"}, {SYS_membarrier, "ffn"}, {SYS_membarrier, "enn"}, {SYS_clone3, "sz"},
    {SYS_execveat, "dpssf"}, {SYS_execve, "pss"}, {SYS_mbind, "sneszf"}, {SYS_set_mempolicy, "esz"}, {SYS_set_mempolicy, "fsn"},
    {SYS_get_mempolicy, "ssznf"}, {SYS_migrate_pages, "nzss"}, {SYS_move_pages, "nzsssf"}, {SYS_set_mempolicy_home_node, "nnnf"},
    {SYS_mmap, "snffdn"}, {SYS_mprotect, "snf"}, {SYS_munmap, "sn"}, {SYS_brk, "s"}, {SYS_mremap, "snnfn"}, {SYS_msync, "snf"},
    {SYS_mincore, "nzs"}, {SYS_madvise, "sne"}, {SYS_mlock, "sn"}, {SYS_munlock, "sn"}, {SYS_mlockall, "f"}, {SYS_munlockall, ""},
    {SYS_mlock2, "snf"}, {SYS_remap_file_pages, "snfnf"}, {SYS_pkey_mprotect, "snfn"}, {SYS_pkey_alloc, "ff"}, {SYS_pkey_free, "n"},
    {SYS_userfaultfd, "f"}, {SYS_memfd_secret, "f"}, {SYS_exit, "n"}, {SYS_exit_group, "n"}, {SYS_pause, ""},
    {SYS_modify_ldt, "nsz"}, {SYS_set_thread_area, "s"}, {SYS_get_thread_area, "s"}, {SYS_iopl, "n"}, {SYS_ioperm, "nnn"}, {SYS_restart_syscall, ""},
};

static void run(void) {
  VARY_ALL(kCalls);
  const int policies[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, -1, 0x40000000, 0x40000002};
  for (int i = 0; i < 12; i++) {
    for (unsigned size = 0; size < 70; size += size < 40 ? 12 : 4) {
      const unsigned attributes[18] = {size, policies[i], 1U << i, 1, -5, 0x80000001, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
      call(SYS_sched_setattr, 1, at_end(attributes, sizeof attributes), 0, 0, 0, 0);
      call(SYS_sched_setattr, 1, at_end(attributes, 56), 0, 0, 0, 0);
      call(SYS_sched_setattr, 1, at_end(attributes, 48), 0, 0, 0, 0);
      call(SYS_sched_setattr, 1, at_end(attributes, 4), 0, 0, 0, 0);
      call(SYS_sched_getattr, 1, at_end(attributes, 56), size, 0, 0, 0);
      call(SYS_sched_getattr, 1, at_end(attributes, 48), size, 0, 0, 0);
    }
    const int parameter = policies[i];
    call(SYS_sched_setscheduler, i, policies[i], at_end(&parameter, 4), 0, 0, 0);
  }
  for (int bit = 0; bit < 64; bit++) {
    const long masks[3] = {1L << bit, 5, -1};
    call(SYS_sched_setaffinity, 0, bit, at_end(masks, 24), 0, 0, 0);
    call(SYS_sched_getaffinity, 0, bit, at_end(masks, 24), 0, 0, 0);
    call(SYS_mbind, END, 4096, bit % 8, at_end(masks, 24), bit * 3, 1U << bit);
    call(SYS_set_mempolicy, bit % 8 | 1U << (bit % 32), at_end(masks, 16), bit * 4, 0, 0, 0);
    call(SYS_get_mempolicy, (long)masks, at_end(masks, 16), bit * 4, END, 1UL << bit, 0);
    call(SYS_migrate_pages, 1, bit * 2, at_end(masks, 8), at_end(masks, 16), 0, 0);
    const int how = bit | bit << 8;
    call(SYS_wait4, -1, at_end(&how, 4), 1U << bit, 0, 0, 0);
    const int stopped = 0x7f | bit << 8 | (bit & 7) << 16, dumped = 0x80 | bit;
    call(SYS_wait4, 5, at_end(&stopped, 4), 0x40000000, END - 144, 0, 0);
    call(SYS_wait4, 5, at_end(&dumped, 4), 3, END - 140, 0, 0);
    // clone3: flags and the parts that they make mean something, sizes of older and newer kernels.
    const uint64_t parts[13] = {1UL << bit, END - 4, END - 8, END - 12, bit, 0x1000, 0x2000, END - 64, END - 16, bit % 5, 7, 1, bit};
    const uint64_t few[8] = {0x1100000 | 1UL << bit, 0, 0, 0, 17, 0, 0, 1};
    for (int size = 56; size <= 104; size += 8) call(SYS_clone3, at_end(parts, size), size - bit % 3, 0, 0, 0, 0);
    call(SYS_clone3, at_end(few, 64), 64, 0, 0, 0, 0);
    call(SYS_unshare, 1UL << bit | 1UL << 30, 0, 0, 0, 0, 0);
    call(SYS_mmap, 0, 4096, 3, 0x20 | (bit & 15), -1, 0);
    call(SYS_mmap, END, 4096, 0x1000007, 0x40022 | (long)bit << 26, 3, 0x3000);
    call(SYS_membarrier, 128, 1, bit, 0, 0, 0);
    call(SYS_ioprio_set, bit % 5, 1, bit << 13 | bit, 0, 0, 0);
  }
  const uint64_t limits[][2] = {{-1, 0}, {1024, 1023}, {2048, 1UL << 40}, {-2, 5}, {0x7fffffffffffffff, 0xffffffff}};
  for (int i = 0; i < 5; i++) {
    call(SYS_setrlimit, 3, at_end(limits[i], 16), 0, 0, 0, 0);
    call(SYS_prlimit64, 1, 7, at_end(limits[i], 16), (long)limits[i], 0, 0);
  }
  const struct { long base, size; } ranges[] = {{END - 64, 64}, {0, 1}, {BAD, -1}};
  for (long count = 0; count < 5; count++) {
    call(SYS_process_madvise, 3, at_end(ranges, sizeof ranges), count, 20 + count, count, 0);
    call(SYS_process_vm_readv, 1, at_end(ranges, sizeof ranges), count, at_end(ranges, sizeof ranges), 4 - count, 0);
    call(SYS_process_vm_writev, 1, at_end(ranges, sizeof ranges), count, at_end(ranges, sizeof ranges), 4 - count, 1);
    const long pages[] = {END - 4096, 0, BAD};
    const int nodes[] = {0, -1, -14};
    call(SYS_move_pages, 0, count, at_end(pages, 24), 0, (long)nodes, 2);
    call(SYS_move_pages, 0, count, (long)pages, at_end(nodes, 12), at_end(nodes, 12), 4);
  }
  const unsigned table[4] = {5, END, 0xfffff, 0x7f};
  for (unsigned bits = 0; bits < 128; bits += 5) {
    unsigned entry[4] = {bits % 3 ? 6 : -1, bits << 12, 0xfffff, bits};
    call(SYS_set_thread_area, at_end(entry, 16), 0, 0, 0, 0, 0);
    call(SYS_get_thread_area, at_end(entry, 16), 0, 0, 0, 0, 0);
    call(SYS_modify_ldt, bits % 4 | (bits & 16), at_end(entry, 16), 16 - bits % 2, 0, 0, 0);
  }
  // Arguments and environments.
  const char *const texts[] = {"one", "two", "", "three is longer than thirty-two characters are", 0};
  const char *many[40];
  for (int i = 0; i < 40; i++) many[i] = i < 39 ? "n" : 0;
  call(SYS_execve, (long)"x", (long)texts, (long)texts, 0, 0, 0);
  call(SYS_execve, (long)"x", (long)many, (long)many, 0, 0, 0);
  call(SYS_execve, (long)"x", at_end(texts, 32), at_end(texts, 16), 0, 0, 0);
  call(SYS_execveat, -100, (long)"", (long)(texts + 4), at_end(texts, 40), 0x1000, 0);
}
