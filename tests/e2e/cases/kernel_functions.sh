# Many functions of the kernel by one link; fentry and fexit with arguments by name; what cannot be attached is told.
need_root
loop="dd if=/dev/zero of=/dev/null bs=64 count=500"
if [ ! -e /sys/bus/event_source/devices/kprobe/type ]; then
  expect_status 1 "$POLYTAP" -q -b ebpf -e 'fentry:vfs_read { @ = count(); }' -c "$loop"
  grep -qi "fentry" err || { cat err; fail "the error does not say that there is no fentry"; }
  skip "this kernel has no kprobes, fentry and fexit (and polytap says so)"
fi

# kprobe.multi: which function it was, with and without the probe's name.
expect_status 0 "$POLYTAP" -b ebpf -e 'kprobe:vfs_* /comm == "dd" && arg2 == 64/ { @[probe] = count(); }' -c "$loop"
expect_in out '@[kprobe:vfs_read]: 500'
expect_in out '@[kprobe:vfs_write]: 500'
grep -Eq '^Attached [5-9][0-9] probes$' err || { cat err; fail "not the functions that are called vfs_*"; }
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kretprobe:vfs_read*,kretprobe:vfs_write* /comm == "dd" && retval == 64/ { @[func] = count(); }' -c "$loop"
expect_in out '@[vfs_read]: 500'
expect_in out '@[vfs_write]: 500'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_r* { @n[tid] = arg2; } kretprobe:vfs_r* /@n[tid] == 64/ { @sum = sum(retval); delete(@n[tid]); }' -c "$loop"
expect_in out '@sum: 32000'

# Patterns of functions and of their returns: one program where the kernel has sessions (6.10), two where not; the same answer.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kretprobe:vfs_rea? /@in[tid]/ { @out[probe] = count(); @sum = sum(retval); delete(@in[tid]); }
  kprobe:vfs_rea? /comm == "dd" && arg2 == 64/ { @in[tid] = 1; @seen[func] = count(); }' -c "$loop"
expect_in out '@out[kretprobe:vfs_read]: 500'
expect_in out '@seen[vfs_read]: 500'
expect_in out '@sum: 32000'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_rea? /comm == "dd" && arg2 == 64/ { @in[tid] = 1; printf("in %d\n", arg2); }
  kretprobe:vfs_rea? /@in[tid]/ { printf("out %d\n", retval); delete(@in[tid]); }' -c "$loop"
[ "$(grep -E '^(in|out)' out | uniq | wc -l)" -eq 1000 ] || { sort out | uniq -c; fail "in and out do not take turns"; }
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_write,kprobe:vfs_rea? /comm == "dd" && arg2 == 64/ { @a[func] = count(); } kretprobe:vfs_rea?,kretprobe:vfs_writ? /comm == "dd" && retval == 64/ { @b[func] = count(); }' -c "$loop"
for side in a b; do
  expect_in out "@$side[vfs_read]: 500"
  expect_in out "@$side[vfs_write]: 500"
done
echo "\"$POLYTAP\" -q -e 'iter:bpf_prog /ctx.prog.expected_attach_type == 56/ { printf(\"a session\\n\"); }'" >programs.sh
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_* { @a = count(); } kretprobe:vfs_* { @b = count(); } END { clear(@a); clear(@b); }' -c "sh programs.sh"
if grep -q ' bpf_session_is_return$' /proc/kallsyms; then
  expect_in out 'a session'
else
  ! grep -q 'a session' out || fail "a session on a kernel without"
fi

# fentry and fexit.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'fentry:vfs_read /args.count == 64/ { @[comm, probe, probetype, func] = count(); }' -c "$loop"
expect_in out '@[dd, fentry:vmlinux:vfs_read, fentry, vfs_read]: 500'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'fexit:vfs_read /args.count == 64 && comm == "dd"/ { @ = sum(retval); @n[str(args.file->f_path.dentry->d_name.name)] = count(); }' -c "$loop"
expect_in out '@: 32000'
expect_in out '@n[zero]: 500'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kfunc:vfs_rea?,kfunc:vfs_writ? /comm == "dd" && args.count == 64/ { @[func] = count(); @a[arg2] = count(); }' -c "$loop"
expect_in out '@[vfs_read]: 500'
expect_in out '@[vfs_write]: 500'
expect_in out '@a[64]: 1000'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kretfunc:vmlinux:vfs_write /comm == "dd" && retval == 64/ { @[kstack(1)] = count(); printf("%d %s\n", retval, comm); }' -c "$loop"
[ "$(grep -c '^64 dd$' out)" -eq 500 ] || { cat out; fail "not 500 lines of fexit"; }

# path() walks by itself: in a kprobe as in fentry.
echo text >opened
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_open /comm == "cat"/ { printf("%s\n", path((struct path *)arg0)); }' -c 'cat opened'
expect_in out "$(pwd -P)/opened"
expect_status 0 "$POLYTAP" -q -b ebpf -e 'fentry:vfs_open /comm == "cat"/ { print(path(args.path)); }' -c 'cat opened'
expect_in out "$(pwd -P)/opened"
expect_status 1 "$POLYTAP" -q -b ebpf -e 'fentry:vfs_read { print(arg4); }'
expect_in err 'it takes 4 words of arguments'

# What is not there, and what the kernel refuses.
expect_status 1 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_raed { }'
expect_in err "vfs_read"
expect_status 1 "$POLYTAP" -q -b ebpf -e 'kprobe:asm_exc_int3 { exit(); }'
expect_in err "kprobes/blacklist"
expect_status 1 "$POLYTAP" -q -b ebpf -e 'fentry:vfs_read { @ = args.size; }'
expect_in err "count"
expect_status 0 "$POLYTAP" -q -b ebpf -e 'config = { missing_probes = warn } kprobe:vfs_read,kprobe:nosuch,kprobe:asm_exc_int3 /comm == "dd" && arg2 == 64/ { @ = count(); }' -c "$loop"
expect_in out '@: 500'
expect_in err "nosuch"
expect_in err "not attached: kprobe:asm_exc_int3"
expect_status 0 "$POLYTAP" -q -b ebpf -e 'config = { missing_probes = ignore } kprobe:vfs_read,kprobe:nosuch,kprobe:asm_exc_int3 { } interval:ms:1 { exit(); }'
[ ! -s err ] || { cat err; fail "missing_probes = ignore is not silent"; }
# Nothing is left: that is told in any case.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'config = { missing_probes = ignore } kprobe:asm_exc_int3 { } interval:ms:1 { exit(); }'
expect_in err "not attached: kprobe:asm_exc_int3"

# Two functions have this name; one of them loads the program. Newer kernels take no such name.
echo "load_elf_binary is there $(grep -c " load_elf_binary\$" /proc/kallsyms) times"
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:load_elf_binary /pid == cpid/ { @[func] = count(); }' -c "$loop"
expect_in out '@[load_elf_binary]: 1'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:load_elf_binary /pid == cpid/ { @in++; } kretprobe:load_elf_binary /pid == cpid && retval == 0/ { @out++; }' -c "$loop"
expect_in out '@in: 1'
expect_in out '@out: 1'

# Functions of BPF programs: here of another polytap, whose program has BTF because it has a loop.
"$POLYTAP" -q -b ebpf -e 'tracepoint:syscalls:sys_enter_getppid { $i = 0; while ($i < 3) { $i++; } @ = count(); }' >other 2>&1 &
other=$!
sleep 3
expect_status 0 "$POLYTAP" -q -b ebpf -e 'fentry:bpf:probe { @[func] = count(); }' -c "$PROGRAMS/syscall_loop getppid 100"
kill -INT $other
wait $other
cat out err
expect_in out '@[probe]: 100'
