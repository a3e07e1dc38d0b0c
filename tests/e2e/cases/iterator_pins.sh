# Pinned iterators: who reads the file runs the program. And every iterator that is listed can be run.
need_root
"$POLYTAP" --dry-run -q -e 'iter:task { exit(); }' >/dev/null 2>&1 || skip "this kernel takes no programs of iterators"
pin=polytap_test_$$
path=/sys/fs/bpf/$pin
named=
clean_up() {
  [ -z "$named" ] || kill $named
  rm -f $path
  if [ -d mounted ]; then umount "$(pwd -P)/mounted"; fi
}
trap clean_up EXIT
if ! grep -q ' /sys/fs/bpf bpf ' /proc/mounts; then
  # A relative name is in /sys/fs/bpf, which is told to be no BPF file system.
  expect_status 1 "$POLYTAP" -q -e "iter:task:$pin { printf(\"x\"); }"
  expect_in err 'mount -t bpf bpf /sys/fs/bpf'
  mkdir mounted
  mount -t bpf bpf mounted || skip "no BPF file system can be mounted"
  path=$(pwd -P)/mounted/$pin
  pin=$path
fi

# As in bpftrace's documentation.
sleep 1000 &
sleeper=$!
until [ "$(cat /proc/$sleeper/comm)" = sleep ] || [ "$(cat /proc/$sleeper/comm)" = busybox ]; do sleep 0.1; done
name=$(cat /proc/$sleeper/comm)
expect_status 0 "$POLYTAP" -e "iter:task:$pin { printf(\"%s:%d\\n\", ctx.task.comm, ctx.task.pid); }"
expect_in err "Program pinned to $path"
! grep -q . out || fail "polytap itself prints something"
cat $path >there
grep -qx "$name:$sleeper" there || { cat there; fail "the task $name:$sleeper is not in $path"; }
listed=$(wc -l <there)
exist=$(ls -d /proc/[0-9]*/task/* 2>/dev/null | wc -l)
[ "$listed" -gt $((exist / 2)) ] && [ "$listed" -lt $((exist * 2)) ] || fail "$listed lines of $exist tasks"
kill $sleeper
wait $sleeper
cat $path >there
! grep -qx "$name:$sleeper" there || fail "the task that ended is still in $path"

# What is there is left alone; what a failing run has pinned is not.
expect_status 1 "$POLYTAP" -e "iter:task:$path { printf(\"%d\\n\", 1); }"
expect_in err "$path is there already"
[ -e $path ] || fail "$path was removed"
rm $path
expect_status 1 "$POLYTAP" -e "iter:task:$path, iter:task:/nonexistent/file { printf(\"x\"); }"
expect_in err '/nonexistent/file'
[ ! -e $path ] || fail "a pin of a run that failed stays"

# The same text by way of the kernel as by polytap.
mkfifo fifo
sh -c 'printf pinned_%d $$ >/proc/$$/comm; read -r line <fifo' &
named=$!
until [ "$(cat /proc/$named/comm)" = pinned_$named ]; do sleep 0.1; done
cat >texts.bt <<'END'
 /ctx.task.comm == "pinned_NUMBER"/ {
  @n++;
  $minus = -42;
  $text = "grün und lang";
  printf("%d|%5d|%-5d|%05d|%+d|%ld|%u|%x|%08X|%hhd|%hx|", $minus, $minus, 7, 7, 7, $minus, 7, $minus, 255, 300, 70000);
  printf("%p|%p|%c|%s|%10s|%-10s|%3s|%s,%sx|100%%é\n", 4096, (uint64)0, 65, $text, "end", "end", $text, "", "two");
  print(ctx.task.comm);
  print(-5);
  print((uint64)18446744073709551615);
  for ($i : 0..3) { printf("%d ", $i); }
  printf("%s\n", strcontains($text, "und") ? "found" : "not");
  printf("%s %s\n", 4, (uint64)5);
  printf("%d %d\n", ctx.task.tgid, (int32)@n);
}
END
sed -i "s/NUMBER/$named/" texts.bt
expect_status 0 "$POLYTAP" -q -e "iter:task $(cat texts.bt) END { clear(@n); }"
grep . out >by_polytap
expect_status 0 "$POLYTAP" -q -e "iter:task:$pin $(cat texts.bt)"
cat $path >by_kernel
cmp by_polytap by_kernel || { cat by_polytap by_kernel; fail "the kernel writes something else"; }
[ "$(wc -l <by_kernel)" -ge 7 ] || { cat by_kernel; fail "too little was written"; }
# What the program remembers lives as long as the pin.
tail -n 1 by_kernel | grep -q ' 1$' || { cat by_kernel; fail "the first read is not the first"; }
cat $path | tail -n 1 | grep -q ' 2$' || fail "the map of a pinned program is gone"
rm $path

echo end >fifo
wait $named
named=

# More than a page of text for each task, as long as the kernel's buffer allows.
expect_status 0 "$POLYTAP" -q -e "config = { max_strlen = 2000 } iter:task:$pin { for (\$i : 0..200) { printf(\"%s:%d %20s \", ctx.task.comm, \$i, \"padded\"); } printf(\"%d\\n\", ctx.task.pid); }"
cat $path | awk 'NF { if (NF < 400) short++ } END { print short + 0, NR }' >counts
read -r short lines <counts
[ "$short" = 0 ] && [ "$lines" -gt 1 ] || { cat counts; fail "texts of $lines tasks: $short were cut"; }
rm $path

# What polytap would have to do itself.
for statement in 'exit();' 'print(@);' 'clear(@);' 'time();' 'system("true");' 'printf("%s", kstack);' \
  'printf("%s", ksym(ctx.task));' 'printf("%r", buf(ctx.task, 4));' 'printf("%#x", 3);' 'printf("%.3s", comm);' \
  'printf("%*d", 5, 3);' 'cat("/etc/passwd");' 'print((1, 2));'; do
  expect_status 1 "$POLYTAP" --unsafe -q -e "iter:task:$pin { @[1] = 2; @[2] = 3; $statement }"
  grep -q 'which has ended when\|ERROR' err || { cat err; fail "$statement: no reason"; }
  [ ! -e $path ] || fail "$statement: $path was made"
done
expect_in err 'which has ended when'
expect_status 1 "$POLYTAP" -q -e "iter:task:$(pwd -P)/pin { printf(\"x\"); }"
expect_in err 'BPF file system'
expect_status 1 "$POLYTAP" -q -e "iter:task:$path.list { printf(\"x\"); }"
expect_in err 'have no dots'

# Every iterator that the kernel has.
"$POLYTAP" -l 'iter:*' >kinds
expect_in kinds 'iter:task'
for kind in $(cat kinds); do
  expect_status 0 "$POLYTAP" -q -e "$kind:$pin { printf(\"%d one\\n\", 1); }"
  cat $path >objects || fail "$kind: cannot be read"
  ! grep -vqx '1 one' objects || { cat objects; fail "$kind: something else is in the file"; }
  rm $path
  expect_status 0 "$POLYTAP" -q -e "$kind { @ = count(); }"
  echo "$kind: $(wc -l <objects) objects"
done
"$POLYTAP" -lv 'iter:bpf_map' >fields
expect_in fields 'struct bpf_map * map'
# Its own maps are there while it runs.
expect_status 0 "$POLYTAP" -q -e 'iter:bpf_map { @[str(ctx.map.name)] = count(); }'
expect_in out '@[polytap'
