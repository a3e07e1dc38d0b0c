# Each family of structures, with usual, odd and invalid arguments, is shown as strace shows it (docs/strace.md says what
# differs).
timeout 280 "$E2E/strace/compare_families" >shares || { cat shares; fail "fewer equal lines than the bar"; }
