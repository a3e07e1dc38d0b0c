// For programs that make the calls of one family with usual, odd and invalid arguments, to be run under strace and
// polytap strace.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BAD ((void*)0xdeadbeefUL)

// A copy of SIZE bytes of FROM that ends where its page ends; what follows cannot be read.
static void* at_page_end(const void* from, size_t size) {
  static char* page;
  if (page == NULL) {
    // Where it is the same in each run.
    page = mmap((void*)0x20000000UL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    munmap(page + 4096, 4096);
  }
  return memcpy(page + 4096 - size, from, size);
}

// SIZE bytes at the page's end, counting up.
static void* pattern(size_t size) {
  static unsigned char bytes[4096];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(0x81 + i * 7);
  return at_page_end(bytes, size);
}
