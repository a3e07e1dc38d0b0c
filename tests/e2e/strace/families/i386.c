// Calls of an i386 program: numbers, structures and sub-calls of their own. Built with -m32 and without libc, which is
// not installed for it.
static long call(long number, long a, long b, long c, long d, long e) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
  return result;
}

#define PAGE 0x20000000
#define PATTERN 0x20010000
#define END (PATTERN + 4096)

static void fill(void) {
  for (int i = 0; i < 4096; i++) ((unsigned char *)PATTERN)[i] = (unsigned char)(0x81 + i * 7);
}

// Each number of CALLS with a structure as the argument at PLACE, whole and cut at the page's end.
static void structures(const short *calls, int count, int place) {
  static const int sizes[] = {4096, 200, 96, 64, 32, 16, 12, 8, 4};
  for (int i = 0; i < count; i++) {
    for (unsigned s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      long arguments[5] = {3, 1, 2, 8, 4};
      arguments[place] = END - sizes[s];
      call(calls[i], arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
      arguments[place] = s == 1 ? 0 : s == 2 ? -1 : PAGE + 64 * s;
      call(calls[i], arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
    }
  }
}

static void run(void) {
  const int map[6] = {PAGE, 0x11000, 3, 0x32, -1, 0};
  call(90, (long)map, 0, 0, 0, 0);
  fill();
  static const short first[] = {43, 116, 122, 162, 186, 78, 79};
  static const short second[] = {18, 28, 30, 75, 76, 77, 84, 99, 100, 104, 105, 106, 107, 108, 191, 195, 196, 197,
                                 264, 265, 266, 271, 145, 146, 67, 161};
  static const short third[] = {67, 104, 174, 268, 269, 300, 320, 114};
  static const short fourth[] = {114, 267, 407};
  structures(first, sizeof first / sizeof *first, 0);
  structures(second, sizeof second / sizeof *second, 1);
  structures(third, sizeof third / sizeof *third, 2);
  structures(fourth, sizeof fourth / sizeof *fourth, 3);
  for (int command = 0; command < 40; command++) {
    call(55, 3, command, PATTERN, 0, 0);
    call(221, 3, command, END - 16, 0, 0);
    call(221, 3, command, 1, 0, 0);
  }
  // Paths, numbers, 64-bit offsets in two places, arguments in a structure.
  char *text = (char *)PAGE;
  text[0] = '/'; text[1] = 'x'; text[2] = 0;
  const int words[8] = {PAGE, 64, 3, PAGE + 2, 4, 5, 6, 7};
  const int pointers[4] = {PAGE, PAGE, 0, 0};
  call(11, PAGE, (long)pointers, (long)pointers, 0, 0);
  call(11, PAGE, END - 6, -1, 0, 0);
  call(82, (long)words, 0, 0, 0, 0);
  call(90, (long)words, 0, 0, 0, 0);
  call(90, END - 20, 0, 0, 0, 0);
  call(192, PAGE, 4096, 1, 2, 3);
  call(193, PAGE, 5, 1, 0, 0);
  call(194, 3, -1, -1, 0, 0);
  call(180, 3, PAGE, 3, 7, 1);
  call(181, 3, PAGE, 3, -1, -1);
  call(225, 3, 1, 2, 3, 0);
  call(250, 3, 1, 2, 3, 4);
  call(272, 3, 1, 2, 3, 4);
  call(324, 3, 1, 2, 3, 4);
  call(120, 0x01200011, 0, PAGE, PAGE + 4, PAGE + 8);
  call(120, 0x003d0f00, PAGE, PAGE, PAGE + 4, PAGE + 8);
  call(7, -1, PAGE, 3, 0, 0);
  call(140, 3, 1, -2, PAGE, 2);
  call(19, 3, -5, 1, 0, 0);
  call(93, 3, -5, 0, 0, 0);
  call(199, 0, 0, 0, 0, 0);
  call(212, PAGE, -1, 5, 0, 0);
  call(206, 3, PATTERN, 0, 0, 0);
  call(146, 1, (long)words, 2, 0, 0);
  for (int number = 0; number < 22; number++) {
    call(102, number, (long)words, 0, 0, 0);
    call(102, number, PATTERN, 0, 0, 0);
    call(102, number, END - 4, 0, 0, 0);
  }
  const int message[7] = {0, 0, (long)words, 1, 0, 0, 0};
  call(370, 3, (long)message, 0, 0, 0);
  call(372, 3, (long)message, 0, 0, 0);
  // Not those that strace has no names for, which it injects nothing into.
  for (int number = 191; number < 260; number++) {
    if (number != 222 && number != 223 && number != 251) call(number, 3, PAGE, 5, 6, 7);
  }
  call(268, PAGE, 84, PATTERN, 0, 0);
  call(269, 3, 84, PATTERN, 0, 0);
  for (int number = 403; number < 424; number++) {
    if (number != 415) call(number, 3, PAGE, 5, 6, 7);
  }
  // ipc(2), what it takes as it is and in a structure.
  for (int sub = 0; sub < 30; sub++) {
    call(117, sub, 3, 4, 0x100, PAGE);
    call(117, sub | 0x10000, 3, 4, 0, -1);
  }
  // What siginfo says, by signal and by who sent it; what a timer is to do.
  for (int number = 1; number < 35; number++) {
    static const int codes[] = {0, 0x80, -1, -2, -5, -6, 1, 2, 4};
    for (unsigned c = 0; c < sizeof codes / sizeof *codes; c++) {
      int *info = (int *)(END - 128);
      for (int i = 0; i < 32; i++) info[i] = i > 9 ? 0 : 0x1000 + i;
      info[0] = number;
      info[1] = 0;
      info[2] = codes[c];
      call(178, 7, number, END - 128, 0, 0);
    }
    int *event = (int *)(END - 64);
    for (int i = 0; i < 16; i++) event[i] = 5 + i;
    event[1] = number;
    event[2] = number % 6;
    call(259, 1, END - 64, END - 4, 0, 0);
  }
  __asm__("ud2");
}

__asm__(".globl _start\n_start: call begin\n");
void begin(void) { run(); }
