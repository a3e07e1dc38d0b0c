# Functions of the kernel by eBPF, where the kernel has kprobes.
need_root
loop="dd if=/dev/zero of=/dev/null bs=64 count=500"
if [ ! -e /sys/bus/event_source/devices/kprobe/type ]; then
  expect_status 1 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_read { @[comm] = count(); }' -c "$loop"
  grep -qi kprobe err || { cat err; fail "the error does not say that there are no kprobes"; }
  skip "this kernel has no kprobes (and polytap says so)"
fi
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_read /arg2 == 64/ { @[comm] = count(); }' -c "$loop"
expect_in out '@[dd]: 500'
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kretprobe:vfs_read /comm == "dd"/ { @ = hist(retval); }' -c "$loop"
grep -Eq '^\[64, 128\) +500 ' out || { cat out; fail "not 500 reads of 64 bytes"; }
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_read { @n[tid] = arg2; } kretprobe:vfs_read /@n[tid] == 64/ { @sum = sum(retval); delete(@n[tid]); }' -c "$loop"
expect_in out '@sum: 32000'

# Probes of one function fire in the script's order, entries and returns, single ones and patterns.
in_order() {
  expect_status 0 "$POLYTAP" -q -b ebpf \
    -e "$1:vfs_read /comm == \"dd\"/ { printf(\"a\"); } $1:vfs_read /comm == \"dd\"/ { printf(\"b\"); } $1:vfs_read /comm == \"dd\"/ { printf(\"c\\n\"); }" -c "$loop"
  expect_in out abc
  if tr -d '\n' <out | sed 's/abc//g' | grep -q '[abc]'; then head out; fail "$1: not in the script's order"; fi
}
in_order kprobe
in_order kretprobe
in_order fentry
in_order fexit
# A pattern is one link of many places (kprobe.multi), where the kernel has that.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'kprobe:vfs_rea[d] /comm == "dd"/ { printf("a"); } kprobe:vfs_rea[d] /comm == "dd"/ { printf("b\n"); }' -c "$loop"
expect_in out ab
if tr -d '\n' <out | sed 's/ab//g' | grep -q '[ab]'; then head out; fail "patterns: not in the script's order"; fi

# Lists without a provider have the kernel's functions, too.
expect_status 0 "$POLYTAP" -l '*vfs_rea*'
expect_in out kprobe:vfs_read
