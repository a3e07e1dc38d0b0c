# Scripts that are cut, garbled or hostile: each is refused or runs, within two seconds of its own and 200 MB.

count=0
failed=0

# try NAME: the script is in hostile.bt. On a busy machine the clock on the wall tells nothing: the time is the process's own.
try() {
  count=$((count + 1))
  (
    ulimit -t 2
    ulimit -d 204800
    exec timeout 60 "$POLYTAP" -q --dry-run hostile.bt >out 2>err
  )
  status=$?
  case $status in
    0 | 1) ;;
    *)
      failed=$((failed + 1))
      echo "$1: status $status: $(head -c 300 err)" >>failures
      ;;
  esac
  if grep -q "internal error\|refused the eBPF program" err; then
    failed=$((failed + 1))
    echo "$1: $(grep "internal error\|refused the eBPF program" err | head -c 300)" >>failures
  fi
}

# repeat TEXT N: N times TEXT.
repeat() {
  awk -v text="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; ++i) printf "%s", text }'
}

for n in 100 255 300 5000 100000; do
  { printf 'BEGIN { $x = '; repeat '(' $n; printf 1; repeat ')' $n; printf '; }'; } >hostile.bt
  try "$n parentheses"
  { printf 'BEGIN '; repeat '{ ' $n; repeat '} ' $n; } >hostile.bt
  try "$n blocks"
  { printf 'BEGIN { $x = '; repeat '!' $n; printf '1; }'; } >hostile.bt
  try "$n negations"
  { printf 'BEGIN { $x = 1'; repeat ' + 1' $n; printf '; }'; } >hostile.bt
  try "$n sums"
  { printf 'BEGIN { $x = 1; $y = $x'; repeat ' + $x' $n; printf '; print($y); }'; } >hostile.bt
  try "$n sums of a variable"
  { printf 'BEGIN { $x = '; repeat 'pid ? 1 : ' $n; printf '2; }'; } >hostile.bt
  try "$n conditions"
  { printf 'BEGIN { '; repeat 'if (pid) { ' $n; repeat '} ' $n; printf '}'; } >hostile.bt
  try "$n ifs inside each other"
  { printf 'BEGIN { if (pid) { } '; repeat 'else if (tid) { } ' $n; printf '}'; } >hostile.bt
  try "$n else ifs"
  { printf 'BEGIN { $x = '; repeat '(1, ' $n; printf 1; repeat ')' $n; printf '; print($x); }'; } >hostile.bt
  try "$n tuples inside each other"
  { printf 'BEGIN { $x = (1'; repeat ', 1' $n; printf '); print($x); }'; } >hostile.bt
  try "a tuple of $n"
  { printf 'BEGIN { @a[1'; repeat ', 1' $n; printf '] = 1; }'; } >hostile.bt
  try "a key of $n parts"
  { printf 'BEGIN { @'; repeat '[@' $n; repeat ']' $n; printf ' = 1; }'; } >hostile.bt
  try "$n maps as keys"
  { printf 'BEGIN { $x = '; repeat '*' $n; printf 'curtask; }'; } >hostile.bt
  try "$n dereferences"
  { printf 'BEGIN { $x = ('; repeat 'struct task_struct *' $n; printf ')0; }'; } >hostile.bt
  try "$n pointers"
  { printf 'BEGIN { while (1) { '; repeat 'while (pid) { ' $n; repeat '} ' $n; printf '} }'; } >hostile.bt
  try "$n whiles"
  { printf 'BEGIN { printf("'; repeat '%d ' $n; printf '"'; repeat ', 1' $n; printf '); }'; } >hostile.bt
  try "printf of $n numbers"
  { printf 'BEGIN { $x = "'; repeat 'x' $n; printf '"; print($x); }'; } >hostile.bt
  try "a string of $n"
  { printf 'BEGIN { $x = '; repeat '9' $n; printf '; }'; } >hostile.bt
  try "an integer of $n digits"
  { printf 'BEGIN { $'; repeat 'x' $n; printf ' = 1; }'; } >hostile.bt
  try "a name of $n"
  { repeat 'BEGIN { } ' $n; } >hostile.bt
  try "$n probes"
  { printf 'BEGIN'; repeat ',BEGIN' $n; printf ' { }'; } >hostile.bt
  try "$n attach points"
done

{ repeat 'tracepoint:syscalls:sys_enter_openat { @[pid] = count(); } ' 10000; } >hostile.bt
try "10,000 tracepoints"
{ printf 'tracepoint:syscalls:sys_enter_openat'; repeat ',tracepoint:syscalls:sys_enter_openat' 10000; printf ' { @ = count(); }'; } >hostile.bt
try "one tracepoint 10,000 times"
{ repeat '/' 100000; } >hostile.bt
try "slashes"
{ repeat '"' 99999; } >hostile.bt
try "quotes"
{ repeat '/*' 99999; } >hostile.bt
try "comments"
awk 'BEGIN { for (i = 0; i < 3000; ++i) printf "BEGIN { @m%d[%d] = %d; }\n", i, i, i }' >hostile.bt
try "3,000 maps in as many probes"
awk 'BEGIN { printf "BEGIN { "; for (i = 0; i < 3000; ++i) printf "@m%d[%d] = %d; ", i, i, i; print "}" }' >hostile.bt
try "3,000 maps"
awk 'BEGIN { printf "BEGIN { $s = 0; "; for (i = 0; i < 3000; ++i) printf "$v%d = nsecs + %d; ", i, i; for (i = 0; i < 3000; ++i) printf "$s += $v%d; ", i; print "print($s); }" }' >hostile.bt
try "3,000 variables"
awk 'BEGIN { printf "BEGIN { "; for (i = 0; i < 3000; ++i) printf "$v = \"%d\"; ", i; print "print($v); }" }' >hostile.bt
try "3,000 strings"
awk 'BEGIN { for (i = 0; i < 3000; ++i) printf "struct s%d { struct s%d *next; int a[%d]; };\n", i, i + 1, i; print "BEGIN { }" }' >hostile.bt
try "3,000 structs"
awk 'BEGIN { print "macro m0(x) { x + x }"; for (i = 1; i < 40; ++i) printf "macro m%d(x) { m%d(x) + m%d(x) }\n", i, i - 1, i - 1; print "BEGIN { $x = m39(pid); }" }' >hostile.bt
try "macros that double"
awk 'BEGIN { print "fn f0($x: int64): int64 { return $x + pid; }"; for (i = 1; i < 40; ++i) printf "fn f%d($x: int64): int64 { return f%d($x) + f%d($x); }\n", i, i - 1, i - 1; print "BEGIN { $x = f39(1); print($x); }" }' >hostile.bt
try "functions that double"
awk 'BEGIN { for (i = 0; i < 500; ++i) printf "fn f%d($x: int64): int64 { return f%d($x); }\n", i, i + 1; print "fn f500($x: int64): int64 { return $x; } BEGIN { print(f0(pid)); }" }' >hostile.bt
try "a chain of 500 functions"

while read -r script; do
  printf '%s\n' "$script" >hostile.bt
  try "$script"
done <<'SCRIPTS'
macro a(x) { b(x) } macro b(x) { a(x) } BEGIN { a(1); }
macro a() { a() } BEGIN { a(); }
fn f($x: int64): int64 { return f($x); } BEGIN { f(1); }
fn f($x: int64): int64 { return g($x); } fn g($x: int64): int64 { return f($x); } BEGIN { f(1); }
BEGIN { while (1) { } }
BEGIN { while (pid > 0) { @ = count(); } }
BEGIN { for ($i : 0..9223372036854775807) { } }
BEGIN { for ($i : 0..1000000) { for ($j : 0..1000000) { for ($k : 0..1000000) { @ = count(); } } } }
BEGIN { unroll(100) { unroll(100) { unroll(100) { @ = count(); } } } }
BEGIN { unroll(100) { unroll(10) { @[pid] = count(); } } }
BEGIN { unroll(99999999999999999999) { } }
BEGIN { @a[1] = 1; for ($k : @a) { for ($l : @a) { for ($m : @a) { for ($n : @a) { } } } } }
BEGIN { @a[1] = 1; for ($k : @a) { @a[$k.0 + 1] = 1; } }
config = { max_strlen = 99999999999 } BEGIN { }
config = { max_strlen = 65536 } BEGIN { @[str(arg0), str(arg1), str(arg2)] = 1; }
config = { max_strlen = 65536 } tracepoint:syscalls:sys_enter_openat { @[str(args.filename), str(args.filename), comm] = str(args.filename); }
config = { max_map_keys = 16777216 } BEGIN { @[1] = 1; }
config = { max_map_keys = 0 } BEGIN { @[1] = 1; }
config = { ;;;, } BEGIN { }
config = { max_strlen = } BEGIN { }
let @a = hash(0); BEGIN { }
let @a = hash(99999999999999); BEGIN { }
let @a = hash(-1); BEGIN { }
let @a = lruhash(1); BEGIN { @a[1] = 1; }
BEGIN { $a = (uint8[4294967295])1; }
BEGIN { $a = (struct nothing *)1; $a.b.c.d = 1; }
BEGIN { let $a: string[1048576]; let $b: string[1048576]; print($a); print($b); }
BEGIN { let $a: string[0]; }
BEGIN { let $a: uint64[100000]; print($a); }
BEGIN { print(kstack(1024)); print(ustack(1024)); }
BEGIN { print(kstack(1025)); }
BEGIN { @ = lhist(1, 0, 1000000000, 1); }
BEGIN { @ = lhist(1, 0, 1000000000, 0); }
BEGIN { @ = hist(1, 5); @b = hist(2, 99); }
BEGIN { printf("%999999999d\n", 1); }
BEGIN { printf("%*d\n", 2147483647, 1); }
BEGIN { printf("%", 1); }
BEGIN { print(1 / 0); print(1 % 0); print(-9223372036854775808 / -1); }
BEGIN { $x = 1 << 99999999; $y = 1 >> -1; print($x + $y); }
BEGIN { $x = 5; $x = "text"; $x = (1, 2); }
BEGIN { $x = $x; }
BEGIN { @x = @x; @y[@y[1]] = @y[2]; }
BEGIN { @x[@x[@x[@x[1]]]] = 1; }
BEGIN { fail("no"); }
BEGIN { static_assert(0, "no"); }
BEGIN { exit(99999999999); }
interval:ns:1 { exit(); }
interval:s:99999999999999 { exit(); }
interval:s:0 { exit(); }
tracepoint:*:* { @ = count(); }
tracepoint:syscalls:sys_enter_* { @[probe] = count(); }
tracepoint:syscalls:sys_enter_* { printf("%s %d\n", str(args.filename), args.fd); }
kprobe:* { @ = count(); }
uprobe:/nonexistent:* { @ = count(); }
uprobe:/proc/self/exe:* { @ = count(); }
uprobe:/dev/zero:main { @ = count(); }
uprobe:/: { }
usdt::: { }
::: { }
BEGIN
BEGIN {
BEGIN }
BEGIN { /
BEGIN / 1 { }
BEGIN /1/ /1/ { }
BEGIN { if }
BEGIN { for ( : ) { } }
BEGIN { for ($i : 1..) { } }
BEGIN { $ }
BEGIN { @[ }
BEGIN { " }
BEGIN { "\ }
BEGIN { "\x }
BEGIN { 0x }
BEGIN { 1e999 }
BEGIN { 1__0 }
BEGIN { print((((1)) }
BEGIN { sizeof() }
BEGIN { sizeof(struct }
BEGIN { offsetof(struct task_struct, pid.x.y) }
BEGIN { $a.0.0.0.0 }
BEGIN { args.args.args }
#
#include
#include <
#include "/dev/zero"
#define
#define a a
#define a b
#ifdef
#ifdef x
#endif
#else
import
import "
import "/dev/zero";
import "/"; BEGIN { }
import "hostile.bt"; BEGIN { }
import "nothing.bt"; BEGIN { }
struct s { struct s s; }; BEGIN { $x = ((struct s *)0).s.s.s; }
struct s { int a : 99; }; BEGIN { }
struct s { int a[99999999999]; }; BEGIN { }
struct { }; BEGIN { }
union u { struct u *u; }; enum e { A = A }; BEGIN { }
enum e { A = 1 << 70, B }; BEGIN { print(B); }
typedef a a; BEGIN { }
typedef struct a { typedef int b; } c; BEGIN { }
fn
fn f
fn f(
fn f($x): int { } BEGIN { }
fn f(): struct nothing { } BEGIN { f(); }
fn f($a: int64, $a: int64): int64 { return $a; } BEGIN { f(1, 2); }
macro
macro m
macro m(1) { } BEGIN { }
macro m($x, $x) { } BEGIN { m($a, $b); }
SCRIPTS

head -c 100000 /dev/urandom >hostile.bt
try "noise"
printf 'BEGIN { print("a\000b"); }' >hostile.bt
try "a NUL"
printf '\357\273\277BEGIN { }' >hostile.bt
try "a byte order mark"
: >hostile.bt
try "nothing"

[ "$failed" = 0 ] || fail "$failed of $count scripts: $(cat failures)"
echo "$count scripts"
