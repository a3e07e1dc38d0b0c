# Keys that end with a text or a kernel stack are kept in two maps of the kernel, the short ones under short keys. With a
# number behind them they are not: both must have the same entries.
need_root

# entries FILE NAME: of a map, one a line, sorted, without the number behind the key; those of stacks take many lines.
entries() {
  awk -v name="@$2" '/^@/ { on = index($0, name "[") == 1; sub(/^@[a-z]*/, "") }
    on { gsub(/[ \t]/, ""); sub(/,1]:/, "]:"); entry = entry "|" $0 }
    on && /]:[0-9]+$/ { print entry; entry = "" }' "$1" | sort
}
same_entries() {
  entries out "$1" >"$1.entries"
  entries out "$2" >"$2.entries"
  [ -s "$1.entries" ] || { cat out; fail "nothing in @$1"; }
  cmp -s "$1.entries" "$2.entries" || { diff "$1.entries" "$2.entries"; fail "@$1 and @$2 differ"; }
}

# Paths of 55 to 75 bytes: those of 63 are the longest short ones.
path=/nonexistent/
while [ ${#path} -lt 55 ]; do path=${path}x; done
cat >opens.sh <<'SOURCE'
path=$1
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
  for time in 1 2 3; do if [ $time -le $((i % 3 + 1)) ]; then true 2>/dev/null <"$path"; fi; done
  path=${path}y
done
true </dev/null
exit 0
SOURCE
expect_status 0 "$POLYTAP" -q -b ebpf -e '
  config = { max_map_keys = 10000 }
  tracepoint:syscalls:sys_enter_openat /strlen(str(args.filename)) > 54/ {
    @text[str(args.filename)] = count(); @whole[str(args.filename), 1] = count();
    @last[str(args.filename)] = strlen(str(args.filename)); @lastwhole[str(args.filename), 1] = strlen(str(args.filename));
    @added[comm, str(args.filename)]++; @addedwhole[comm, str(args.filename), 1]++;
    @gone[str(args.filename)] = 1; @gonewhole[str(args.filename), 1] = 1;
    if (strlen(str(args.filename)) % 2 == 0) { delete(@gone, str(args.filename)); delete(@gonewhole, (str(args.filename), 1)); }
    if (@last[str(args.filename)] != strlen(str(args.filename))) { @wrong = count(); }
    if (has_key(@text, str(args.filename)) != has_key(@whole, (str(args.filename), 1))) { @wrong = count(); }
    if (@added[comm, str(args.filename)] != (int64)@text[str(args.filename)]) { @wrong = count(); }
    @cleared[str(args.filename)] = 1; @zeroed[str(args.filename)] = count();
  }
  tracepoint:syscalls:sys_enter_exit_group { clear(@cleared); zero(@zeroed); }' -c "sh opens.sh $path"
for pair in "text whole" "last lastwhole" "added addedwhole" "gone gonewhole"; do
  # shellcheck disable=SC2086 # two words
  same_entries $pair
done
[ "$(wc -l <text.entries)" -eq 21 ] || { cat out; fail "not 21 paths"; }
if grep -q '^@wrong' out; then cat out; fail "a map answered wrong in the script"; fi
if grep -q '^@cleared' out; then cat out; fail "clear() left something"; fi
[ "$(grep -c '^@zeroed.*: 0$' out)" -eq 21 ] || { cat out; fail "zero() left something, or took something away"; }
[ "$(awk '/^@text/ { sum += $NF } END { print sum }' out)" -eq 42 ] || { cat out; fail "not 42 calls"; }

# Stacks of up to 15 frames are short ones.
expect_status 0 "$POLYTAP" -q -b ebpf -e '
  config = { max_map_keys = 100000 }
  tracepoint:kmem:mm_page_alloc { @stack[kstack] = count(); @whole[kstack, 1] = count(); }' -c 'sh -c "cat /etc/passwd | sort | uniq -c >counted; cp counted copy"'
same_entries stack whole
longest=$(awk -F'|' '{ n = NF - 3; if (n > most) most = n } END { print most }' stack.entries)
shortest=$(awk -F'|' '{ n = NF - 3; if (!least || n < least) least = n } END { print least }' stack.entries)
if [ "$longest" -le 15 ] || [ "$shortest" -gt 15 ]; then echo "stacks of $shortest to $longest frames: only one of the kinds was met here"; fi
