#include <errno.h>
#include <linux/inotify.h>
#include <linux/nbd.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(PERF_EVENT_IOC_ENABLE, PERF_EVENT_IOC_DISABLE, PERF_EVENT_IOC_RESET, PERF_EVENT_IOC_REFRESH,
        PERF_EVENT_IOC_PERIOD, PERF_EVENT_IOC_SET_OUTPUT, PERF_EVENT_IOC_SET_BPF, PERF_EVENT_IOC_PAUSE_OUTPUT,
        PERF_EVENT_IOC_SET_FILTER, PERF_EVENT_IOC_ID, PERF_EVENT_IOC_QUERY_BPF);
  EVERY(SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND, SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_ADDFD,
        _IOR(SECCOMP_IOC_MAGIC, 2, unsigned long));
  for (int error = -140; error <= 1; error++) {
    const struct seccomp_notif_resp response = {1, 2, error, SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    one(SECCOMP_IOCTL_NOTIF_SEND, &response);
  }
  EVERY(UFFDIO_API, UFFDIO_REGISTER, UFFDIO_UNREGISTER, UFFDIO_WAKE, UFFDIO_COPY, UFFDIO_ZEROPAGE,
        UFFDIO_WRITEPROTECT, UFFDIO_CONTINUE);
  const int faults = syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {UFFD_API, 0, 0};
  ioctl(faults, UFFDIO_API, &api);
  struct uffdio_register range = {{(unsigned long)pattern(4096) & ~4095UL, 4096}, UFFDIO_REGISTER_MODE_MISSING, 0};
  ioctl(faults, UFFDIO_REGISTER, &range);
  ioctl(faults, UFFDIO_UNREGISTER, &range.range);
  close(faults);
  EVERY(RNDGETENTCNT, RNDADDTOENTCNT, RNDADDENTROPY, RNDZAPENTCNT, RNDCLEARPOOL, RNDRESEEDCRNG, RNDGETPOOL);
  EVERY(INOTIFY_IOC_SETNEXTWD);
  EVERY(NBD_SET_SOCK, NBD_SET_BLKSIZE, NBD_SET_SIZE, NBD_DO_IT, NBD_CLEAR_SOCK, NBD_CLEAR_QUE, NBD_PRINT_DEBUG,
        NBD_SET_SIZE_BLOCKS, NBD_DISCONNECT, NBD_SET_TIMEOUT, NBD_SET_FLAGS);
  for (unsigned long flag = 0; flag < 16; flag++) one(NBD_SET_FLAGS, (void*)(1UL << flag));
  return 0;
}
