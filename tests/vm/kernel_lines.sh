#!/bin/bash
# Source lines and inlined calls of kernel stacks, of the kernel and of the module xfs, from Debian's debug files on the
# kernel that they belong to, moved by KASLR, in a virtual machine: every frame compared with eu-addr2line.
# By hand, not in CI: the package linux-image-RELEASE-dbg is 280 MB, and unpacked 1.5 GB.
# usage: tests/vm/kernel_lines.sh [KERNEL]    (6.1 or 6.12; default 6.1)
# DEBUG_FILES: where the package was unpacked (its usr/lib/debug); without it, it is downloaded into a scratch folder.
# POLYTAP: the binary. Exits with 77 when something is not to be had here.
set -u
here=$(dirname "$(realpath "$0")")
vm=$here/../../scripts/vm
POLYTAP=${POLYTAP:-$here/../../build/release/polytap}
kernel=${1:-6.1}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/polytap/vm

skip() {
  echo "skipped: $*"
  exit 77
}
fail() {
  echo "FAILED  $*" >&2
  failures=$((failures + 1))
}

failures=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for tool in eu-addr2line mkfs.xfs objcopy; do command -v "$tool" >/dev/null || skip "needs $tool"; done
"$vm" --kernel "$kernel" --module xfs --fetch || skip "the kernel $kernel cannot be fetched"
release=$(ls "$cache/$kernel/modules")
debug=${DEBUG_FILES:-}
if [[ -z $debug ]]; then
  (cd "$scratch" && apt-get -q download "linux-image-$release-dbg") >"$scratch/log" 2>&1 ||
    skip "linux-image-$release-dbg is not in apt's lists: $(tail -1 "$scratch/log")"
  dpkg-deb --fsys-tarfile "$scratch"/*.deb | tar -x -C "$scratch" --wildcards './usr/lib/debug/boot/vmlinux-*' '*/xfs.ko' || exit 1
  rm "$scratch"/*.deb
  debug=$scratch/usr/lib/debug
fi
vmlinux=$debug/boot/vmlinux-$release
module=$debug/lib/modules/$release/kernel/fs/xfs/xfs.ko
[[ -r $vmlinux && -r $module ]] || skip "there is no $vmlinux, or no $module"
# Without what nobody reads here, so that the guest need not unpack 600 MB: its relocations have been carried out.
objcopy --only-keep-debug -R '.rela*' -R .debug_loclists -R .debug_frame "$vmlinux" "$scratch/vmlinux" || exit 1

cat >"$scratch/guest.sh" <<'END'
mkdir /tmp/disk && mkfs.xfs -q /dev/nvme0n1 && mount -t xfs /dev/nvme0n1 /tmp/disk || exit 1
echo text >/tmp/disk/file
polytap -q -b ebpf -e 'kprobe:xfs_file_read_iter { printf("raw\n%s\n", kstack(raw)); printf("lines\n%s\n", kstack(lines)); printf("inline\n%s\n", kstack(inline)); exit(); }' -c 'cat /tmp/disk/file' >/results/module 2>/results/errors
polytap -q -b ebpf -e 'kprobe:do_filp_open { printf("raw\n%s\n", kstack(raw)); printf("lines\n%s\n", kstack(lines)); exit(); }' -c 'cat /tmp/disk/file' >/results/kernel 2>>/results/errors
grep -w _stext /proc/kallsyms >/results/stext
cat /sys/module/xfs/sections/.text >/results/text
for name in vfs_write do_filp_open schedule; do grep " [tT] $name\$" /proc/kallsyms | cut -d' ' -f1; done >/results/addresses
polytap symbolize -k -fi </results/addresses >/results/symbolized 2>>/results/errors
umount /tmp/disk
END
"$vm" --kernel "$kernel" --timeout 600 --memory 4096 --module xfs \
  --file "$(command -v mkfs.xfs)" --file "$POLYTAP:/usr/local/bin/polytap" --results "$scratch/results" \
  --file "$scratch/vmlinux:/usr/lib/debug/boot/vmlinux-$release" \
  --file "$module:/usr/lib/debug/lib/modules/$release/kernel/fs/xfs/xfs.ko" -- "$scratch/guest.sh" || {
  echo "FAILED  the guest ended with status $?" >&2
  exit 1
}
cd "$scratch/results" || exit 1
[[ ! -s errors ]] || fail "$(cat errors)"

stext=$((0x$(cut -d' ' -f1 stext)))
text=$(($(cat text)))
text_size=$((0x$(readelf -SW "$module" | sed -nE 's/.*\] \.text +PROGBITS +\S+ +\S+ +(\S+).*/\1/p')))
linked=$((0x$(nm "$vmlinux" 2>/dev/null | sed -n 's/ [Tt] _stext$//p')))
echo "KASLR has moved the kernel by $(printf '%#x' $((stext - linked))), xfs's code is at $(printf '%#x' $text)"
[[ $stext -ne $linked ]] || fail "the kernel was not moved: nothing is proved"

# The places of an address of the running machine, innermost first.
places() {
  local address=$1
  if ((address >= text && address < text + text_size)); then
    eu-addr2line -i -j .text -e "$module" "$(printf '%#x' $((address - text)))"
  else
    eu-addr2line -i -e "$vmlinux" "$(printf '%#x' $((address - stext + linked)))"
  fi | sed -E 's/:([0-9]+):[0-9]+$/:\1/'
}

# What stands between two words of the output, each on its line.
part() { awk -v part="$2" '/^(raw|lines|inline)$/ { on = $0 == part; next } on && NF' "$1" | sed -E 's/^ +//'; }

for file in module kernel; do
  returned=0
  for address in $(part "$file" raw); do
    # Behind the first frame it is where a call returns to.
    places $((0x$address - returned))
    returned=1
  done >"$file.expected"
  part "$file" lines | sed -nE 's/.* at ([^ ]+).*/\1/p' >"$file.places"
  if [[ -s $file.expected ]] && diff "$file.expected" "$file.places"; then
    echo "ok    $file: $(part "$file" raw | wc -l) frames, $(wc -l <"$file.places") places, as eu-addr2line has them"
  else
    fail "$file: the places differ (< eu-addr2line)"
    cat "$file"
  fi
done
part module lines | grep -q '^xfs_file_read_iter+[0-9]* at .*fs/xfs/xfs_file.c:[0-9]* \[xfs\]$' || fail "no line of the module's function"
part module lines | sed -E 's/ at [^ ]+//' | diff - <(part module inline) || fail "inline and lines have other frames"
while read -r address; do places $((0x$address)); done <addresses >symbolize.expected
grep -v '^[a-z_]*$' symbolized | diff symbolize.expected - && echo "ok    symbolize: $(wc -l <addresses) addresses of the running kernel" || fail "symbolize"
part module lines
exit $((failures > 0))
