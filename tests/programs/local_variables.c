// A function with variables of every kind in nested blocks, built without optimization: what line probes read. It
// prints nothing and exits with 0.
struct point {
  int x;
  short y;
};
enum colour { RED, GREEN = 5 };

static int seen;

static int work(int count, const char *name, struct point where, struct point *other) {
  int sum = 0;
  static int calls = 100;
  char text[16] = "hello";
  enum colour shade = GREEN;
  long array[3] = {1, 2, 3};
  for (int i = 0; i < count; i++) {
    int sum = i * 2;
    calls += sum;
    array[i % 3] += sum;
    seen += sum;  // line 21: inside
  }
  seen += text[0] + (int)shade + where.x + other->y + name[0];
  sum += seen;
  return sum;  // line 25: behind
}

int main(void) {
  struct point here = {3, -4};
  struct point there = {5, 6};
  return work(4, "abc", here, &there) == 0;
}
