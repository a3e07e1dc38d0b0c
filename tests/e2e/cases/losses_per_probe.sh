# A buffer of one page per CPU: whatever is lost is counted, in all and for each probe, in text and in JSON; exit(), maps
# and errors get through; what one firing prints stays together.
need_root
calls=200000
script='config = { perf_rb_pages = 1 }
tracepoint:syscalls:sys_enter_getppid { @enter = count(); printf("enter %d\n", pid); }
tracepoint:syscalls:sys_exit_getppid { @exit = count(); printf("exit %d\n", pid); }'
expect_status 0 "$POLYTAP" -q -b ebpf -e "$script" -c "$PROGRAMS/syscall_loop getppid $calls"
expect_in out "@enter: $calls"
expect_in out "@exit: $calls"
for kind in enter exit; do
  shown=$(grep -c "^$kind [0-9]*\$" out)
  lost=$(sed -n "s/^  tracepoint:syscalls:sys_${kind}_getppid: lost \\([0-9]*\\)\$/\\1/p" err)
  echo "$kind: $shown shown, ${lost:-0} lost"
  [ "$((shown + ${lost:-0}))" -eq $calls ] || { tail -5 err; fail "$kind: $shown shown and ${lost:-0} lost are not $calls"; }
done
total=$(sed -n 's/^Lost \([0-9]*\) events: the buffer.*/\1/p' err)
[ "${total:-0}" -gt 0 ] || { cat err; fail "nothing was lost in a buffer of one page"; }

# JSON: the objects add up.
expect_status 0 "$POLYTAP" -q -f json -b ebpf -e "$script" -c "$PROGRAMS/syscall_loop getppid $calls"
shown=$(grep -c '"type": "printf"' out)
lost=$(sed -n 's/.*"lost_events".*"events": \([0-9]*\),.*/\1/p' out | awk '{ sum += $1 } END { print sum + 0 }')
[ "$((shown + lost))" -eq $((2 * calls)) ] || fail "JSON: $shown shown and $lost lost are not $((2 * calls))"
grep -q '"lost_events".*"probes": {"tracepoint:syscalls:sys_enter_getppid": ' out || fail "JSON: no losses by probe"

# exit() in the midst of a flood ends it with its code, and nothing is counted behind it.
expect_status 3 "$POLYTAP" -q -b ebpf -e 'config = { perf_rb_pages = 1 } tracepoint:syscalls:sys_enter_getppid { @n = count(); @last = max(nsecs);
  printf("flood\n"); if (@n == 1000) { @end = nsecs; exit(3); } }' -c "$PROGRAMS/syscall_loop getppid $calls"
expect_in out "@n: 1000"

# What one firing prints stays together, whatever the other CPU prints meanwhile.
expect_status 0 "$POLYTAP" -q -b ebpf -e 'tracepoint:syscalls:sys_enter_getppid { printf("a %d\n", tid); printf("b %d\n", tid); printf("c %d\n", tid); }' \
  -c "$PROGRAMS/threads 4 3000"
grep '^[abc] ' out | awk '{ want = (NR % 3 == 1) ? "a" : (NR % 3 == 2) ? "b" : "c"; if ($1 != want || (NR % 3 != 1 && $2 != last)) { print NR ": " $0; bad = 1; exit }
  last = $2 } END { if (NR != 36000) print NR " lines"; exit bad || NR != 36000 }' || fail "a firing's lines are torn apart"
