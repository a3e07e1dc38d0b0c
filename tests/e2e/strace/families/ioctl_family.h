// Every command of a family with usual, odd and invalid arguments. The descriptor is a closed one: what is shown at the
// entry is the same as for a device, and with `-e inject=ioctl:retval=0` what is shown at the exit is, too.
#pragma once
#include <sys/ioctl.h>

#include "family.h"

static void one(unsigned long command, const void* argument) { syscall(SYS_ioctl, -1, command, argument); }

static void every(const unsigned long* commands, size_t count) {
  enum { kWords = 4096 };  // more than any of the structures
  unsigned* words = mmap((void*)0x21000000UL, kWords * sizeof *words, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  static unsigned char bytes[4096];
  for (size_t i = 0; i < count; i++) {
    const unsigned long command = commands[i];
    memset(words, 0, kWords * sizeof *words);
    one(command, words);
    for (size_t k = 0; k < kWords; k++) words[k] = k % 7 + 1;
    one(command, words);
    for (size_t k = 0; k < kWords; k++) words[k] = k % 2 == 0 ? k % 5 : 0;
    one(command, words);
    for (size_t k = 0; k < kWords * sizeof *words; k++) ((unsigned char*)words)[k] = (unsigned char)(0x81 + k * 7);
    one(command, words);
    memset(words, 0xff, kWords * sizeof *words);
    one(command, words);
    // Cut at the page's end: whole, without its last byte, one word only.
    const size_t size = _IOC_SIZE(command) != 0 && _IOC_SIZE(command) < 4096 ? _IOC_SIZE(command) : 64;
    for (size_t k = 0; k < sizeof bytes; k++) bytes[k] = (unsigned char)(k * 3);
    one(command, at_page_end(bytes, size));
    one(command, at_page_end(bytes, size - 1));
    one(command, at_page_end(bytes, 4));
    one(command, NULL);
    one(command, BAD);
    one(command, (void*)2UL);
    one(command, (void*)-1UL);
  }
}
#define EVERY(...)                                       \
  do {                                                   \
    const unsigned long commands[] = {__VA_ARGS__};      \
    every(commands, sizeof commands / sizeof *commands); \
  } while (0)
