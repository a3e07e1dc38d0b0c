// For programs that send netlink messages of one protocol with usual, odd and cut contents. They are only ever run with
// the calls made to fail.
#pragma once
#include <linux/netlink.h>
#include <stddef.h>
#include <sys/socket.h>

#include "family.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static unsigned char message_bytes[8192];

// What protocol a socket has is known of bound ones. -1: the kernel has no such protocol.
static int netlink_socket(int protocol) {
  const int fd = syscall(SYS_socket, AF_NETLINK, SOCK_RAW, protocol);
  if (fd < 0) return -1;
  const struct sockaddr_nl name = {AF_NETLINK};
  syscall(SYS_bind, fd, &name, sizeof name);
  return fd;
}

// The message in message_bytes with all but the first READABLE bytes behind the page's end.
static void send_cut(int fd, size_t readable, size_t length) {
  syscall(SYS_sendto, fd, at_page_end(message_bytes, readable), length, 0, NULL, 0);
}

static size_t make_message(int type, int flags, const void* payload, size_t length) {
  const struct nlmsghdr header = {(uint32_t)(sizeof header + length), (uint16_t)type, (uint16_t)flags, 7, 0};
  memcpy(message_bytes, &header, sizeof header);
  memcpy(message_bytes + sizeof header, payload, length);
  return sizeof header + length;
}

static void send_message(int fd, int type, int flags, const void* payload, size_t length) {
  const size_t size = make_message(type, flags, payload, length);
  send_cut(fd, size, size);
}

// Where attributes lie: behind a header, inside of the attributes of PATH, and there behind a structure.
struct place {
  int fd;
  int type;
  int flags;
  size_t header_size;
  unsigned char header[96];
  int depth;
  int path[4];
  size_t inner_size;
  unsigned char inner[32];
};

static unsigned char payload_bytes[4096];

// The payload: each nest as long as what it contains.
static size_t make_payload(const struct place* place, const void* content, size_t length) {
  size_t at = place->header_size;
  memcpy(payload_bytes, place->header, at);
  const size_t nests = at;
  at += 4 * (size_t)place->depth;
  memcpy(payload_bytes + at, place->inner, place->inner_size);
  at += place->inner_size;
  memcpy(payload_bytes + at, content, length);
  at += length;
  for (int i = 0; i < place->depth; i++) {
    const struct nlattr nest = {(uint16_t)(at - nests - 4 * (size_t)i), (uint16_t)place->path[i]};
    memcpy(payload_bytes + nests + 4 * (size_t)i, &nest, sizeof nest);
  }
  return at;
}

static void send_content(const struct place* place, const void* content, size_t length) {
  const size_t size = make_payload(place, content, length);
  send_message(place->fd, place->type, place->flags, payload_bytes, size);
}

static void send_attribute(const struct place* place, int attribute, const void* content, size_t length) {
  unsigned char bytes[1024];
  const struct nlattr header = {(uint16_t)(sizeof header + length), (uint16_t)attribute};
  memcpy(bytes, &header, sizeof header);
  memcpy(bytes + sizeof header, content, length);
  send_content(place, bytes, sizeof header + length);
}

// ATTRIBUTE with contents of each length that a number, a text or a structure might have.
static void one_attribute(const struct place* place, int attribute) {
  static const size_t sizes[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 12,  14,  16,  17,  18,
                                 20, 22, 24, 32, 36, 40, 44, 56, 64, 92, 96, 184, 192, 200, 208, 264};
  unsigned char bytes[512];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(1 + i * 3);
  for (size_t i = 0; i < COUNT(sizes); i++) send_attribute(place, attribute, bytes, sizes[i]);
  memset(bytes, 0, sizeof bytes);
  for (size_t size = 1; size <= 32; size *= 2) send_attribute(place, attribute, bytes, size);
  for (int number = 1; number < 16; number += number < 4 ? 1 : 4) {
    bytes[0] = (unsigned char)number;
    send_attribute(place, attribute, bytes, number < 4 ? (size_t)number * number : 4);
  }
  bytes[0] = 0;
  bytes[1] = 3;
  send_attribute(place, attribute, bytes, 2);
  send_attribute(place, attribute, bytes, 4);
  memset(bytes, 0xff, sizeof bytes);
  for (size_t size = 1; size <= 32; size *= 2) send_attribute(place, attribute, bytes, size);
  send_attribute(place, attribute, "lo", 3);
  send_attribute(place, attribute, "a name without an end", 20);
  send_attribute(place, attribute, "text\0and more", 13);
  send_attribute(place, attribute, "a text that is longer than what a line shows", 45);
}

static void attributes(const struct place* place, int first, int last) {
  for (int attribute = first; attribute <= last; attribute++) one_attribute(place, attribute);
}

// CONTENT in a message that is cut at each byte, once by its own lengths, and once by the page's end.
static void cuts(const struct place* place, const void* content, size_t length) {
  const size_t size = make_payload(place, content, length);
  const size_t whole = make_message(place->type, place->flags, payload_bytes, size);
  for (size_t readable = 0; readable <= whole; readable++) send_cut(place->fd, readable, whole);
  for (size_t given = 0; given < whole; given++) send_cut(place->fd, given, given);
  for (size_t given = 0; given <= size; given++)
    send_message(place->fd, place->type, place->flags, payload_bytes, given);
}

// The header of PLACE with odd contents, and of each length.
static void headers(const struct place* place) {
  unsigned char bytes[128];
  for (unsigned step = 0; step < 12; step++) {
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(step < 4 ? i * step : step * 37 + i * 71);
    bytes[0] = place->header[0];
    send_message(place->fd, place->type, place->flags, bytes, place->header_size);
  }
  for (unsigned each = 0; each < 256; each += each < 16 ? 1 : 5) {
    memset(bytes, (int)each, sizeof bytes);
    bytes[0] = place->header[0];
    send_message(place->fd, place->type, place->flags, bytes, place->header_size);
  }
  memset(bytes, 0, sizeof bytes);
  for (unsigned each = 0; each < 80; each++) {
    bytes[0] = (unsigned char)each;
    send_message(place->fd, place->type, place->flags, bytes, place->header_size);
  }
}
