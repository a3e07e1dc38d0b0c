#include <linux/io_uring.h>
#include <sys/uio.h>

#include "family.h"

static long ring_register(long fd, long opcode, const void* argument, long count) {
  return syscall(SYS_io_uring_register, fd, opcode, argument, count);
}

int main(void) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  const long fd = syscall(SYS_io_uring_setup, 4, &parameters);
  parameters.flags = ~0U;
  syscall(SYS_io_uring_setup, 4, &parameters);
  memset(&parameters, 0xff, sizeof parameters);
  syscall(SYS_io_uring_setup, 1, &parameters);
  syscall(SYS_io_uring_setup, 1, BAD);
  syscall(SYS_io_uring_setup, 1, at_page_end(&parameters, sizeof parameters - 4));

  const unsigned long signals = 5;
  syscall(SYS_io_uring_enter, fd, 1, 0, IORING_ENTER_GETEVENTS, &signals, 8);
  syscall(SYS_io_uring_enter, fd, 0, 0, IORING_ENTER_EXT_ARG, &signals, 24);
  syscall(SYS_io_uring_enter, fd, 0, 0, 0xffffffff, BAD, 8);

  const struct iovec vector = {&parameters, 16};
  ring_register(fd, IORING_REGISTER_BUFFERS, &vector, 1);
  const int fds[] = {0, 1};
  ring_register(fd, IORING_REGISTER_FILES, fds, 2);
  const struct io_uring_files_update update = {1, 0, (uintptr_t)fds};
  ring_register(fd, IORING_REGISTER_FILES_UPDATE, &update, 1);
  ring_register(fd, IORING_REGISTER_EVENTFD, fds, 1);
  char room[sizeof(struct io_uring_probe) + 8 * 4];
  memset(room, 0, sizeof room);
  ring_register(fd, IORING_REGISTER_PROBE, room, 4);
  const struct io_uring_restriction restrictions[] = {{0, {1}}, {1, {2}}, {2, {3}}, {9, {9}}};
  ring_register(fd, IORING_REGISTER_RESTRICTIONS, restrictions, 4);
  for (int opcode = 0; opcode < 24; opcode++) {
    ring_register(-1, opcode, NULL, 0);
    ring_register(-1, opcode, BAD, 1);
    memset(room, 0x81, sizeof room);
    ring_register(-1, opcode, room, 1);
    memset(room, 0, sizeof room);
    ring_register(-1, opcode, room, 2);
  }
  return 0;
}
