# Stacks of programs in Go, Rust and JavaScript, also those that Debian ships stripped, under ptrace and eBPF: frame by frame
# as gdb has them where gdb can, else by name.
need_root
need setarch

cat >frames.py <<'SOURCE'
import gdb
frame = gdb.newest_frame()
while frame is not None and frame.pc() != 0:
    if frame.type() != gdb.INLINE_FRAME:
        print("FRAME %x" % frame.pc())
    frame = frame.older()
SOURCE
# stacks_of BACKEND MODE COMM COMMAND: where COMM writes to its standard output, into the file `stacks`.
stacks_of() {
  expect_status 0 "$POLYTAP" -q -b "$1" -e "tracepoint:syscalls:sys_enter_write /comm == \"$3\" && args.fd == 1/ { @[ustack($2)] = count(); }" -c "$4"
  sed -n '/^@\[$/,$p' out >stacks
}
# as_gdb COMM PROGRAM ARGUMENTS: the only stack is gdb's.
as_gdb() {
  gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'set backtrace past-main on' -ex 'set backtrace past-entry on' \
    -ex 'set startup-with-shell off' -ex 'handle SIGURG nostop noprint pass' -ex 'catch syscall write' -ex "run $3" -ex 'source frames.py' "$2" >gdb.out 2>gdb.err
  sed -n 's/^FRAME //p' gdb.out >gdb.frames
  [ "$(wc -l <gdb.frames)" -ge 6 ] || { cat gdb.out gdb.err; fail "$2: gdb found no stack"; }
  for backend in ptrace ebpf; do
    stacks_of $backend raw "$1" "setarch -R $2 $3"
    [ "$(grep -c '^@\[$' stacks)" -eq 1 ] || { cat out; fail "$2 under $backend: not one stack"; }
    grep -o '^ *[0-9a-f][0-9a-f]*$' stacks | tr -d ' ' >$backend.frames
    cmp -s gdb.frames $backend.frames || { diff gdb.frames $backend.frames; fail "$2: $backend and gdb differ"; }
  done
}
# has_chain NAME...: the names stand one above the other.
has_chain() {
  wanted=$(printf '%s ' "$@")
  sed 's/^ *//; s/+[0-9]* (.*//' stacks | tr '\n' ' ' >chain
  grep -qF -- "$wanted" chain || { cat stacks; fail "no frames $wanted"; }
  if grep -Eq '^ +(0x)?[0-9a-f]+$' stacks; then cat stacks; fail "a bare address"; fi
}
tested=""

if command -v gron >/dev/null 2>&1; then
  tested="$tested gron"
  echo '{"a": {"b": [1, 2]}}' >some.json
  for backend in ptrace ebpf; do
    stacks_of $backend bpftrace gron "gron some.json"
    has_chain 'syscall.write' 'internal/poll.(*FD).Write' 'os.(*File).Write' 'fmt.Fprintln' 'main.gron' 'main.main' 'runtime.main' 'runtime.goexit'
  done
fi

if command -v fdfind >/dev/null 2>&1 && command -v gdb >/dev/null 2>&1; then
  tested="$tested fdfind"
  mkdir -p tree/of/folders && touch tree/of/folders/file
  as_gdb fdfind "$(command -v fdfind)" "-j1 file tree"
fi

if command -v go >/dev/null 2>&1 && command -v gdb >/dev/null 2>&1; then
  tested="$tested go"
  cat >hello.go <<'SOURCE'
package main

import "os"

type widget struct{ out *os.File }

//go:noinline
func turn(n int, f func(int) int) int { return f(n) + 1 }

//go:noinline
func (w *widget) show(n int) int {
	w.out.Write([]byte("hello\n"))
	return n
}

func main() {
	w := &widget{os.Stdout}
	sum := 0
	for i := 0; i < 20; i++ {
		sum += turn(i, func(n int) int { return w.show(n) })
	}
	if sum == 12345 {
		os.Exit(1)
	}
}
SOURCE
  GO111MODULE=off GOCACHE="$PWD/cache" go build -o hello hello.go || fail "go build"
  as_gdb hello ./hello ""
  strip hello
  for backend in ptrace ebpf; do
    stacks_of $backend bpftrace hello ./hello
    has_chain 'os.(*File).Write' 'main.(*widget).show' 'main.main.func1' 'main.turn' 'main.main' 'runtime.main'
  done
fi

if command -v node >/dev/null 2>&1; then
  tested="$tested node"
  cat >busy.js <<'SOURCE'
const fs = require('fs');
function innermost(n) { fs.writeSync(1, 'x\n'); return n; }
function calling(n) { return innermost(n) + 1; }
let sum = 0;
for (let i = 0; i < 300; i++) sum += calling(i);
fs.writeFileSync('pid', String(process.pid));
SOURCE
  for backend in ptrace ebpf; do
    stacks_of $backend bpftrace node "node --perf-basic-prof --no-opt busy.js"
    rm -f "/tmp/perf-$(cat pid).map"
    for name in writeSync "innermost $PWD/busy.js:2" "calling $PWD/busy.js:3"; do
      grep -q "JS:.$name[^ ]*+[0-9]* (/tmp/perf-$(cat pid).map)" stacks || grep -q "JS:.$name.*(/tmp/perf-$(cat pid).map)" stacks ||
        { cat stacks; fail "node under $backend: no $name"; }
    done
    expect_in stacks '__libc_start_main+'
    # Without the option compiled code is named by its memory.
    stacks_of $backend bpftrace node "node --no-opt busy.js"
    grep -q '^ *\[anon\]+0x[0-9a-f]*$' stacks || { cat stacks; fail "node under $backend: compiled code has no name"; }
    if grep -Eq '^ +(0x)?[0-9a-f]+$' stacks; then cat stacks; fail "node under $backend: a bare address"; fi
  done
fi
[ -n "$tested" ] || skip "needs gron, fdfind, go or node (scripts/setup languages)"
echo "with:$tested"
