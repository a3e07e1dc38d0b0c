need_root
[ -d /sys/kernel/tracing/instances ] || skip "needs tracefs at /sys/kernel/tracing"

# all_agree SCRIPT COMMAND [BACKEND...]: every backend named (eBPF is the reference) has an answer, the same one, and lost nothing.
all_agree() {
  script=$1 command=$2
  shift 2
  expect_status 0 "$POLYTAP" compare --together -e "$script" -c "$command"
  for backend in ebpf "$@"; do
    grep -Eq "^$backend .*(\(reference\)|equal)" out || { cat out; fail "$backend did not agree: $script"; }
  done
  awk '$1 ~ /^(ebpf|ptrace|ftrace)$/ && $2 ~ /^[0-9]+$/ && $3 != 0 { bad = 1 } END { exit bad }' out ||
    { cat out; fail "events were lost: $script"; }
}

check() {
  all_agree 'tracepoint:raw_syscalls:sys_exit /args.ret < 0/ { @[args.id, args.ret] = count(); }' "$1" ptrace ftrace
  all_agree 'tracepoint:syscalls:sys_enter_write { @[comm] = hist(args.count); }' "$1" ptrace ftrace
  all_agree 'tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }' "$1" ptrace ftrace
  all_agree 'tracepoint:syscalls:sys_enter_openat { @start[tid] = nsecs; }
             tracepoint:syscalls:sys_exit_openat /@start[tid]/ { @us[comm] = hist((nsecs - @start[tid]) / 1000); delete(@start[tid]); }' \
    "$1" ptrace ftrace
}
for_programs check

# Switches are those of the program itself: each session sees more or less of the wait at the gate, whose name is polytap.
all_agree 'tracepoint:sched:sched_switch /comm == "threads"/ { @[pid == tid] = count(); }' "$PROGRAMS/threads 4 50" ftrace
all_agree 'tracepoint:sched:sched_switch /comm == "fork_children"/ { @[comm] = count(); }' "$PROGRAMS/fork_children 200" ftrace
all_agree 'tracepoint:sched:sched_process_fork { @fork = count(); } tracepoint:sched:sched_process_exec { @exec[str(args.filename)] = count(); }
           tracepoint:sched:sched_process_exit { @exit[comm] = count(); }' "$PROGRAMS/fork_children 200" ptrace ftrace
all_agree 'tracepoint:signal:signal_deliver { @[args.sig, args.code] = count(); }' \
  "sh -c 'trap : USR1 USR2; kill -USR1 \$\$; kill -USR2 \$\$; kill -USR1 \$\$'" ptrace ftrace
# The kernel drops what the predicate would, and no more.
all_agree 'tracepoint:syscalls:sys_enter_write /args.fd == 1 && comm != "sh"/ { @[comm] = sum(args.count); }' \
  "sh -c 'echo a; ls /; echo b >&2; date'" ptrace ftrace

# Names and processes of a whole system, at the time of each event.
all_agree 'tracepoint:raw_syscalls:sys_enter /comm == "threads"/ { @[comm, pid != tid, args.id] = count(); }' "$PROGRAMS/threads 4 50" ptrace ftrace

# Kernel stacks begin at the tracepoint. (eBPF's begin in the kernel's own iterator when there is another tracer.)
expect_status 0 "$POLYTAP" -q -b ftrace -e 'tracepoint:sched:sched_process_fork { @[comm, kstack(3)] = count(); }' -c "$PROGRAMS/fork_children 50"
grep -A1 '^@\[fork_children' out | grep -Eq '^ +kernel_clone\+' || { cat out; fail "no stack of a fork"; }
grep -Eqx '\]: 50' out || { cat out; fail "not one stack for all forks"; }

# What a record cannot answer is refused, with the expression.
expect_status 1 "$POLYTAP" -b ftrace -e 'tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }' -c true
grep -Eq 'reads user memory through a pointer|take one byte only' err || { cat err; fail "the refusal does not tell why"; }
expect_status 0 "$POLYTAP" --explain -e 'tracepoint:raw_syscalls:sys_exit /args.ret < 0/ { @[pid] = count(); }'
expect_in out 'the kernel filters by ret < 0'

# Nothing stays, after an end and after none.
"$POLYTAP" -q -b ftrace -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }' >killed 2>&1 &
tracer=$!
tries=0
until [ -d "/sys/kernel/tracing/instances/polytap-$tracer" ]; do
  tries=$((tries + 1))
  [ $tries -lt 100 ] || { cat killed; fail "no tracing instance"; }
  sleep 0.05
done
kill -9 $tracer
wait $tracer
expect_status 0 "$POLYTAP" doctor --clean
expect_in out "removed tracing instance polytap-$tracer"
[ ! -d "/sys/kernel/tracing/instances/polytap-$tracer" ] || fail "the instance of a killed tracer is still there"
