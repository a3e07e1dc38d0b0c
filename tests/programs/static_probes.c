// Static probes (sys/sdt.h) for usdt: static_probes ROUNDS fires each of them ROUNDS times and prints nothing.
// static_probes listen: waits until somebody listens to demo:guarded, says so, and fires it until nobody does.
#define _SDT_HAS_SEMAPHORES 1
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sdt.h>
#include <unistd.h>

#define COUNTER(name) \
  __extension__ volatile unsigned short name##_semaphore __attribute__((unused, section(".probes")))
COUNTER(demo_guarded);
COUNTER(demo_text);
COUNTER(demo_sizes);
COUNTER(demo_dozen);
COUNTER(demo_places);
COUNTER(other_text);

// A note as sys/sdt.h makes it, without a semaphore and with operands of our own choice.
#define NOTE(name, operands)                                  \
  "990: nop\n"                                                \
  ".pushsection .note.stapsdt,\"\",\"note\"\n"                \
  ".balign 4\n"                                               \
  ".4byte 992f-991f, 994f-993f, 3\n"                          \
  "991: .asciz \"stapsdt\"\n"                                 \
  "992: .balign 4\n"                                          \
  "993: .8byte 990b, _.stapsdt.base, 0\n"                     \
  ".asciz \"by_hand\"\n.asciz \"" name "\"\n.asciz \"" operands "\"\n" \
  "994: .balign 4\n"                                          \
  ".popsection\n"

int numbers[4] = {10, -20, 30, -40};
static int64_t table[4] = {100, 200, 300, 400};

static __attribute__((noinline)) void by_hand(long i) {
  __asm__ volatile(NOTE("indexed", "8@(%%rax,%%rcx,8) 8@8(%%rax,%%rcx,8) -4@numbers+4(%%rip) 4@numbers(%%rip)")
                   :
                   : "a"(table), "c"(i)
                   : "memory");
  __asm__ volatile(NOTE("parts", "1@%%ah 1@%%al -1@%%ah 2@%%ax -2@%%ax 4@%%eax 4f@%%xmm0 -4@$-7")
                   :
                   : "a"(0x1122334455668091L)
                   : "memory");
}

static __attribute__((noipa)) void sizes(int8_t a, uint8_t b, int16_t c, uint16_t d, int32_t e, uint32_t f, int64_t g,
                                            uint64_t h) {
  STAP_PROBE8(demo, sizes, a, b, c, d, e, f, g, h);
}

static __attribute__((noipa)) void dozen(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j,
                                            long k, long l) {
  STAP_PROBE12(demo, dozen, a, b, c, d, e, f, g, h, i, j, k, l);
}

// The same probe with a constant, a register, and a word of another size.
static __attribute__((noipa)) void places(long value, short narrow) {
  STAP_PROBE1(demo, places, 7);
  STAP_PROBE1(demo, places, value);
  STAP_PROBE1(demo, places, narrow);
}

static void round_of_probes(long i) {
  STAP_PROBE2(demo, text, "hello", i);
  STAP_PROBE1(other, text, "from the other provider");
  sizes(-1, 255, -2, 65535, -3, 4294967295U, -4, 18446744073709551615UL);
  dozen(1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12);
  places(1000 + i, (short)-i);
  by_hand(i % 3);
}

static int listen_to_listeners(void) {
  while (demo_guarded_semaphore == 0) usleep(1000);
  printf("listeners: %d\n", demo_guarded_semaphore);
  fflush(stdout);
  while (demo_guarded_semaphore != 0) {
    STAP_PROBE1(demo, guarded, 42);
    usleep(10000);
  }
  printf("nobody listens\n");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "listen") == 0) return listen_to_listeners();
  const long rounds = argc > 1 ? atol(argv[1]) : 1;
  for (long i = 0; i < rounds; ++i) round_of_probes(i);
  return 0;
}
