need_root
check() {
  agree 'tracepoint:raw_syscalls:sys_exit /args.ret < 0/ { @[args.id, args.ret] = count(); }' "$1"
}
for_programs check
