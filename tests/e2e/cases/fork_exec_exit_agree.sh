need_root
check() {
  agree 'tracepoint:sched:sched_process_fork { @fork = count(); } tracepoint:sched:sched_process_exec { @exec[str(args.filename)] = count(); }
         tracepoint:sched:sched_process_exit { @exit[comm] = count(); }' "$1"
}
for_programs check
agree 'tracepoint:signal:signal_deliver { @[args.sig, args.code] = count(); }' "$PROGRAMS/fork_children 50"
