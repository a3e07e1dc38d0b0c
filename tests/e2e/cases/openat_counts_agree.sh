need_root
check() {
  agree 'tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }' "$1"
  agree 'tracepoint:syscalls:sys_enter_openat { @[comm, str(args.filename), args.flags] = count(); @n = count(); }' "$1"
}
for_programs check
