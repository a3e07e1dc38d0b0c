// System V IPC: semaphores, messages, shared memory; POSIX message queues; asynchronous I/O.
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "family.h"

static void control_calls(void) {
  static const size_t sizes[] = {4, 8, 40, 64, 112, 120, 200};
  for (int command = 0; command < 24; command++) {
    for (int is_64 = 0; is_64 < 2; is_64++) {
      const int full = command | (is_64 ? 0x100 : 0);
      for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        syscall(SYS_shmctl, 7, full, pattern(sizes[i]));
        syscall(SYS_msgctl, -7, full, pattern(sizes[i]));
        syscall(SYS_semctl, 7, 3, full, pattern(sizes[i]));
      }
      syscall(SYS_shmctl, 7, full, NULL);
      syscall(SYS_msgctl, 7, full, BAD);
      syscall(SYS_semctl, 7, -3, full, BAD);
      syscall(SYS_semctl, 7, -3, full, NULL);
    }
  }
}

static void operations(void) {
  struct sembuf operation[3] = {{1, -1, IPC_NOWAIT | SEM_UNDO}, {2, 7, 0}, {0xffff, -32768, 0x7fff}};
  const struct timespec time = {1, 5};
  for (unsigned count = 0; count < 5; count++) {
    syscall(SYS_semop, 3, at_page_end(operation, sizeof operation), count);
    syscall(SYS_semtimedop, 3, at_page_end(operation, sizeof operation), count, &time);
  }
  syscall(SYS_semop, -1, NULL, 1);
  syscall(SYS_semop, -1, BAD, 1);
  syscall(SYS_semtimedop, -1, BAD, 0xffffffff, BAD);
  struct { long type; char text[48]; } message = {77, "a message that is longer than what is shown of it"};
  for (int length = -1; length < 60; length += 7) {
    syscall(SYS_msgsnd, 5, &message, (long)length, IPC_NOWAIT);
    syscall(SYS_msgrcv, 5, &message, (long)length, -3L, MSG_NOERROR | 020000);
  }
  syscall(SYS_msgsnd, 5, BAD, 4L, -1);
  syscall(SYS_msgsnd, 5, NULL, 4L, 040000);
  syscall(SYS_msgsnd, 5, pattern(4), 4L, 0);
  syscall(SYS_msgsnd, 5, pattern(10), 4L, 0);
  syscall(SYS_msgrcv, 5, BAD, 4L, 0x1234567890L, -1);
  syscall(SYS_msgrcv, 5, pattern(12), 4L, 0L, 0);
  for (unsigned flags = 0; flags < 0x10000; flags = flags * 3 + 1) {
    syscall(SYS_shmget, (long)flags, 4096L, flags);
    syscall(SYS_semget, (long)flags * 7, 3, flags);
    syscall(SYS_msgget, (long)flags * 5, flags);
    syscall(SYS_shmat, 5, (long)flags << 12, flags);
  }
  syscall(SYS_shmget, 0, -1L, 0x7c000fff | 04000);
  syscall(SYS_shmdt, BAD);
}

static void queues(void) {
  struct mq_attr attributes = {O_NONBLOCK, 10, 20, -3};
  const struct timespec time = {-1, 1000000001};
  syscall(SYS_mq_open, "a_queue", O_RDWR | O_CREAT, 0640, &attributes);
  syscall(SYS_mq_open, "a_queue", O_RDWR | O_CREAT, 0640, at_page_end(&attributes, 24));
  syscall(SYS_mq_open, "a_queue", O_RDWR | O_CREAT, 07777, NULL);
  syscall(SYS_mq_open, "a_queue", O_WRONLY);
  syscall(SYS_mq_open, BAD, -1, -1, BAD);
  syscall(SYS_mq_unlink, "a_queue_with_a_long_name_that_is_never_cut_off_here");
  syscall(SYS_mq_timedsend, 7, "some text", 9L, 3, &time);
  syscall(SYS_mq_timedsend, 7, BAD, 9L, 0xffffffff, BAD);
  unsigned priority = 0x80000003;
  char text[64] = "received";
  syscall(SYS_mq_timedreceive, 7, text, 64L, &priority, &time);
  syscall(SYS_mq_timedreceive, 7, BAD, 64L, BAD, BAD);
  syscall(SYS_mq_timedreceive, 7, NULL, 64L, NULL, NULL);
  syscall(SYS_mq_getsetattr, 7, &attributes, &attributes);
  syscall(SYS_mq_getsetattr, 7, pattern(32), BAD);
  syscall(SYS_mq_getsetattr, -1, BAD, pattern(16));
  syscall(SYS_mq_getsetattr, -1, NULL, NULL);
  struct sigevent event;
  memset(&event, 0, sizeof event);
  for (int notify = 0; notify < 6; notify++) {
    event.sigev_notify = notify;
    event.sigev_signo = SIGUSR1;
    event.sigev_value.sival_ptr = notify & 1 ? (void*)0x123456789 : NULL;
    syscall(SYS_mq_notify, 7, &event);
    event.sigev_signo = 1000;
    syscall(SYS_mq_notify, 7, at_page_end(&event, sizeof event));
  }
  syscall(SYS_mq_notify, -1, pattern(60));
  syscall(SYS_mq_notify, -1, NULL);
}

static void asynchronous(void) {
  unsigned long context = 0xdeadbeef;
  syscall(SYS_io_setup, 5, &context);
  syscall(SYS_io_setup, -1, BAD);
  syscall(SYS_io_destroy, 0x12345678L);
  char text[] = "what is to be written";
  struct iovec { void* base; size_t length; } vectors[2] = {{text, 4}, {text + 4, 17}};
  struct iocb block;
  struct iocb* list[3] = {&block, (void*)0x10, NULL};
  for (int operation = 0; operation < 12; operation++) {
    memset(&block, 0, sizeof block);
    block.aio_data = 0x123456789abc;
    block.aio_lio_opcode = operation;
    block.aio_reqprio = operation & 1 ? 0x6003 : 0;
    block.aio_fildes = operation & 2 ? 1 : -1;
    block.aio_buf = (uint64_t)(operation == 7 || operation == 8 ? (void*)vectors : text);
    block.aio_nbytes = operation == 7 || operation == 8 ? 2 : sizeof text;
    block.aio_offset = operation * 1000 - 1;
    block.aio_rw_flags = operation & 4 ? RWF_NOWAIT | 0x4000 : 0;
    block.aio_key = operation & 3;
    block.aio_flags = operation & 3;
    block.aio_resfd = 42;
    syscall(SYS_io_submit, context, 1L, list);
    syscall(SYS_io_submit, context, 3L, list);
    struct io_event event = {1, 2, -3, 4};
    syscall(SYS_io_cancel, context, &block, &event);
    block.aio_buf = 0xdeadbeef;
    syscall(SYS_io_submit, context, 1L, list);
    block.aio_buf = 0;
    syscall(SYS_io_submit, context, 1L, list);
  }
  syscall(SYS_io_submit, context, 0L, list);
  syscall(SYS_io_submit, context, -1L, list);
  syscall(SYS_io_submit, context, 3L, BAD);
  syscall(SYS_io_submit, context, 9L, at_page_end(list, 16));
  syscall(SYS_io_cancel, 0L, NULL, NULL);
  syscall(SYS_io_cancel, 0L, pattern(60), BAD);
  struct io_event events[2] = {{1, 2, 3, 4}, {0xffffffffffff, 0, -5, -6}};
  const struct timespec time = {3, 4};
  struct { const void* set; size_t size; } mask = {pattern(8), 8};
  syscall(SYS_io_getevents, context, 1L, 2L, events, &time);
  syscall(SYS_io_getevents, context, -1L, 2L, BAD, BAD);
  syscall(SYS_io_getevents, context, 1L, 1L, NULL, NULL);
  syscall(SYS_io_pgetevents, context, 1L, 2L, events, &time, &mask);
  mask.size = 7;
  syscall(SYS_io_pgetevents, context, 1L, 2L, events, &time, &mask);
  syscall(SYS_io_pgetevents, context, 1L, 2L, events, NULL, BAD);
}

int main(void) {
  control_calls();
  operations();
  queues();
  asynchronous();
  return 0;
}
