# Every call that strace knows, each argument with usual, odd and invalid values, is shown as strace shows it
# (docs/strace.md says what differs).
families=$(cd "$E2E/strace/families" && grep -l '"bare_family.h"' ./*.c | sed 's,^\./,,; s,\.c$,,')
# shellcheck disable=SC2086 # one word for each
timeout 850 "$E2E/strace/compare_families" $families >shares || { cat shares; fail "fewer equal lines than the bar"; }
cat shares
