# Probe types that the conformance suite cannot ask for: those that need two processes, addresses, files made here.
need_root
[ -d /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing
cp "$PROGRAMS/static_probes" "$PROGRAMS/watched" .
here=$(pwd)

# Starts the program that waits for listeners.
listen() {
  ./static_probes listen >said &
  program=$!
  until [ "$(cat /proc/$program/comm)" = static_probes ]; do sleep 0.02; done
}

# A semaphore is counted up while somebody listens, and down again: also when polytap is killed, for the kernel does it.
for backend in ebpf uprobe; do
  listen
  "$POLYTAP" -q -b $backend -e "usdt:$here/static_probes:demo:guarded { printf(\"fired %d\\n\", arg0); }" -p $program >out 2>err &
  tracer=$!
  rounds=0
  until grep -q fired out; do
    rounds=$((rounds + 1))
    [ $rounds -lt 100 ] || { cat out err said; fail "$backend: the guarded probe does not fire"; }
    sleep 0.1
  done
  expect_in out 'fired 42'
  expect_in said 'listeners: 1'
  kill -KILL $tracer
  wait $tracer 2>/dev/null
  wait $program
  expect_in said 'nobody listens'
  expect_status 0 "$POLYTAP" doctor --clean
done
# ptrace counts by itself, and back when it ends in order.
listen
expect_status 0 "$POLYTAP" -q -b ptrace -e "usdt:$here/static_probes:demo:guarded { printf(\"fired %d\\n\", arg0); exit(); }" -p $program
expect_in out 'fired 42'
wait $program
expect_in said 'nobody listens'
# Without a file: whatever the process has mapped.
listen
expect_status 0 "$POLYTAP" -q -e 'usdt:*:demo:guarded { printf("fired %d\n", arg0); exit(); }' -p $program
expect_in out 'fired 42'
wait $program

# A watchpoint: the command's own writes and its child's.
address=$(./watched address)
expect_status 0 "$POLYTAP" -q -e "watchpoint:$address:8:w { @[pid == cpid] = count(); }" -c './watched 10'
expect_in out '@[false]: 10'
expect_in out '@[true]: 10'
expect_status 0 "$POLYTAP" -q -e "watchpoint:$address:8:w { @ = count(); unwatch($address); }" -c './watched 3000000'
[ "$(sed -n 's/^@: //p' out)" -lt 6000000 ] || fail "unwatch() has no effect"
# As bpftrace's first watchpoints were written.
expect_status 0 "$POLYTAP" --dry-run -e "watchpoint::$address:8:rw { @ = count(); }" -c './watched 10'
expect_status 1 "$POLYTAP" -e "watchpoint:$address:8:w { @ = count(); }"
expect_in err 'name the process (-p) or the command (-c)'

# Without such a counter the reason is told, and with one it counts.
if "$POLYTAP" -q -e 'hardware:cpu-cycles:1000000 { @ = count(); }' -c "$PROGRAMS/static_probes 10000000" >out 2>err; then
  grep -q '^@: ' out || fail "hardware: no event"
else
  expect_in err 'this machine has no such counter'
fi

# Lines of source files.
line=$(grep -n 'watched_word = i;' "$E2E/../programs/watched.c" 2>/dev/null | cut -d: -f1)
if [ -n "$line" ]; then
  expect_status 0 "$POLYTAP" -q -e "uprobe:$here/watched@watched.c:$line { @ = count(); }" -c './watched 10'
  grep -Eq '^@: [0-9]+$' out || { cat out err; fail "no hit at line $line"; }
  expect_status 1 "$POLYTAP" -q -e "uprobe:$here/watched@watched.c:1 { @ = count(); }" -c './watched 10'
  expect_in err 'the next line with code is'
  expect_status 1 "$POLYTAP" -q -e "uprobe:$here/watched@other.c:1 { @ = count(); }" -c './watched 10'
  expect_in err "was not made of a source file 'other.c'"
fi

# A library within an archive.
if command -v python3 >/dev/null 2>&1; then
  python3 - "$PROGRAMS/functions" <<'PYTHON'
import sys, zipfile
with zipfile.ZipFile("apps.zip", "w", zipfile.ZIP_STORED) as archive:
    archive.write(sys.argv[1], "lib/functions")
with zipfile.ZipFile("small.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write(sys.argv[1], "lib/functions")
PYTHON
  expect_status 0 "$POLYTAP" -l "uprobe:$here/apps.zip!/lib/functions:*"
  expect_in out "apps.zip!/lib/functions:main"
  expect_status 1 "$POLYTAP" -l "uprobe:$here/small.zip!/lib/functions:*"
  expect_in err 'is compressed'
  expect_status 1 "$POLYTAP" -l "uprobe:$here/apps.zip!/lib/function:*"
  expect_in err "has no member 'lib/function'"
fi

# Signals to polytap itself.
"$POLYTAP" -e 'self:signal:SIGUSR1 { printf("signalled\n"); @n = count(); } BEGIN { printf("ready\n"); }' >out 2>err &
tracer=$!
rounds=0
until grep -q ready out; do
  rounds=$((rounds + 1))
  [ $rounds -lt 100 ] || { cat out err; fail "self: does not begin"; }
  sleep 0.1
done
sleep 0.2
kill -USR1 $tracer
rounds=0
until grep -q signalled out; do
  rounds=$((rounds + 1))
  [ $rounds -lt 100 ] || { cat out err; fail "self:signal does not fire"; }
  sleep 0.1
done
kill -INT $tracer
wait $tracer
expect_in out '@n: 1'

# Tests and benchmarks run only when asked for.
script='test:good { assert(1 + 1 == 2, "sums"); } test:other { @x = 1; } bench:sums { $x = 1 + pid; } BEGIN { exit(); } END { clear(@x); }'
expect_status 0 "$POLYTAP" -q -e "$script"
script='test:good { assert(1 + 1 == 2, "sums"); } test:other { @x = 1; } bench:sums { $x = 1 + pid; } END { clear(@x); }'
expect_status 0 "$POLYTAP" --test -e "$script"
expect_in out '[       OK ] good'
expect_in out '2 passed, 0 failed'
expect_status 0 "$POLYTAP" --bench -e "$script"
expect_in out '| sums'
expect_status 1 "$POLYTAP" --test -e 'test:bad { assert(1 + 1 == 3, "wrong sums"); }'
expect_in out '[  FAILED  ] bad'

# Iterators, where the kernel takes them. Threads come and go meanwhile.
if "$POLYTAP" -q -e 'iter:task { @ = count(); } END { printf("%d\n", (int64)@); clear(@); }' >out 2>err; then
  counted=$(grep -E '^[0-9]+$' out)
  there=$(ls -d /proc/[0-9]*/task/* | wc -l)
  [ "$counted" -gt $((there / 2)) ] && [ "$counted" -lt $((there * 2)) ] || fail "iter:task: $counted of $there tasks"
  expect_status 0 "$POLYTAP" -q -e 'iter:task { @[ctx->task->comm] = count(); }' -o tasks
  expect_in tasks '@[polytap'
  expect_status 0 "$POLYTAP" -q -e 'iter:task_file { @files = count(); }'
  grep -Eq '^@files: [0-9]+$' out || { cat out err; fail "iter:task_file"; }
  expect_status 0 "$POLYTAP" -q -e 'iter:task_vma { @areas = count(); }'
  grep -Eq '^@areas: [0-9]+$' out || { cat out err; fail "iter:task_vma"; }
else
  expect_in err 'the kernel takes no eBPF programs of the kind that iterators need'
  echo "iterators: refused here, with the reason"
fi
