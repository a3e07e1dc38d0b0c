# Fault injection on real programs, counted exactly.
need sqlite3 git python3

# sqlite under a failing fsync, and under a full disk: it says so, and the database stays whole.
sqlite3 x.db 'create table t(a); insert into t values (1);' || fail "sqlite3"
"$POLYTAP" strace -f -q -o trace -e trace=fsync,fdatasync -e inject=fsync,fdatasync:error=EIO sqlite3 x.db 'insert into t values (2);' >out 2>&1
[ $? -ne 0 ] || fail "sqlite3 did not see the failing fsync"
expect_in out 'disk I/O error'
calls=$(grep -cE 'fsync\(|fdatasync\(' trace)
[ "$calls" -ge 1 ] && [ "$(grep -c '= -1 EIO (Input/output error) (INJECTED)' trace)" -eq "$calls" ] || { cat trace; fail "not every fsync failed"; }
"$POLYTAP" strace -f -q -o trace -e trace=pwrite64,write -e inject=pwrite64:error=ENOSPC:when=2 sqlite3 x.db 'insert into t values (3);' >out 2>&1
[ $? -ne 0 ] || fail "sqlite3 did not see the full disk"
expect_in out 'database or disk is full'
[ "$(grep -c INJECTED trace)" -eq 1 ] || { cat trace; fail "not one ENOSPC"; }
[ "$(sqlite3 x.db 'pragma integrity_check; select count(*) from t;' | tr '\n' ' ')" = "ok 1 " ] || fail "the database is damaged"

# git under interrupted calls and short writes: it goes on, with the same result.
git init -q r 2>/dev/null && (cd r && git config user.email a@b && git config user.name a)
(cd r && seq 1 20000 >big && "$POLYTAP" strace -f -q -o ../trace -e trace=read -e inject=read:error=EINTR:when=8+4 git add big) || fail "git add under EINTR"
injected=$(grep -c INJECTED trace)
[ "$injected" -ge 1 ] || fail "no EINTR"
for pid in $(sed 's/ .*//' trace | sort -u); do
  count=$(grep -cE "^$pid +(<\.\.\. )?read(\(| resumed).* = " trace)
  wanted=0
  [ "$count" -ge 8 ] && wanted=$(((count - 8) / 4 + 1))
  [ "$(grep "^$pid " trace | grep -c INJECTED)" -eq "$wanted" ] || { grep "^$pid " trace; fail "process $pid: not $wanted of $count"; }
done
(cd r && git commit -q -m x && git fsck >/dev/null 2>&1 && [ "$(git show HEAD:big | md5sum)" = "$(md5sum <big)" ]) || fail "what git wrote under EINTR is damaged"
# Short writes: a writer that is told that one byte of what it wrote was taken writes the rest.
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=write -e inject=write:retval=1:when=1 sh -c 'cd r; git cat-file blob HEAD:big >/dev/null'
[ "$(grep -c '= 1 (INJECTED)' trace)" -ge 1 ] || { cat trace; fail "no short write"; }

# python under a failing getrandom falls back, and says nothing.
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=getrandom -e inject=getrandom:error=ENOSYS python3 -c 'import os; print(len(os.urandom(8)))'
expect_in out 8
[ "$(grep -c INJECTED trace)" -eq "$(grep -c 'getrandom(' trace)" ] || { cat trace; fail "not every getrandom failed"; }

# A server under a delayed accept: the client waits as long.
cat >server.py <<'P'
import socket, threading, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
def client():
    for i in range(3):
        began = time.monotonic()
        c = socket.create_connection(s.getsockname()); c.recv(1); c.close()
        print("waited" if time.monotonic() - began > 0.15 else "at once")
t = threading.Thread(target=client); t.start()
for i in range(3):
    c, _ = s.accept(); c.send(b"x"); c.close()
t.join()
P
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=accept4 -e inject=accept4:delay_exit=200ms:when=2 python3 server.py
[ "$(grep -c waited out)" -eq 1 ] && [ "$(sed -n 2p out)" = waited ] || { cat out trace; fail "not the second client waited"; }
[ "$(grep -c DELAYED trace)" -eq 1 ] || { cat trace; fail "not one delay"; }

# Several rules for a call, a seed, and the report.
expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=getppid -e inject=getppid:retval=5:when=2 -e inject=getppid:retval=6:when=4+2 --inject-report "$PROGRAMS/syscall_loop" getppid 10
expect_in err 'inject=getppid:retval=5:when=2: 1 of 10 calls of getppid, the first was call 2 of process'
expect_in err 'inject=getppid:retval=6:when=4+2: 4 of 10 calls of getppid, the first was call 4 of process'
for i in 1 2; do
  expect_status 0 "$POLYTAP" strace -f -q -o trace -e trace=getppid -e inject=getppid:retval=5 --inject-seed 7 --inject-rate 0.3 "$PROGRAMS/syscall_loop" getppid 200
  sed 's/^[0-9]* *//; s/= [0-9]*$/= PID/' trace | grep getppid >chosen$i
done
same chosen1 chosen2
injected=$(grep -c INJECTED chosen1)
[ "$injected" -gt 30 ] && [ "$injected" -lt 90 ] || fail "$injected of 200 at a rate of 0.3"
expect_status 0 "$POLYTAP" strace -q -o trace -e trace=read -e inject=read:poke_exit=@arg2=4142:when=2 cat /etc/hostname
expect_in trace '(INJECTED: args)'
# Without a stop, by the kernel's filter alone.
expect_status 0 "$POLYTAP" strace -f -q -o trace -e inject=getppid:error=EPERM:silent "$PROGRAMS/syscall_loop" getppid 1000
grep -q 'getppid()' trace && fail "a silent fault is shown"
"$POLYTAP" strace -f -q -o trace -e inject=access:error=EACCES:silent python3 -c 'import ctypes, os; print(ctypes.CDLL(None, use_errno=True).access(b"/", 0), ctypes.get_errno())' >out 2>&1
expect_in out '-1 13'
expect_status 1 "$POLYTAP" strace -e inject=getppid:error=EPERM:silent true
expect_in err 'silent needs -f'
