# bpftrace is the oracle: system-wide counts by comm of a loop of ours.
need_root
need bpftrace
script='tracepoint:syscalls:sys_enter_getppid /comm == "syscall_loop"/ { @[comm, args->__syscall_nr] = count(); }'
bpftrace -e "$script" -c "$PROGRAMS/syscall_loop getppid 1000" >theirs 2>&1 || { cat theirs; fail "bpftrace failed"; }
grep '^@' theirs >wanted
expect_status 0 "$POLYTAP" -q -b ebpf -a -e "$script" -c "$PROGRAMS/syscall_loop getppid 1000"
grep '^@' out >shown
same wanted shown
