# The part of tests/vm/tools_in_vm.sh that runs in the guest: bpftrace and polytap run each tool at the same time on the
# same load, and what they print of it must be equal, times aside. docs/compatibility.md lists all tools.
# Several tools at a time share a load, because bpftrace takes seconds to begin here. Arguments: groups of tools, see the
# end; none: all of them.
work=$(mktemp -d /tmp/tools.XXXXXX)
cd "$work" || exit 1
disk=/dev/nvme0n1
failures=0
uname -r

failed() {
  echo "FAILED  $*"
  failures=$((failures + 1))
}

descriptors() { ls "/proc/$1/fd" 2>/dev/null | wc -l; }

# start TOOL...: begins them all, and returns when they are attached. One that bpftrace cannot run goes into `alone`.
start() {
  group="$*" alone=''
  for tool in $group; do
    script=/tools/$tool.bt
    [ ! -e "$tool.bt" ] || script=$tool.bt
    bpftrace "$script" >"$tool.bpftrace" 2>"$tool.bpftrace.err" &
    echo $! >"$tool.bpftrace.pid"
    polytap "$script" >"$tool.polytap" 2>"$tool.polytap.err" &
    echo $! >"$tool.polytap.pid"
  done
  for tool in $group; do
    rounds=0
    until grep -q '^Attached' "$tool.polytap.err"; do
      rounds=$((rounds + 1))
      if [ $rounds -ge 240 ] || ! kill -0 "$(cat "$tool.polytap.pid")" 2>/dev/null; then
        cat "$tool.polytap.err"
        failed "$tool: polytap does not attach"
        break
      fi
      sleep 0.5
    done
  done
  for tool in $group; do await_bpftrace "$tool"; done
}

# bpftrace first compiles, for minutes where everything is slow, and may end with an error. It does not tell when it has
# attached: its descriptors (a perf event for each probe) then become no more.
await_bpftrace() {
  pid=$(cat "$1.bpftrace.pid") rounds=0
  until grep -q '^Attaching' "$1.bpftrace"; do
    rounds=$((rounds + 1))
    [ $rounds -lt 600 ] || { failed "$1: bpftrace does not attach"; return; }
    kill -0 "$pid" 2>/dev/null || { alone="$alone $1"; return; }
    sleep 0.5
  done
  before=-1 equal=0 rounds=0
  until [ $equal -ge 3 ] || [ $rounds -ge 100 ]; do
    kill -0 "$pid" 2>/dev/null || { alone="$alone $1"; return; }
    sleep 0.7
    now=$(descriptors "$pid") rounds=$((rounds + 1))
    if [ "$now" -gt 4 ] && [ "$now" = "$before" ]; then equal=$((equal + 1)); else equal=0; fi
    before=$now
  done
}

runs_alone() { case " $alone " in *" $1 "*) ;; *) return 1 ;; esac; }

# Ends all of the group.
stop() {
  sleep 1
  for tool in $group; do
    kill -INT "$(cat "$tool.bpftrace.pid")" "$(cat "$tool.polytap.pid")" 2>/dev/null
  done
  for tool in $group; do
    for tracer in bpftrace polytap; do
      pid=$(cat "$tool.$tracer.pid") rounds=0
      while kill -0 "$pid" 2>/dev/null; do
        rounds=$((rounds + 1))
        [ $rounds -lt 160 ] || { kill -KILL "$pid"; [ $tracer = bpftrace ] || failed "$tool: polytap does not end"; }
        sleep 0.25
      done
      wait "$pid"
    done
    if grep -q '^ERROR' "$tool.polytap.err"; then cat "$tool.polytap.err"; failed "$tool: polytap tells of an error"; fi
  done
}

# compare TOOL WHAT: TOOL.bpftrace.seen and TOOL.polytap.seen are the same, and not empty.
compare() {
  if [ ! -s "$1.polytap.seen" ]; then
    head -n 30 "$1.polytap" "$1.polytap.err"
    failed "$1: polytap has nothing of the load"
  elif runs_alone "$1"; then
    echo "alone   $1: $(wc -l <"$1.polytap.seen") $2; bpftrace: $(head -n 1 "$1.bpftrace.err")"
  elif cmp -s "$1.bpftrace.seen" "$1.polytap.seen"; then
    echo "equal   $1: $(wc -l <"$1.polytap.seen") $2"
  else
    diff "$1.bpftrace.seen" "$1.polytap.seen" | head -n 40
    failed "$1: bpftrace and polytap differ"
  fi
}

# lines TOOL PATTERN [AWK]: compares the lines with PATTERN, widths of columns included; AWK cuts out what is a time.
lines() {
  for tracer in bpftrace polytap; do grep -E "$2" "$1.$tracer" | awk "{ ${3-} } { print }" >"$1.$tracer.seen"; done
  grep -qE "$2" "$1.polytap" || : >"$1.polytap.seen"
  compare "$1" lines
}
time_first='sub(/^[0-9:]+ +/, "")'
time_last='sub(/ *[0-9.]+$/, "")'

# totals TOOL [PATTERN]: compares how many values each histogram, and each line `@[key]: number` with PATTERN, has in all.
totals() {
  totals_of "$@"
  compare "$1" totals
}
totals_of() {
  for tracer in bpftrace polytap; do
    awk -v pattern="${2-}" '
      /^@/ { name = ""; naming = 1 }
      /^@.*: -?[0-9]+$/ { count = $NF; sub(/: .*/, ""); if ($0 ~ pattern) sum[$0] += count; naming = 0; next }
      /^[[(].*\|/ { sub(/ *\|.*/, ""); if (name ~ pattern) sum[name] += $NF; naming = 0; next }
      naming { gsub(/^ +| +$/, ""); name = name $0 " " }
      END { for (name in sum) print name, sum[name] }' "$1.$tracer" | sort >"$1.$tracer.seen"
  done
}

# Someone listens at the port while the command runs: listens PORT COMMAND...
listens() {
  port=$1
  shift
  nc -l -p "$port" >/dev/null &
  listener=$!
  sleep 0.5
  "$@"
  kill $listener 2>/dev/null
  wait $listener 2>/dev/null
}
connect() { echo hello | timeout 3 nc "$1" "$2"; }

# A program under another name, which comm shows.
named() {
  name=$1
  cp "$2" "./$name"
  shift 2
  "./$name" "$@"
}

# nearly_totals TOOL: as totals, of requests that the kernel makes by itself as well: the two tracers do not attach and detach at
# the same moment, so each number may differ by two, and by a twentieth.
nearly_totals() {
  totals_of "$1"
  awk '{ number = $NF; $NF = "" } NR == FNR { theirs[$0] = number; next } { ours[$0] = number }
    END {
      for (name in theirs) if (!(name in ours)) ours[name] = 0
      for (name in ours) {
        difference = ours[name] - theirs[name]
        if (difference < 0) difference = -difference
        if (difference > 2 + theirs[name] / 20) { print name ": bpftrace " theirs[name] + 0 ", polytap " ours[name]; bad = 1 }
      }
      exit bad
    }' "$1.bpftrace.seen" "$1.polytap.seen" >"$1.differences" && [ -s "$1.bpftrace.seen" ] && [ -s "$1.polytap.seen" ] || {
    cat "$1.differences"
    failed "$1: bpftrace and polytap differ"
    return
  }
  echo "equal   $1: $(wc -l <"$1.polytap.seen") totals"
}

# The program in a memory cgroup of 16 MB.
mkdir /sys/fs/cgroup/small
echo "+memory" >/sys/fs/cgroup/cgroup.subtree_control
echo 16M >/sys/fs/cgroup/small/memory.max
in_small() { sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs; exec "$@"' sh "$@"; }

mkdir /mnt
# Busybox's shell prefers its own.
tc=/usr/local/bin/tc setpriv=/usr/local/bin/setpriv

tcp() {
  start tcpaccept tcpconnect tcplife tcpsynbl tcpretrans tcpdrop
  for port in 4242 4243; do listens $port connect 127.0.0.1 $port; done
  listens 4244 connect ::1 4244
  $tc qdisc add dev lo root netem loss 100%
  timeout 4 nc 127.0.0.1 4245 </dev/null 2>/dev/null
  $tc qdisc del dev lo root
  stop
  lines tcpaccept '424[234]|^TIME' "$time_first"
  lines tcpconnect '424[2345]|^TIME' "$time_first"
  lines tcplife '424[234]|^PID' "$time_last"
  totals tcpsynbl
  lines tcpretrans '4245|^TIME' "$time_first"
  # The stacks below the lines.
  lines tcpdrop '4245|^TIME|^ +[a-z_0-9]+\+' "$time_first"
}

tasks() {
  start capable dcsnoop vfscount vfsstat undump loads runqlat runqlen
  named mark42 $setpriv --reuid=65534 true
  named mark43 $setpriv --regid=65534 --clear-groups true
  cat /nonexistent/mark42 /nonexistent/mark43 2>/dev/null
  for number in 1 2 3 4 5; do mkdir folder && touch folder/file && mv folder/file folder/other && rm -r folder; done
  /programs/unix_stream "the message"
  dd if=/dev/zero of=synced bs=1k count=1 conv=fsync 2>/dev/null
  dd if=/dev/zero of=/dev/null bs=1 count=30000 2>/dev/null
  sleep 3
  stop
  lines capable 'mark4[23]|^TIME' "$time_first"
  lines dcsnoop '/nonexistent|mark4[23]$|^TIME' "$time_first"
  totals vfscount '@.vfs_(mkdir|rmdir|rename|unlink|fsync)'
  lines undump 'message|^TIME' "$time_first"
  totals runqlat

  # Each prints in its own seconds; bpftrace loses what is written between its print and its clear. What other processes do
  # meanwhile is little beside the load.
  for tracer in bpftrace polytap; do
    least=29900
    [ $tracer = polytap ] || least=20000
    awk -v least=$least '/^@.vfs_write\]/ { sum += $NF } END { if (sum >= least && sum < 60000) print "the load"; else print sum " writes" }' \
      vfsstat.$tracer >vfsstat.$tracer.seen
  done
  compare vfsstat load
  # The averages change every five seconds, maybe between the two in that second.
  for tracer in bpftrace polytap; do
    awk '!/averages/ { next } NR == FNR { seen[$1] = $0; next } $1 in seen { ++both; equal += seen[$1] == $0 }
      END { if (both >= 4 && 4 * equal >= 3 * both) print "most seconds" }' loads.bpftrace loads.polytap >loads.$tracer.seen
  done
  compare loads seconds
  # Samples of each tracer's own time. A step of 1 is `[0, 1)` in bpftrace 0.17 and `[0]` in later ones.
  for tracer in bpftrace polytap; do
    sed -n 's/^@runqlen: *$/@runqlen/p; s/^\[0\(, 1)\|\]\) .*[1-9][0-9]* |@.*/[0]/p' runqlen.$tracer >runqlen.$tracer.seen
  done
  compare runqlen form
}

files() {
  mkfs.xfs -q $disk && mount -t xfs $disk /mnt || failed "no XFS"
  start xfsdist oomkill
  for number in 1 2 3; do dd if=/dev/zero of=/mnt/file bs=4k count=10 conv=fsync 2>/dev/null; cat /mnt/file >/dev/null; done
  in_small /programs/touch_memory 64 1 2>/dev/null
  stop
  umount /mnt
  totals xfsdist
  # Without /proc/loadavg's numbers: the two read it at different moments.
  lines oomkill '^Tracing|Triggered' "$time_first; sub(/loadavg: [0-9]+\.[0-9]+ [0-9]+\.[0-9]+ [0-9]+\.[0-9]+( [0-9]+\/[0-9]+ [0-9]+)?\$/, \"loadavg\")"
}

blocks() {
  # A mirror of one disk, made without mdadm.
  echo md_mark >/sys/module/md_mod/parameters/new_array
  (
    cd /sys/block/md_mark/md || exit 1
    echo none >metadata_version && echo raid1 >level && echo 1 >raid_disks && echo 1:0 >new_dev && echo 8192 >component_size &&
      echo 0 >dev-ram0/slot && echo active >array_state
  ) || failed "no mirror"
  mdev -s
  mkswap $disk >/dev/null && swapon $disk || failed "no swap"
  # blk_account_io_start and _done are in their callers only (6.1), or not to be traced (6.12): bpftrace 0.17 warns of
  # that and measures nothing, polytap refuses. So these run on others that take a request, too.
  requests="biolatency biosnoop biostacks"
  for tool in $requests; do
    sed -e 's/^kprobe:blk_mq_start_request$/kprobe:nvme_cleanup_cmd/; /^kprobe:__blk_account_io/d; /^kprobe:blk_start_request,/d' \
      -e 's/^kprobe:blk_account_io_start,/kprobe:blk_mq_start_request/; s/^kprobe:blk_account_io_done,/kprobe:nvme_cleanup_cmd/' \
      "/tools/$tool.bt" >"$tool.bt"
  done
  # 6.12 has no such function any more.
  swapin=
  if grep -q ' swap_readpage$' /proc/kallsyms; then swapin=swapin; fi
  start bitesize writeback mdflush $swapin $requests
  in_small /programs/touch_memory 32 2
  swapoff $disk
  mkfs.ext4 -q $disk && mount -t ext4 $disk /mnt || failed "no ext4"
  dd if=/dev/zero of=/mnt/file bs=4k count=100 2>/dev/null
  sync
  umount /mnt
  dd if=/dev/zero of=/dev/md_mark bs=4k count=1 conv=fsync 2>/dev/null
  dd if=/dev/zero of=$disk bs=4k count=20 oflag=direct 2>/dev/null
  dd if=$disk of=/dev/null bs=16k count=10 iflag=direct 2>/dev/null
  sync
  stop
  nearly_totals bitesize
  lines writeback '^TIME|sync' "$time_first; $time_last"
  lines mdflush '^TIME|md_mark' "$time_first"
  # As with vfsstat: bpftrace may have less, not more, and not much less.
  if [ -n "$swapin" ]; then
    for tracer in bpftrace polytap; do
      awk '/^@.touch_memory, [0-9]+\]/ { sum += $NF } END { print sum + 0 }' swapin.$tracer >swapin.$tracer.sum
    done
    read -r theirs <swapin.bpftrace.sum
    read -r ours <swapin.polytap.sum
    if [ "$ours" -gt 0 ] && [ "$theirs" -le "$ours" ] && [ $((theirs * 5)) -ge $((ours * 4)) ]; then
      echo "equal   swapin: $theirs and $ours pages"
    else
      failed "swapin: bpftrace has $theirs pages, polytap $ours"
    fi
  fi
  nearly_totals biolatency
  # The same for the lines of biosnoop: as many as three may be at the ends.
  for tracer in bpftrace polytap; do awk "/^TIME|nvme/ { $time_first; $time_last; print }" biosnoop.$tracer >biosnoop.$tracer.seen; done
  if [ "$(wc -l <biosnoop.polytap.seen)" -gt 100 ] && [ "$(diff biosnoop.bpftrace.seen biosnoop.polytap.seen | grep -c '^[<>]')" -le 3 ]; then
    cp biosnoop.bpftrace.seen biosnoop.polytap.seen
  fi
  compare biosnoop lines
  nearly_totals biostacks
}

[ $# -gt 0 ] || set -- tcp tasks files blocks
for group_of_tools in "$@"; do $group_of_tools; done
if [ $failures -ne 0 ]; then cp -r "$work" /results/; fi
[ $failures -eq 0 ]
