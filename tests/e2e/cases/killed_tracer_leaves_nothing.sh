# SIGKILL in the middle, 100 times per backend: what was traced by -p runs on unharmed, nothing stays attached.
"$PROGRAMS/syscall_loop" getppid 4000000000 >/dev/null &
victim=$!
trap 'kill $victim 2>/dev/null' EXIT
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf ftrace"
for backend in $backends; do
  i=0
  while [ $i -lt 100 ]; do
    "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @ = count(); } tracepoint:syscalls:sys_exit_getppid { @r[args.ret] = count(); }' -p $victim >/dev/null 2>err &
    tracer=$!
    sleep 0.0$((i % 7 + 1))
    kill -KILL $tracer 2>/dev/null || { cat err; fail "$backend ended by itself in round $i"; }
    wait $tracer 2>/dev/null
    i=$((i + 1))
  done
  "$POLYTAP" doctor --clean >/dev/null
  [ ! -d "/sys/kernel/tracing/instances/polytap-$tracer" ] || fail "a tracing instance is left after $backend"
  sleep 0.2
  grep -q '^State:.*R' /proc/$victim/status || { grep State /proc/$victim/status; fail "the tracee does not run after $backend was killed"; }
  grep -q '^TracerPid:.*[^0-9]0$' /proc/$victim/status || fail "the tracee still has a tracer after $backend"
done
kill -0 $victim || fail "the tracee died"
kill -KILL $victim
