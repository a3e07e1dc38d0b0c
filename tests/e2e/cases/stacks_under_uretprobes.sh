# Callers whose return addresses uretprobes have replaced are named all the same; where the kernel alone knows them (the
# uprobe backend), the stack says that it ends in [uprobes].
need_root
need gcc
cat >nested.c <<'P'
#include <sys/syscall.h>
#include <unistd.h>
#define NESTED __attribute__((noinline, noclone)) long
NESTED inner(long x) { long r = syscall(SYS_getppid); __asm__ volatile(""); return r + x; }
NESTED middle(long x) { long r = inner(x + 1); __asm__ volatile(""); return r + 1; }
NESTED outer(long x) { long r = middle(x + 1); __asm__ volatile(""); return r + 1; }
int main(void) { long sum = 0; for (int i = 0; i < 5; i++) sum += outer(i); return sum == 0; }
P
gcc -O2 -fomit-frame-pointer -o nested nested.c || fail "gcc"
returns="uretprobe:$PWD/nested:middle { @r = count(); } uretprobe:$PWD/nested:outer { @o = count(); }"
for backend in ebpf ptrace; do
  expect_status 0 "$POLYTAP" -q -b $backend -e "$returns uprobe:$PWD/nested:inner { @[ustack(4)] = count(); }
    tracepoint:syscalls:sys_enter_getppid { @calls[ustack(5)] = count(); }" -c "$PWD/nested"
  expect_in out '@r: 5'
  expect_in out '@o: 5'
  for frame in middle outer main; do
    found=$(grep -c "^ *$frame+[0-9]" out)
    [ "$found" -eq 2 ] || { cat out; fail "$backend: $frame is in $found stacks, not in both"; }
  done
  if grep -q '\[uprobes\]' out; then cat out; fail "$backend: a stack ends in [uprobes]"; fi
done
expect_status 0 "$POLYTAP" -q -b uprobe -e "$returns uprobe:$PWD/nested:inner { @[ustack] = count(); }" -c "$PWD/nested"
expect_in out 'inner+0'
expect_in out '[uprobes]+0x'
