// The whole system: its names, log, modules, kernels to boot, switches of old.
#include <linux/kexec.h>
#include <linux/reboot.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_uname, "s"}, {SYS_sysinfo, "s"}, {SYS_syslog, "Esz"}, {SYS_sethostname, "sz"}, {SYS_setdomainname, "sz"}, {SYS_reboot, "eeep"},
    {SYS_create_module, "nn"}, {SYS_init_module, "snp"}, {SYS_finit_module, "dpf"}, {SYS_delete_module, "pf"}, {SYS_get_kernel_syms, "n"},
    {SYS_query_module, "nnnnn"}, {SYS_nfsservctl, "nnn"}, {SYS_getpmsg, "nnnnn"}, {SYS_putpmsg, "nnnnn"}, {SYS_afs_syscall, "nnnnn"},
    {SYS_tuxcall, "nnn"}, {SYS_security, "nnn"}, {SYS_epoll_ctl_old, "nnnn"}, {SYS_epoll_wait_old, "nnnn"}, {SYS_vserver, "nnnnn"},
    {SYS__sysctl, "s"}, {SYS_kexec_load, "nzsn"}, {SYS_kexec_file_load, "ddnpf"}, {SYS_getrandom, "szf"},
};

static void run(void) {
  VARY_ALL(kCalls);
  const unsigned magic[] = {LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_MAGIC2A, LINUX_REBOOT_MAGIC2B, LINUX_REBOOT_MAGIC2C, 5};
  const unsigned commands[] = {LINUX_REBOOT_CMD_RESTART, LINUX_REBOOT_CMD_HALT, LINUX_REBOOT_CMD_CAD_ON, LINUX_REBOOT_CMD_CAD_OFF, LINUX_REBOOT_CMD_POWER_OFF,
                               LINUX_REBOOT_CMD_RESTART2, LINUX_REBOOT_CMD_SW_SUSPEND, LINUX_REBOOT_CMD_KEXEC, 7};
  for (int i = 0; i < 6; i++) {
    for (int k = 0; k < 9; k++) call(SYS_reboot, magic[i], magic[(i + 1) % 6], commands[k], k % 2 ? BAD : (long)"argument", 0, 0);
  }
  const struct kexec_segment segments[3] = {{"x", 1, (void *)END, 4096}, {(void *)BAD, -1, 0, 0}, {0, 0, (void *)-1, 7}};
  for (long count = 0; count < 20; count++) {
    call(SYS_kexec_load, END, count, at_end(segments, sizeof segments), count << 16 | count % 4, 0, 0);
    call(SYS_kexec_load, END, count, END - 24, 1UL << count * 3, 0, 0);
    const struct { int *name; int length; void *old; size_t *old_length; void *fresh; size_t fresh_length; long rest[4]; } control = {
        (int *)(long)(END - 8), count, (void *)END, (size_t *)(END - 8), (void *)BAD, 9};
    const int names[2] = {count % 8, count};
    at_end(&control, sizeof control);
    fill_pattern();
    memcpy(cut_page + 4096 - 8, names, 8);
    memcpy(cut_page, &control, sizeof control);
    call(SYS__sysctl, (long)cut_page, 0, 0, 0, 0, 0);
    call(SYS_syslog, count, (long)"a text of the log\n<3>and more of it, too long for one line of the trace", count * 5, 0, 0, 0);
    call(SYS_syslog, count, 0, count * 5, 0, 0, 0);
  }
  fill_pattern();
  const struct { char parts[6][65]; } names = {{"Linux", "node", "6.1", "#1 SMP \377\n", "x86_64", "(none)"}};
  call(SYS_uname, at_end(&names, sizeof names), 0, 0, 0, 0, 0);
  call(SYS_init_module, END - 16, 16, (long)"parameter=1 other=\"2 3\"", 0, 0, 0);
}
