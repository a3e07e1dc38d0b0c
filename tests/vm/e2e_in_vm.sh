#!/bin/bash
# Runs the end-to-end cases and the differential tests as root on a Debian kernel in a virtual machine.
# usage: tests/vm/e2e_in_vm.sh [KERNEL [CASE...]]   (KERNEL: 6.1, 6.12 or a bzImage; default: $POLYTAP_VM_KERNEL, else 6.1)
# POLYTAP, PROGRAMS, DIFF_TESTS: the binaries (default: those of build/release). POLYTAP_VM_RANDOM_PROGRAMS: how many the
# interpreter and the kernel run (default 500; 0: none), and a 25th of that many scripts. Exits with 77 when there is no such kernel to be had here.
set -u
here=$(dirname "$(realpath "$0")")
vm=$here/../../scripts/vm
build=$here/../../build/release
POLYTAP=${POLYTAP:-$build/polytap}
PROGRAMS=${PROGRAMS:-$build/tests/programs}
DIFF_TESTS=${DIFF_TESTS:-$build/tests/diff_tests}
kernel=${1:-${POLYTAP_VM_KERNEL:-6.1}}
shift

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

if ! "$vm" --kernel "$kernel" --fetch 2>"$scratch/err"; then
  cat "$scratch/err"
  echo "skipped: the kernel $kernel cannot be fetched"
  exit 77
fi

cat >"$scratch/guest.sh" <<'END'
# $1: random programs; the rest: cases
uname -r
status=0
count=$1
shift
/e2e/run "$@" || status=1
if [ "$count" -gt 0 ]; then
  diff_tests --count="$count" --scripts=$((count / 25)) --gtest_brief=1 || status=1
fi
exit $status
END

# strace is the oracle of some cases, setpriv makes an ordinary user. bpftrace would bring LLVM along: its cases say
# that it is not there.
files=()
for tool in strace setpriv; do
  path=$(command -v "$tool") && files+=(--file "$path")
done
mkdir "$scratch/programs"
for program in "$PROGRAMS"/*; do
  [[ -f $program && -x $program ]] && cp -- "$program" "$scratch/programs/"
done
[[ -x $DIFF_TESTS ]] && files+=(--file "$DIFF_TESTS:/usr/local/bin/diff_tests")

"$vm" --kernel "$kernel" --timeout "${POLYTAP_VM_TIMEOUT:-2000}" --memory 2048 --file "$POLYTAP:/usr/local/bin/polytap" \
  --file "$scratch/programs:/programs" --file "$here/../e2e:/e2e" "${files[@]}" \
  --env POLYTAP=/usr/local/bin/polytap --env PROGRAMS=/programs \
  -- "$scratch/guest.sh" "${POLYTAP_VM_RANDOM_PROGRAMS:-500}" "$@" 2>&1
