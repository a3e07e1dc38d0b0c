# Firings that find perf's ring full while nobody reads it: counted plus lost is all there was.
need_root
[ -w /sys/kernel/tracing/uprobe_events ] || skip "this kernel has no uprobe_events"
calls=150000
"$PROGRAMS/user_functions" 0 1 >/dev/null # in the page cache
"$POLYTAP" -q -b uprobe -e "uprobe:$PROGRAMS/user_functions:chosen { @ = count(); @longest = max(strlen(str(arg0))); @stacks[ustack(20)] = count(); } END { clear(@stacks); }" \
  -c "$PROGRAMS/user_functions 1 $calls" >out 2>err &
tracer=$!
trap 'kill -CONT $tracer 2>/dev/null' EXIT
# The reader stands still, the program runs on.
sleep 1
kill -STOP $tracer
sleep 6
kill -CONT $tracer
wait $tracer || { cat out err; fail "polytap failed"; }
counted=$(sed -n 's/^@: //p' out)
# Told while it goes on ("so far"), and in all at the end.
lost=$(sed -n 's/^Missed \([0-9]*\) events: .*/\1/p' err | tail -n 1)
echo "$counted counted, $lost lost"
[ $((counted + ${lost:-0})) -eq $((2 * calls)) ] || { cat out err; fail "$counted counted and ${lost:-0} lost are not $((2 * calls))"; }
