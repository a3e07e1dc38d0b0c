# Function probes under ptrace in programs of every make: position-independent and not, static, with libraries that come late; as an
# ordinary user. Every count is known beforehand.
need gcc
cat >leaf.c <<'END'
__attribute__((noinline)) int leaf(int x) { __asm__ volatile(""); return x + 1; }
END
cat >main.c <<'END'
int leaf(int x);
int main(void) {
  int sum = 0;
  for (int i = 0; i < 1000; i++) sum = leaf(sum);
  return sum == 1000 ? 3 : 1;
}
END
cat >late.c <<'END'
#include <dlfcn.h>
int main(void) {
  int sum = 0;
  for (int i = 0; i < 10; i++) {
    void* library = dlopen("./libleaf.so", RTLD_NOW);
    if (!library) return 1;
    int (*leaf)(int) = (int (*)(int))dlsym(library, "leaf");
    for (int k = 0; k < 100; k++) sum = leaf(sum);
    dlclose(library);
  }
  return sum == 1000 ? 3 : 1;
}
END
gcc -O1 -fPIC -shared -o libleaf.so leaf.c && gcc -O1 -o late late.c || fail "cannot compile"
gcc -O1 -pie -fPIE -o pie main.c leaf.c || fail "cannot compile a PIE"
gcc -O1 -no-pie -fno-pie -o fixed main.c leaf.c || fail "cannot compile at a fixed address"
gcc -O1 -static -o static main.c leaf.c || fail "cannot compile statically"
gcc -O1 -static-pie -fPIE -o static_pie main.c leaf.c || fail "cannot compile a static PIE"
gcc -O1 -o linked main.c -L. -lleaf -Wl,-rpath,"$PWD" || fail "cannot link"

# counts PROGRAM MODULE [RUNNER...]
counts() {
  program=$1 module=$2
  shift 2
  expect_status 0 "$@" "$POLYTAP" -q -b ptrace \
    -e "uprobe:$PWD/$module:leaf { @in = count(); } uretprobe:$PWD/$module:leaf { @out = count(); @last = retval; }" -c "./$program"
  for wanted in '@in: 1000' '@out: 1000' '@last: 1000'; do
    grep -qx "$wanted" out || { cat out err; fail "$program: no line '$wanted'"; }
  done
}
for program in pie fixed static static_pie; do counts $program $program; done
counts linked libleaf.so
counts late libleaf.so

if [ "$(id -u)" -eq 0 ]; then
  find_setpriv
  chmod 755 .
  counts pie pie as_user
  counts late libleaf.so as_user
fi

# The caller is in the stack of a function that has not made its frame yet.
expect_status 0 "$POLYTAP" -q -b ptrace -e "uprobe:$PWD/pie:leaf { @[ustack(2)] = count(); }" -c ./pie
grep -q 'main+' out || { cat out; fail "main is not in the stack of leaf"; }

# What cannot be: said by name.
expect_status 1 "$POLYTAP" -b ptrace -e "uprobe:$PWD/pie:leaf { @ = count(); }"
grep -q 'ptrace cannot watch the whole system' err || { cat err; fail "no reason"; }
