# In a pid namespace of its own (a container without the host's) polytap shows and takes the numbers of that namespace.
need_root
command -v unshare >/dev/null || skip "unshare is not there"
[ -d /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing
cp "$PROGRAMS/known_calls" in_here
here=$(pwd)
unshare --fork --pid --mount-proc true 2>/dev/null || skip "no pid namespace can be made here"
contained() { unshare --fork --pid --mount-proc "$@"; }

expect_status 0 contained "$POLYTAP" -q -e 'BEGIN { print((pid, tid)); }'
expect_in out '(1, 1)'

# The whole system by eBPF: the process has the number that its parent got.
cat >inside <<'EOF'
"$POLYTAP" -e 'tracepoint:syscalls:sys_enter_connect /comm == "in_here"/ { print(("seen", pid)); exit(); }' >seen 2>notes &
tracer=$!
until grep -q Attached notes; do sleep 0.05; done
./in_here &
echo "started $!"
wait $tracer
EOF
expect_status 0 contained sh ./inside
expect_in seen "(seen, $(sed -n 's/^started //p' out))"

# Stacks have names there, too.
cat >inside <<'EOF'
"$POLYTAP" -e 'uprobe:./in_here:innermost { print(ustack(2)); exit(); }' >seen 2>notes &
tracer=$!
until grep -q Attached notes; do sleep 0.05; done
./in_here
wait $tracer
EOF
expect_status 0 contained sh ./inside
expect_in seen 'innermost+'
expect_in seen 'middle+'

# A command is followed by ptrace; eBPF says why it does not.
expect_status 0 contained "$POLYTAP" -q -e 'tracepoint:syscalls:sys_enter_connect { print(pid == cpid); }' -c ./in_here
expect_in out true
expect_status 1 contained "$POLYTAP" -b ebpf -e 'tracepoint:syscalls:sys_enter_connect { }' -c ./in_here
expect_in err 'pid namespace of its own'
