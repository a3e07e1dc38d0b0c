# Each family of structures but ioctl's and netlink's, with usual, odd and invalid arguments, is shown as strace shows it (docs/strace.md
# says what differs).
families=$(cd "$E2E/strace/families" && grep -L '"bare_family.h"' ./*.c | sed 's,^\./,,; s,\.c$,,' | grep -v '^ioctl_\|^netlink')
# shellcheck disable=SC2086 # one word for each
timeout 850 "$E2E/strace/compare_families" $families >shares || { cat shares; fail "fewer equal lines than the bar"; }
cat shares
