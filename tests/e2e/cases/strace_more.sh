# What strace's line-by-line comparison does not reach: tables at intervals, KVM's exits, namespaces, remembered names of
# descriptors, stacks in the report of injections, errors that the kernel's filter gives.
need strace python3

# The table so far, and at the end.
expect_status 0 "$POLYTAP" strace -f -c --summary-interval=200ms -o tables python3 -c '
import os, time
for i in range(10):
    os.getppid(); time.sleep(0.1)'
[ "$(grep -c '% time' tables)" -ge 3 ] || { cat tables; fail "$(grep -c '% time' tables) tables in a second at intervals of 200 ms"; }
awk '$NF == "clock_nanosleep" { if ($4 < last) exit 1; last = $4 } END { exit last != 10 }' tables || { cat tables; fail "the tables do not grow to ten sleeps"; }

# Why a virtual CPU stopped, as strace has it.
"$PROGRAMS/kvm_run" >/dev/null
if [ $? -eq 77 ]; then
  echo "no KVM here: -e kvm=vcpu was not tried"
else
  expect_status 0 strace -o theirs -e kvm=vcpu -e trace=ioctl "$PROGRAMS/kvm_run"
  expect_status 0 "$POLYTAP" strace -o ours -e kvm=vcpu -e trace=ioctl "$PROGRAMS/kvm_run"
  grep KVM_RUN theirs >theirs.run
  grep KVM_RUN ours >ours.run
  same theirs.run ours.run
  expect_in ours.run KVM_EXIT_HLT
fi
if [ "$(id -u)" -eq 0 ]; then
  expect_status 0 "$POLYTAP" strace -f -o trace -e trace=unshare -e namespace=new unshare -u -n readlink /proc/self/ns/uts /proc/self/ns/net
  grep -qF "= 0 ($(sed -n 2p out), $(sed -n 1p out))" trace || { cat out trace; fail "-e namespace=new"; }
  expect_status 0 "$POLYTAP" strace -f -o trace -e trace=setns -e namespace=new nsenter --net=/proc/self/ns/net readlink /proc/self/ns/net
  grep -qF "= 0 ($(cat out))" trace || { cat out trace; fail "-e namespace=new of setns"; }
fi

# Names of descriptors through close, dup, rename, unlink, fork, threads, SCM_RIGHTS and exec.
lines() {
  sed -e 's/^[0-9]* *//; s/0x[0-9a-f]*/ADDRESS/g; s/\[[0-9]*->[0-9]*\]/[PEERS]/g; s/\[[0-9]\{4,\}\]/[N]/g' -e 's/  *= / = /; s/, *<unfinished/ <unfinished/' "$1" |
    grep -E '^(pread64|openat|close|close_range|dup|dup2|fcntl|execve|sendmsg|recvmsg|pipe2|socketpair|rename|unlink)\(' | grep -v unfinished | sort
}
for how in -y -yy; do
  rm -rf second b
  expect_status 0 strace -f $how -o theirs "$PROGRAMS/descriptors"
  rm -rf second b
  expect_status 0 "$POLYTAP" strace -f $how -o ours "$PROGRAMS/descriptors"
  lines theirs >theirs.lines
  lines ours >ours.lines
  # Which calls of parent and child are cut by one another differs.
  [ "$(diff theirs.lines ours.lines | grep -c '^[<>]')" -le 4 ] || { diff theirs.lines ours.lines; fail "$how: other names than strace's"; }
  [ "$(wc -l <ours.lines)" -gt 50 ] || fail "$how: only $(wc -l <ours.lines) lines"
  # A name that is not what /proc says would be in a line of its own.
  grep -oE '[0-9]+<[^ ]*>' theirs.lines | sort -u >theirs.names
  grep -oE '[0-9]+<[^ ]*>' ours.lines | sort -u >ours.names
  same theirs.names ours.names
done

# The report has the places.
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=getppid -e inject=getppid:retval=7:when=2+ --inject-report "$PROGRAMS/syscall_loop" getppid 4
expect_in err 'inject=getppid:retval=7:when=2+: 3 of 4 calls of getppid, the first was call 2 of process'
expect_in err '3 times at:'
grep -q '^ > .*syscall_loop(main' err || { cat err; fail "no stack of the injected calls"; }

# Failures that nobody sees take no stop: the calls are as quick as failing ones are without a tracer.
if [ "$(id -u)" -eq 0 ]; then
  "$POLYTAP" strace -f -z -q -o trace -e trace=access,openat -e inject=access:error=EACCES python3 -c '
import ctypes, time
libc = ctypes.CDLL(None, use_errno=True)
began = time.monotonic()
wrong = sum(libc.access(b"/", 0) != -1 or ctypes.get_errno() != 13 for i in range(100000))
print(wrong, "late" if time.monotonic() - began > 3 else "quick")' >out
  expect_in out '0 quick'
  grep -q 'access(' trace && fail "a failed call is shown under -z"
fi
true
