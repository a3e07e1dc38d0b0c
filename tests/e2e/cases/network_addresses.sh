# Addresses among a tracepoint's arguments are bytes, not characters.
[ "$(id -u)" -eq 0 ] || skip "needs root"
[ -d /sys/kernel/tracing/events/sock/inet_sock_set_state ] || skip "the kernel has no tracepoint sock:inet_sock_set_state"
seen='printf("%s %s %d %d\n", ntop(args.daddr), ntop(args->daddr_v6), sizeof(args.daddr), args.daddr[0]);'
expect_status 0 "$POLYTAP" -q -b ebpf -o answer -e "tracepoint:sock:inet_sock_set_state /args.dport == 1/ { $seen }" \
  -c "$PROGRAMS/fault_target connects 1 1"
expect_in answer '127.0.0.1 ::ffff:127.0.0.1 4 127'

