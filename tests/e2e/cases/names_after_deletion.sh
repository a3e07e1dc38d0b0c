# A process that polytap was attached to is named by its own program after the program's file has been replaced and the
# process has ended, both before anything was shown.
need_root
need gcc
cat >program.c <<'P'
#include <sys/syscall.h>
#include <unistd.h>
__attribute__((noinline, noclone)) long NAME(void) { long r = syscall(SYS_getppid); __asm__ volatile(""); return r; }
int main(void) { for (;;) { NAME(); usleep(1000); } }
P
gcc -O2 -DNAME=asked_for -o program program.c || fail "gcc"
gcc -O2 -DNAME=wrong_name -o other program.c || fail "gcc"
for backend in ebpf ptrace; do
  cp program replaced
  ./replaced &
  process=$!
  "$POLYTAP" -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @[ustack] = count(); }' -p $process >out 2>err &
  tracer=$!
  for _ in $(seq 100); do grep -q Attached out err && break; sleep 0.05; done
  sleep 0.3
  cp other new && mv new replaced
  kill $process
  if wait $process; then fail "the process ended by itself"; fi
  for _ in $(seq 100); do kill -0 $tracer 2>/dev/null || break; sleep 0.05; done
  if kill -0 $tracer 2>/dev/null; then kill -INT $tracer; fi
  wait $tracer || fail "polytap ended with $?"
  grep -q '^ *asked_for+[0-9]' out || { cat out err; fail "$backend: the frame is not named by the program that ran"; }
  if grep -q 'wrong_name' out; then cat out; fail "$backend: a name of the file that came later"; fi
  if grep -Eq '^ *0x[0-9a-f]+$' out; then cat out; fail "$backend: a bare address"; fi
done
