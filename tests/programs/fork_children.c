// Forks COUNT children, each of which opens /dev/null, calls getppid three times and exits with its number modulo 7; some by vfork-less
// fork in fork. Usage: fork_children COUNT
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 200;
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      const int fd = open("/dev/null", O_RDONLY);
      for (int k = 0; k < 3; ++k) syscall(SYS_getppid);
      if (fd >= 0) close(fd);
      _exit(i % 7);
    }
    if (i % 10 == 9) {
      while (waitpid(-1, NULL, 0) > 0) continue;
    }
  }
  while (waitpid(-1, NULL, 0) > 0) continue;
  return 0;
}
