# The issue's script (a), unchanged, on both backends, given the pid as $1.
need_root
cat >tclass.bt <<'SCRIPT'
tracepoint:syscalls:sys_enter_setsockopt /pid == $1/ { @fd = args->fd; @level = args->level; @optname = args->optname; @optval = *args->optval;
@optlen = args->optlen; if (@optname == 67) { printf("pid: %d, fd:%ld, level:'%ld', optname:%ld, val:%ld, len:%ld\n", pid, @fd, @level, @optname,
@optval, @optlen); printf("%s\n", ustack()); } }
SCRIPT
for backend in ebpf ptrace; do
  rm -f go err program.out
  : >err
  : >program.out
  mkfifo go
  "$PROGRAMS/set_tclass" <go >program.out &
  program=$!
  exec 9>go
  while ! grep -q ready program.out; do sleep 0.05; done
  "$POLYTAP" -b $backend tclass.bt $program >out 2>err &
  tracer=$!
  tries=0
  while ! grep -q Attached err; do
    sleep 0.05
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { cat err; fail "$backend did not attach"; }
  done
  echo go >&9
  exec 9>&-
  wait $program || fail "the traced program failed under $backend"
  sleep 0.2
  kill -INT $tracer 2>/dev/null
  wait $tracer || { cat err; fail "polytap failed under $backend"; }
  grep -Eq "^pid: $program, fd:[0-9]+, level:'41', optname:67, val:42, len:4\$" out || { cat out err; fail "wrong line under $backend"; }
  # libc's setsockopt() has no frame of its own: set_class() is found by call frame information.
  for name in setsockopt+ set_class+ configure+ main+; do expect_in out "$name"; done
  expect_in out 'set_tclass)'
  if grep -Eq '^ +0x' out; then cat out; fail "a frame without a name under $backend"; fi
  sed -e "s/pid: $program/pid: P/" out >answer.$backend
done
same answer.ebpf answer.ptrace
