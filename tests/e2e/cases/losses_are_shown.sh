# A full map: every update that finds no room is counted and shown, on every backend.
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf"
for backend in $backends; do
  expect_status 0 "$POLYTAP" -q -b $backend -e 'config = { max_map_keys = 10 } tracepoint:syscalls:sys_enter_getppid { @n = @n + 1; @m[@n] = 1; }' \
    -c "$PROGRAMS/syscall_loop getppid 25"
  [ "$(grep -c '^@m\[' out)" -eq 10 ] || { cat out; fail "$backend keeps another number of keys"; }
  expect_in err 15
done
