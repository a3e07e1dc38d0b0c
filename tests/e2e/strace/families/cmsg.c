// Control messages of each level, usual and cut.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "family.h"

static void one(int level, int type, size_t size, size_t told) {
  struct { struct cmsghdr header; unsigned char data[240]; } control;
  memset(&control, 0, sizeof control);
  control.header.cmsg_len = told;
  control.header.cmsg_level = level;
  control.header.cmsg_type = type;
  for (size_t i = 0; i < sizeof control.data; i++) control.data[i] = (unsigned char)(1 + i * 5);
  struct iovec vector = {"text", 4};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = at_page_end(&control, sizeof(struct cmsghdr) + size);
  message.msg_controllen = sizeof(struct cmsghdr) + size;
  syscall(SYS_sendmsg, -1, &message, 0);
  syscall(SYS_recvmsg, -1, &message, MSG_PEEK);
}

int main(void) {
  static const int levels[] = {SOL_SOCKET, SOL_IP, SOL_IPV6, IPPROTO_TCP, IPPROTO_UDP, 263, 271, 273, 9999};
  for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
    for (int type = 0; type < 80; type++) {
      static const size_t sizes[] = {0, 1, 3, 4, 8, 12, 16, 20, 28, 48, 100, 200};
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        one(levels[l], type, sizes[s], sizeof(struct cmsghdr) + sizes[s]);
        if (s == 4) one(levels[l], type, sizes[s], 3);
        if (s == 5) one(levels[l], type, sizes[s], 17);
        if (s == 6) one(levels[l], type, sizes[s], 100000);
      }
    }
  }
  // Several, and a cut header.
  struct { struct cmsghdr header; int fds[4]; } several[3];
  memset(several, 0, sizeof several);
  for (int i = 0; i < 3; i++) {
    several[i].header.cmsg_len = sizeof(struct cmsghdr) + 4 * (i + 1);
    several[i].header.cmsg_level = SOL_SOCKET;
    several[i].header.cmsg_type = SCM_RIGHTS;
    several[i].fds[0] = i;
    several[i].fds[1] = -1;
  }
  for (size_t length = 0; length <= sizeof several; length += 4) {
    struct msghdr message = {NULL, 0, NULL, 0, several, length, 0};
    syscall(SYS_sendmsg, -1, &message, MSG_NOSIGNAL);
    message.msg_control = at_page_end(several, length);
    syscall(SYS_sendmsg, -1, &message, MSG_NOSIGNAL);
  }
  struct msghdr message = {NULL, 0, NULL, 0, BAD, 40, 0};
  syscall(SYS_sendmsg, -1, &message, 0);
  syscall(SYS_sendmsg, -1, BAD, 0);
  syscall(SYS_sendmsg, -1, NULL, 0);
  syscall(SYS_recvmsg, -1, BAD, 0);
  return 0;
}
