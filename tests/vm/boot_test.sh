#!/bin/bash
# scripts/vm itself: output, exit status, results, tracing files, failures, and that nothing stays behind.
# usage: tests/vm/boot_test.sh [KERNEL]...   (default: $POLYTAP_VM_KERNEL, else 6.1)
# Exits with 77 when there is no such kernel to be had here.
set -u
vm=$(dirname "$(realpath "$0")")/../../scripts/vm
scratch=$(mktemp -d) || exit 1
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"
trap 'rm -rf "$scratch"' EXIT
failures=0

expect() { # WHAT ACTUAL EXPECTED
  if [[ $2 == "$3" ]]; then
    printf 'ok    %s\n' "$1"
  else
    printf 'FAIL  %s: got "%s" instead of "%s"\n' "$1" "$2" "$3"
    failures=$((failures + 1))
  fi
}

run() { # OPTIONS... -- SCRIPT ARGS...; sets status, out, err
  "$vm" --kernel "$kernel" "$@" >"$scratch/out" 2>"$scratch/err"
  status=$?
  out=$(<"$scratch/out")
  err=$(<"$scratch/err")
  expect "$kernel: nothing left in TMPDIR" "$(ls -A "$TMPDIR")" ""
}

script() { # NAME, text on stdin
  cat >"$scratch/$1"
}

script report.sh <<'END'
echo "$(uname -r | cut -d. -f1,2) $# $1 $2 $VARIABLE $(id -u)"
ls -d /sys/kernel/tracing/events/syscalls/sys_enter_openat
test -w /sys/kernel/tracing/kprobe_events && test -d /sys/kernel/debug/tracing && test -e /sys/kernel/btf/vmlinux &&
  test -f /sys/fs/cgroup/cgroup.controllers && test -c /dev/null && echo mounted
printf 'no newline translation\r\n'
echo "to stderr" >&2
mkdir /results/deep && head -c 3000000 /dev/zero | tr '\0' x >/results/deep/large
nm_like --version >/dev/null && echo "dynamic binary runs"
exit 42
END
script panic.sh <<'END'
echo c >/proc/sysrq-trigger
END
script sleep.sh <<'END'
sleep 600
END

[[ $# -gt 0 ]] || set -- "${POLYTAP_VM_KERNEL:-6.1}"
for kernel in "$@"; do
  if ! "$vm" --kernel "$kernel" --fetch; then
    echo "skipped: the kernel $kernel cannot be fetched"
    exit 77
  fi
  begin=$EPOCHREALTIME
  # shellcheck disable=SC2016 # the script is to see it as it is
  run --file "$(command -v nm):/opt/tools/nm_like" --env "VARIABLE=it's set" --results "$scratch/results" \
    -- "$scratch/report.sh" "a  b" '$c'
  took=$((${EPOCHREALTIME/./} - ${begin/./}))
  expect "$kernel: exit status" "$status" 42
  expect "$kernel: output" "$out" "$(printf '%s\n' "$kernel 2 a  b \$c it's set 0" \
    /sys/kernel/tracing/events/syscalls/sys_enter_openat mounted $'no newline translation\r' "dynamic binary runs")"
  expect "$kernel: stderr" "$err" "to stderr"
  expect "$kernel: results" "$(tr -d x <"$scratch/results/deep/large" | wc -c) $(stat -c %s "$scratch/results/deep/large")" "0 3000000"
  printf '      %s: %d ms from start to end\n' "$kernel" $((took / 1000))

  run -- "$scratch/panic.sh"
  expect "$kernel: a panic's status" "$status" 125
  expect "$kernel: a panic is told" "${err##*vm: }" "the kernel panicked: Kernel panic - not syncing: sysrq triggered crash"

  run --timeout 5 -- "$scratch/sleep.sh"
  expect "$kernel: status when the time is up" "$status" 124

  # Killed, the runner takes the machine along.
  "$vm" --kernel "$kernel" -- "$scratch/sleep.sh" 2>/dev/null &
  runner=$!
  for _ in {1..50}; do
    machine=$(pgrep -P "$runner" qemu-system) && break
    sleep 0.1
  done
  kill -KILL "$runner"
  wait "$runner" 2>/dev/null
  sleep 0.5
  expect "$kernel: the machine ran" "${machine:+yes}" yes
  expect "$kernel: no machine is left" "$(ps -o stat= -p "${machine:-0}" | grep -v '^Z')" ""
  expect "$kernel: nothing left in TMPDIR after SIGKILL" "$(ls -A "$TMPDIR")" ""
done

kernel=0.1
run -- "$scratch/report.sh"
expect "an unknown kernel" "$status $err" "125 vm: unknown kernel '0.1': there are 6.1 and 6.12, or give the path of a bzImage"
kernel=6.1
run --file /nonexistent -- "$scratch/report.sh"
expect "a missing file" "$status $err" "125 vm: no such file: /nonexistent (--file /nonexistent)"
[[ $failures -eq 0 ]]
