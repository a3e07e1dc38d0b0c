# The tools of Debian's bpftrace package that need no kprobes: bpftrace and polytap at the same time on the same load, and
# what they print of it must be equal. docs/compatibility.md lists all tools.
need_root
need bpftrace script openssl getent
find_setpriv
tools=/usr/sbin
[ -e $tools/opensnoop.bt ] || skip "needs the tools of Debian's bpftrace package in $tools"
[ -d /sys/kernel/tracing/events ] || mount -t tracefs nodev /sys/kernel/tracing

both=
stop_both() {
  [ -z "$both" ] || kill -INT $both 2>/dev/null
  for one in $both; do
    # bpftrace 0.17 does not always end.
    timeout 15 tail --pid="$one" -f /dev/null || kill -KILL "$one" 2>/dev/null
    wait "$one" 2>/dev/null
  done
  both=
}
trap stop_both EXIT

# begin TOOL: both tracers begin it.
begin() {
  tool=$1
  rm -f warm17 mark4[2-4]
  : >bpftrace.out && : >polytap.out
  bpftrace "$tools/$tool.bt" >bpftrace.out 2>bpftrace.err &
  both=$!
  "$POLYTAP" "$tools/$tool.bt" >polytap.out 2>polytap.err &
  both="$both $!"
}

# Runs LOAD MARK until both have shown MARK: then both are attached.
until_seen() {
  rounds=0
  until grep -q "$2" bpftrace.out && grep -q "$2" polytap.out; do
    rounds=$((rounds + 1))
    [ $rounds -lt 60 ] || { cat bpftrace.err polytap.out polytap.err; fail "$tool: the load is not seen"; }
    "$1" "$2" >/dev/null 2>&1 </dev/null
    sleep 0.5
  done
}

# beside TOOL LOAD FIELDS [at-least]: the lines with the load's mark are the same, FIELDS (an awk expression that empties what is
# a time) aside. at-least: polytap may have more, where bpftrace loses some now and then.
beside() {
  begin "$1"
  until_seen "$2" warm17
  "$2" mark42 >/dev/null 2>&1
  "$2" mark43 >/dev/null 2>&1
  sleep 1
  stop_both
  for tracer in bpftrace polytap; do grep 'mark4[23]' $tracer.out | awk "{ $3; print }" >$tracer.lines; done
  [ -s polytap.lines ] || fail "$1: nothing to compare"
  if [ "${4-}" = at-least ]; then
    sort bpftrace.lines >bpftrace.sorted
    sort polytap.lines | comm -23 bpftrace.sorted - >missed
    [ ! -s missed ] || { cat missed; fail "$1: polytap lacks lines that bpftrace has"; }
  fi
  [ "${4-}" = at-least ] || cmp -s bpftrace.lines polytap.lines ||
    { diff bpftrace.lines polytap.lines; fail "$1: bpftrace and polytap differ"; }
  echo "$1: $(wc -l <polytap.lines) equal lines"
}

runs() { /bin/true "$1" two; }
opens() { cat "/nonexistent/$1"; }
stats() { stat "/nonexistent/$1"; stat -f "/nonexistent/$1"; }
# To a process that there is none of: the number is the mark.
kills() { sh -c 'kill -0 "$1"; kill -10 "$1"' sh "$1"; }
# Programs under the mark's name, which comm shows.
named() {
  name=$1
  shift
  [ -e "./$name" ] || cp "$(command -v "$1")" "./$name"
  shift
  "./$name" "$@"
}
syncs() { named "$1" sync "$tools/opensnoop.bt"; }
sets_uid() { named "$1" "$setpriv" --reuid=65534 true; }
naps() { named "$1" "$PROGRAMS/known_calls"; }
resolves() { named "$1" getent ahosts localhost; }
# What is typed before bash has set up its terminal can be lost, and bash waits for ever.
types_in_bash() { { sleep 0.3; printf 'echo %s\nexit\n' "$1"; sleep 0.3; } | timeout 10 script -qc 'bash --norc -i' /dev/null; }

beside execsnoop runs '$1 = ""'
beside opensnoop opens ''
beside statsnoop stats ''
beside syncsnoop syncs '$1 = ""'
beside setuids sets_uid '$1 = ""'
beside naptime naps '$1 = ""'
beside gethostlatency resolves '$1 = $4 = ""'
beside bashreadline types_in_bash '$1 = ""'

# killsnoop's lines have no name of ours but the number of the process that is not there.
begin killsnoop
until_seen kills 4194317
kills 4194342 2>/dev/null
kills 4194343 2>/dev/null
sleep 1
stop_both
for tracer in bpftrace polytap; do grep -E '41943(42|43)' $tracer.out | awk '{ $1 = ""; print }' >$tracer.lines; done
[ "$(wc -l <polytap.lines)" -eq 4 ] || { cat polytap.out; fail "killsnoop: not 4 lines"; }
same bpftrace.lines polytap.lines

# Each prints at its own times: what is counted of a load is the same.
begin syscount
until_both_ready() {
  rounds=0
  until grep -q "$1" bpftrace.out && grep -q "$1" polytap.out; do
    rounds=$((rounds + 1))
    [ $rounds -lt 60 ] || fail "$tool does not begin"
    sleep 0.5
  done
  sleep 4  # bpftrace attaches behind BEGIN
}
until_both_ready Counting
cp "$PROGRAMS/syscall_loop" mark42
./mark42 getppid 300000 >loop.out
stop_both
for tracer in bpftrace polytap; do grep '^@process\[mark42\]' $tracer.out >$tracer.lines; done
[ -s polytap.lines ] || { cat polytap.out; fail "syscount: the load is not among the ten"; }
same bpftrace.lines polytap.lines

begin pidpersec
until_both_ready Tracing
"$PROGRAMS/fork_children" 300
sleep 2
stop_both
for tracer in bpftrace polytap; do
  total=$(awk '/@: /{ sum += $NF } END { print sum + 0 }' $tracer.out)
  [ "$total" -ge 300 ] || { cat $tracer.out; fail "pidpersec: $tracer counted $total of 300"; }
done

# Samples: the same histogram's form, and as many as the clock gives, within a quarter.
begin cpuwalk
until_both_ready Sampling
sleep 2
stop_both
for tracer in bpftrace polytap; do
  grep -q '^@cpu:' $tracer.out || { cat $tracer.out; fail "cpuwalk: no histogram of $tracer"; }
done

# What this machine's files lack: bpftrace 0.17 leaves it out without a word, polytap says so and goes on.
begin threadsnoop
until_seen_polytap() {
  rounds=0
  until grep -q "$2" polytap.out; do
    rounds=$((rounds + 1))
    [ $rounds -lt 40 ] || { cat polytap.out polytap.err; fail "$tool: polytap sees no load"; }
    "$1" "$2" >/dev/null 2>&1 </dev/null
    sleep 0.5
  done
}
starts_threads() { named "$1" "$PROGRAMS/threads" 2 1; }
until_seen_polytap starts_threads mark42
stop_both
expect_in polytap.err "libpthread has no 'pthread_create' here, libc has it"

openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 1 -subj /CN=localhost >/dev/null 2>&1
openssl s_server -quiet -accept 127.0.0.1:44833 -key key.pem -cert cert.pem >/dev/null 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; stop_both' EXIT
connects() { echo hello | named "$1" openssl s_client -quiet -connect 127.0.0.1:44833; }
# bpftrace 0.17 cuts %d to 32 bits, and names functions when they print, of a process that is gone by then.
beside sslsnoop connects '$1 = $4 = $6 = ""; if ($5 == 4294967295) $5 = -1' at-least
grep 'mark4[23]' polytap.out | grep -q 'SSL_read$' || fail "sslsnoop: no function's name"
expect_in polytap.err "No function in libcrypto is called 'rsa_ossl_public_encrypt'"
begin ssllatency
until_both_ready Tracing
connects mark44 >/dev/null 2>&1
stop_both
# The functions' names as above. Each measures its own time, so one call may be in two neighbouring rows: how many calls each
# kind of histogram has is the same.
for tracer in bpftrace polytap; do
  awk '/^@/ { kind = $1; sub(/\[.*/, "", kind) } /^[[(].*\|/ { calls[kind] += $3 } END { for (kind in calls) print kind, calls[kind] }' $tracer.out |
    sort >$tracer.lines
done
[ -s polytap.lines ] || { cat polytap.out polytap.err; fail "ssllatency: nothing measured"; }
same bpftrace.lines polytap.lines
