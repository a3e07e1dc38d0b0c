// Netlink protocols with few messages, or with messages whose payloads nobody decodes; errors and acknowledgements.
#include <linux/cryptouser.h>
#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>

#include "netlink_family.h"

static void crypto(void) {
  struct place place = {netlink_socket(NETLINK_CRYPTO), CRYPTO_MSG_NEWALG, NLM_F_REQUEST};
  if (place.fd < 0) return;
  struct crypto_user_alg algorithm = {"name", "driver", "module", 1, 2, 3, 4};
  static unsigned char bytes[300];
  memcpy(bytes, &algorithm, sizeof algorithm);
  for (int type = CRYPTO_MSG_NEWALG - 1; type < CRYPTO_MSG_NEWALG + 8; type++) {
    for (size_t length = 0; length < sizeof bytes; length += length < 200 ? 24 : 7) {
      send_message(place.fd, type, NLM_F_REQUEST, bytes, length);
    }
    for (int flags = 1; flags < 0x10000; flags *= 2) send_message(place.fd, type, flags, bytes, sizeof algorithm);
  }
  memset(bytes, 'x', sizeof bytes);
  send_message(place.fd, CRYPTO_MSG_GETALG, 1, bytes, sizeof algorithm);
  // Attributes behind a header that is longer than what a place has room for.
  memset(bytes, 0, sizeof bytes);
  memcpy(bytes, &algorithm, sizeof algorithm);
  for (int attribute = 0; attribute < 16; attribute++) {
    for (size_t size = 0; size < 280; size += size < 12 ? 1 : 12) {
      unsigned char whole[800];
      memcpy(whole, bytes, sizeof algorithm);
      const size_t at = (sizeof algorithm + 3) / 4 * 4;
      const struct nlattr header = {(uint16_t)(4 + size), (uint16_t)attribute};
      memcpy(whole + at, &header, 4);
      for (size_t i = 0; i < size; i++) whole[at + 4 + i] = (unsigned char)(i < 10 || (i >= 64 && i < 70) ? 'a' + i % 26 : i % 64 ? i % 5 : 0);
      send_message(place.fd, CRYPTO_MSG_GETALG, 1, whole, at + 4 + size);
    }
  }
}

static void netfilter(void) {
  struct place place = {netlink_socket(NETLINK_NETFILTER), 0x100, NLM_F_REQUEST, sizeof(struct nfgenmsg)};
  if (place.fd < 0) return;
  static const unsigned char nested[] = {8, 0, 1, 0, 127, 0, 0, 1, 12, 0, 2, 0x80, 8, 0, 1, 0, 5, 6, 7, 8, 5, 0, 3, 0x40, 1};
  headers(&place);
  attributes(&place, 0, 3);
  cuts(&place, nested, sizeof nested);
  for (int subsystem = 0; subsystem < 16; subsystem++) {
    for (int message = 0; message < 40; message++) {
      const unsigned char header[8] = {2, (unsigned char)(message % 3), (unsigned char)(message % 2 ? 0 : 10), (unsigned char)(message % 2 ? 10 : 0), 4, 0, 1};
      for (size_t length = 0; length <= 8; length += 2) send_message(place.fd, subsystem << 8 | message, 0x301, header, length);
      if (message > 28) continue;
      for (int flags = 1; flags < 0x10000; flags *= 2) send_message(place.fd, subsystem << 8 | message, flags, header, 4);
    }
  }
}

static void plain(int protocol) {
  const int fd = netlink_socket(protocol);
  if (fd < 0) return;
  unsigned char counted[512];
  for (unsigned i = 0; i < sizeof counted; i++) counted[i] = (unsigned char)(2 + i * 3);
  for (int type = 0; type < 64; type += type < 28 ? 1 : 7) {
    for (size_t length = 0; length < 24; length += 3) send_message(fd, type, NLM_F_REQUEST, counted, length);
    for (int flags = 1; flags < 0x10000; flags *= 2) send_message(fd, type, flags, counted, 8);
  }
  for (int type = 64; type < 2200; type += type < 256 || (type >= 1100 && type < 1130) || (type >= 1300 && type < 1340) ? 1 : 43) send_message(fd, type, 0x301, counted, 8);
  for (size_t length = 24; length < sizeof counted; length += 31) send_message(fd, 20, 1, counted, length);
}

// NLMSG_ERROR and NLMSG_DONE: what they are about, and attributes behind it.
static void errors(int protocol) {
  const int fd = netlink_socket(protocol);
  if (fd < 0) return;
  unsigned char bytes[256] = {0};
  for (int flags = 0; flags <= 0x300; flags += 0x100) {
    for (int error = -140; error < 2; error += error < -4 ? 45 : 2) {
      for (uint32_t inner = 0; inner < 48; inner += 8) {
        const struct nlmsghdr header = {inner, RTM_NEWLINK, 0x605, 9, 10};
        memcpy(bytes, &error, sizeof error);
        memcpy(bytes + 4, &header, sizeof header);
        // An attribute behind the message, or behind its header.
        static const unsigned char texts[] = {9, 0, 1, 0, 't', 'e', 'x', 't', 0, 0, 0, 0, 8, 0, 2, 0, 5, 0, 0, 0, 7, 0, 3, 0, 1, 2, 3, 0, 8, 0, 4, 0, 8, 0, 1, 0};
        memcpy(bytes + 20, texts, sizeof texts);
        for (size_t length = 0; length <= 20 + sizeof texts; length += length < 28 ? 5 : 4) send_message(fd, NLMSG_ERROR, flags, bytes, length);
      }
    }
  }
  struct place place = {fd, NLMSG_ERROR, 0x200, 20};
  const struct nlmsghdr header = {16, RTM_NEWLINK, 1, 9, 10};
  memcpy(place.header + 4, &header, sizeof header);
  attributes(&place, 0, 8);
  cuts(&place, "\11\0\1\0text\0\0\0\0\10\0\2\0\5\0\0\0", 20);
  for (size_t length = 0; length < 16; length++) send_message(fd, NLMSG_DONE, NLM_F_MULTI, bytes, length);
  for (int type = 0; type < 16; type++) {
    for (int flags = 1; flags < 0x10000; flags *= 2) send_message(fd, type, flags, bytes, 20);
  }
}

// Several messages, lengths that lie, and what is behind the last.
static void several(int protocol) {
  const int fd = netlink_socket(protocol);
  if (fd < 0) return;
  for (uint32_t length = 0; length < 60; length += length < 40 ? 1 : 4) {
    memset(message_bytes, 0, 2048);
    for (size_t at = 0; at < 2048; at += length < 16 ? 16 : (length + 3) / 4 * 4) {
      const struct nlmsghdr header = {length, (uint16_t)(at / 16), 1, 7, 0};
      memcpy(message_bytes + at, &header, sizeof header);
    }
    for (size_t given = 0; given < 130; given += given < 24 ? 1 : 7) send_cut(fd, given, given);
    send_cut(fd, 2000, 2000);
  }
  for (uint32_t length = 0xfffffff0; length != 4; length++) {
    const struct nlmsghdr header = {length, 20, 1, 7, 0};
    memcpy(message_bytes, &header, sizeof header);
    send_cut(fd, 64, 64);
  }
  syscall(SYS_sendto, fd, NULL, 0, 0, NULL, 0);
  syscall(SYS_sendto, fd, NULL, 100, 0, NULL, 0);
  syscall(SYS_sendto, fd, BAD, 8, 0, NULL, 0);
  syscall(SYS_sendto, fd, BAD, 100, 0, NULL, 0);
  syscall(SYS_sendto, fd, message_bytes, 0, 0, NULL, 0);
  syscall(SYS_sendto, fd, message_bytes, 1, 0, NULL, 0);
  syscall(SYS_sendto, fd, at_page_end(message_bytes, 64), -1UL, 0, NULL, 0);
  syscall(SYS_sendto, fd, at_page_end(message_bytes, 64), 1UL << 32 | 64, 0, NULL, 0);
}

// What udevd sends to its clients (systemd's libudev).
static void events(void) {
  const int fd = netlink_socket(NETLINK_KOBJECT_UEVENT);
  if (fd < 0) return;
  memset(message_bytes, 0, 256);
  memcpy(message_bytes, "libudev", 8);
  for (size_t i = 8; i < 200; i++) message_bytes[i] = (unsigned char)(i * 3);
  for (size_t given = 0; given < 120; given++) send_cut(fd, given, given);
  for (size_t given = 0; given < 60; given++) send_cut(fd, given, 60);
  memcpy(message_bytes, "libudex", 8);
  send_cut(fd, 80, 80);
  static const char text[] = "add@/devices/virtual/mem/null\0ACTION=add\0DEVPATH=/devices/virtual/mem/null";
  memcpy(message_bytes, text, sizeof text);
  for (size_t given = 0; given < sizeof text; given += 5) send_cut(fd, given, given);
}

int main(void) {
  crypto();
  netfilter();
  plain(NETLINK_XFRM);
  plain(NETLINK_AUDIT);
  plain(NETLINK_SELINUX);
  plain(NETLINK_GENERIC);
  plain(NETLINK_SCSITRANSPORT);
  plain(NETLINK_CONNECTOR);
  plain(NETLINK_ISCSI);
  plain(NETLINK_RDMA);
  plain(NETLINK_FIB_LOOKUP);
  errors(NETLINK_ROUTE);
  errors(NETLINK_GENERIC);
  several(NETLINK_ROUTE);
  several(NETLINK_CONNECTOR);
  events();
  return 0;
}
