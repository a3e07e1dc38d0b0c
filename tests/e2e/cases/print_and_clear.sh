# `print(@); clear(@)` while events come in: what is printed adds up to what happened. bpftrace loses what comes between the two.
# eBPF: a program that is adding at the very moment when its entry is taken adds to what is gone, once per print and CPU
# (backends/ebpf/maps.h), and more of them when a hypervisor stops the CPU that takes; a map without keys is read and then emptied.
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf"
for backend in $backends; do
  calls=50000
  [ $backend = ptrace ] || calls=1000000
  expect_status 0 "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @by_pid[pid] = count(); @all = count(); }
    interval:ms:10 { print(@by_pid); clear(@by_pid); print(@all); clear(@all); }' -c "$PROGRAMS/syscall_loop getppid $calls"
  for map in by_pid all; do
    sum=$(sed -n "s/^@$map.*: //p" out | awk '{ sum += $1 } END { print sum + 0 }')
    prints=$(grep -c "^@$map" out)
    echo "$backend @$map: $sum of $calls in $prints prints"
    may_lack=0
    [ $backend = ptrace ] || may_lack=$((2 * prints + calls / 10000))
    [ $backend.$map != ebpf.all ] || may_lack=$((calls / 100))
    [ "$sum" -le $calls ] && [ $((sum + may_lack)) -ge $calls ] || fail "$backend @$map: $sum of $calls in $prints prints"
  done
done
