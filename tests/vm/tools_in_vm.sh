#!/bin/bash
# Runs those of bpftrace's tools that need kprobes beside bpftrace itself in a virtual machine: tests/vm/tools_guest.sh.
# usage: tests/vm/tools_in_vm.sh [KERNEL [GROUP...]]   (KERNEL: 6.1 or 6.12; default: $POLYTAP_VM_KERNEL, else 6.1.
# GROUP: tcp, tasks, files, blocks; default: all.) POLYTAP, PROGRAMS: the binaries (default: those of build/release).
# POLYTAP_VM_RESULTS: a directory for what the tools printed, when something differs.
# Exits with 77 when something is not to be had here.
set -u
here=$(dirname "$(realpath "$0")")
vm=$here/../../scripts/vm
build=$here/../../build/release
POLYTAP=${POLYTAP:-$build/polytap}
PROGRAMS=${PROGRAMS:-$build/tests/programs}
kernel=${1:-${POLYTAP_VM_KERNEL:-6.1}}
shift

skip() {
  echo "skipped: $*"
  exit 77
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

files=()
for tool in bpftrace tc mkfs.xfs mkfs.ext4 setpriv; do
  path=$(command -v "$tool") || skip "needs $tool, which is not installed here (scripts/setup test)"
  files+=(--file "$path")
done
[[ -e /usr/sbin/oomkill.bt ]] || skip "needs the tools of Debian's bpftrace package in /usr/sbin"
modules=()
for module in xfs brd raid1 sch_netem; do modules+=(--module "$module"); done
"$vm" --kernel "$kernel" "${modules[@]}" --fetch 2>"$scratch/err" || {
  cat "$scratch/err"
  skip "the kernel $kernel cannot be fetched"
}

mkdir "$scratch/programs" "$scratch/tools"
cp -- "$PROGRAMS"/{unix_stream,touch_memory} "$scratch/programs/" || exit 1
cp -- /usr/sbin/*.bt "$scratch/tools/"
# bpftrace reads libc's headers for #include <sys/socket.h>.
for headers in endian.h features.h features-time64.h stdc-predef.h linux asm-generic x86_64-linux-gnu/{asm,bits,gnu,sys}; do
  files+=(--file "/usr/include/$headers:/usr/include/$headers")
done

"$vm" --kernel "$kernel" --timeout "${POLYTAP_VM_TIMEOUT:-2000}" --memory 3072 "${modules[@]}" "${files[@]}" \
  --file "$POLYTAP:/usr/local/bin/polytap" --file "$scratch/programs:/programs" --file "$scratch/tools:/tools" \
  --file "$here/../e2e:/e2e" ${POLYTAP_VM_RESULTS:+--results "$POLYTAP_VM_RESULTS"} -- "$here/tools_guest.sh" "$@" 2>&1
