#include "family.h"

#include <linux/keyctl.h>

static long keyctl(long command, long a, const void *b, const void *c, const void *d) {
  return syscall(SYS_keyctl, command, a, b, c, d);
}

int main(void) {
  long key = syscall(SYS_add_key, "user", "polytap:test", "secret", 6UL, -2);
  syscall(SYS_add_key, BAD, NULL, BAD, 3UL, -1);
  syscall(SYS_add_key, "user", "name", "bytes\1\2", 7UL, -9);
  syscall(SYS_request_key, "user", "polytap:test", "info", -3);
  syscall(SYS_request_key, NULL, BAD, NULL, 77);
  char room[64];
  keyctl(KEYCTL_READ, key, room, (void *)sizeof room, 0);
  keyctl(KEYCTL_DESCRIBE, key, room, (void *)sizeof room, 0);
  static const long keys[] = {0, -1, -2, -3, -4, -5, -6, -7, -8, -9, 1, 0x7fffffff, 0x123456789abcdefL};
  for (long command = 0; command < 36; command++) {
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++) keyctl(command, keys[i], BAD, BAD, BAD);
    keyctl(command, -2, NULL, NULL, NULL);
    keyctl(command, 1, (void *)-3L, (void *)-4L, (void *)-5L);
    keyctl(command, 1, "text one", "text two", (void *)4);
    keyctl(command, 1, "text one", (void *)4, (void *)-4L);
    keyctl(command, (long)"session", 0, 0, 0);
    keyctl(command, 1, (void *)0x3f1f0f07, (void *)0x3f1f0f07, (void *)7);
  }
  return 0;
}
