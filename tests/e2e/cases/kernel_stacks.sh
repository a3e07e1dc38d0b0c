# Kernel stacks: the kernel's functions and the JIT's symbols of BPF programs, those of this very session among them.
need_root
expect_status 0 "$POLYTAP" -q -b ebpf -e 'rawtracepoint:sys_enter { @[kstack] = count(); }' -c "$PROGRAMS/syscall_loop getppid 100"
grep -Eq '^ +bpf_prog_[0-9a-f]{16}_polytap\+[0-9]+ \[bpf\]$' out || { cat out; fail "the BPF program has no name"; }
for name in 'do_syscall_64+' 'entry_SYSCALL_64_after_hwframe+'; do expect_in out "$name"; done
if grep -Eq '^ +(0x)?[0-9a-f]+$' out; then cat out; fail "a bare address"; fi
expect_status 0 "$POLYTAP" -q -b ebpf -e 'rawtracepoint:sys_enter { print(kstack(perf, 3)); exit(); }' -c "$PROGRAMS/syscall_loop getppid 1"
grep -Eq '^	[0-9a-f]+ bpf_prog_[0-9a-f]{16}_polytap\+[0-9]+ \(bpf\)$' out || { cat out; fail "mode perf"; }
# Lines need a vmlinux with DWARF; without one the names are there all the same.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'rawtracepoint:sys_enter { print(kstack(lines)); exit(); }' -c "$PROGRAMS/syscall_loop getppid 1"
expect_in out 'do_syscall_64+'
