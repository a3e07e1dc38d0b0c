# User function probes without BPF, ten times for races: the same counts as bpftrace and as our own eBPF backend, over
# threads and a child, and nothing lost.
need_root
need bpftrace
[ -w /sys/kernel/tracing/uprobe_events ] || skip "this kernel has no uprobe_events"
program=$PROGRAMS/user_functions
script="uprobe:$program:chosen { @[pid != cpid ? 1 : 0, arg1 % 3] = count(); @texts[str(arg0)] = count(); }
  uretprobe:$program:chosen { @results[(int64)retval] = count(); }"
bpftrace -e "$script" -c "$program 3 200" 2>/dev/null | grep '^@' | sort >wanted
[ -s wanted ] || fail "bpftrace gave no answer"
for round in 1 2 3 4 5 6 7 8 9 10; do
  expect_status 0 "$POLYTAP" -q -b uprobe -e "$script" -c "$program 3 200"
  [ ! -s err ] || { cat err; fail "round $round lost something"; }
  grep '^@' out | sort >shown
  same wanted shown
done
expect_status 0 "$POLYTAP" -q -b ebpf -e "$script" -c "$program 3 200"
grep '^@' out | sort >shown
same wanted shown
# Sizes as a histogram and hosts as strings.
script='uprobe:libc:malloc { @sizes = hist(arg0); } uprobe:libc:getaddrinfo { @hosts[str(arg0)] = count(); }'
for backend in ebpf uprobe; do
  expect_status 0 "$POLYTAP" -q -b $backend -e "$script" -c "$program 3 200"
  cp out $backend
done
same ebpf uprobe
expect_in uprobe '@hosts[localhost]: 2'
