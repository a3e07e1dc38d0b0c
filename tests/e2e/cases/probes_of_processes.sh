# Programs by the processes that run them: static probes of all processes, lists by process and by file, another mount
# namespace.
need_root
[ -d /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing
cp "$PROGRAMS/static_probes" only_here
here=$(pwd)

# $1: the command.
listen() {
  "$@" listen >said &
  program=$!
  until [ "$(cat /proc/$program/comm)" = only_here ]; do sleep 0.02; done
}

# `usdt:*` without -p: whatever runs. Other copies of the program may be at work as well.
listen ./only_here
expect_status 0 "$POLYTAP" -q -e 'usdt:*:demo:guarded { print(probe); exit(); }'
grep -q '^usdt:.*:demo:guarded' out || { cat out; fail "usdt:*: the probe of a process is not found"; }
wait $program

listen ./only_here
expect_status 0 "$POLYTAP" -l -p $program
expect_in out "usdt:$here/only_here:demo:guarded"
expect_in out "uprobe:$here/only_here:main"
expect_status 0 "$POLYTAP" -l 'usdt:*' -p $program
expect_in out "usdt:$here/only_here:demo:guarded"
expect_status 0 "$POLYTAP" -l 'uprobe:*' -p $program
expect_in out "uprobe:$here/only_here:main"
kill $program
wait $program 2>/dev/null

# Any provider of a file; names have the path as it is written.
expect_status 0 "$POLYTAP" -l '*:./only_*:*'
expect_in out 'uprobe:./only_here:main'
expect_in out 'usdt:./only_here:demo:guarded'

# The same root directory, other mounts.
if command -v unshare >/dev/null && mkdir inside && unshare -m mount -t tmpfs none inside 2>/dev/null; then
  listen unshare -m sh -c 'mount -t tmpfs none inside && cp only_here inside/only_here && exec inside/only_here "$0"'
  expect_status 0 "$POLYTAP" -q -e "usdt:$here/inside/only_here:demo:guarded { print(arg0); exit(); }" -p $program
  expect_in out 42
  wait $program
fi
