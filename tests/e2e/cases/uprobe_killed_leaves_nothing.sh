# SIGKILL leaves events in tracefs, which the next start removes; the target runs on unharmed.
need_root
[ -w /sys/kernel/tracing/uprobe_events ] || skip "this kernel has no uprobe_events"
program=$PROGRAMS/user_functions
"$program" 1 100000000000 &
victim=$!
trap 'kill $victim 2>/dev/null' EXIT
i=0
while [ $i -lt 100 ]; do
  "$POLYTAP" -q -b uprobe -e "uprobe:$program:chosen { @[str(arg0)] = count(); } uretprobe:$program:chosen { @r = count(); }" -p $victim >/dev/null 2>err &
  tracer=$!
  sleep 0.$((i % 3))$((i % 10))$((i % 7))
  kill -KILL $tracer 2>/dev/null || { cat err; fail "it ended by itself in round $i"; }
  wait $tracer 2>/dev/null
  i=$((i + 1))
done
kill -0 $victim || fail "the target died"
expect_status 0 "$POLYTAP" -q -b uprobe -e "uprobe:$program:chosen { @[str(arg0)] = count(); exit(); }" -p $victim
grep -q '^@' out || { cat out err; fail "no answer"; }
! grep polytap_ /sys/kernel/tracing/uprobe_events || fail "events are left behind"
kill -0 $victim || fail "the target died"
kill -KILL $victim
