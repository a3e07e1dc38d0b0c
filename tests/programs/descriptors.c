// What changes which files descriptors lead to, with a read from each to show them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void look(int fd) {
  char byte;
  if (pread(fd, &byte, 1, 0) < -1) abort();
}

static void* reopen(void* unused) {
  close(6);
  if (open("/etc/hosts", O_RDONLY) != 6) abort();
  look(6);
  return unused;
}

static void pass(int from, int to) {
  char byte = 'x';
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec data = {&byte, 1};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  memset(control, 0, sizeof control);
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  const int passed = open("/etc/passwd", O_RDONLY);
  memcpy(CMSG_DATA(header), &passed, sizeof passed);
  if (sendmsg(from, &message, 0) != 1) abort();
  close(passed);
  message.msg_controllen = sizeof control;
  if (recvmsg(to, &message, 0) != 1) abort();
  int received = -1;
  memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
  look(received);
  close(received);
}

int main(int argc, char** argv) {
  if (argc > 1) {  // behind the exec: 3 was closed by it, 4 not
    look(3);
    look(4);
    if (open("/etc/group", O_RDONLY) != 3) abort();
    look(3);
    return 0;
  }
  close_range(3, ~0U, 0);
  if (open("first", O_RDWR | O_CREAT | O_CLOEXEC, 0600) != 3 || open("/etc/passwd", O_RDONLY) != 4) abort();
  look(3);
  look(4);
  rename("first", "second");
  look(3);
  unlink("second");
  look(3);
  if (dup2(4, 5) != 5) abort();
  look(5);
  dup2(3, 5);
  look(5);
  close(5);
  look(5);
  if (dup(4) != 5 || fcntl(4, F_DUPFD, 6) != 6) abort();
  look(5);
  look(6);
  pthread_t id;
  pthread_create(&id, NULL, reopen, NULL);
  pthread_join(id, NULL);
  look(6);
  if (fork() == 0) {
    look(6);
    close(6);
    if (open("/etc/shells", O_RDONLY) != 6) abort();
    look(6);
    chdir("/etc");
    if (openat(AT_FDCWD, "fstab", O_RDONLY) > 100) abort();
    _exit(0);
  }
  wait(NULL);
  look(6);
  syscall(SYS_close_range, 5, 6, 0);
  look(5);
  look(6);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) abort();
  pass(ends[0], ends[1]);
  close(ends[0]);
  close(ends[1]);
  if (pipe(ends) != 0) abort();
  look(ends[0]);
  close(ends[0]);
  if (open("/etc/hosts", O_RDONLY) != ends[0]) abort();
  look(ends[0]);
  unshare(CLONE_FILES);
  look(ends[0]);
  mkdir("a", 0700);
  const int directory = open("a", O_RDONLY | O_DIRECTORY);
  look(directory);
  rename("a", "b");
  look(directory);
  rmdir("b");
  look(directory);
  execl("/proc/self/exe", "descriptors", "again", NULL);
  return 1;
}
