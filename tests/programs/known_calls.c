// Makes system calls, children, signals and function calls that are known to the last one: it has no libc, so nothing
// happens that is not written here. tests/conformance/README.md lists what that is. Usage: known_calls [again ...]
enum {
  kRead = 0,
  kWrite = 1,
  kClose = 3,
  kLseek = 8,
  kRtSigaction = 13,
  kRtSigreturn = 15,
  kAccess = 21,
  kNanosleep = 35,
  kGetpid = 39,
  kConnect = 42,
  kSetsockopt = 54,
  kFork = 57,
  kExecve = 59,
  kWait4 = 61,
  kKill = 62,
  kGetppid = 110,
  kPrctl = 157,
  kExitGroup = 231,
  kOpenat = 257
};
enum { kAtCwd = -100, kReadWrite = 2, kSetName = 15, kSigusr1 = 10, kSigusr2 = 12, kSaRestorer = 0x04000000 };

#define KNOWN __attribute__((noipa, used))

static long call(long number, long a, long b, long c, long d, long e) {
  long result = number;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}
#define CALL1(n, a) call(n, (long)(a), 0, 0, 0, 0)
#define CALL2(n, a, b) call(n, (long)(a), (long)(b), 0, 0, 0)
#define CALL3(n, a, b, c) call(n, (long)(a), (long)(b), (long)(c), 0, 0)

// --- functions for probes of functions

KNOWN int add(int a, int b) { return a + b; }
KNOWN int negative(int n) { return -n; }
KNOWN unsigned long length_of(const char* text) {
  unsigned long length = 0;
  while (text[length] != 0) length++;
  return length;
}
KNOWN long factorial(long n) { return n <= 1 ? 1 : n * factorial(n - 1); }
KNOWN long sum_of_eight(long a, long b, long c, long d, long e, long f, long g, long h) {
  return a + b + c + d + e + f + g + h;
}
KNOWN int innermost(int n) { return add(n, 1) + 1; }
KNOWN int middle(int n) { return innermost(n) + 1; }
KNOWN int outermost(int n) { return middle(n) + 1; }

static void call_functions(void) {
  static const char* const kTexts[] = {"", "a", "abc", "a longer text"};
  volatile long sink = 0;
  for (int i = 0; i < 10; ++i) sink += add(i, 100);
  for (int i = -2; i <= 3; ++i) sink += negative(i);
  for (int i = 0; i < 4; ++i) sink += (long)length_of(kTexts[i]);
  sink += factorial(5);
  sink += sum_of_eight(1, 20, 300, 4000, 50000, 600000, 7000000, -8);
  for (int i = 0; i < 2; ++i) sink += outermost(i);
}

// --- system calls

struct signal_action {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  unsigned long mask;
};
struct time_spec {
  long seconds;
  long nanoseconds;
};
struct internet_address {
  unsigned short family;
  unsigned char port[2];
  unsigned char address[4];
  unsigned char padding[8];
};

__attribute__((naked)) static void restore(void) { __asm__("mov $15, %eax\n\tsyscall"); }
static volatile int handled;
static void handle(int number) { handled += number; }

static char buffer[1024] = "The quick brown fox jumps over the lazy dog.";
static char long_path[301];

static void open_files(void) {
  call(kOpenat, kAtCwd, (long)"/dev/null", kReadWrite, 0, 0);
  for (int i = 0; i < 2; ++i) call(kOpenat, kAtCwd, (long)"/nonexistent/a", 0, 0, 0);
  call(kOpenat, kAtCwd, (long)"/dev/null/x", 0, 0, 0);
  for (int i = 0; i < 300; ++i) long_path[i] = i % 10 == 0 ? '/' : (char)('a' + i % 10);
  call(kOpenat, kAtCwd, (long)long_path, 0x8000, 0600, 0);
  call(kOpenat, kAtCwd, 1, 0, 0, 0);
}

static void use_files(void) {
  static const int kSizes[] = {0, 1, 2, 3, 7, 8, 100, 1000, 1000};
  for (unsigned i = 0; i < sizeof kSizes / sizeof *kSizes; ++i) CALL3(kWrite, 3, buffer, kSizes[i]);
  for (int i = 0; i < 2; ++i) CALL3(kWrite, 99, "\x01\xff" "bcd", 5);
  for (int i = 0; i < 3; ++i) CALL3(kRead, 3, buffer + 512, 64);
  for (int i = 0; i < 4; ++i) CALL2(kAccess, "/nonexistent", 4);
  CALL3(kLseek, 3, -5, 7);
  CALL1(kClose, 3);
  CALL1(kClose, 99);
}

static void pass_structures(void) {
  const int value = 42;
  const struct time_spec pause = {0, 1000};
  const struct internet_address address = {2, {0x12, 0x34}, {127, 0, 0, 1}, {0}};
  call(kSetsockopt, 99, 41, 67, (long)&value, sizeof value);
  CALL2(kNanosleep, &pause, 0);
  CALL3(kConnect, 99, &address, sizeof address);
}

static void send_signals(void) {
  struct signal_action action = {handle, kSaRestorer, restore, 0};
  const long self = call(kGetpid, 0, 0, 0, 0, 0);
  call(kRtSigaction, kSigusr1, (long)&action, 0, 8, 0);
  call(kRtSigaction, kSigusr2, (long)&action, 0, 8, 0);
  for (int i = 0; i < 2; ++i) CALL2(kKill, self, kSigusr1);
  CALL2(kKill, self, kSigusr2);
}

static void get_parent(int times) {
  for (int i = 0; i < times; ++i) call(kGetppid, 0, 0, 0, 0, 0);
}

static void fork_children(void) {
  for (int child = 0; child < 3; ++child) {
    const long pid = call(kFork, 0, 0, 0, 0, 0);
    if (pid == 0) {
      get_parent(child + 1);
      CALL1(kExitGroup, child + 10);
    }
    call(kWait4, pid, 0, 0, 0, 0);
  }
}

__attribute__((used)) void run(long* stack) {
  const long count = stack[0];
  char** arguments = (char**)(stack + 1);
  if (count > 1) {
    get_parent(1);
    CALL1(kExitGroup, 7);
  }
  get_parent(5);
  call_functions();
  open_files();
  use_files();
  pass_structures();
  send_signals();
  CALL2(kPrctl, kSetName, "renamed");
  get_parent(2);
  CALL2(kPrctl, kSetName, "known_calls");
  fork_children();
  char* again[] = {arguments[0], "again", "two words", 0};
  char* environment[] = {"KEY=value", 0};
  CALL3(kExecve, arguments[0], again, environment);
  CALL1(kExitGroup, 99);
}

__attribute__((naked, used, noreturn)) void _start(void) {
  __asm__("xor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n\thlt");
}
