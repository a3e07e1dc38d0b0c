# -p: all threads of a running process, exact counts of what it does from then on, and it is left as it was.
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf"
for backend in $backends; do
  "$PROGRAMS/syscall_loop" getppid 4000000000 >/dev/null &
  victim=$!
  "$POLYTAP" -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @ = count(); } interval:ms:300 { exit(); }' -p $victim >out 2>err || { cat err; kill -KILL $victim; fail "$backend"; }
  state=$(sed -n 's/^State:.\(.\).*/\1/p' /proc/$victim/status)
  kill -KILL $victim
  [ "$state" = R ] || fail "the process is in state $state after $backend"
  grep -Eq '^@: [0-9]{3,}$' out || { cat out err; fail "$backend counted too little"; }
done
