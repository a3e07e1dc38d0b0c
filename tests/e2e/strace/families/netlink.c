// Every type of message of each netlink protocol, with counted bytes for payloads.
#include "netlink_family.h"

int main(void) {
  unsigned char counted[256];
  for (int i = 0; i < 256; i++) counted[i] = (unsigned char)(2 + i * 3);
  for (int protocol = 0; protocol < 23; protocol++) {
    const int fd = netlink_socket(protocol);
    if (fd < 0) continue;
    for (int type = 0; type < 130; type++) {
      for (size_t length = 0; length < 80; length += length < 24 ? 8 : 28) {
        if (protocol == 0 && type >= 16) counted[0] = (unsigned char)(length & 4 ? 2 : 10);
        send_message(fd, type, type & 1 ? 0x301 : 0xf05, counted, length);
      }
    }
    for (int type = 0x100; type < 0xd00; type += 0x100) {
      for (int message = 0; message < 28; message++) send_message(fd, type + message, 0x601, counted, 4 + message % 3 * 12);
    }
    for (int type = 1100; type < 1130; type++) send_message(fd, type, 1, counted, 20);
    close(fd);
  }
  return 0;
}
