// Reads a file by asynchronous calls, without libraries. Usage: async_io aio|uring FILE
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char buffers[2][64];

static int by_aio(int fd) {
  aio_context_t context = 0;
  if (syscall(SYS_io_setup, 8, &context) != 0) return 77;
  struct iocb blocks[2];
  struct iocb* list[2] = {&blocks[0], &blocks[1]};
  struct iovec vector = {buffers[1], sizeof buffers[1]};
  memset(blocks, 0, sizeof blocks);
  blocks[0] = (struct iocb){.aio_data = 1, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = (uint32_t)fd, .aio_buf = (uint64_t)(uintptr_t)buffers[0], .aio_nbytes = sizeof buffers[0]};
  blocks[1] = (struct iocb){.aio_data = 2, .aio_lio_opcode = IOCB_CMD_PREADV, .aio_fildes = (uint32_t)fd, .aio_buf = (uint64_t)(uintptr_t)&vector, .aio_nbytes = 1, .aio_offset = 8};
  if (syscall(SYS_io_submit, context, 2, list) != 2) return 1;
  struct io_event events[2];
  const long got = syscall(SYS_io_getevents, context, 2, 2, events, NULL);
  syscall(SYS_io_submit, context, 1, NULL);
  syscall(SYS_io_destroy, context);
  return got != 2;
}

static int by_uring(int fd) {
  struct io_uring_params parameters;
  memset(&parameters, 0, sizeof parameters);
  const int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);
  if (ring < 0) return 77;
  const size_t size = parameters.sq_off.array + parameters.sq_entries * sizeof(uint32_t);
  char* queue = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  struct io_uring_sqe* entries = mmap(NULL, parameters.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE,
                                      MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
  if (queue == MAP_FAILED || entries == MAP_FAILED) return 1;
  entries[0].opcode = IORING_OP_NOP;
  entries[1].opcode = IORING_OP_READ;
  entries[1].fd = fd;
  entries[1].addr = (uint64_t)(uintptr_t)buffers[0];
  entries[1].len = sizeof buffers[0];
  uint32_t* const array = (uint32_t*)(queue + parameters.sq_off.array);
  array[0] = 0;
  array[1] = 1;
  __atomic_store_n((uint32_t*)(queue + parameters.sq_off.tail), 2, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 2, 2, IORING_ENTER_GETEVENTS, NULL, 0) != 2) return 1;
  syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1);
  syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0);
  return close(ring);
}

int main(int argc, char** argv) {
  const int fd = argc > 2 ? open(argv[2], O_RDONLY) : -1;
  if (fd < 0) return 2;
  return strcmp(argv[1], "aio") == 0 ? by_aio(fd) : by_uring(fd);
}
