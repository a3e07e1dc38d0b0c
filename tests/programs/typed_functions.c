// A function that is called with pointers to structs of every kind: what DWARF's types are tested with. It prints
// nothing and exits with 0.
#include <stdint.h>

#define KEPT __attribute__((noipa, used))

enum colour { RED, GREEN = 5, BLUE };
enum level { LOW = -1, HIGH = 1 };
typedef struct {
  int16_t x;
  int16_t y;
} position;
union number {
  uint64_t whole;
  struct {
    uint32_t low;
    uint32_t high;
  } halves;
};
struct node {
  const char *label;
  char name[12];
  enum colour colour;
  enum level level;
  position at[3];
  union number number;
  struct {
    int inner;
  };
  unsigned int small : 3;
  int negative : 5;
  _Bool flag : 1;
  double weight;
  struct node *next;
  struct node **self;
  int (*callback)(struct node *);
  int matrix[2][3];
  uint8_t tail[];
};

KEPT int visit(struct node *node, enum colour colour, const char *const *names, position where) {
  __asm__ volatile("" : : "r"(node), "r"(names));
  return node->matrix[1][2] + where.x + (int)colour;
}

int main(void) {
  static const char *const names[] = {"one", "two", 0};
  static struct node second = {.label = "the second", .name = "tail", .colour = BLUE, .level = HIGH};
  static struct node first = {.label = "the first",
                              .name = "head",
                              .colour = GREEN,
                              .level = LOW,
                              .at = {{1, 2}, {3, 4}, {-5, 6}},
                              .number = {.whole = 0x1122334455667788},
                              .inner = 42,
                              .small = 5,
                              .negative = -7,
                              .flag = 1,
                              .weight = 2.5,
                              .next = &second,
                              .matrix = {{1, 2, 3}, {4, 5, 6}}};
  static struct node *pointer = &first;
  first.self = &pointer;
  first.callback = 0;
  const position where = {7, 8};
  return visit(&first, BLUE, names, where) == 6 + 7 + 6 ? 0 : 1;
}
