# strace is the oracle: the same calls by name, for a command without children.
need strace
strace -f -o trace -e trace=openat,access,read,close,mmap ls / >/dev/null
for call in openat access read close mmap; do
  wanted=$(grep -Ec "^[0-9]+ +$call\(" trace)
  expect_status 0 "$POLYTAP" -q -b ptrace -e "tracepoint:syscalls:sys_enter_$call { @ = count(); }" -c 'ls /'
  [ "$wanted" -eq 0 ] || expect_in out "@: $wanted"
done
