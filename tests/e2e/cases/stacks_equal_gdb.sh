# Stacks of code without frame pointers, frame by frame against gdb's at the same place, under ptrace and eBPF: the first
# stack, which an eBPF program can only copy, and later ones, which it walks by its tables, must be one and the same.
need_root
need gdb gcc g++ setarch

cat >common.h <<'SOURCE'
#include <stdlib.h>
#include <unistd.h>
/* The call that is looked at: once, and again when a tracer had time to learn what is mapped. */
static int calls;
__attribute__((noinline)) static void look(void) {
  getppid();
  if (calls++ == 0) usleep(500000);
  __asm__ volatile("");
}
SOURCE
cat >sorting.c <<'SOURCE'
#include "common.h"
static int compare(const void *a, const void *b) { look(); return *(const int *)a - *(const int *)b; }
__attribute__((noinline)) int sorted(int *v) { qsort(v, 2, sizeof *v, compare); return v[0]; }
int main(void) { int sum = 0; for (int i = 0; i < 50; i++) { int v[] = {3, i}; sum += sorted(v); } return sum == 12345; }
SOURCE
cat >aligned.c <<'SOURCE'
#include "common.h"
__attribute__((noinline)) void use(void *p, int n) { __asm__ volatile("" :: "r"(p), "r"(n)); look(); __asm__ volatile(""); }
__attribute__((noinline)) int realigned(int n) { char big[n] __attribute__((aligned(64))); double v[8] __attribute__((aligned(64)));
  use(big, n); use(v, n); return big[0] + (int)v[0]; }
__attribute__((noinline)) int grows(int n) { char *p = alloca(n); p[0] = 1; return realigned(n) + p[0]; }
int main(void) { int sum = 0; for (int i = 0; i < 1; i++) sum += grows(100); return sum == 12345; }
SOURCE
sed -i 's/  use(big, n); use(v, n);/  for (int i = 0; i < 50; i++) use(v, n);/' aligned.c
cat >templates.cpp <<'SOURCE'
#include <algorithm>
#include <functional>
#include <vector>
#include "common.h"
template <typename T> struct Less { bool operator()(const T &a, const T &b) const { look(); return a < b; } };
template <typename T, int N> __attribute__((noinline)) T least(std::function<T(T)> f) {
  std::vector<T> v; for (int i = 0; i < N; i++) v.push_back(f(T(N - i)));
  return std::min_element(v.begin(), v.end(), Less<T>()) - v.begin();
}
static inline int twice(int n) { return least<int, 2>([](int i) { return 2 * i; }) + n; }
int main() { int sum = 0; for (int i = 0; i < 50; i++) sum += twice(i); return sum == 12345; }
SOURCE
cat >threaded.c <<'SOURCE'
#include <pthread.h>
#include "common.h"
__attribute__((noinline)) static long work(long n) { look(); return n + 1; }
static void *run(void *p) { long sum = 0; for (int i = 0; i < 50; i++) sum += work((long)p); return (void *)sum; }
int main(void) { pthread_t t; void *r; pthread_create(&t, 0, run, 0); pthread_join(t, &r); return r == 0; }
SOURCE
cat >handler.c <<'SOURCE'
#include <signal.h>
#include "common.h"
static void on_signal(int number) { (void)number; look(); __asm__ volatile(""); }
__attribute__((noinline)) static int interrupted(int n) { kill(getpid(), SIGUSR1); return n; }
int main(void) {
  static char stack[65536];
  stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = FLAGS};
  int sum = 0;
  sigaltstack(&other, 0);
  sigaction(SIGUSR1, &action, 0);
  for (int i = 0; i < 50; i++) sum += interrupted(i);
  return sum == 12345;
}
SOURCE
cat >plugin.c <<'SOURCE'
__attribute__((noinline)) int through_plugin(int (*f)(int), int n) { return f(n) + 1; }
SOURCE
cat >opens.c <<'SOURCE'
#include <dlfcn.h>
#include "common.h"
static int back(int n) { look(); return n; }
int main(int argc, char **argv) {
  int sum = 0;
  getpid();
  void *plugin = dlopen(argc > 1 ? argv[1] : "./plugin.so", RTLD_NOW);
  int (*f)(int (*)(int), int) = (int (*)(int (*)(int), int))dlsym(plugin, "through_plugin");
  for (int i = 0; i < 50; i++) sum += f(back, i);
  return sum == 12345;
}
SOURCE
flags="-O2 -fomit-frame-pointer -fno-optimize-sibling-calls -w"
for name in sorting aligned; do gcc $flags $name.c -o $name || fail "gcc $name"; done
gcc $flags -DFLAGS=0 handler.c -o handler && gcc $flags -DFLAGS=SA_ONSTACK handler.c -o other_stack || fail "gcc handler"
gcc $flags threaded.c -o threaded -pthread && g++ $flags templates.cpp -o templates && gcc $flags -shared -fPIC plugin.c -o plugin.so &&
  gcc $flags opens.c -o opens -ldl && gcc $flags -s sorting.c -o stripped && gcc $flags -no-pie sorting.c -o fixed || fail "gcc"

cat >frames.py <<'SOURCE'
import gdb
frame = gdb.newest_frame()
while frame is not None:
    if frame.type() != gdb.INLINE_FRAME:
        print("FRAME %x" % frame.pc())
    frame = frame.older()
SOURCE

# frames_of FILE: the addresses of the only stack in polytap's output. A copy of a stack ends where another stack begins,
# so a first one may be shorter there: the last, with the most events, counts.
frames_of() {
  [ "$(grep -c '^@\[$' "$1")" -eq 1 ] || [ "$2" = "other_stack under ebpf" ] || { cat "$1"; fail "$2: not one stack, but $(grep -c '^@\[$' "$1")"; }
  awk '/^@\[$/ { text = "" } { text = text $0 "\n" } END { printf "%s", text }' "$1" | grep -o '^ *[0-9a-f][0-9a-f]*$' | tr -d ' '
}

# check NAME: the program's stack by gdb, ptrace and eBPF.
check() {
  gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
    -ex 'set startup-with-shell off' -ex 'handle SIGUSR1 nostop noprint pass' -ex 'catch syscall getppid' -ex run -ex 'source frames.py' "./$1" >gdb.out 2>gdb.err
  sed -n 's/^FRAME //p' gdb.out >gdb.frames
  [ "$(wc -l <gdb.frames)" -ge 4 ] || { cat gdb.out gdb.err; fail "$1: gdb found no stack"; }
  for backend in ptrace ebpf; do
    expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); }' \
      -c "setarch -R ./$1"
    frames_of out "$1 under $backend" >$backend.frames
    cmp -s gdb.frames $backend.frames || { diff gdb.frames $backend.frames; fail "$1: $backend and gdb differ"; }
  done
}
# with_uretprobes BACKEND PROGRAM FUNCTION...: uretprobes wait for the functions, and have taken the return addresses from
# the stack.
with_uretprobes() {
  backend=$1 program=$2
  shift 2
  probes=""
  for function in "$@"; do probes="$probes${probes:+, }uretprobe:./$program:$function"; done
  expect_status 0 "$POLYTAP" -q -b "$backend" -e "$probes { @returned = count(); }
    tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); }" -c "setarch -R ./$program"
  grep -q '^@returned: [1-9]' out || { cat out; fail "$program: no uretprobe fired"; }
}

for name in sorting aligned templates threaded handler other_stack opens stripped fixed; do check $name; done

# The return addresses that uretprobes took are found again: in the first stack, which is copied, and in later ones.
check sorting
with_uretprobes ebpf sorting compare sorted main
frames_of out "sorting with uretprobes" >hidden.frames
cmp -s gdb.frames hidden.frames || { diff gdb.frames hidden.frames; fail "sorting: the callers that uretprobes wait for"; }
cat >deeper.c <<'SOURCE'
#include "common.h"
__attribute__((noinline)) int deeper(int n) { int r = n ? deeper(n - 1) : (look(), 0); return r + 1; }
int main(void) { int sum = 0; for (int i = 0; i < 50; i++) sum += deeper(40); return sum == 12345; }
SOURCE
gcc $flags deeper.c -o deeper || fail "gcc deeper"
check deeper
with_uretprobes ebpf deeper deeper
frames_of out "deeper with uretprobes" >hidden.frames
cmp -s gdb.frames hidden.frames || { diff gdb.frames hidden.frames; fail "deeper: the callers that uretprobes wait for"; }

# A program whose file is deleted while it runs, or replaced by another program: frames and names as before. (Every stack
# here is shown after its process has exited. gdb, which reads the file when it needs it, looks at a run without the change.)
cp stripped replacement
for change in 'unlink(v[0]);' 'rename("replacement", v[0]);'; do
  sed "s/int main(void) {/#include <stdio.h>\nint main(int c, char **v) { if (c > 1) $change/" sorting.c >changing.c
  gcc $flags changing.c -o changing || fail "gcc changing"
  for backend in gdb ptrace ebpf; do
    cp changing moving && cp stripped replacement
    if [ $backend = gdb ]; then
      gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
        -ex 'set startup-with-shell off' -ex 'catch syscall getppid' -ex run -ex 'source frames.py' ./moving >gdb.out 2>gdb.err
      sed -n 's/^FRAME //p' gdb.out >gdb.frames
      continue
    fi
    expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); @names[ustack] = count(); }' \
      -c "setarch -R ./moving now"
    for name in 'look+' 'compare+' 'sorted+' 'main+'; do grep -q "$name[0-9]* (.*/moving)" out || { cat out; fail "$change $backend: no $name"; }; done
    sed -i '/^@names/,$d' out
    frames_of out "$change under $backend" >$backend.frames
    cmp -s gdb.frames $backend.frames || { diff gdb.frames $backend.frames; fail "$change $backend and gdb differ"; }
  done
done

# A first stack is copied as far as the environment, or the script, says: frames of 1 KiB need more than 16 KiB.
sed 's/int r = n/volatile char kept[1024]; kept[0] = n; int r = kept[0] + n/; s/(look(), 0);/(look(), 0); kept[1] = r;/; s/deeper(40)/deeper(30)/' deeper.c >large.c
gcc $flags large.c -o large || fail "gcc large"
gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
  -ex 'set startup-with-shell off' -ex 'catch syscall getppid' -ex run -ex 'source frames.py' ./large >gdb.out 2>gdb.err
sed -n 's/^FRAME //p' gdb.out >gdb.frames
expect_status 0 env POLYTAP_MAX_USTACK_BYTES=65536 "$POLYTAP" -q -b ebpf -e '
  tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); }' -c "setarch -R ./large"
frames_of out "large frames" >large.frames
cmp -s gdb.frames large.frames || { diff gdb.frames large.frames; fail "large frames: eBPF and gdb differ"; }
# The environment has the last word.
expect_status 0 env POLYTAP_MAX_USTACK_BYTES=4096 "$POLYTAP" -q -b ebpf -e 'config = { max_ustack_bytes = 65536 }
  tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); }' -c "setarch -R ./large"
[ "$(grep -c '^@\[$' out)" -eq 2 ] || { cat out; fail "large frames: a copy of 4 KiB should end within the stack"; }

# In a chroot and another mount namespace: the way up is the same, through files that polytap cannot see by their names.
need unshare chroot ldd
mkdir -p jail/bin
cp sorting jail/bin/only_inside
for library in $(ldd sorting | grep -o '/[^ ]*'); do mkdir -p "jail$(dirname "$library")" && cp -L "$library" "jail$library"; done
# gdb is told where the libraries are when the program is there: before, it would look for itself in the jail.
gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
  -ex 'set startup-with-shell off' -ex 'catch syscall getppid' -ex run -ex 'set sysroot jail' -ex 'source frames.py' \
  --args "$(command -v setarch)" -R unshare -m chroot jail /bin/only_inside >gdb.out 2>gdb.err
sed -n 's/^FRAME //p' gdb.out >gdb.frames
[ "$(wc -l <gdb.frames)" -ge 8 ] || { cat gdb.out gdb.err; fail "chroot: gdb found no stack"; }
for backend in ptrace ebpf; do
  expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @[ustack(raw)] = count(); }' \
    -c "setarch -R unshare -m chroot jail /bin/only_inside"
  frames_of out "chroot under $backend" >$backend.frames
  cmp -s gdb.frames $backend.frames || { diff gdb.frames $backend.frames; fail "chroot: $backend and gdb differ"; }
  expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @[ustack] = count(); }' \
    -c "unshare -m chroot jail /bin/only_inside"
  [ "$(grep -c '^@\[$' out)" -eq 1 ] || { cat out; fail "chroot under $backend: not one stack"; }
  [ "$(grep -c '/bin/only_inside' out)" -eq 5 ] && [ "$(grep -c '/libc.so.6' out)" -eq 5 ] || { cat out; fail "chroot under $backend: not 10 frames"; }
done

# The old story: a stripped program whose library calls setsockopt in a loop and exits. Every frame has a name or a place
# in its file.
cat >library.c <<'SOURCE'
#include <sys/socket.h>
static int set(int fd, int value) { return setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, sizeof value); }
__attribute__((noinline)) int tune(int fd, int value) { return set(fd, value) + 1; }
__attribute__((noinline)) int prepare(int count) { int sum = 0, fd = socket(AF_INET, SOCK_DGRAM, 0); for (int i = 0; i < count; i++) sum += tune(fd, 4096 + i); return sum; }
SOURCE
printf 'int prepare(int); static __attribute__((noinline)) int run(int n) { return prepare(n) + 1; }\nint main(void) { return run(200) == 7; }\n' >story.c
gcc $flags -shared -fPIC -s library.c -o libtune.so && gcc $flags -s story.c -o story ./libtune.so || fail "gcc"
for backend in ptrace ebpf; do
  expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_setsockopt { @[ustack] = count(); }' -c ./story
  for pattern in 'setsockopt+[0-9]* (' 'tune+[0-9]* (.*libtune.so)' 'prepare+[0-9]* (.*libtune.so)' '__libc_start_main+' ; do
    grep -q "$pattern" out || { cat out; fail "story under $backend: no $pattern"; }
  done
  [ "$(grep -c 'story+0x[0-9a-f]*$' out)" -ge 3 ] || { cat out; fail "story under $backend: frames of the program are missing"; }
  if grep -Eq '^ +(0x)?[0-9a-f]+$' out; then cat out; fail "story under $backend: a bare address"; fi
done
