# bpftrace's tools, written for root and BPF, run unmodified by an ordinary user on his own command: -b ptrace.
need_root
find_setpriv
tools=/usr/sbin
[ -f $tools/opensnoop.bt ] || skip "needs Debian's package bpftrace, whose tools are run"
need stat
echo data >data && chmod 644 data
cp "$POLYTAP" polytap && chmod 755 polytap
chmod 755 .

# tool NAME COMMAND: what it prints of the command goes to ./out.
tool() {
  cp "$tools/$1.bt" . && chmod 644 "$1.bt"
  expect_status 0 as_user ./polytap -b ptrace "$1.bt" -c "$2"
  echo "--- $1"
  cat out
  ! grep -q 'ERROR\|internal' err || { cat err; fail "$1 complained"; }
}

tool opensnoop 'cat data /nonexistent/file'
grep -Eq '^[0-9]+ +cat +[0-9]+ +0 +data$' out || fail 'opensnoop did not show data'
grep -Eq '^[0-9]+ +cat +-1 +2 +/nonexistent/file$' out || fail 'opensnoop did not show the failure'

tool execsnoop "sh -c '/bin/echo one; /bin/echo two words'"
[ "$(grep -c '/bin/echo one$' out)" = 1 ] || fail 'execsnoop did not show the first program'
grep -q '/bin/echo two words$' out || fail 'execsnoop did not show the second program'

tool statsnoop "sh -c 'stat -c %s data; stat /nonexistent/file; :'"
grep -Eq ' 0 +data$' out || fail 'statsnoop did not show data'
grep -Eq ' 2 +/nonexistent/file$' out || fail 'statsnoop did not show the failure'

tool killsnoop "sh -c 'kill -0 \$\$; kill -USR1 1; :'"
grep -Eq ' 0 +[0-9]+ +0$' out || fail 'killsnoop did not show the signal to itself'
grep -Eq ' 10 +1 +-1$' out || fail 'killsnoop did not show the refused signal'

tool syscount "$PROGRAMS/syscall_loop getppid 1000"
grep -Eq "^@syscall\\[110\\]: 1000$" out || fail "syscount did not count getppid"
