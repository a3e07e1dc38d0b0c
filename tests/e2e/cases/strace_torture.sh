# polytap strace under what is hard on tracers: the program's output and exit status are as untraced, every call is counted,
# nothing is left behind. Calls are written down without stops here (-f, root) and with them (-y).
torture=$PROGRAMS/strace_torture
zombies() { ps -o stat= --ppid $$ 2>/dev/null | grep -c '^Z'; }

for how in -f "-f -y"; do
  for what in "forks 300" "threads 60" "execs 60" "thread_execs 10" "vforks 60" "closes" "signals 3000" "kills 20"; do
    expect_status 0 timeout 60 "$torture" $what
    mv out untraced
    expect_status 0 timeout 120 "$POLYTAP" strace $how -q -o trace "$torture" $what
    same untraced out
    case $what in
      forks*) [ "$(grep -c '+++ exited with' trace)" -eq 301 ] || fail "$how $what: $(grep -c '+++ exited with' trace) ends of 301" ;;
      threads*) [ "$(grep -cE 'getppid\(|getppid resumed' trace)" -ge 12000 ] || fail "$how $what: calls are missing"
        [ "$(grep -E 'getppid(\(| resumed)' trace | grep -c ' = ')" -eq 12000 ] || fail "$how $what: $(grep -E 'getppid(\(| resumed)' trace | grep -c ' = ') getppid of 12000" ;;
      signals*) [ "$(grep -c -- '--- SIGALRM' trace)" -eq "$(grep -c 'rt_sigreturn(' trace)" ] || fail "$how $what: signals and returns differ"
        [ "$(grep -E '(openat\(.*|openat resumed.*)ENOENT' trace | grep -c ENOENT)" -ge 3000 ] || fail "$how $what: openat is missing" ;;
    esac
  done
done
# Processes killed while they make threads: a thread whose maker was killed before it was announced must go on too.
rounds=0
while [ $rounds -lt 40 ]; do
  expect_status 0 timeout 30 "$POLYTAP" strace -f -q -o trace "$torture" kills 10
  expect_in out 'kills done'
  [ "$(grep -c '+++ killed by SIGKILL' trace)" -ge 10 ] || { cat trace; fail "not every killed process is shown"; }
  rounds=$((rounds + 1))
done
# The storm itself, and many threads at once.
expect_status 0 timeout 300 "$POLYTAP" strace -f -q -o trace "$torture" forks 2000
expect_in out 'forks 2000 ok'
[ "$(grep -c '+++ exited with' trace)" -eq 2001 ] || fail "$(grep -c '+++ exited with' trace) ends of 2001"
expect_status 0 timeout 300 "$POLYTAP" strace -f -c -q -o trace "$torture" threads 500
[ "$(awk '$NF == "getppid" { print $4 }' trace)" -eq 100000 ] || { cat trace; fail "not 100000 getppid"; }
# A tracee cannot be traced twice; it is told so.
expect_status 0 timeout 60 "$POLYTAP" strace -f -q -o trace "$torture" ptracer
grep -q 'ptrace(PTRACE_TRACEME) *= -1 EPERM' trace || fail 'PTRACE_TRACEME'

# Attaching to and leaving a busy process.
"$torture" busy &
busy=$!
rounds=0
while [ $rounds -lt 200 ]; do
  timeout -s INT 0.03 "$POLYTAP" strace -f -q -p $busy >/dev/null 2>&1
  rounds=$((rounds + 1))
  kill -0 $busy 2>/dev/null || fail "the busy process did not survive round $rounds"
done
case $(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$busy/status) in R | S | D) ;; *) fail "the busy process does not run any more" ;; esac
[ "$(sed -n 's/^TracerPid:\t//p' /proc/$busy/status)" = 0 ] || fail "the busy process is still traced"
# Leaving a process whose first thread has ended meanwhile.
"$torture" leaderless &
leaderless=$!
timeout -s INT 0.8 timeout -s KILL 10 "$POLYTAP" strace -f -q -o trace -p $leaderless >/dev/null 2>&1
[ $? -eq 124 ] || fail "polytap did not leave a process whose first thread has ended"
thread=$(ls /proc/$leaderless/task | tail -n 1)
[ "$(sed -n 's/^TracerPid:\t//p' /proc/$leaderless/task/$thread/status)" = 0 ] || fail "its thread is still traced"
case $(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$leaderless/task/$thread/status) in R | S | D) ;; *) fail "its thread does not run any more" ;; esac
kill -9 $leaderless
wait $leaderless 2>/dev/null
# SIGKILL of the tracer leaves it running too.
"$POLYTAP" strace -f -q -o trace -p $busy 2>/dev/null &
tracer=$!
sleep 0.3
kill -9 $tracer
wait $tracer 2>/dev/null
sleep 0.2
case $(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$busy/status) in R | S | D) ;; *) fail "the busy process is stopped behind a killed tracer" ;; esac
kill -9 $busy
wait $busy 2>/dev/null
# A command of a killed tracer ends with it, when calls went without stops; nothing is left stopped.
"$POLYTAP" strace -f -q -o trace "$torture" busy &
tracer=$!
sleep 0.5
child=$(ps -o pid= --ppid $tracer | head -n 1)
kill -9 $tracer
wait $tracer 2>/dev/null
sleep 0.3
if [ -d /proc/$child ]; then
  case $(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$child/status) in T | t) fail "the command is stopped behind a killed tracer" ;; esac
  kill -9 $child
fi
[ "$(zombies)" -eq 0 ] || fail "zombies are left"
