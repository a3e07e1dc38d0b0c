// Calls on files, by path and by descriptor.
#include <fcntl.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_read, "dsz"}, {SYS_write, "dpz"}, {SYS_open, "pFn"}, {SYS_close, "d"}, {SYS_stat, "ps"}, {SYS_fstat, "ds"}, {SYS_lstat, "ps"},
    {SYS_poll, "szn"}, {SYS_lseek, "dne"}, {SYS_pread64, "dszn"}, {SYS_pwrite64, "dpzn"}, {SYS_readv, "dsz"}, {SYS_writev, "dsz"},
    {SYS_access, "pf"}, {SYS_pipe, "s"}, {SYS_select, "nssss"}, {SYS_dup, "d"}, {SYS_dup2, "dd"}, {SYS_sendfile, "ddsn"},
    {SYS_fcntl, "dEs"}, {SYS_fcntl, "den"}, {SYS_flock, "de"}, {SYS_fsync, "d"}, {SYS_fdatasync, "d"}, {SYS_truncate, "pn"}, {SYS_ftruncate, "dn"},
    {SYS_getdents, "dnz"}, {SYS_getcwd, "sz"}, {SYS_chdir, "p"}, {SYS_fchdir, "d"}, {SYS_rename, "pp"}, {SYS_mkdir, "pn"}, {SYS_rmdir, "p"},
    {SYS_creat, "pf"}, {SYS_link, "pp"}, {SYS_unlink, "p"}, {SYS_symlink, "pp"}, {SYS_readlink, "psz"}, {SYS_chmod, "pf"}, {SYS_fchmod, "df"},
    {SYS_chown, "pnn"}, {SYS_fchown, "dnn"}, {SYS_lchown, "pnn"}, {SYS_umask, "f"}, {SYS_utime, "ps"}, {SYS_mknod, "pfn"}, {SYS_uselib, "p"},
    {SYS_ustat, "ns"}, {SYS_statfs, "ps"}, {SYS_fstatfs, "ds"}, {SYS_sysfs, "nnn"}, {SYS_readahead, "dnn"}, {SYS_setxattr, "ppszf"},
    {SYS_lsetxattr, "ppszf"}, {SYS_fsetxattr, "dpszf"}, {SYS_getxattr, "ppsz"}, {SYS_lgetxattr, "ppsz"}, {SYS_fgetxattr, "dpsz"},
    {SYS_listxattr, "psz"}, {SYS_llistxattr, "psz"}, {SYS_flistxattr, "dsz"}, {SYS_removexattr, "pp"}, {SYS_lremovexattr, "pp"},
    {SYS_fremovexattr, "dp"}, {SYS_lookup_dcookie, "nsz"}, {SYS_epoll_create, "n"}, {SYS_getdents64, "dnz"}, {SYS_fadvise64, "dnne"},
    {SYS_epoll_wait, "dszn"}, {SYS_epoll_ctl, "deds"}, {SYS_utimes, "ps"}, {SYS_inotify_init, ""}, {SYS_inotify_add_watch, "dpf"},
    {SYS_inotify_rm_watch, "dn"}, {SYS_openat, "dpFn"}, {SYS_mkdirat, "dpn"}, {SYS_mknodat, "dpfn"}, {SYS_fchownat, "dpnnf"},
    {SYS_futimesat, "dps"}, {SYS_newfstatat, "dpsf"}, {SYS_unlinkat, "dpf"}, {SYS_renameat, "dpdp"}, {SYS_linkat, "dpdpf"},
    {SYS_symlinkat, "pdp"}, {SYS_readlinkat, "dpsz"}, {SYS_fchmodat, "dpn"}, {SYS_faccessat, "dpf"}, {SYS_pselect6, "nsssss"},
    {SYS_ppoll, "szssz"}, {SYS_splice, "dsdsnf"}, {SYS_tee, "ddnf"}, {SYS_sync_file_range, "dnnf"}, {SYS_vmsplice, "dszf"},
    {SYS_utimensat, "dpsf"}, {SYS_epoll_pwait, "dsznsz"}, {SYS_eventfd, "n"}, {SYS_fallocate, "dfnn"}, {SYS_eventfd2, "nf"},
    {SYS_epoll_create1, "f"}, {SYS_dup3, "ddf"}, {SYS_pipe2, "sf"}, {SYS_inotify_init1, "f"}, {SYS_preadv, "dsznn"}, {SYS_pwritev, "dsznn"},
    {SYS_fanotify_init, "ff"}, {SYS_fanotify_init, "en"}, {SYS_fanotify_mark, "dffdp"}, {SYS_name_to_handle_at, "dpssf"},
    {SYS_open_by_handle_at, "dsf"}, {SYS_syncfs, "d"}, {SYS_renameat2, "dpdpf"}, {SYS_memfd_create, "pf"}, {SYS_copy_file_range, "dsdsnf"},
    {SYS_preadv2, "dsznnf"}, {SYS_pwritev2, "dsznnf"}, {SYS_statx, "dpffs"}, {SYS_close_range, "nnf"}, {SYS_openat2, "dpsz"},
    {SYS_faccessat2, "dpff"}, {SYS_epoll_pwait2, "dsnssz"}, {SYS_vhangup, ""}, {SYS_sync, ""},
};

static void run(void) {
  VARY_ALL(kCalls);
  // Handles of files: sizes that fit and do not, mount ids.
  for (unsigned size = 0; size < 140; size += 7) {
    const unsigned handle[40] = {size, 0x81, 0x11223344, 0x55667788, 0x99aabbcc};
    const long whole = at_end(handle, sizeof handle), cut = at_end(handle, 16), head = at_end(handle, 8);
    const int mount = 7;
    call(SYS_name_to_handle_at, 3, (long)"x", whole, (long)&mount, 0x1000, 0);
    call(SYS_open_by_handle_at, 3, whole, O_RDWR, 0, 0, 0);
    call(SYS_name_to_handle_at, 3, (long)"x", cut, (long)&mount, 0x400, 0);
    call(SYS_open_by_handle_at, 3, cut, O_PATH | O_TMPFILE, 0, 0, 0);
    call(SYS_open_by_handle_at, 3, head, 0, 0, 0, 0);
  }
  // How to open: flags, modes, resolutions, what follows.
  for (int bit = 0; bit < 64; bit++) {
    const uint64_t how[4] = {1UL << bit, 0, 0, 0}, mode[4] = {O_CREAT | 1UL << bit, 0644, 0, 0}, tmpfile[3] = {O_TMPFILE, 1UL << bit, 1UL << bit};
    const uint64_t resolve[4] = {O_RDWR, 0, 1UL << bit, bit};
    call(SYS_openat2, -100, (long)"x", at_end(how, 24), 24, 0, 0);
    call(SYS_openat2, -100, (long)"x", at_end(mode, 32), 32, 0, 0);
    call(SYS_openat2, -100, (long)"x", at_end(tmpfile, 24), 24, 0, 0);
    call(SYS_openat2, -100, (long)"x", at_end(resolve, 32), 32, 0, 0);
    call(SYS_open, (long)"x", O_CREAT | 1 << (bit & 31), 1L << bit, 0, 0, 0);
    call(SYS_openat, 3, (long)"x", O_TMPFILE | 1 << (bit & 31), 07777, 0, 0);
    call(SYS_mknod, (long)"x", 0170000 & bit << 10, 0x1234567, 0, 0, 0);
    call(SYS_mknodat, 3, (long)"x", (0170000 & bit << 10) | 07654, 0xfedcba9876, 0, 0);
    call(SYS_fcntl, 3, F_SETFL, 1L << bit, 0, 0, 0);
    call(SYS_fcntl, 3, F_SETFD, 1L << bit, 0, 0, 0);
    call(SYS_fcntl, 3, F_ADD_SEALS, 1L << bit, 0, 0, 0);
    call(SYS_fcntl, 3, F_NOTIFY, 1L << bit, 0, 0, 0);
    call(SYS_fcntl, 3, F_SETLEASE, bit - 2, 0, 0, 0);
    call(SYS_fcntl, 3, F_SETSIG, bit, 0, 0, 0);
    call(SYS_fcntl, 3, F_SETOWN, bit - 20, 0, 0, 0);
  }
  for (long command = 1024; command < 1044; command++) {
    call(SYS_fcntl, 3, command, 0, 0, 0, 0);
    call(SYS_fcntl, 3, command, 0x1000f, 0, 0, 0);
    call(SYS_fcntl, 3, command, END - 8, 0, 0, 0);
    call(SYS_fcntl, 3, command, END - 4, 0, 0, 0);
    call(SYS_fcntl, 3, command, BAD, 0, 0, 0);
  }
  for (short type = 0; type < 5; type++) {
    const struct flock lock = {type, type, 5, -1, 77};
    const struct f_owner_ex owner = {type, 99};
    for (int command = F_GETLK; command <= F_SETLKW; command++) call(SYS_fcntl, 3, command, at_end(&lock, sizeof lock), 0, 0, 0);
    for (int command = 36; command <= 38; command++) call(SYS_fcntl, 3, command, at_end(&lock, sizeof lock), 0, 0, 0);
    call(SYS_fcntl, 3, F_SETOWN_EX, at_end(&owner, sizeof owner), 0, 0, 0);
    call(SYS_fcntl, 3, F_GETOWN_EX, at_end(&owner, sizeof owner), 0, 0, 0);
    for (uint64_t hint = 0; hint < 7; hint++) {
      for (int command = F_GET_RW_HINT; command <= F_SET_FILE_RW_HINT; command++) call(SYS_fcntl, 3, command, at_end(&hint, 8), 0, 0, 0);
    }
  }
  // Times of files: now, unchanged, before 1970, far.
  const long times[][4] = {{1, 2, 3, 4}, {-1, 0x3fffffff, -5, 0x3ffffffe}, {0, 999999999, 0, 1000000000}, {0x7fffffffffff, -1, 4102444800, 5}};
  for (int i = 0; i < 4; i++) {
    call(SYS_utimensat, 3, (long)"x", at_end(times[i], 32), 0x100, 0, 0);
    call(SYS_utimes, (long)"x", at_end(times[i], 32), 0, 0, 0, 0);
    call(SYS_futimesat, -100, (long)"x", at_end(times[i], 32), 0, 0, 0);
    call(SYS_utime, (long)"x", at_end(times[i], 16), 0, 0, 0, 0);
  }
  // Vectors and descriptors to wait for.
  const struct { const void *base; size_t size; } vectors[] = {{"abc", 3}, {NULL, 0}, {(void *)BAD, 5}, {"a longer text, cut in the midst of it", 38}, {"x", -1}};
  for (long count = 0; count < 7; count++) {
    call(SYS_writev, 3, at_end(vectors, sizeof vectors), count, 0, 0, 0);
    call(SYS_readv, 3, at_end(vectors, sizeof vectors), count, 0, 0, 0);
    call(SYS_vmsplice, 3, at_end(vectors, sizeof vectors), count, 1, 0, 0);
    call(SYS_pwritev2, 3, at_end(vectors, sizeof vectors), count, 0x11223344, 5, 2);
    call(SYS_preadv2, 3, at_end(vectors, sizeof vectors), count, -1, -1, 4);
  }
  const struct { int fd; short events, revents; } polled[] = {{0, 1, 1}, {-1, 0x7fff, 0x10}, {5, 0, -1}};
  const long soon[2] = {1, 5};
  for (long count = 0; count < 5; count++) {
    call(SYS_poll, at_end(polled, sizeof polled), count, -1, 0, 0, 0);
    call(SYS_ppoll, at_end(polled, sizeof polled), count, (long)soon, (long)zeros, 8, 0);
  }
  const struct { unsigned events; unsigned data[2]; } waited[] = {{1, {3, 4}}, {0xffffffff, {0xffffffff, 5}}};
  for (int operation = 0; operation < 5; operation++) call(SYS_epoll_ctl, 3, operation, 4, at_end(waited, sizeof waited), 0, 0);
  for (long bits = 0; bits < 9; bits++) {
    long set[3] = {0x8000000000000005, 2, -1}, mask[2] = {(long)zeros, 8}, short_mask[2] = {(long)soon, bits};
    call(SYS_select, bits * 23, (long)set, (long)(set + 1), 0, (long)soon, 0);
    call(SYS_pselect6, bits * 23, 0, (long)set, (long)set, (long)soon, (long)mask);
    call(SYS_pselect6, bits, 0, 0, 0, 0, (long)short_mask);
  }
  call(SYS_select, -1, (long)zeros, 0, 0, 0, 0);
  call(SYS_select, 2000, (long)zeros, END - 8, 0, 0, 0);
  // Names in a directory.
  const struct { long inode, next; unsigned short size; unsigned char type; char name[5]; } entries[] = {
      {5, 6, 24, 4, "."}, {7, -1, 24, 8, "file"}, {-1, 2, 24, 99, "\1\2"}};
  for (long size = 0; size <= 72; size += 8) {
    call(SYS_getdents64, 3, at_end(entries, sizeof entries), size, 0, 0, 0);
    call(SYS_getdents, 3, at_end(entries, sizeof entries), size, 0, 0, 0);
  }
}
