# bpftrace is the oracle: sizes that a real program asks malloc for, and what malloc returns.
need_root
need bpftrace git
git=$(command -v git)
libc=$(ldd "$git" | awk '$1 == "libc.so.6" { print $3 }')
[ -n "$libc" ] || skip "git does not use libc.so.6"
check() {
  bpftrace -e "$1" -c "$git --version" >theirs 2>&1 || { cat theirs; fail "bpftrace failed"; }
  grep -E '^@|^\[' theirs | sed 's/ *$//' >wanted
  [ -s wanted ] || { cat theirs; fail "bpftrace saw nothing"; }
  expect_status 0 "$POLYTAP" -q -b ebpf -e "$1" -c "$git --version"
  grep -E '^@|^\[' out | sed 's/ *$//' >shown
  same wanted shown
}
check "uprobe:$libc:malloc /comm == \"git\"/ { @ = hist(arg0); }"
check "uretprobe:$libc:malloc /comm == \"git\" && retval != 0/ { @ = count(); }"
check "uprobe:$libc:malloc /comm == \"git\"/ { @size[tid] = arg0; } uretprobe:$libc:malloc /@size[tid] && comm == \"git\"/ { @total = sum(@size[tid]); delete(@size[tid]); } END { clear(@size); }"
