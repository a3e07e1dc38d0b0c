# Each family of ioctl's commands, with usual, odd and invalid arguments and in eleven styles, is shown as strace shows it
# (docs/strace.md says what differs).
families=$(cd "$E2E/strace/families" && ls ./ioctl_*.c | sed 's,^\./,,; s,\.c$,,')
# shellcheck disable=SC2086 # one word for each
timeout 850 "$E2E/strace/compare_families" $families >shares || { cat shares; fail "fewer equal lines than the bar"; }
cat shares
