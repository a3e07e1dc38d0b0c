need_root
find_setpriv
echo data >data && chmod 644 data
cp "$POLYTAP" polytap && chmod 755 polytap
script='tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }'
# The backend is chosen by itself, and it works.
expect_status 0 as_user ./polytap -v -e "$script" -c 'cat data'
expect_in err 'chosen: ptrace'
expect_in out '@[data]: 1'
expect_status 0 as_user ./polytap -e 'tracepoint:raw_syscalls:sys_exit /args.ret < 0/ { @[args.id, args.ret] = count(); }' -c 'ls /nonexistent /'
expect_in out '@['
expect_status 1 as_user ./polytap -b ebpf -e "$script" -c 'ls /'
expect_in err 'sudo'
expect_status 1 as_user ./polytap -e 'tracepoint:sched:sched_switch { @ = count(); }' -c 'ls /'
expect_status 0 as_user ./polytap --explain -e "$script" -c 'ls /'
grep -Eq '^ptrace +yes ' out || fail 'ptrace was not offered'
grep -Eq '^ebpf +no ' out || fail 'eBPF was not refused'
