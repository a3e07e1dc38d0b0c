# Functions of a program of ours by eBPF: arguments, results, strings, globs, offsets, children of the command, nobody else.
need_root
program=$(cd "$PROGRAMS" && pwd)/function_calls
probe="uprobe:$program"
run() {
  expect_status 0 "$POLYTAP" -q -b ebpf -e "$1" -c "$program 100"
}
run "$probe:twice { @n = count(); @s = sum(arg0); @h = lhist(arg0, 0, 100, 50); }"
expect_in out '@n: 200'
expect_in out '@s: 9900'
expect_in out '[0, 50)              100'
expect_in out '[50, 100)            100'
run "uretprobe:$program:twice { @n = count(); @s = sum(retval); @m = max(retval); }"
expect_in out '@n: 200'
expect_in out '@s: 19800'
expect_in out '@m: 198'
run "$probe:part_* { @[probe] = count(); }"
expect_in out "@[$probe:part_one]: 200"
expect_in out "@[$probe:part_two]: 400"
expect_in out "@[$probe:part_three]: 600"
run "$probe:part_two { @[str(arg0)] = count(); }"
expect_in out '@[even]: 200'
expect_in out '@[odd]: 200'
# Entry and return of one call, matched by thread.
run "$probe:twice { @v[tid] = arg0; } uretprobe:$program:twice /retval == 2 * @v[tid]/ { @right = count(); delete(@v[tid]); }"
expect_in out '@right: 200'
# The whole way up, though twice() has no frame yet at its first instruction.
run "$probe:twice { @[ustack] = count(); }"
expect_in out 'twice+0'
grep -Eq '(call_all|main)' out || { cat out; fail "the caller is not in the stack"; }
# Who is not of the command does not count.
"$program" watch >watched &
other=$!
trap 'kill -KILL $other 2>/dev/null' EXIT
while ! grep -q ready watched; do sleep 0.02; done
run "$probe:twice { @n = count(); }"
expect_in out '@n: 200'
