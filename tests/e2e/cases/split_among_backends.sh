# Probes that share no map are carried out by a backend each when none can do all: with the answers of one that can.
need_root
loop="$PROGRAMS/syscall_loop access 50"
script="BEGIN { printf(\"begun\\n\"); }
tracepoint:syscalls:sys_enter_access /comm == \"syscall_loop\"/ { @calls = count(); }
uprobe:$PROGRAMS/syscall_loop:once { @functions = count(); }
END { printf(\"ended\\n\"); }"
expect_status 0 "$POLYTAP" -q -b ebpf -e "$script" -c "$loop"
grep -v '^[0-9.]*$' out >whole
expect_status 0 "$POLYTAP" --explain -b ftrace,uprobe -e "$script" -c "$loop"
expect_in out 'chosen: ftrace+uprobe'
expect_status 0 "$POLYTAP" -q -b ftrace,uprobe -e "$script" -c "$loop"
grep -v '^[0-9.]*$' out >parts
same whole parts
expect_in parts '@functions: 50'

# exit() in one part ends the other.
expect_status 3 timeout 20 "$POLYTAP" -q -b ftrace,uprobe -e "tracepoint:syscalls:sys_enter_access /comm == \"syscall_loop\"/ { exit(3); }
uprobe:$PROGRAMS/syscall_loop:once { @functions = count(); }" -c "$PROGRAMS/syscall_loop access 100000000"

# A map in common ties probes together, and is named.
expect_status 1 "$POLYTAP" -b ftrace,uprobe -e "tracepoint:syscalls:sys_enter_access { @both = count(); }
uprobe:$PROGRAMS/syscall_loop:once { @both = count(); }" -c "$loop"
expect_in err 'they share @both'
