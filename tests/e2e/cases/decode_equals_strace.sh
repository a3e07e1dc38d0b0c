# decode(args): the lines of a script beside those of strace, of the same programs. What addresses, ids, time and chance
# decide is masked in both.
need strace
case $(strace -V | head -n 1) in
  *" 6.1"*) ;;
  *) skip "the comparison is with strace 6.1; here is $(strace -V | head -n 1)" ;;
esac
# The program's own calls: before its execve the two tracers do other things, and exit_group has no return. The kernel has no event
# for rt_sigreturn's.
own_calls() {
  grep -v -e '^execve(' -e '^exit_group(' -e '^rt_sigreturn(' -e '^+++ ' -e '^--- ' -e '^getrandom(' -e '^$' "$1" |
    sed -E -e 's/0x[0-9a-f]+/ADDRESS/g' -e 's/[0-9]{4,}/NUMBER/g' -e 's/ +=/ =/'
}
compared=0
compare() {
  strace -o theirs.txt "$@" >/dev/null 2>&1
  "$POLYTAP" -q -b ptrace -o ours.txt -c "$*" \
    -e 'tracepoint:raw_syscalls:sys_exit /pid == cpid/ { printf("%s\n", decode(args)); }' >/dev/null 2>err
  grep -q ERROR err && { cat err; fail "polytap does not trace $*"; }
  own_calls theirs.txt >theirs
  own_calls ours.txt >ours
  [ -s theirs ] || fail "strace shows no calls of $*"
  same theirs ours
  compared=$((compared + $(wc -l <ours)))
  echo "$*: $(wc -l <ours) equal lines"
}
compare "$PROGRAMS/known_calls"
compare "$PROGRAMS/unix_stream"
compare cat /etc/hostname
compare ls -l /etc/default
compare stat /etc
compare date -u
compare uname -a
compare id

# The line as strace writes it, to the letter; and at the entry, where the result is missing.
strace -o theirs -e trace=openat cat /etc/hostname >/dev/null
"$POLYTAP" -q -b ptrace -o ours -e 'syscall:openat:return { printf("%s\n", decode(args)); }' -c "cat /etc/hostname" >/dev/null 2>&1
grep -v -e '^+++' theirs >lines
grep -v '^$' ours >our_lines
same lines our_lines
"$POLYTAP" -q -b ptrace -o ours -e 'syscall:openat { printf("%s\n", decode(args)); }' -c "cat /etc/hostname" >/dev/null 2>&1
grep -v '^$' ours >our_lines
sed 's/ *= [-0-9].*//' lines >entries
same entries our_lines

# The memory of a call is that of its entry: the kernel writes the link's target over the path.
cat >over.c <<'END'
#include <string.h>
#include <unistd.h>
int main(void) {
  char path[64] = "link";
  if (symlink("target", "link") != 0) return 1;
  return readlink(path, path, sizeof path) == 6 ? 0 : 2;
}
END
if command -v gcc >/dev/null 2>&1; then
  gcc -o over over.c || fail "over.c does not compile"
  expect_status 0 "$POLYTAP" -q -b ptrace -e 'syscall:readlink:return { printf("%s\n", decode(args)); }' -c ./over
  expect_in out 'readlink("link", "target", 64)          = 6'
fi
echo "$compared lines in all"
