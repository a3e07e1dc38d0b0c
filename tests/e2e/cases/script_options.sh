# What follows `--` is the script's, and the options of the command line that bpftrace's users know do their work.
begin() { printf 'BEGIN { %s exit(); }' "$1"; }

expect_status 0 "$POLYTAP" -q -b ptrace -e "$(begin 'print((getopt("n", 10, "how many"), getopt("s", "x"), getopt("on"), getopt("off", true))); print($1); print($#);')" -- \
  --n=0x20 --on 7 --s=word --off=false
printf '(32, word, true, false)\n7\n1\n' >wanted
grep -v '^$' out >got
same wanted got

expect_status 0 "$POLYTAP" -q -b ptrace -e "$(begin 'print(getopt("n", 10, "how many"));')" -- --help
expect_in out '--n                        how many'
expect_status 1 "$POLYTAP" -q -b ptrace -e "$(begin 'print(getopt("number", 10));')" -- --numbr=1
expect_in err "the script has no option --numbr"
expect_in err "did you mean 'number'?"
expect_status 1 "$POLYTAP" -q -b ptrace -e "$(begin 'print(getopt("n", 10));')" -- --n=many
expect_in err "--n expects a number, not 'many'"
expect_status 1 "$POLYTAP" -q -b ptrace -e "$(begin 'print(getopt("on"));')" -- --on=7
expect_in err "--on expects true or false, not '7'"

# -d and its stages.
expect_status 0 "$POLYTAP" -d ast -e "$(begin '')"
expect_in out '(call "exit")'
expect_status 0 "$POLYTAP" -d -e "$(begin '')"
expect_in out 'site begin, "BEGIN"'
expect_status 0 "$POLYTAP" -d all -e "$(begin '')"
expect_in out '(call "exit")'
expect_in out 'site begin, "BEGIN"'

expect_status 0 "$POLYTAP" --debug codegen -e "$(begin '')"
expect_in out 'site begin, "BEGIN"'
for stages in -dd '-d ast,codegen-opt' '-d ast -d types'; do
  expect_status 0 "$POLYTAP" $stages -e "$(begin '')"
  expect_in out '(call "exit")'
  expect_in out 'site begin, "BEGIN"'
done
expect_status 2 "$POLYTAP" -d verifier -e "$(begin '')"

# The long names that bpftrace has, too, and its modes.
expect_status 0 "$POLYTAP" -q --output answer -b ptrace -e "$(begin 'print(1);')"
expect_in answer 1
expect_status 0 "$POLYTAP" --mode format -e 'BEGIN{print(1)}'
expect_in out '  print(1);'
expect_status 0 "$POLYTAP" -q --mode codegen -b ptrace -e "$(begin 'print(1);')"
[ -s out ] && { cat out; fail "the script ran although only its code was wanted"; }

# -B: with `none` every piece is a write of its own, and the reader sees each at once.
for mode in full line none; do
  expect_status 0 "$POLYTAP" -q -B $mode -b ptrace -e "$(begin 'printf("a"); printf("b\n"); printf("c");')"
  printf 'ab\nc\n\n' >wanted
  same wanted out
done
expect_status 2 "$POLYTAP" -B some -e "$(begin '')"

# -k tells reads that fail, and where; --no-warnings does not.
program="$PROGRAMS/known_calls"
failing='tracepoint:syscalls:sys_enter_getppid { printf("[%s]\n", str(16)); exit(); }'
expect_status 0 "$POLYTAP" -q -b ptrace -k -e "$failing" -c "$program"
expect_in err 'stdin:1:58-65: WARNING: Failed to probe_read_user_str: Bad address (-14)'
expect_status 0 "$POLYTAP" -q -b ptrace -k --no-warnings -e "$failing" -c "$program"
[ -s err ] && { cat err; fail "warnings although they were not wanted"; }
expect_status 0 "$POLYTAP" -q -b ptrace --warnings -f json -e "$failing" -c "$program"
expect_in out '{"type": "helper_error", "msg": "Bad address", "helper": "probe_read_user_str", "retcode": -14, "filename": "stdin", "line": 1, "col": 58}'
if [ "$(id -u)" -eq 0 ]; then
  expect_status 0 "$POLYTAP" -q -b ebpf -k -e "$failing" -c "$program"
  expect_in err 'stdin:1:58-65: WARNING: Failed to probe_read_user_str: Bad address (-14)'
fi

# --probe-filter.
several='BEGIN { print(1); } END { print(2); } interval:ms:10 { print(3); exit(); }'
expect_status 0 "$POLYTAP" -q -b ptrace --probe-filter 'interval:*' -e "$several"
printf '3\n\n\n' >wanted
same wanted out
expect_status 1 "$POLYTAP" -q -b ptrace --probe-filter 'kprobe:*' -e "$several"
expect_in err "No probe of the script matches 'kprobe:*'"

# Options that are there for bpftrace's users; --info is the doctor's.
expect_status 0 "$POLYTAP" -q --btf --usdt-file-activation -b ptrace -e "$(begin 'print(1);')"
expect_status 0 "$POLYTAP" -q --verify-llvm-ir --no-feature kprobe_multi,uprobe_multi -b ptrace -e "$(begin 'print(1);')"
expect_status 2 "$POLYTAP" -q --no-feature something -b ptrace -e "$(begin 'print(1);')"
expect_status 0 "$POLYTAP" -b -e "$(begin 'print(1);')"
expect_in out 1
expect_status 2 "$POLYTAP" --traceable-functions /nonexistent -e "$(begin '')"
expect_status 0 "$POLYTAP" -q --traceable-functions /etc/passwd -b ptrace -e "$(begin 'print(1);')"
expect_status 1 env BPFTRACE_BTF=/nonexistent "$POLYTAP" -e "$(begin '')"
expect_in err 'BPFTRACE_BTF: read /nonexistent: No such file or directory'
[ -r /sys/kernel/btf/vmlinux ] && {
  cp /sys/kernel/btf/vmlinux types.btf
  expect_status 0 env BPFTRACE_BTF=types.btf "$POLYTAP" -q -b ptrace -e "$(begin 'print(sizeof(struct list_head));')"
  expect_in out 16
}
expect_status 0 "$POLYTAP" --info
expect_in out 'backend ptrace'

# warnf() too is a warning.
expect_status 0 "$POLYTAP" -q -b ptrace -e "$(begin 'warnf("seen %d", 1);')"
expect_in err 'WARNING: seen 1'
expect_status 0 "$POLYTAP" -q --no-warnings -b ptrace -e "$(begin 'warnf("seen %d", 1);')"
[ -s err ] && { cat err; fail "warnf() although warnings were not wanted"; }
exit 0

# A reader that goes, of standard error, too: polytap ends, and is not aborted.
{ "$POLYTAP" -q -e 'interval:ms:1 { print(1); }' 2>&1; echo $? >status; } | head -n 1 >first
same first - <<'EOF'
1
EOF
[ "$(cat status)" = 1 ] || fail "ended with $(cat status)"
