need_root
check() {
  agree 'tracepoint:syscalls:sys_enter_access { printf("%s %s %s\n", comm, str(args->filename), ustack); }' "$1"
}
for_programs check
expect_status 0 "$POLYTAP" -b ptrace -e 'tracepoint:syscalls:sys_enter_access { printf("%s\n", ustack); }' -c "$PROGRAMS/syscall_loop access 1"
# libc's access() has no frame of its own: once() is found by call frame information.
for name in once+ main+; do expect_in out "$name"; done
expect_in out 'syscall_loop)'
