# Fault injection as scripts: override(), delay(), signal() and poke() on syscall: probes, under any predicate.
need python3
target=$PROGRAMS/fault_target

# The third write to a path by one thread, from two seconds on.
cat >script.bt <<'S'
syscall:openat { @name[tid] = str(args.filename); }
syscall:openat:return /@name[tid] == "log"/ { @fd[tid] = args.ret; }
syscall:write /comm == "second" && args.fd == @fd[tid] && elapsed > 2s/ {
  @writes++;
  if (@writes == 3) { override(-28); }
}
END { clear(@name); clear(@fd); clear(@writes); }
S
expect_status 0 "$POLYTAP" -q --unsafe -b ptrace script.bt -c "$target writes log"
[ "$(grep -c 'No space left' out)" -eq 1 ] && grep -q 'second: write No space left on device after >2 s' out || { cat out; fail "not the one write failed"; }
grep -q first: out && fail "the other thread's write failed"
[ "$(wc -c <log)" -eq 59 ] || fail "$(wc -c <log) bytes were written, not 59"

# connect() to one port times out, later than the other answers.
python3 -c '
import socket, time
servers = [socket.create_server(("127.0.0.1", 0)) for i in range(2)]
print(*[s.getsockname()[1] for s in servers], flush=True)
time.sleep(20)' >ports &
server=$!
while [ ! -s ports ]; do sleep 0.1; done
read -r good bad <ports
expect_status 0 "$POLYTAP" -q --unsafe -b ptrace -e 'syscall:connect /bswap(*((uint16 *)uptr(args.uservaddr) + 1)) == $1/ { delay(500ms); override(-110); }' -c "$target connects $good $bad" "$bad"
expect_in out "$good: connected, at once"
expect_in out "$bad: Connection timed out, late"
kill $server

# mmap() above a size fails.
expect_status 0 "$POLYTAP" -q --unsafe -b ptrace -e 'syscall:mmap /args.len > 100000000/ { override(-12); }' -c "$target maps"
[ "$(grep -c mapped out)" -eq 3 ] && [ "$(grep -c 'Cannot allocate' out)" -eq 1 ] || { cat out; fail "mmap"; }
expect_in out '512: Cannot allocate memory'

# What a call is given is changed; a signal is sent where one comes by.
echo before >file
expect_status 0 "$POLYTAP" -q --unsafe -b ptrace -e 'syscall:write /args.fd == 1/ { poke((char *)uptr(args.buf), "AF"); }' -c "head -c 7 file"
expect_in out AF
expect_status 0 "$POLYTAP" -q --unsafe -b ptrace -e 'syscall:openat /str(args.filename) == "file"/ { signal("SIGUSR1"); } tracepoint:signal:signal_deliver /args.sig == 10/ { printf("signal\n"); }' -c "head -c 7 file"
expect_in out signal

# A delay holds up the thread that it is for, and no other: five children wait at the same time.
began=$(date +%s%N)
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=getppid -e inject=getppid:delay_enter=2s sh -c 'for i in 1 2 3 4 5; do sh -c : & done; wait'
took=$((($(date +%s%N) - began) / 1000000))
[ "$(grep -c DELAYED trace)" -eq 6 ] || { cat trace; fail "not six delays"; }
[ "$took" -lt 10000 ] || fail "six processes were delayed one behind the other: $took ms"
# A process that is killed while it is delayed ends at once; a delay does not keep polytap from leaving either.
until_delayed() {
  rounds=0
  until [ "$(cat /proc/$(pgrep -P $tracer | head -n 1)/comm 2>/dev/null)" = syscall_loop ]; do
    rounds=$((rounds + 1))
    [ $rounds -lt 300 ] || fail "the command does not begin"
    sleep 0.1
  done
  sleep 0.5
}
for how in -f -fy; do
  "$POLYTAP" strace $how -q -o trace -e trace=getppid -e inject=getppid:delay_enter=60s "$PROGRAMS/syscall_loop" getppid 3 &
  tracer=$!
  until_delayed
  kill -9 $(pgrep -P $tracer)
  began=$(date +%s%N)
  wait $tracer
  [ $? -eq 137 ] || fail "$how: not ended by the tracee's signal"
  [ $((($(date +%s%N) - began) / 1000000)) -lt 30000 ] || fail "$how: a delay kept polytap from ending"
done
began=$(date +%s%N)
"$POLYTAP" -q --unsafe -b ptrace -e 'syscall:getppid { delay(60s); }' -c "$PROGRAMS/syscall_loop getppid 3" &
tracer=$!
until_delayed
kill -INT $tracer
wait $tracer
[ $((($(date +%s%N) - began) / 1000000)) -lt 30000 ] || fail "a delay kept a script from ending"
timeout -s KILL 20 "$PROGRAMS/strace_torture" busy &
busy=$!
sleep 0.2
timeout -s INT 0.5 timeout -s KILL 10 "$POLYTAP" strace -f -q -o trace -p "$(pgrep -P $busy)" -e inject=getppid:delay_exit=60s
[ $? -eq 124 ] || fail "a delay kept polytap from leaving"
child=$(pgrep -P $busy)
case $(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$child/status) in R | S | D) ;; *) fail "a delayed process does not go on" ;; esac
kill -9 $child
wait $busy 2>/dev/null
true
