expect_status 2 "$POLYTAP"
expect_in err 'no script'
expect_status 2 "$POLYTAP" --no-such-option -e 'BEGIN { exit(); }'
expect_status 1 "$POLYTAP" /nonexistent.bt
expect_in err '/nonexistent.bt'
expect_status 1 "$POLYTAP" -e 'tracepoint:syscalls:sys_enter_openat { @ = count(); }' -c /nonexistent/program
expect_in err '/nonexistent/program'
expect_status 1 "$POLYTAP" -e 'tracepoint:syscalls:sys_enter_openat { @ = count(); }' -p 999999999
expect_in err '999999999'
expect_status 1 "$POLYTAP" -b nosuch -e 'BEGIN { exit(); }'
expect_in err "no backend called 'nosuch'"
expect_status 1 "$POLYTAP" -e 'BEGIN { print($x); }'
expect_in err 'stdin:1:15-17: ERROR: Undefined or undeclared variable: $x'
expect_status 1 "$POLYTAP" -e 'tracepont:syscalls:sys_enter_open { }'
expect_in err "tracepoint"
expect_status 0 "$POLYTAP" --version
expect_status 0 "$POLYTAP" --help
