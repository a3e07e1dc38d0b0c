// Calls libc's functions with known arguments: malloc of 10000 (3 times), 20000 (2 times) and 100000 bytes, and
// getaddrinfo of numeric hosts: 127.0.0.1, ::1, and "no number" twice, which fails with EAI_NONAME (-2). No network.
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

static void* volatile kept;

__attribute__((noinline)) static void allocate(size_t size, int times) {
  for (int i = 0; i < times; ++i) {
    kept = malloc(size);
    free(kept);
  }
}

__attribute__((noinline)) static int resolve(const char* host) {
  struct addrinfo hints;
  struct addrinfo* found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  const int result = getaddrinfo(host, NULL, &hints, &found);
  if (result == 0) freeaddrinfo(found);
  return result;
}

int main(void) {
  allocate(10000, 3);
  allocate(20000, 2);
  allocate(100000, 1);
  const int good = resolve("127.0.0.1") == 0 && resolve("::1") == 0;
  const int bad = resolve("no number") == EAI_NONAME && resolve("no number") == EAI_NONAME;
  return good && bad ? 0 : 1;
}
