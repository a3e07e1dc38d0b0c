# polytap symbolize beside addr2line, and source lines in stacks.
need gcc addr2line nm
cat >program.c <<'SOURCE'
#include <stdio.h>
#include <unistd.h>
volatile int sink;
static inline __attribute__((always_inline)) int inner(int a) {
  sink = a;
  return getppid() + a;
}
__attribute__((noinline)) int outer(int a) {
  return inner(a) + 1;
}
int main(void) {
  printf("%p\n", (void*)outer);
  fflush(stdout);
  for (int i = 0; i < 1000; ++i) {
    sink += outer(i);
    usleep(20000);
  }
  return 0;
}
SOURCE
gcc -O2 -g -o program program.c || fail "gcc"
address=$(nm program | awk '$3 == "outer" { print $1 }')
addresses=""
for offset in 0 1 4 8 11 15; do
  addresses="$addresses $(printf '%x' $((0x$address + offset)))"
done

# addr2line's options, one after the other and as a filter.
for options in "" "-f" "-fi" "-fis" "-a" "-fia"; do
  "$POLYTAP" symbolize -e program $options $addresses >ours 2>&1 || { cat ours; fail "symbolize $options"; }
  addr2line -e program $options $addresses | sed 's/ (discriminator [0-9]*)//' >theirs
  same ours theirs
  for each in $addresses; do echo $each; done | "$POLYTAP" symbolize -e program $options >filtered
  same ours filtered
done
"$POLYTAP" symbolize -e program -fip $addresses >ours
addr2line -e program -fip $addresses | sed 's/ (discriminator [0-9]*)//' >theirs
same ours theirs

# What is not known.
"$POLYTAP" symbolize -e program -fv 0x7fffffff >out
expect_in out "program+0x7fffffff"
expect_in out "no symbol covers it"
cp program stripped
strip stripped
"$POLYTAP" symbolize -e stripped -fv "$address" >out
expect_in out "stripped+0x"
expect_in out "stripped, and no debug file"
expect_status 2 "$POLYTAP" symbolize 0x1
expect_status 1 "$POLYTAP" symbolize -e /etc/passwd 0x1

# A process whose file was replaced and deleted.
cp program moving
./moving >moving.out &
pid=$!
while [ ! -s moving.out ]; do sleep 0.02; done
there=$(cat moving.out)
cp stripped new && mv new moving && rm moving
"$POLYTAP" symbolize -p $pid -fi "$there" >out 2>err || { cat out err; kill $pid; fail "symbolize -p"; }
"$POLYTAP" symbolize -p $pid --json "$there" >json
kill $pid
expect_in out "outer"
expect_in out "program.c:8"
expect_in json '"function": "outer"'
expect_in json '"line": 8'

# Lines and inlined calls in stacks, whatever backend.
"$POLYTAP" -q -e 'tracepoint:syscalls:sys_enter_getppid { print(ustack(lines)); exit(); }' -c ./program >out 2>err ||
  { cat out err; fail "ustack(lines)"; }
expect_in out "inner at $PWD/program.c:6 [inlined]"
grep -Eq "outer\+[0-9]+ at $PWD/program.c:9 \($PWD/program\)" out || { cat out; fail "no line for outer"; }
grep -Eq "main\+[0-9]+ at $PWD/program.c:15 \($PWD/program\)" out || { cat out; fail "no line for main"; }
"$POLYTAP" -q -e 'config = { stack_mode = "inline" } tracepoint:syscalls:sys_enter_getppid { print(ustack(3)); exit(); }' -c ./program >out 2>err ||
  { cat out err; fail "stack_mode"; }
expect_in out "inner [inlined]"
