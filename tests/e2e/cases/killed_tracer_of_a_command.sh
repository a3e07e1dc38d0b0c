# SIGKILL while a launched command runs: under eBPF the command runs on; under ptrace with its seccomp filter it ends with polytap
# (docs/adr/): in both cases nothing is left stopped.
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf"
for backend in $backends; do
  i=0
  while [ $i -lt 20 ]; do
    "$POLYTAP" -q -b $backend -e 'tracepoint:syscalls:sys_enter_getppid { @ = count(); }' -c "$PROGRAMS/syscall_loop getppid 300000" >/dev/null 2>err &
    tracer=$!
    sleep 0.0$((i % 7 + 1))
    kill -KILL $tracer 2>/dev/null
    wait $tracer 2>/dev/null
    i=$((i + 1))
  done
  sleep 1
  # One with a living tracer (TracerPid) is somebody else's.
  for status in /proc/[0-9]*/status; do
    cat "$status" >process 2>/dev/null || continue
    if grep -q '^Name:.syscall_loop' process && grep -Eq '^State:.[tT]' process && grep -Eq '^TracerPid:.0$' process; then
      cat process
      fail "a tracee stays stopped after $backend was killed"
    fi
  done
done
