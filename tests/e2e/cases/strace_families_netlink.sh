# Netlink messages of each protocol, with usual, odd and cut contents, are shown as strace shows them (docs/strace.md says
# what differs).
families=$(cd "$E2E/strace/families" && ls ./*.c | sed 's,^\./,,; s,\.c$,,' | grep '^netlink')
# shellcheck disable=SC2086 # one word for each
timeout 850 "$E2E/strace/compare_families" $families >shares || { cat shares; fail "fewer equal lines than the bar"; }
cat shares
