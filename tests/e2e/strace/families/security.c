// Identities, capabilities, quotas, Landlock, seccomp.
#include <linux/capability.h>
#include <linux/dqblk_xfs.h>
#include <linux/landlock.h>
#include <linux/quota.h>
#include <linux/seccomp.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_getuid, ""}, {SYS_getgid, ""}, {SYS_setuid, "n"}, {SYS_setgid, "n"}, {SYS_geteuid, ""}, {SYS_getegid, ""}, {SYS_setreuid, "nn"},
    {SYS_setregid, "nn"}, {SYS_getgroups, "zs"}, {SYS_setgroups, "zs"}, {SYS_setresuid, "nnn"}, {SYS_getresuid, "sss"}, {SYS_setresgid, "nnn"},
    {SYS_getresgid, "sss"}, {SYS_setfsuid, "n"}, {SYS_setfsgid, "n"}, {SYS_capget, "ss"}, {SYS_capset, "ss"}, {SYS_quotactl, "npns"},
    {SYS_quotactl_fd, "dnns"}, {SYS_landlock_create_ruleset, "nnn"}, {SYS_landlock_add_rule, "dnsn"}, {SYS_landlock_restrict_self, "dn"},
    {SYS_seccomp, "efs"}, {SYS_seccomp, "efn"}, {SYS_personality, "f"}, {SYS_personality, "e"},
};

static void run(void) {
  VARY_ALL(kCalls);
  const int pids[] = {0, 1, -1, 0x7fffffff};
  const unsigned versions[] = {0x19980330, 0x20071026, 0x20080522, 0, -1, 0x20080523};
  for (int version = 0; version < 6; version++) {
    struct __user_cap_header_struct header = {versions[version], pids[version % 4]};
    for (int bit = 0; bit < 32; bit++) {
      const struct __user_cap_data_struct data[2] = {{1U << bit, 3U << bit, ~(1U << bit)}, {1U << bit, bit % 3 ? 0 : 1U << bit, 0}};
      for (int size = 8; size <= 24; size += 4) {
        call(SYS_capset, (long)&header, at_end(data, size), 0, 0, 0, 0);
        call(SYS_capget, (long)&header, at_end(data, size), 0, 0, 0, 0);
      }
    }
    call(SYS_capget, at_end(&header, 4), 0, 0, 0, 0, 0);
    call(SYS_capget, at_end(&header, 8), 0, 0, 0, 0, 0);
  }
  // Commands of quotactl with each of their structures.
  const unsigned commands[] = {0x800001, 0x800002, 0x800003, 0x800004, 0x800005, 0x800006, 0x800007, 0x800008, 0x800009, 0x800010, 0x5801, 0x5802,
                               0x5803, 0x5804, 0x5805, 0x5806, 0x5807, 0x5808, 0x5809, 0x300, 0x700, 0};
  const long ids[] = {0, 4, -1, 0x7fffffff, 5};
  struct if_dqblk block = {1, 2, 3, 4, 5, 6, 7, 8, 0x81};
  struct if_nextdqblk next = {1, 2, 3, 4, 5, 6, 7, 8, 0xffffffff, 99};
  struct if_dqinfo info = {1, 2, 0x8003, -1};
  struct fs_disk_quota disk = {1, 7, 0x1ff, 0xfffe, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 11, 12, 13, 14, 15};
  struct fs_quota_stat state = {1, 0x3f, 0, {1, 2, 3}, {4, 5, 6}, 7, 8, 9, 10, 11, 12};
  struct fs_quota_statv statev = {1, 0, 0x7f, 3, {1, 2, 3}, {4, 5, 6}, {7, 8, 9}, 7, 8, 9, 10, 11, 12};
  const struct { const void *at; size_t size; } structures[] = {{&block, sizeof block}, {&next, sizeof next}, {&info, sizeof info}, {&disk, sizeof disk},
                                                               {&state, sizeof state}, {&statev, sizeof statev}, {"\2\0\0\0\0\0\0", 8}};
  for (unsigned command = 0; command < sizeof commands / sizeof *commands; command++) {
    for (int type = 0; type < 5; type++) {
      const long number = commands[command] << 8 | (type == 4 ? 0xab : type);
      for (int s = 0; s < 7; s++) {
        const long whole = at_end(structures[s].at, structures[s].size);
        call(SYS_quotactl, number, (long)"/dev/x", ids[s % 5], whole, 0, 0);
        call(SYS_quotactl_fd, 3, number, ids[s % 5], whole, 0, 0);
      }
      for (int size = 4; size < 130; size += 12) call(SYS_quotactl, number, 0, ids[size % 5], END - size, 0, 0);
      call(SYS_quotactl, number, BAD, 7, BAD, 0, 0);
      call(SYS_quotactl_fd, -1, number, 7, 0, 0, 0);
      call(SYS_quotactl, number, (long)"x", 1, (long)"/aquota.user", 0, 0);
    }
  }
  for (int bit = 0; bit < 64; bit++) {
    const struct landlock_path_beneath_attr path = {1UL << bit, bit - 1};
    const uint64_t rules[1] = {1UL << bit};
    call(SYS_landlock_create_ruleset, at_end(rules, 8), 8, 0, 0, 0, 0);
    call(SYS_landlock_create_ruleset, at_end(rules, 8), bit % 9, bit & 1, 0, 0, 0);
    for (int kind = 0; kind < 4; kind++) call(SYS_landlock_add_rule, 3, kind == 2 ? 5 : kind, at_end(&path, sizeof path), 0, 0, 0);
    for (int operation = 0; operation < 5; operation++) call(SYS_seccomp, operation, 1U << bit, 0, 0, 0, 0);
  }
  for (unsigned action = 0; action < 16; action++) {
    const unsigned value = action < 8 ? action << 16 | 5 : (action - 4) << 28;
    call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, at_end(&value, 4), 0, 0, 0);
    const struct seccomp_notif_sizes sizes = {80, 24, 64};
    call(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, at_end(&sizes, 6), 0, 0, 0);
  }
}
