# SIGKILL at 100 random moments while breakpoints are in place: the command goes on and ends with the right output and status.
need gcc
cat >work.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
__attribute__((noinline)) long leaf(long x) { __asm__ volatile(""); return x + 1; }
static void* work(void* unused) {
  long sum = 0;
  (void)unused;
  for (int i = 0; i < 3000; i++) {
    sum = leaf(sum);
    free(malloc(32 + i % 100));
  }
  return (void*)sum;
}
int main(void) {
  long sum = 0;
  for (int round = 0; round < 4; round++) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, NULL);
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0; i < 300; i++) sum = leaf(sum);
      _exit(7);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 7 << 8) return 1;
    for (int i = 0; i < 3; i++) {
      void* result;
      pthread_join(threads[i], &result);
      sum += (long)result;
    }
  }
  printf("%ld\n", sum);
  return 3;
}
END
gcc -O1 -fno-builtin -o work work.c -lpthread || fail "cannot compile"
cat >run.sh <<'END'
: >begun
./work
echo "status $?"
END
: >answers
i=0
while [ $i -lt 100 ]; do
  rm -f begun
  "$POLYTAP" -q -b ptrace -e "uprobe:$PWD/work:leaf { @in = count(); } uretprobe:$PWD/work:leaf { @out = count(); } uprobe:libc:malloc { @ = count(); } uretprobe:libc:malloc { @r = count(); }" \
    -c "sh run.sh" >>answers 2>/dev/null &
  tracer=$!
  # Every other one while the command is at work, however long its beginning takes; the rest at any moment.
  until [ $((i % 2)) -eq 0 ] || [ -e begun ] || ! kill -0 $tracer 2>/dev/null; do sleep 0.01; done
  sleep 0.$((i % 3))$((i * 7 % 10))$((i * 3 % 10))
  kill -KILL $tracer 2>/dev/null
  wait $tracer 2>/dev/null
  i=$((i + 1))
done
# Those that are still at work.
patience=600
while [ "$(grep -c '^status' answers)" -lt 100 ] && [ $patience -gt 0 ]; do
  sleep 0.1
  patience=$((patience - 1))
done
# Killed before it opened the gate, polytap takes the command with it: then there is no answer at all.
answers=$(grep -c '^36000$' answers)
[ "$answers" -eq "$(grep -c '^status 3$' answers)" ] && [ "$answers" -eq "$(grep -c '^status' answers)" ] || { sort answers | uniq -c; fail "a command did not end well"; }
[ "$answers" -ge 50 ] || { sort answers | uniq -c; fail "only $answers of 100 commands ran to their end"; }
