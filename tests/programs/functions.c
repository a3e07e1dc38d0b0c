// Functions with known prototypes, called a known number of times: what function probes are tested with.
// functions [ROUNDS]: prints the addresses that a test may want to know, then calls each function ROUNDS times.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT __attribute__((noinline, noclone, used))

struct point {
  int32_t x;
  int32_t y;
};
struct large {
  uint64_t words[4];
};

// Results: 1, -1, 1, ... by the parity of VALUE.
KEPT int checked(int value) {
  __asm__ volatile("");
  return value % 2 == 0 ? 1 : -1;
}

KEPT static long local_sum(long a, long b) {
  __asm__ volatile("");
  return a + b;
}

KEPT unsigned char narrow(unsigned char byte, signed char sign, short word, _Bool flag) {
  __asm__ volatile("");
  return (unsigned char)(byte + sign + word + flag);
}

KEPT int64_t many(int a, int b, int c, int d, int e, int f, int g, long h) {
  __asm__ volatile("");
  return (int64_t)a + b + c + d + e + f + g + h;
}

KEPT const char *text(const char *name, const struct point *at) {
  __asm__ volatile("");
  return at->x == at->y ? name : NULL;
}

KEPT double scale(double by, int value) {
  __asm__ volatile("");
  return by * value;
}

KEPT int by_value(struct point at, int value) {
  __asm__ volatile("");
  return at.x + at.y + value;
}

KEPT struct large make_large(int value) {
  struct large result = {{(uint64_t)value, 0, 0, 0}};
  __asm__ volatile("");
  return result;
}

KEPT void nothing(uint32_t value) { __asm__ volatile("" : : "r"(value)); }

// A second name at the address of nothing().
void nothing_alias(uint32_t value) __attribute__((alias("nothing")));

int main(int argc, char **argv) {
  const int rounds = argc > 1 ? atoi(argv[1]) : 1;
  const struct point at = {3, 3};
  int64_t sum = 0;
  for (int i = 0; i < rounds; ++i) {
    sum += checked(i);
    sum += local_sum(i, 1000);
    sum += narrow(200, -1, -300, 1);
    sum += many(1, 2, 3, 4, 5, 6, -7, 1L << 40);
    sum += text("forty-two", &at) != NULL;
    sum += (int64_t)scale(0.5, i);
    sum += by_value(at, i);
    sum += (int64_t)make_large(i).words[0];
    nothing((uint32_t)i);
    nothing_alias((uint32_t)i);
  }
  printf("%lld\n", (long long)sum);
  return 0;
}
