// Socket options of all levels, and control messages.
#include <sys/socket.h>
#include <sys/uio.h>

#include "family.h"

int main(void) {
  static const int levels[] = {0, 1, 6, 17, 41, 58, 255, 263, 270, 271, 273, 132, 136, 256, 257, 258, 264, 265, 266,
                               268, 269, 272, 274, 275, 276, 277, 278, 279, 280, 281, 282, 283, 2, 3, 1000, -1};
  for (size_t l = 0; l < sizeof levels / sizeof *levels; l++) {
    for (int option = 0; option < 140; option++) {
      static const unsigned sizes[] = {0, 1, 3, 4, 8, 12, 16, 20, 28, 40, 64, 240};
      for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        if (option > 80 && s > 4) break;
        unsigned length = sizes[s];
        syscall(SYS_setsockopt, 3, levels[l], option, pattern(sizes[s]), sizes[s]);
        syscall(SYS_getsockopt, 3, levels[l], option, pattern(sizes[s]), &length);
      }
      unsigned length = 4;
      syscall(SYS_getsockopt, -1, levels[l], option, pattern(3), &length);
      syscall(SYS_setsockopt, -1, levels[l], option, BAD, 4);
      if (option % 16 == 0) {
        syscall(SYS_setsockopt, -1, levels[l], option, NULL, 0);
        syscall(SYS_setsockopt, -1, levels[l], option, pattern(4), -1);
        syscall(SYS_getsockopt, -1, levels[l], option, pattern(4), NULL);
        syscall(SYS_getsockopt, -1, levels[l], option, NULL, &length);
        syscall(SYS_getsockopt, -1, levels[l], option, BAD, BAD);
      }
    }
  }
  return 0;
}
