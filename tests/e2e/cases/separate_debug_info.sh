# Arguments, types and lines of programs whose DWARF lies elsewhere: in .dwo files, and in folders that --debuginfo names.
need_root
need gcc
need objcopy
cat >shape.h <<'SOURCE'
struct point { int x, y; };
struct shape { struct point corner; const char *name; struct point *others[2]; };
SOURCE
cat >draw.c <<'SOURCE'
#include "shape.h"
enum color { RED = 1, GREEN = 7 };
int draw(struct shape *shape, enum color color)
{
  return shape->corner.x + color;
}
SOURCE
cat >main.c <<'SOURCE'
#include "shape.h"
int draw(struct shape *, int);
int sum_of(struct point *point) { return point->x + point->y; }
int main(void) {
  struct point other = {5, 6};
  struct shape shape = {{3, 4}, "a square", {&other, &shape.corner}};
  return draw(&shape, 7) + sum_of(&other) == 0;
}
SOURCE
gcc -g -O0 -gsplit-dwarf draw.c main.c -o split || fail "gcc -gsplit-dwarf"
ls ./*.dwo >/dev/null 2>&1 || fail "gcc made no .dwo files"
gcc -g -O0 draw.c main.c -o whole || fail "gcc"
mkdir -p by_name
objcopy --only-keep-debug whole by_name/whole.debug
objcopy --strip-all --add-gnu-debuglink=by_name/whole.debug whole stripped || fail objcopy

# Each program of its own folder of debug files, by $1.
check() {
  program=$1
  shift
  expect_status 0 "$POLYTAP" -q "$@" -e "uprobe:./$program:draw { printf(\"%d %s %d\\n\", args.shape.corner.y, str(args.shape.name), args.shape.others[0].y);
    print(args.shape.corner); printf(\"%s\\n\", args.color); }
    uprobe:./$program:sum_of { \$p = (struct point *)arg0; printf(\"sum of %d\\n\", \$p.x); }" -c "./$program"
  expect_in out '4 a square 6'
  expect_in out '{ .x = 3, .y = 4 }'
  expect_in out 'GREEN'
  expect_in out 'sum of 5'
  expect_status 0 "$POLYTAP" -q "$@" -e "uprobe:./$program@draw.c:5 { print(\"at the line\"); }" -c "./$program"
  expect_in out 'at the line'
  expect_status 0 "$POLYTAP" "$@" -lv "uprobe:./$program:draw"
  expect_in out 'color'
}
check split
check stripped --debuginfo=by_name
expect_status 1 "$POLYTAP" -e 'uprobe:./stripped:draw { print(args.shape); }' -c ./stripped

# A symbol of a function where there is no code (Go has one at the end of its code) is left out of patterns, and an error by its name.
objcopy --add-symbol nowhere=.text:0x7000000,function,global whole marked || fail objcopy
expect_status 0 "$POLYTAP" -l 'uprobe:./marked:*'
expect_in out ':sum_of'
grep -q nowhere out && fail "a function without code is listed"
expect_status 1 "$POLYTAP" -l 'uprobe:./marked:nowhere'
expect_in err 'has no code at the address'
