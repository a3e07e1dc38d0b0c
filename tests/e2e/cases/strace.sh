# polytap strace: exit statuses, messages, filters and fault injection; its lines beside those of the installed strace.

# The command's exit status is strace's own.
expect_status 7 "$POLYTAP" strace -o trace sh -c 'exit 7'
expect_in trace '+++ exited with 7 +++'
expect_status 143 sh -c '"$0" strace -o trace sh -c "kill -TERM \$\$"; exit $?' "$POLYTAP"
expect_in trace '+++ killed by SIGTERM +++'
expect_status 1 "$POLYTAP" strace -e trace=nothing true
expect_in err "strace: invalid system call 'nothing'"
expect_status 1 "$POLYTAP" strace /nonexistent/program
expect_in err "strace: Can't stat '/nonexistent/program': No such file or directory"
expect_status 1 "$POLYTAP" strace
expect_in err 'must have PROG [ARGS] or -p PID'
# By its name.
ln -s "$POLYTAP" strace
expect_status 0 ./strace -o trace -e trace=/open "$PROGRAMS/syscall_loop" open 3
grep -q "^[0-9.]*$" out || fail "the program's own output is missing"
grep -q '^openat(' trace || fail "no openat"
grep -vqE '^(openat|\+\+\+)' trace && { cat trace; fail "a call that the filter leaves out"; }

# With a filter of the kernel the other calls do not stop: the program is the same, and its children are followed.
expect_status 3 "$POLYTAP" strace -f -o trace -e trace=chdir sh -c '(cd /; exit 1); cd /tmp; exit 3'
[ "$(grep -c 'chdir("/' trace)" -eq 2 ] || { cat trace; fail "not two chdir"; }

# Faults, counted.
printf 'one\n' >file
expect_status 1 "$POLYTAP" strace -o trace -P "$WORK/file" -e trace=all -e fault=openat:error=EACCES cat "$WORK/file"
expect_in err 'Permission denied'
expect_in trace '= -1 EACCES (Permission denied) (INJECTED)'
[ "$(grep -c INJECTED trace)" -eq 1 ] || { cat trace; fail "not one fault"; }
expect_status 0 "$POLYTAP" strace -f -o trace -e trace=getppid -e inject=getppid:retval=77:when=2+2 "$PROGRAMS/syscall_loop" getppid 10
[ "$(grep -c '= 77 (INJECTED)' trace)" -eq "$(($(grep -c '^[0-9]* *getppid' trace) / 2))" ] || { cat trace; fail "not every second call"; }

# Attaching and detaching leaves a process as it was.
sleep 20 &
sleeper=$!
for i in 1 2 3 4 5; do timeout -s INT 0.2 "$POLYTAP" strace -p $sleeper >out 2>err; done
expect_in err "strace: Process $sleeper detached"
[ "$(sed -n 's/^State:\t\(.\).*/\1/p' /proc/$sleeper/status)" = S ] || fail "the process does not sleep any more"
[ "$(sed -n 's/^TracerPid:\t//p' /proc/$sleeper/status)" = 0 ] || fail "the process is still traced"
kill $sleeper

# A storm of processes: every one is seen to its end, every cut line is resumed.
expect_status 0 "$POLYTAP" strace -f -q -o trace sh -c 'i=0; while [ $i -lt 200 ]; do /bin/true & i=$((i+1)); done; wait'
[ "$(grep -c 'exited with 0' trace)" -eq 201 ] || fail "$(grep -c 'exited with 0' trace) ends of 201"
[ "$(grep -c '<unfinished' trace)" -eq "$(grep -c 'resumed>' trace)" ] || fail "lines that were cut and not resumed"

need strace python3
case $(strace -V | head -n 1) in
  *" 6.1"*) ;;
  *) skip "the comparison is with strace 6.1; here is $(strace -V | head -n 1)" ;;
esac
"$E2E/strace/compare" --bar 99.0 "$E2E/strace/basic.cases" >out 2>&1 || { cat out; fail "too many lines differ from strace's"; }
tail -n 1 out
"$E2E/strace/compare" --bar 98.5 "$E2E/strace/programs.cases" >out 2>&1 || { cat out; fail "too many lines differ from strace's"; }
tail -n 1 out
need gcc
"$E2E/strace/compare_calls" 97 >out 2>&1 || { cat out; fail "calls with odd arguments differ from strace's"; }
cat out
