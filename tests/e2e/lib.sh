# What the cases share. Sourced by tests/e2e/run in the case's own shell and folder.

fail() {
  echo "FAILED: $*"
  exit 1
}

skip() {
  echo "$*"
  exit 77
}

need() {
  for program in "$@"; do
    command -v "$program" >/dev/null 2>&1 || skip "needs $program, which is not installed here"
  done
}

need_root() {
  [ "$(id -u)" -eq 0 ] || skip "needs root"
}

# Where util-linux's setpriv is: busybox's own, which its shell prefers, knows no --reuid.
find_setpriv() {
  for setpriv in /usr/bin/setpriv /usr/local/bin/setpriv; do
    [ -x $setpriv ] && return
  done
  skip "needs setpriv of util-linux to become an ordinary user"
}

# Runs a command as an ordinary user (uid and gid 65534); after find_setpriv.
as_user() {
  $setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# expect_status STATUS COMMAND...: runs it with its output in ./out and ./err.
expect_status() {
  wanted=$1
  shift
  "$@" >out 2>err
  got=$?
  [ "$got" -eq "$wanted" ] || { cat out err; fail "exit status $got instead of $wanted: $*"; }
}

# expect_in FILE TEXT: a fixed string must be in the file.
expect_in() {
  grep -qF -- "$2" "$1" || { cat "$1"; fail "'$2' is not in $1"; }
}

# same FILE FILE
same() {
  cmp -s "$1" "$2" || { diff "$1" "$2"; fail "$1 and $2 differ"; }
}

# Both backends on one run of a command: the answers must be equal. agree SCRIPT COMMAND
agree() {
  expect_status 0 "$POLYTAP" compare --together -e "$1" -c "$2"
  grep -q '^ebpf .*(reference)' out || { cat out; fail "eBPF gave no answer"; }
  grep -Eq '^ptrace .* equal' out || { cat out; fail "ptrace did not agree"; }
  awk '$1 == "ebpf" || $1 == "ptrace" { if ($3 != 0) bad = 1 } END { exit bad }' out || { cat out; fail "events were lost"; }
}

# The programs of the issue, those that are installed here: for_programs FUNCTION; calls FUNCTION COMMAND.
for_programs() {
  printf 'int main(void) { return 0; }\n' >small.c
  mkdir -p tree/a/b && : >tree/a/b/c
  ran=0
  for command in "git --version" "python3 -c 'import json'" "gcc -c small.c -o small.o" "find tree" \
    "$PROGRAMS/threads 4 50" "$PROGRAMS/fork_children 200"; do
    command -v "${command%% *}" >/dev/null 2>&1 || { echo "(not installed here: ${command%% *})"; continue; }
    ran=$((ran + 1))
    "$1" "$command"
  done
  [ "$ran" -gt 0 ] || fail "no program to trace"
}
