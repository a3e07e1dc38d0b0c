// Netlink messages of each protocol, with counted bytes for payloads. Only ever run with sendto made to fail.
#include <linux/netlink.h>
#include <sys/socket.h>

#include "family.h"

static unsigned char buffer[4096];

static void send_message(int fd, int type, int flags, const void* payload, size_t length) {
  struct nlmsghdr header = {(uint32_t)(sizeof header + length), (uint16_t)type, (uint16_t)flags, 7, 0};
  memcpy(buffer, &header, sizeof header);
  memcpy(buffer + sizeof header, payload, length);
  syscall(SYS_sendto, fd, at_page_end(buffer, sizeof header + length), sizeof header + length, 0, NULL, 0);
}

// A message of TYPE whose header of HEADER bytes is followed by each attribute with counted bytes.
static void attributes(int fd, int type, size_t header, unsigned family, int first, int last) {
  unsigned char payload[512];
  for (int attribute = first; attribute <= last; attribute++) {
    static const size_t sizes[] = {0, 1, 2, 4, 8, 24, 64, 120};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      memset(payload, 0, sizeof payload);
      payload[0] = (unsigned char)family;
      struct nlattr nested = {(uint16_t)(sizeof nested + sizes[s]), (uint16_t)attribute};
      memcpy(payload + header, &nested, sizeof nested);
      for (size_t i = 0; i < sizes[s]; i++) payload[header + 4 + i] = (unsigned char)(1 + i * 3);
      send_message(fd, type, NLM_F_REQUEST, payload, header + sizeof nested + sizes[s]);
    }
  }
}

int main(void) {
  unsigned char counted[256];
  for (int i = 0; i < 256; i++) counted[i] = (unsigned char)(2 + i * 3);
  for (int protocol = 0; protocol < 23; protocol++) {
    const int fd = syscall(SYS_socket, AF_NETLINK, SOCK_RAW, protocol);
    if (fd < 0) continue;
    // What protocol a socket has is known of bound ones.
    const struct sockaddr_nl name = {AF_NETLINK};
    syscall(SYS_bind, fd, &name, sizeof name);
    for (int type = 0; type < 130; type++) {
      for (size_t length = 0; length < 80; length += length < 24 ? 4 : 14) {
        if (protocol == 0 && type >= 16) counted[0] = (unsigned char)(length & 4 ? 2 : 10);
        send_message(fd, type, type & 1 ? 0x301 : 0xf05, counted, length);
      }
    }
    for (int type = 0x100; type < 0xd00; type += 0x100) {
      for (int message = 0; message < 28; message++) send_message(fd, type + message, 0x601, counted, 4 + message % 3 * 12);
    }
    for (int type = 1100; type < 1130; type++) send_message(fd, type, 1, counted, 20);
    if (protocol == 0) {
      attributes(fd, 16, 16, 0, 0, 64);
      attributes(fd, 20, 8, 2, 0, 12);
      attributes(fd, 24, 12, 2, 0, 32);
      attributes(fd, 28, 12, 2, 0, 16);
      attributes(fd, 32, 12, 2, 0, 26);
      attributes(fd, 36, 20, 0, 0, 16);
      attributes(fd, 40, 20, 0, 0, 14);
      attributes(fd, 44, 20, 0, 0, 14);
      attributes(fd, 48, 4, 0, 0, 8);
      attributes(fd, 64, 4, 0, 0, 10);
      attributes(fd, 72, 4, 0, 0, 10);
      attributes(fd, 80, 4, 2, 0, 8);
      attributes(fd, 84, 8, 7, 0, 4);
      attributes(fd, 88, 4, 0, 0, 8);
    }
    close(fd);
  }
  return 0;
}
