# -e trace=CALL@64, @32, @x32: what is shown of an i386 program, beside strace.
need strace gcc
cat >calls.c <<'END'
static inline int call(int number, int a, int b, int c) {
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result;
}
void _start(void) {
  static char status[200];
  call(5, (int)"/nonexistent", 0, 0);         // open
  call(195, (int)"/", (int)status, 0);        // stat64
  call(295, -100, (int)"/etc/passwd", 0);     // openat
  call(24, 0, 0, 0);                          // getuid
  call(1, 0, 0, 0);                           // exit
}
END
gcc -m32 -nostdlib -static -O1 -fno-pic -no-pie -fno-stack-protector -o calls calls.c || skip "no compiler of i386 programs"
./calls || skip "this kernel runs no i386 programs"
for set in open open@32 open@64 open@x32 stat64 stat64@32 %file@32 %file@64 '!%file@32' getuid@32,open 'open@32,?nothing@64' '/^open@32'; do
  strace -o theirs -e trace="$set" ./calls
  "$POLYTAP" strace -o ours -e trace="$set" ./calls
  sed -i 's/0x7ff[0-9a-f]*/ADDRESS/' theirs ours
  cmp -s theirs ours || { diff theirs ours; fail "-e trace=$set differs from strace's"; }
  echo "$set: $(wc -l <ours) equal lines"
done
