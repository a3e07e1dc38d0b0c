// Sockets: addresses of each family, messages, several at a time.
#include <sys/socket.h>

#include "bare_family.h"

static const struct Calls kCalls[] = {
    {SYS_socket, "ene"}, {SYS_socket, "nfn"}, {SYS_socket, "nnn"}, {SYS_socketpair, "enes"}, {SYS_connect, "dsz"}, {SYS_accept, "dss"}, {SYS_sendto, "dpzfsz"},
    {SYS_recvfrom, "dszfss"}, {SYS_shutdown, "de"}, {SYS_bind, "dsz"}, {SYS_listen, "dn"}, {SYS_getsockname, "dss"}, {SYS_getpeername, "dss"},
    {SYS_accept4, "dssf"}, {SYS_sendmsg, "dsf"}, {SYS_recvmsg, "dsf"}, {SYS_sendmmsg, "dsnf"}, {SYS_recvmmsg, "dsnfs"},
};

static void run(void) {
  VARY_ALL(kCalls);
  for (int family = 0; family < 50; family++) {
    for (int kind = 0; kind < 12; kind++) call(SYS_socket, family, kind | (kind % 3 ? 0 : 0x80000), kind * 3, 0, 0, 0);
    for (int protocol = 0; protocol < 40; protocol += 3) call(SYS_socket, family, 3, protocol | (protocol % 2 ? 0 : protocol << 8), 0, 0, 0);
    // An address of each length, of several contents.
    for (int length = 0; length < 130; length += length < 40 ? 4 : 43) {
      unsigned char address[130] = {family, 0, 0, 80, 127, 0, 0, 1, 5, 0, 0, 0, 6, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
      unsigned char named[130] = {family, 0, '/', 't', 'm', 'p', '/', 's', 0, 'x'}, hidden[130] = {family, 0, 0, 'a', 'b', 0, 'c'};
      unsigned char full[130];
      memset(full, 0x81 + family, sizeof full);
      full[0] = family, full[1] = 0;
      call(SYS_bind, 3, at_end(address, 130), length, 0, 0, 0);
      call(SYS_connect, 3, at_end(named, 130), length, 0, 0, 0);
      call(SYS_connect, 3, at_end(hidden, 130), length, 0, 0, 0);
      call(SYS_bind, 3, at_end(full, length < 2 ? 2 : length), length, 0, 0, 0);
      call(SYS_sendto, 3, (long)"text", 4, 0x4000, at_end(full, length + 1), length);
      int room = length, more = 200;
      call(SYS_accept, 3, at_end(address, 130), (long)&room, 0, 0, 0);
      call(SYS_getsockname, 3, at_end(full, length < 2 ? 2 : length), (long)&room, 0, 0, 0);
      call(SYS_recvfrom, 3, (long)"data that came", 12, 0x40, at_end(named, 130), (long)&room);
      call(SYS_getpeername, 3, at_end(hidden, 130), (long)&more, 0, 0, 0);
    }
  }
  const struct iovec_like { const void *base; size_t size; } vectors[] = {{"abc", 3}, {(void *)BAD, 5}, {"a longer text, cut in the midst of it", 38}};
  for (int vector_count = 0; vector_count < 5; vector_count++) {
    struct { struct { void *name; unsigned name_length; const void *vectors; size_t count; void *control; size_t control_length; int flags; } header; unsigned length; } messages[3];
    for (int i = 0; i < 3; i++) {
      memset(messages + i, 0, sizeof *messages);
      messages[i].header.vectors = vectors;
      messages[i].header.count = vector_count;
      messages[i].header.name = i == 1 ? (void *)"\2\0\0\65\10\10\10\10\0\0\0\0\0\0\0" : 0;
      messages[i].header.name_length = 16 * (i == 1);
      messages[i].header.flags = i * 0x40;
      messages[i].length = 7 * i;
    }
    for (int count = 1; count < 6; count++) {
      call(SYS_sendmmsg, 3, at_end(messages, sizeof messages), count, 0x4040, 0, 0);
      call(SYS_recvmmsg, 3, at_end(messages, sizeof messages), count, 0x10000, (long)zeros, 0);
      call(SYS_recvmmsg, 3, at_end(messages, sizeof messages), count, 0, 0, 0);
    }
    call(SYS_sendmsg, 3, at_end(messages + 1, 56), 1 << vector_count, 0, 0, 0);
    call(SYS_recvmsg, 3, at_end(messages + 1, 56), 1 << vector_count, 0, 0, 0);
  }
}
