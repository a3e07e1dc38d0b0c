need_root
check() {
  agree 'tracepoint:syscalls:sys_enter_openat { @start[tid] = nsecs; }
         tracepoint:syscalls:sys_exit_openat /@start[tid]/ { @us[comm] = hist((nsecs - @start[tid]) / 1000); delete(@start[tid]); }' "$1"
}
for_programs check
