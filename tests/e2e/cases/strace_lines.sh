# The lines that every introduction to strace teaches, beside strace; and what polytap has beyond them.
need strace python3
case $(strace -V | head -n 1) in
  *" 6.1"*) ;;
  *) skip "the comparison is with strace 6.1; here is $(strace -V | head -n 1)" ;;
esac
cat >lines.cases <<'C'
-e trace=%file | ls /var
-e 'trace=/(l|f)stat' | ls -l /var
-y | cat /etc/hostname
-yy -e trace=%desc | cat /etc/hostname
-C -e trace=openat,close | true
-s 512 | cat /etc/passwd
-P /etc/hostname | cat /etc/hostname
-e 'trace=/open(at)?' -P /var -e inject=all:error=ENOENT | ls -l /var
-f -e trace=execve,clone,vfork,fork,wait4 | sh -c '/bin/true; /bin/true'
-e raw=openat,mmap -e trace=openat,mmap,close | cat /etc/hostname
-e verbose=none | ls /etc/default
-e abbrev=none -e trace=newfstatat | ls /etc/default
--strings-in-hex=non-ascii-chars -e trace=write | printf 'a\001\377b7'
--strings-in-hex=all -e trace=write | printf 'ab'
-e inject=read:poke_exit=@arg2=4142:when=2 -e trace=read | cat /etc/hostname
-b execve -f | sh -c '/bin/true; exit 0'
C
"$E2E/strace/compare" -v --bar 97 lines.cases >compared 2>&1 || { cat compared; fail "lines differ from strace's"; }
tail -n 1 compared

# getsockopt and setsockopt on AF_UNIX sockets: how many succeed.
cat >sockets.py <<'P'
import socket
u = socket.socket(socket.AF_UNIX)
i = socket.socket(socket.AF_INET)
for n in range(6):
    u.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    i.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
for n in range(2):
    try: u.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError: pass
P
expect_status 0 "$POLYTAP" strace -f -c -o table --fd-family unix -e trace=getsockopt,setsockopt python3 sockets.py
[ "$(awk '$NF == "getsockopt" { print $4 }' table)" -eq 6 ] || { cat table; fail "not 6 getsockopt on AF_UNIX"; }
[ "$(awk '$NF == "setsockopt" { print $4 "/" $5 }' table)" = 2/2 ] || { cat table; fail "not 2 setsockopt that failed"; }
expect_status 0 "$POLYTAP" strace -f -o trace --socket-path '/nonexistent/*' python3 -c '
import socket
try: socket.socket(socket.AF_UNIX).connect("/nonexistent/a")
except OSError: pass
try: socket.socket(socket.AF_UNIX).connect("/elsewhere/a")
except OSError: pass'
[ "$(grep -c 'connect(' trace)" -eq 1 ] || { cat trace; fail "not one connect"; }

# Filters by outcome, value, path.
expect_status 2 "$POLYTAP" strace -q -o trace --errno ENOENT -e trace=%file ls /nonexistent
grep -v 'exited' trace | grep -vq ENOENT && { cat trace; fail "another outcome than ENOENT"; }
expect_in trace '/nonexistent'
expect_status 0 "$POLYTAP" strace -q -o trace --arg 3:0x4,9 -e trace=write sh -c 'echo a; echo bcd'
[ "$(grep -c 'write(' trace)" -eq 1 ] && grep -q 'bcd' trace || { cat trace; fail "not the write of four bytes alone"; }
expect_status 0 "$POLYTAP" strace -q -o trace --path-prefix /etc cat /etc/hostname
grep -q '/etc/hostname' trace || fail "no /etc/hostname"
grep -q 'libc.so' trace && fail "a path elsewhere"
expect_status 0 "$POLYTAP" strace -q -o trace --path-glob '*/host*' cat /etc/hostname
[ "$(grep -c 'openat(' trace)" -eq 1 ] || { cat trace; fail "not one openat of a glob"; }

# Names of arguments, whole lines, tables, JSON.
expect_status 0 "$POLYTAP" strace -N -q -o trace -e trace=openat cat /etc/hostname
expect_in trace 'openat(dfd=AT_FDCWD, filename="/etc/hostname", flags=O_RDONLY) = '
expect_status 0 "$POLYTAP" strace -f -q --full-lines -o trace sh -c 'for i in 1 2 3; do /bin/true & done; wait'
grep -q 'resumed>' trace && { grep resumed trace; fail "a line that was cut"; }
expect_status 0 "$POLYTAP" strace -f -c --summary-per-process --summary-percentiles -w -o table sh -c '/bin/true; /bin/true; exit 0'
[ "$(grep -c '^Process ' table)" -eq 3 ] && grep -q '50 %' table || { cat table; fail "not a table for each of 3 processes"; }
expect_status 0 "$POLYTAP" strace -c -w -U name,calls,max-time -S calls -o table cat /etc/hostname
grep -q '^syscall *calls *longest$' table || { cat table; fail "not the columns that were asked for"; }
expect_status 3 "$POLYTAP" strace --json -f -o json sh -c 'cat /nonexistent; exit 3'
python3 - <<'P' || fail "the JSON is not as described"
import json
events = [json.loads(line) for line in open("json")]
calls = [e for e in events if e["type"] == "syscall"]
assert all({"time", "tid", "pid", "name", "number", "args"} <= e.keys() for e in calls)
missing = [e for e in calls if e["name"] == "openat" and e["args"][1].get("text") == '"/nonexistent"']
assert len(missing) == 1 and missing[0]["error"] == "ENOENT" and missing[0]["result"] == -1, missing
assert [e["exit_status"] for e in events if e["type"] == "end"][-1] == 3
P

# The tracer as a grandchild: the command is the child of who asked for it.
expect_status 3 sh -c '"$0" strace -D -q -o trace sh -c "echo \$PPID; exit 3"; s=$?; echo $$; exit $s' "$POLYTAP"
[ "$(sed -n 1p out)" = "$(sed -n 2p out)" ] || { cat out; fail "the command is not the child of who asked for it"; }
i=0
until grep -q 'exited with 3' trace || [ $i -ge 50 ]; do sleep 0.1; i=$((i + 1)); done
expect_in trace 'exited with 3'
expect_status 0 "$POLYTAP" strace -q -o trace --syscall-limit=7 sh -c 'sleep 0.2; : >after'
[ "$(grep -c ' = ' trace)" -eq 7 ] || { cat trace; fail "not 7 calls"; }
i=0
until [ -e after ] || [ $i -ge 50 ]; do sleep 0.1; i=$((i + 1)); done
[ -e after ] || fail "the command did not go on"
