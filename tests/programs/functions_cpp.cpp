// C++ functions for probes by mangled and demangled name.
#include <cstdio>
#include <cstdlib>
#include <string>

#define KEPT __attribute__((noinline, noclone, used))

namespace shapes {

class Circle {
 public:
  explicit Circle(int radius) : radius_(radius) {}
  KEPT int grow(int by) {
    asm volatile("");
    return radius_ += by;
  }

 private:
  int radius_;
};

KEPT int area(int width, int height) {
  asm volatile("");
  return width * height;
}

KEPT int area(int side) {
  asm volatile("");
  return side * side;
}

KEPT std::string describe(int value) {
  asm volatile("");
  return std::to_string(value);
}

}  // namespace shapes

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 1;
  shapes::Circle circle(1);
  long sum = 0;
  for (int i = 0; i < rounds; ++i) {
    sum += circle.grow(2) + shapes::area(i, 2) + shapes::area(i) + static_cast<long>(shapes::describe(i).size());
  }
  std::printf("%ld\n", sum);
  return 0;
}
