# polytap strace -k: the frames behind each call are those of Debian's strace -k, with the same places in the same files.
need strace setarch gcc
# Names may be better here (from separate debug files); places are compared.
places() {
  sed -E -e '/^ > /!s/.*/CALL/' -e 's/^ > ([^(]*)\([^)]*\) (\[.*)/\1 \2/' "$1"
}
check() {
  setarch -R strace -k -o theirs "$@" >out 2>err
  setarch -R "$POLYTAP" strace -k -o ours "$@" >out 2>err
  places theirs >theirs.places
  places ours >ours.places
  [ "$(grep -vc CALL ours.places)" -gt 100 ] || { cat ours; fail "hardly any frame: $*"; }
  cmp -s theirs.places ours.places || { diff theirs.places ours.places | head -40; fail "the stacks differ: $*"; }
}
check ls /
check cat /etc/passwd
check git --version
cat >signalled.c <<'SOURCE'
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
static int compare(const void *a, const void *b) { getppid(); return *(const int *)a - *(const int *)b; }
static void on_signal(int number) { int v[] = {number, 1, 2}; qsort(v, 3, sizeof *v, compare); }
int main(void) { signal(SIGUSR1, on_signal); raise(SIGUSR1); kill(getpid(), SIGTERM); return 0; }
SOURCE
gcc -O2 -fomit-frame-pointer signalled.c -o signalled || fail gcc
check ./signalled

# Names, the limit, and a child's own memory.
expect_status 143 "$POLYTAP" strace -k -e trace=getppid -o trace ./signalled
expect_in trace "$WORK/signalled(compare+0x"
expect_in trace "$WORK/signalled(on_signal+0x"
expect_in trace ' > /usr/lib/x86_64-linux-gnu/libc.so.6(qsort_r+0x'
expect_status 143 "$POLYTAP" strace --stack-trace --stack-trace-frame-limit=2 -e trace=getppid -o trace ./signalled
expect_in trace ' > too many stack frames'
[ "$(grep -c ' > .*\[0x' trace)" -eq "$((2 * $(grep -c 'too many' trace)))" ] || { cat trace; fail "not two frames each"; }
gcc -g -O2 -fomit-frame-pointer signalled.c -o signalled || fail gcc
for option in -kk --stack-trace=source; do
  expect_status 143 "$POLYTAP" strace $option -e trace=getppid -o trace ./signalled
  grep -q "signalled(compare+0x[0-9a-f]*) .*/signalled.c:4$" trace || { cat trace; fail "no source line with $option"; }
done
expect_status 1 "$POLYTAP" strace --stack-trace=nonsense true
expect_in err "invalid --stack-trace argument: 'nonsense'"
expect_status 0 "$POLYTAP" strace -f -k -e trace=write -o trace sh -c 'ls / | cat'
grep -q '/ls(' trace || { cat trace; fail "no frame of a child's program"; }
