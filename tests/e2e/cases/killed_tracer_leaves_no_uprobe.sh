# SIGKILL in the middle: the traced program runs on, and its code is what it was before.
need_root
"$PROGRAMS/function_calls" watch >watched &
victim=$!
trap 'kill -KILL $victim 2>/dev/null' EXIT
while ! grep -q ready watched; do sleep 0.02; done
i=0
while [ $i -lt 100 ]; do
  "$POLYTAP" -q -b ebpf -e "uprobe:$PROGRAMS/function_calls:twice { @ = count(); } uretprobe:$PROGRAMS/function_calls:twice { @r = count(); } uprobe:$PROGRAMS/function_calls:part_* { @p = count(); }" -p $victim >/dev/null 2>err &
  tracer=$!
  sleep 0.0$((i % 8 + 1))
  kill -KILL $tracer 2>/dev/null || { cat err; fail "it ended by itself in round $i"; }
  wait $tracer 2>/dev/null
  i=$((i + 1))
done
sleep 1
kill -TERM $victim
wait $victim || fail "the program's code was not restored (status $?)"
