// Classes with bases, namespaces and nested types, called through their methods. It prints nothing and exits with 0.
#include <cstdint>

namespace shapes {

enum class Kind : uint8_t { kNone, kCircle = 3, kSquare };

struct Named {
  const char *name = "unnamed";
  int id = 0;
};
class Counted {
 public:
  long count = 0;
  static int all;
};
int Counted::all = 0;

class Circle : public Named, public Counted {
 public:
  struct Center {
    int x = 0;
    int y = 0;
  };
  __attribute__((noipa)) int grow(const Circle &other, Kind as);

  Center center;
  Kind kind = Kind::kNone;

 private:
  int radius_ = 0;
};

int Circle::grow(const Circle &other, Kind as) {
  __asm__ volatile("" : : "r"(&other));
  radius_ += other.center.x;
  kind = as;
  return radius_;
}

}  // namespace shapes

int main() {
  shapes::Circle circle;
  shapes::Circle other;
  circle.name = "round";
  circle.id = 7;
  circle.count = 1000;
  other.center = {11, 12};
  return circle.grow(other, shapes::Kind::kSquare) == 11 ? 0 : 1;
}
