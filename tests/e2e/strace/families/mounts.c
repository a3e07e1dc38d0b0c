// Mounts, old and new, and swap space.
#include <linux/mount.h>
#define MS_SHARED (1UL << 20)

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_mount, "pppfp"}, {SYS_umount2, "pf"}, {SYS_pivot_root, "pp"}, {SYS_chroot, "p"}, {SYS_swapon, "pf"}, {SYS_swapoff, "p"}, {SYS_acct, "p"},
    {SYS_fsopen, "pf"}, {SYS_fsconfig, "dnpsn"}, {SYS_fsmount, "dnn"}, {SYS_move_mount, "dpdpf"}, {SYS_open_tree, "dpf"}, {SYS_fspick, "dpf"},
    {SYS_mount_setattr, "dpfsz"},
};

static void run(void) {
  VARY_ALL(kCalls);
  // What a command of fsconfig takes.
  const long addresses[] = {(long)"text", 0, BAD, (long)"a longer text that is to be cut somewhere after its middle part", END - 3, END - 300, END - 9};
  const long numbers[] = {0, 5, -1, -100, 0x7fffffff, 300, 0x100000002};
  for (int command = -1; command < 8; command++) {
    for (int key = 0; key < 7; key++) {
      for (int value = 0; value < 7; value++) call(SYS_fsconfig, 3, command, addresses[key], addresses[value], numbers[(key + value) % 7], 0);
    }
  }
  // Old magic numbers, kinds of flags together.
  for (int bit = 0; bit < 64; bit++) {
    call(SYS_mount, (long)"/dev/x", (long)"/mnt", (long)"ext4", 0xc0ed0000 | 1UL << bit, (long)"a=b", 0);
    call(SYS_mount, (long)"x", (long)"y", 0, 0x1021 | 1UL << bit, END - 4, 0);
    call(SYS_fsmount, -1, bit & 1, 1 << (bit % 8), 0, 0, 0);
    call(SYS_fsmount, 3, 0, 0x30 | 1 << (bit % 20), 0, 0, 0);
    call(SYS_open_tree, -100, (long)"x", 0x80001 | 1 << bit, 0, 0, 0);
    call(SYS_move_mount, 3, (long)"", -100, (long)"x", 0x44 | 1 << bit, 0);
    call(SYS_swapon, (long)"/swap", 0x8000 | bit | 1L << bit, 0, 0, 0, 0);
    const struct mount_attr attributes[] = {{1UL << bit, 0, 0, 0}, {0x30, 1UL << bit, 0, 0}, {0, 0, 1UL << bit, bit}, {0, 0, MS_SHARED, 1UL << bit}, {-1, -1, -1, -1}};
    for (int i = 0; i < 5; i++) call(SYS_mount_setattr, -100, (long)"x", 0x8000, at_end(attributes + i, 32), i % 2 ? 32 : 31 + bit % 5, 0);
  }
}
