# What bpftrace 0.27 printed for these scripts (LANGUAGE-OUTPUT.md), on every backend that can run them.
backends=ebpf
[ "$(id -u)" -eq 0 ] || backends=
for backend in $backends ptrace; do
  target=
  [ $backend = ptrace ] && target="$PROGRAMS/syscall_loop getppid 1"
  for script in "$E2E"/output/*.bt; do
    name=$(basename "$script" .bt)
    status=0
    [ -f "${script%.bt}.status" ] && status=$(cat "${script%.bt}.status")
    for format in text json; do
      [ -f "${script%.bt}.$format" ] || continue
      "$POLYTAP" -q -b $backend ${target:+-c "$target"} -f $format "$script" 7 word >out 2>err
      got=$?
      [ $got -eq "$status" ] || { cat out err; fail "$name on $backend: status $got instead of $status"; }
      sed -e "s/$(date +%Y)/YEAR/g" -e "s/\b$(date +%H)\b/HOUR/g" out | grep -v '^[0-9.]*$' >shown.$format
      sed -e "s/$(date +%Y)/YEAR/g" -e "s/\b$(date +%H)\b/HOUR/g" "${script%.bt}.$format" | grep -v '^[0-9.]*$' >wanted
      diff wanted shown.$format >difference || { cat difference; cat err; fail "$name ($format) on $backend differs"; }
    done
  done
done
