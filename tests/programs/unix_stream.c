// Sends its first argument to itself over a stream socket of AF_UNIX. Usage: unix_stream TEXT
#include <string.h>
#include <sys/socket.h>

int main(int argc, char** argv) {
  char answer[256];
  int sockets[2];
  if (argc != 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0) return 1;
  const size_t length = strlen(argv[1]);
  if (send(sockets[0], argv[1], length, 0) != (ssize_t)length) return 1;
  return recv(sockets[1], answer, sizeof answer, 0) == (ssize_t)length ? 0 : 1;
}
