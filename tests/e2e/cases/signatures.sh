# Parameters and results of user functions: from DWARF, from libc's prototypes, or told to be unknown; never guessed.
need_root
need gcc
cat >program.c <<'SOURCE'
#include <stdio.h>
#include <unistd.h>
struct pair { long a, b, c; };
__attribute__((noinline)) static int clone_me(struct pair *p, int k) { return (int)(p->a * k + p->b); }
__attribute__((noinline)) double halved(double d, float f) { return d / 2 + f; }
__attribute__((noinline)) long by_value(struct pair p) { return p.a + p.b; }
__attribute__((noinline)) int negative(int n) { return -n; }
int main(int argc, char **argv) {
  struct pair p = {argc, 2, 3};
  printf("%d\n", clone_me(&p, 3) + clone_me(&p, 3));
  printf("%f %ld %d %d\n", halved(argc, 2.0f), by_value(p), negative(argc), (int)close(-1));
  return 0;
}
SOURCE
printf '__attribute__((noinline)) int mystery(int n) { return -n; }\n' >mystery.c
printf 'int mystery(int); int main(int c, char **v) { return mystery(c) == 5; }\n' >stripped.c
gcc -O2 -g program.c -o program && gcc -O2 -shared -fPIC -s mystery.c -o libmystery.so && gcc -O2 -s stripped.c ./libmystery.so -o stripped || fail "gcc"

# An int is 32 bits with a sign: as DWARF has it, and as libc's prototypes do.
for backend in ebpf ptrace; do
  expect_status 0 "$POLYTAP" -q -b $backend -e 'uretprobe:./program:negative /retval < 0/ { printf("result %d\n", retval); }
    uprobe:./program:negative { printf("argument %d\n", args.n); }' -c ./program
  expect_in out 'argument 1'
  expect_in out 'result -1'
  expect_status 0 "$POLYTAP" -q -b $backend -e 'uretprobe:libc:close /retval < 0/ { printf("failed %d\n", retval); }
    uprobe:libc:close /args.fd < 0/ { printf("descriptor %d\n", args.fd); }' -c ./program
  expect_in out 'failed -1'
  expect_in out 'descriptor -1'
done
expect_status 0 "$POLYTAP" -lv 'uprobe:./program:negative'
expect_in out '    int32 n'
expect_status 0 "$POLYTAP" -lv 'uretprobe:libc:close'
expect_in out '    int32 retval'

# What cannot be read is refused, by name.
expect_status 1 "$POLYTAP" -e 'uprobe:./program:halved { print(args.d); }' -c ./program
expect_in err "The argument 'd' of 'halved' (double) cannot be read"
expect_status 1 "$POLYTAP" -e 'uprobe:./program:by_value { print(args.p.a); }' -c ./program
expect_in err "The argument 'p' of 'by_value' (struct pair) cannot be read"
expect_status 1 "$POLYTAP" -e 'uprobe:./program:clone_me* { print(args.k); }' -c ./program
expect_in err "The arguments of 'clone_me.constprop.0.isra.0' are not known by name"

# Where nothing is known, both the list and a warning say so.
expect_status 0 "$POLYTAP" -lv 'uretprobe:./libmystery.so:mystery'
expect_in out 'what it returns is not known'
expect_status 0 "$POLYTAP" -lv 'uprobe:./libmystery.so:mystery'
expect_in out 'no arguments are known'
expect_status 0 "$POLYTAP" -e 'uretprobe:./libmystery.so:mystery /retval < 0/ { print(1); }' -c ./stripped
expect_in err "the type of what 'mystery' returns is not known"
expect_in err 'write (int32)retval'
