need_root
[ -f /sys/kernel/tracing/kprobe_events ] || skip "this kernel has no kprobes"

# kernel_agrees SCRIPT COMMAND: ftrace and eBPF see the same calls of kernel functions, and lose none.
kernel_agrees() {
  expect_status 0 "$POLYTAP" compare --together -e "$1" -c "$2"
  grep -q '^ebpf .*(reference)' out || { cat out; fail "eBPF gave no answer: $1"; }
  grep -Eq '^ftrace .* equal' out || { cat out; fail "ftrace did not agree: $1"; }
  awk '$1 ~ /^(ebpf|ftrace)$/ && ($2 == 0 || $3 != 0) { bad = 1 } END { exit bad }' out || { cat out; fail "no events, or lost ones: $1"; }
}

for command in "$PROGRAMS/fork_children 200" "$PROGRAMS/threads 4 50" "sh -c 'cat /proc/self/stat; ls / | wc -l'"; do
  kernel_agrees 'kprobe:vfs_read { @[comm] = count(); }' "$command"
  kernel_agrees 'kretprobe:vfs_read { @ = hist(retval); }' "$command"
  # The kernel filters by what it fetches.
  kernel_agrees 'kretprobe:vfs_read /retval > 0/ { @[retval] = count(); }' "$command"
  kernel_agrees 'kprobe:vfs_read /arg2 > 100/ { @[arg2] = count(); }' "$command"
  kernel_agrees 'kprobe:vfs_read { @start[tid] = arg2; } kretprobe:vfs_read /@start[tid]/ { @[@start[tid] >= retval] = count(); delete(@start[tid]); }' \
    "$command"
  # Read by the kernel when the probe fires: the user's memory, and through pointers of its own.
  kernel_agrees 'kprobe:do_sys_openat2 { @[str(uptr(arg1))] = count(); }' "$command"
  kernel_agrees 'kprobe:vfs_read { @[str(((struct file *)arg0)->f_path.dentry->d_name.name)] = count(); }' "$command"
  kernel_agrees 'kprobe:vfs_read { @[kstack(4)] = count(); }' "$command"
done

expect_status 0 "$POLYTAP" --explain -b ftrace -e 'kretprobe:vfs_read /retval > 0/ { @ = count(); }' -c true
expect_in out 'the kernel fetches ax=$retval:x64; the kernel filters by'
expect_status 1 "$POLYTAP" -b ftrace -e 'kprobe:vfs_read { @[str(@name)] = count(); @name = arg1; }' -c true
expect_in err 'comes from a map'

# Event probes read through a tracepoint's pointers; what they misread is refused. (Not every kernel has them.)
if grep -q ' __trace_eprobe_create' /proc/kallsyms; then
  kernel_agrees 'tracepoint:syscalls:sys_enter_execve { @[str(args.argv[0]), pid == tid] = count(); }' "sh -c '/bin/echo a; $PROGRAMS/fork_children 3'"
  kernel_agrees 'tracepoint:syscalls:sys_enter_wait4 { @w = count(); } tracepoint:syscalls:sys_enter_execve { @[str(args.argv[0])] = count(); }' \
    "sh -c '/bin/echo a; $PROGRAMS/fork_children 3'"
  expect_status 1 "$POLYTAP" -b ftrace -e 'tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }' -c true
  expect_in err 'take one byte only'
  grep polytap_ /sys/kernel/tracing/dynamic_events && fail "event probes were left behind"
fi

# Nothing stays, after an end and after none.
grep polytap_ /sys/kernel/tracing/kprobe_events && fail "probe events were left behind"
i=0
while [ $i -lt 20 ]; do
  "$POLYTAP" -q -b ftrace -e 'kprobe:vfs_read { @[comm, kstack] = count(); } kretprobe:vfs_read { @r = hist(retval); }' >killed 2>&1 &
  tracer=$!
  sleep 0.$((i % 9 + 1))
  kill -9 $tracer 2>/dev/null || { cat killed; fail "the tracer ended by itself"; }
  wait $tracer 2>/dev/null
  i=$((i + 1))
done
expect_status 0 "$POLYTAP" -q -b ftrace -e 'BEGIN { exit(); } tracepoint:sched:sched_switch { }'
grep polytap_ /sys/kernel/tracing/kprobe_events && fail "the probe events of a killed tracer are still there"
ls /sys/kernel/tracing/instances | grep "polytap-" && fail "the instance of a killed tracer is still there"
:
