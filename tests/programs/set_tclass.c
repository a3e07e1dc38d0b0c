// Sets IPV6_TCLASS once a line arrives on standard input, three calls deep. Built with frame pointers.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((noinline)) int set_class(int fd, int value) {
  const int result = setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof value);
  return result == 0 ? 1 : -1;
}

__attribute__((noinline)) int configure(int fd) { return set_class(fd, 42) + 1; }

int main(void) {
  char line[16];
  const int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  if (fd < 0) {
    perror("socket(AF_INET6)");
    return 1;
  }
  printf("ready %d\n", getpid());
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) return 1;
  const int result = configure(fd);
  printf("done %d\n", result);
  return result == 2 ? 0 : 1;
}
