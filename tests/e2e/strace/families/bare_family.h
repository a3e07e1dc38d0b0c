// For programs without libc that make the calls of one family, none of which is to be carried out (they run with
// results injected): tables of calls, whose arguments each take usual, odd and invalid values in turn. Built with
// -nostdlib -static.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#define BAD 0xdeadbeefUL
// The last page before addresses that nothing is at (compare_families links it there).
#define END 0x20001000UL
__attribute__((section(".cut"), aligned(4096))) static unsigned char cut_page[4096] = {1};

void* memcpy(void* to, const void* from, size_t size) {
  for (size_t i = 0; i < size; i++) ((volatile char*)to)[i] = ((const char*)from)[i];
  return to;
}
void* memset(void* to, int value, size_t size) {
  for (size_t i = 0; i < size; i++) ((volatile char*)to)[i] = (char)value;
  return to;
}

static long call(long number, long a, long b, long c, long d, long e, long f) {
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = e;
  register long sixth __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  return result;
}

// Counts up to the page's end.
static void fill_pattern(void) {
  for (int i = 0; i < 4096; i++) cut_page[i] = (unsigned char)(0x81 + (4095 - i) * 7);
}
// A copy of SIZE bytes of FROM that ends where the page ends; what is before it is the pattern.
static long at_end(const void* from, size_t size) {
  fill_pattern();
  memcpy(cut_page + 4096 - size, from, size);
  return (long)(END - size);
}

// What the arguments of a call are, a letter each, and the values each takes in turn while the others keep their first:
// d descriptors, n numbers, f flags, e enumerations, p paths and texts, s structures, z their sizes. Structures are
// made with each size, and with each value of a capital letter (E enumerations, F flags) too.
struct Calls {
  int number;
  const char* arguments;
};
static long zeros[512];
static char unended[4] __attribute__((unused));
static const long kDescriptors[] = {3, -1, -100, 0, 0x7fffffff, 0x100000005, -101};
static const long kNumbers[] = {7, 0, 1, -1, 0x7fffffff, -0x80000000L, 0x123456789abcdef0, 4096, 0x80000000L, 48};
static const long kPaths[] = {(long)"/directory/file", 0, BAD, (long)"", (long)"a\tb\n\377\1" "2",
                              (long)"a text that is somewhat longer than what is shown of texts, and then some", END - 5, END - 40, 1};
static const long kStructures[] = {(long)zeros, 0,        BAD,      1,        END - 4096, END - 512,
                                   END - 112,   END - 88, END - 64, END - 48, END - 32,   END - 24,
                                   END - 16,    END - 12, END - 8,  END - 4,  END - 1};
static const long kSizes[] = {24, 0, 1, 7, 8, 16, 48, 64, 88, 128, 4096, -1, 0x100000008};
static long flag_values[80], enumeration_values[90];
static int flag_count, enumeration_count;

static void make_values(void) {
  const long more_flags[] = {-1, 3, 6, 0x1f, 0xffffffff, 0x80000, 0xff00000000, 0x1001, 0x30000};
  flag_values[flag_count++] = 0;
  for (int bit = 0; bit < 64; bit++) flag_values[flag_count++] = (long)(1UL << bit);
  for (unsigned i = 0; i < sizeof more_flags / sizeof *more_flags; i++) flag_values[flag_count++] = more_flags[i];
  const long more[] = {0x100000001, 0x7fffffff, 0x1000, -0x80000000L, 0x80, 0x10000};
  for (long value = 0; value < 60; value++) enumeration_values[enumeration_count++] = value;
  for (long value = -12; value < 0; value++) enumeration_values[enumeration_count++] = value;
  for (unsigned i = 0; i < sizeof more / sizeof *more; i++) enumeration_values[enumeration_count++] = more[i];
}

#define COUNTED(array) (*count = sizeof(array) / sizeof *(array), (array))
static const long* values_of(char letter, int* count) {
  switch (letter) {
    case 'd':
      return COUNTED(kDescriptors);
    case 'n':
      return COUNTED(kNumbers);
    case 'p':
      return COUNTED(kPaths);
    case 's':
      return COUNTED(kStructures);
    case 'z':
      return COUNTED(kSizes);
    case 'e':
    case 'E':
      *count = enumeration_count;
      return enumeration_values;
    default:
      *count = flag_count;
      return flag_values;
  }
}

static int go_together(char one, char other) {
  return (one == 's' && (other == 'z' || other == 'E' || other == 'F')) ||
         (other == 's' && (one == 'z' || one == 'E' || one == 'F'));
}

static void vary(int number, const char* letters) {
  long arguments[6] = {0};
  int places = 0, count;
  for (; letters[places]; places++) arguments[places] = values_of(letters[places], &count)[0];
#define MAKE_CALL() call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
  MAKE_CALL();
  for (int one = 0; one < places; one++) {
    int ones;
    const long* first = values_of(letters[one], &ones);
    for (int i = 1; i < ones; i++) {
      arguments[one] = first[i];
      MAKE_CALL();
      for (int other = one + 1; other < places; other++) {
        if (!go_together(letters[one], letters[other])) continue;
        int others;
        const long* second = values_of(letters[other], &others);
        for (int k = 1; k < others; k++) {
          arguments[other] = second[k];
          MAKE_CALL();
        }
        arguments[other] = second[0];
      }
    }
    arguments[one] = first[0];
  }
}

static void vary_all(const struct Calls* calls, size_t count) {
  make_values();
  fill_pattern();
  for (size_t i = 0; i < count; i++) vary(calls[i].number, calls[i].arguments);
}
#define VARY_ALL(calls) vary_all(calls, sizeof(calls) / sizeof *(calls))

static void run(void);
__attribute__((used)) static void begin(void) {
  run();
  __asm__ volatile("ud2");  // exit_group may be injected
}
__asm__(".globl _start\n_start: and $-16, %rsp\n call begin\n");
