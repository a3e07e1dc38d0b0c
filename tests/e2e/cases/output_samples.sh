# What bpftrace 0.27 printed for these scripts (LANGUAGE-OUTPUT.md), on every backend.
backends=ptrace
[ "$(id -u)" -eq 0 ] && backends="ptrace ebpf ftrace"
for backend in $backends; do
  for script in "$E2E"/output/*.bt; do
    name=$(basename "$script" .bt)
    status=0
    [ -f "${script%.bt}.status" ] && status=$(cat "${script%.bt}.status")
    for format in text json; do
      TZ=UTC "$POLYTAP" -q -b $backend -f $format -e "$(cat "$script")" 7 word >out 2>err
      got=$?
      [ $got -eq "$status" ] || { cat out err; fail "$name on $backend: status $got instead of $status"; }
      sed -e "s/YEAR/$(date -u +%Y)/" -e "s/HOUR/$(date -u +%H)/" "${script%.bt}.$format" >wanted
      sed -i -e :a -e "/^\n*$/{\$d;N;ba" -e "}" out wanted
      diff wanted out >difference || { cat difference err; fail "$name ($format) on $backend differs"; }
    done
  done
done
