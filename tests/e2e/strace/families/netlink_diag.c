// sock_diag: requests and replies for sockets of each family.
#include <linux/inet_diag.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>

#include "netlink_family.h"

static const unsigned char nested[] = {9, 0, 4, 0, 'r', 'e', 'n', 'o', 0, 0, 0, 0, 12, 0, 2, 0x80, 8, 0, 1, 0, 5, 6, 7, 8, 5, 0, 8, 0, 3};

static void of_family(int fd, int type, int flags, int family, size_t header, int last) {
  struct place place = {fd, type, flags, header};
  place.header[0] = (unsigned char)family;
  unsigned char bytes[128];
  for (unsigned each = 0; each < 256; each += each < header ? 1 : 7) {
    memset(bytes, (int)each, sizeof bytes);
    bytes[0] = (unsigned char)family;
    send_message(fd, type, flags, bytes, header);
    for (size_t i = 1; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * each);
    send_message(fd, type, flags, bytes, header);
    // One bit, or one number, in each byte of the header.
    if (each < header) {
      for (int bit = 0; bit < 8; bit++) {
        memset(bytes, 0, sizeof bytes);
        bytes[0] = (unsigned char)family;
        if (each > 0) bytes[each] = (unsigned char)(1 << bit);
        send_message(fd, type, flags, bytes, header);
      }
    }
  }
  attributes(&place, 0, last);
  cuts(&place, nested, sizeof nested);
}

// Programs of conditions (linux/inet_diag.h).
static void conditions(int fd) {
  struct place place = {fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, sizeof(struct inet_diag_req_v2)};
  place.header[0] = AF_INET;
  unsigned char bytes[64];
  for (int code = 0; code < 18; code++) {
    for (size_t size = 0; size < 32; size += size < 14 ? 1 : 4) {
      for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 3);
      bytes[0] = (unsigned char)code;
      for (int family = 2; family < 12; family += 4) {
        bytes[4] = (unsigned char)family;
        send_attribute(&place, INET_DIAG_REQ_BYTECODE, bytes, size);
      }
    }
  }
}

static void nested_replies(int fd) {
  struct place place = {fd, SOCK_DIAG_BY_FAMILY, 0, sizeof(struct inet_diag_msg)};
  place.header[0] = AF_INET6;
  place.depth = 1;
  place.path[0] = INET_DIAG_ULP_INFO;
  attributes(&place, 0, 4);
  place.path[0] = INET_DIAG_SK_BPF_STORAGES;
  attributes(&place, 0, 4);
  place.depth = 2;
  place.path[1] = 1;
  attributes(&place, 0, 5);
  place.path[0] = INET_DIAG_ULP_INFO;
  for (int kind = 1; kind < 5; kind++) {
    place.path[1] = kind;
    attributes(&place, 0, 12);
  }
}

int main(void) {
  const int fd = netlink_socket(NETLINK_SOCK_DIAG);
  if (fd < 0) return 1;
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_UNIX, sizeof(struct unix_diag_req), 3);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_UNIX, sizeof(struct unix_diag_msg), 10);
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_NETLINK, sizeof(struct netlink_diag_req), 3);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_NETLINK, sizeof(struct netlink_diag_msg), 7);
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_PACKET, sizeof(struct packet_diag_req), 3);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_PACKET, sizeof(struct packet_diag_msg), 10);
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_INET, sizeof(struct inet_diag_req_v2), 5);
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_INET6, sizeof(struct inet_diag_req_v2), 5);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_INET, sizeof(struct inet_diag_msg), 24);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_INET6, sizeof(struct inet_diag_msg), 3);
  of_family(fd, TCPDIAG_GETSOCK, NLM_F_REQUEST, AF_INET, sizeof(struct inet_diag_req), 4);
  of_family(fd, DCCPDIAG_GETSOCK, NLM_F_REQUEST, AF_INET6, sizeof(struct inet_diag_req), 4);
  of_family(fd, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, AF_SMC, 52, 2);
  of_family(fd, SOCK_DIAG_BY_FAMILY, 0, AF_SMC, 68, 7);
  conditions(fd);
  nested_replies(fd);
  // Other families, lengths, types and flags.
  unsigned char counted[128];
  for (unsigned i = 0; i < sizeof counted; i++) counted[i] = (unsigned char)(2 + i * 3);
  for (int family = 0; family < 50; family++) {
    counted[0] = (unsigned char)family;
    for (size_t length = 0; length < sizeof counted; length += length < 2 ? 1 : 21) {
      for (int flags = 0; flags < 2; flags++) send_message(fd, SOCK_DIAG_BY_FAMILY, flags, counted, length);
    }
  }
  counted[0] = AF_INET;
  for (int type = 0; type < 40; type++) {
    for (int flags = 1; flags < 0x10000; flags *= 2) send_message(fd, type, flags, counted, 56);
    send_message(fd, type, 0xffff, counted, 72);
  }
  // Lists: multicast memberships, signatures, smc's groups.
  struct place place = {fd, SOCK_DIAG_BY_FAMILY, 0, sizeof(struct packet_diag_msg)};
  place.header[0] = AF_PACKET;
  unsigned char bytes[900];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 7 ? i : 0);
  for (size_t size = 16; size < sizeof bytes; size += 52) {
    place.header[0] = AF_PACKET;
    place.header_size = sizeof(struct packet_diag_msg);
    for (int attribute = 0; attribute < 9; attribute++) send_attribute(&place, attribute, bytes, size);
    place.header[0] = AF_INET;
    place.header_size = sizeof(struct inet_diag_msg);
    for (int attribute = 0; attribute < 24; attribute++) send_attribute(&place, attribute, bytes, size);
    place.header[0] = AF_SMC;
    place.header_size = 68;
    for (int attribute = 0; attribute < 7; attribute++) send_attribute(&place, attribute, bytes, size);
  }
  return 0;
}
