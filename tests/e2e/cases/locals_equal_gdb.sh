# $$params and $$locals at lines, beside gdb's info args and info locals at a breakpoint there: programs in C and C++, not
# optimized and optimized, by each compiler that is here, in DWARF 3 to 5. Every value that polytap shows must be gdb's; what it
# does not show must be optimized out for gdb, or be told by gdb from the caller's frame (entry values).
need_root
need gdb gcc python3 setarch
cat >plain.c <<'C'
#include <stdio.h>
#include <stdlib.h>
struct point { int x; short y; };
struct pair { long first, second; };
enum colour { RED, GREEN = 5 };
static int global = 7;
__attribute__((noinline)) int work(int count, const char *name, struct point p, double weight, struct point *q) {
  int sum = 0;
  static int calls = 100;
  enum colour c = count > 2 ? GREEN : RED;
  long array[3] = {1, 2, 3};
  struct pair both = {count, 11};
  for (int i = 0; i < count; i++) {
    int twice = i * 2;
    both.second += twice;
    calls += twice;
    array[i % 3] += twice;
    if (i == 2) {
      unsigned char small = (unsigned char)(250 + i);
      printf("%s %d %d\n", name, twice, small);  /* BREAK 1 */
    }
  }
  sum += calls + (int)weight + p.x + q->y + (int)c + (int)array[1] + (int)both.second;
  global += sum;
  puts(name);  /* BREAK 2 */
  return sum + global;
}
__attribute__((noinline)) long nine(int a, int b, int c, int d, int e, int f, long g, short h, signed char i) {
  long all = a + b + c + d + e + f + g + h + i;
  printf("%ld\n", all);  /* BREAK 3 */
  return all * a + h;
}
static inline __attribute__((always_inline)) int inlined(int value) {
  int squared = value * value;
  printf("%d\n", squared);  /* BREAK 4 */
  return squared + value;
}
int main(int argc, char **argv) {
  struct point p = {argc + 2, -4}, q = {5, 6};
  int got = work(argc + 3, "abc", p, 2.5, &q);
  got += (int)nine(argc, 2, 3, 4, 5, 6, 70000000000, -8, -9);
  got += inlined(argc + 4);
  return argv == NULL || got == 0;  /* BREAK 5 */
}
C
cat >classes.cpp <<'C'
#include <cstdio>
namespace geo {
struct shape { int sides; long area; };
class box : public shape {
 public:
  __attribute__((noinline)) long grow(int by, long extra) {
    long before = area;
    bool large = by > 2;
    area += by * extra;
    for (int step = 0; step < by; ++step) {
      long inner = area - step;
      area += inner & 3;
      if (step == 1) std::printf("%ld\n", area);  // BREAK 1
    }
    std::printf("%d\n", (int)large);  // BREAK 2
    return area - before;
  }
};
template <typename T> __attribute__((noinline)) T twice(T value, unsigned short other) {
  T result = value + value;
  std::printf("%d %d\n", (int)result, other);  // BREAK 3
  return result + other;
}
}
int main(int argc, char **) {
  geo::box b;
  b.sides = 4;
  b.area = 10 * argc;
  long got = b.grow(argc + 2, 3);
  got += geo::twice(argc + 5L, 9);
  got += geo::twice(static_cast<signed char>(argc - 5), 9);
  std::printf("%ld\n", got);  // BREAK 4
  return 0;
}
C
cat >compare.py <<'P'
import re, subprocess, sys
polytap, program, source, backend = sys.argv[1:]
lines = [n for n, text in enumerate(open(source), 1) if 'BREAK' in text]

def gdb(line):
    out = subprocess.run(['gdb', '-q', '-nx', '-batch', '-ex', 'set disable-randomization on', '-ex', 'set print repeats 0',
        '-ex', 'set width 0', '-ex', 'set confirm off', '-ex', f'break {source}:{line}', '-ex', 'run >/dev/null', '-ex', 'printf "PC %d\\n", $pc',
        '-ex', 'frame', '-ex', 'printf "ARGS\\n"', '-ex', 'info args', '-ex', 'printf "LOCALS\\n"', '-ex', 'info locals', program],
        capture_output=True, text=True).stdout
    at = re.search(r'^Breakpoint 1, .*:(\d+)$', out, re.M)
    if 'ARGS' not in out or not at or int(at.group(1)) != line: return None
    args, local = out.split('ARGS\n')[1].split('LOCALS\n')
    def table(text):
        values = {}
        for row in text.splitlines():
            m = re.match(r'([A-Za-z_]\w*) = (.*)$', row)
            if m: values.setdefault(m.group(1), m.group(2))  # the innermost first
        return values
    return table(args), table(local)

def theirs(text):
    if 'optimized out' in text or 'synthetic pointer' in text: return None
    text = re.sub(r"<geo::shape> = \{([^}]*)\}, <No data fields>", r'\1', text)
    text = re.sub(r"(-?\d+) '(?:[^'\\]|\\.)+'", r'\1', text)    # characters
    text = re.sub(r'^\(.*?\) ', '', text)                       # (type) 0x...
    text = re.sub(r'(0x[0-9a-f]+) .*', r'\1', text)             # 0x... "text"
    text = text.replace('true', '1').replace('false', '0')
    return re.sub(r'\s', '', text)

def ours(text):
    text = re.sub(r'\.(\w+) = ', r'\1=', text).replace('[', '{').replace(']', '}').replace('true', '1').replace('false', '0')
    return re.sub(r'\s', '', text)

def fields(record):
    values, depth, start, name = {}, 0, 0, ''
    body = record[2:-2] + ','
    for i, c in enumerate(body):
        depth += c in '{[('
        depth -= c in '}])'
        if c == ',' and depth == 0:
            m = re.match(r'\s*\.(\w+) = (.*)$', body[start:i])
            values[m.group(1)] = m.group(2)
            start = i + 1
    return values

def polytap_shows(line, what):
    script = f'uprobe:{program}@{source}:{line} {{ print({what}); exit(); }}'
    run = subprocess.run(['setarch', '-R', polytap, '-q', '-b', backend, '-e', script, '-c', program], capture_output=True, text=True)
    found = [row for row in run.stdout.splitlines() if row.startswith('{ .')]
    if found: return fields(found[0])
    if 'has a value here' in run.stderr: return {}
    print(run.stdout, run.stderr)
    sys.exit(f'{program} line {line}: polytap shows no {what}')

equal = missing = 0
for line in lines:
    reference = gdb(line)
    if reference is None: continue
    for what, expected in zip(('$$params', '$$locals'), reference):
        got = polytap_shows(line, what) if expected else {}
        for name, value in got.items():
            want = theirs(expected.get(name, 'optimized out'))
            if want is None or want.startswith('0x7ff') and ours(value).startswith('0x7ff'): continue  # stacks begin where the environment ends
            if ours(value) != want: sys.exit(f'{program} line {line}: {what}.{name} is {value}, gdb has {expected[name]}')
            equal += 1
        for name, value in expected.items():
            if name in got or theirs(value) is None: continue
            missing += 1
            if program.endswith('-O0'): sys.exit(f'{program} line {line}: {what} lacks {name}, gdb has {value}')
print(f'{program} {backend}: {equal} values equal, {missing} that gdb takes from the caller')
if equal < 6: sys.exit(f'{program}: only {equal} values were compared')
P
build() {
  "$@" 2>compiler || { cat compiler; fail "$*"; }
}
for backend in ebpf ptrace; do
  for level in -O0 -O1 -O2; do
    build gcc -g $level -o plain$level plain.c
    python3 compare.py "$POLYTAP" ./plain$level plain.c $backend || fail "plain.c $level: another value than gdb's"
  done
done
for version in 3 4; do
  build gcc -g -gdwarf-$version -O2 -no-pie -fno-pie -o plain_dwarf$version plain.c
  python3 compare.py "$POLYTAP" ./plain_dwarf$version plain.c ptrace || fail "DWARF $version: another value than gdb's"
done
if command -v g++ >/dev/null 2>&1; then
  for level in -O0 -O2; do
    build g++ -g $level -o classes$level classes.cpp
    python3 compare.py "$POLYTAP" ./classes$level classes.cpp ptrace || fail "classes.cpp $level: another value than gdb's"
  done
fi
if command -v clang >/dev/null 2>&1; then
  for level in -O0 -O2; do
    build clang -g $level -o clang$level plain.c
    python3 compare.py "$POLYTAP" ./clang$level plain.c ptrace || fail "clang $level: another value than gdb's"
  done
fi
