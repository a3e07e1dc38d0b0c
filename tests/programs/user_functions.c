// Calls of functions for user function probes: user_functions THREADS CALLS. Prints nothing.
// In each of THREADS threads, then in a child: CALLS times chosen(TEXT, NUMBER) and malloc() of rising sizes; then
// getaddrinfo() of five hosts and a recursion.
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct node {
  long number;
  struct node *next;
  char name[16];
};

__attribute__((noinline)) long chosen(const char *text, long number, const struct node *node) {
  __asm__ volatile("" ::"r"(text), "r"(node) : "memory");
  return number % 7 - 3;
}

__attribute__((noinline)) int leaf(int n) {
  __asm__ volatile("");
  return n + 1;
}

__attribute__((noinline)) int descend(int n) {
  const int result = n > 0 ? descend(n - 1) : leaf(n);
  __asm__ volatile("" ::: "memory");
  return result + 1;
}

static long calls;

static void *work(void *unused) {
  static const char *const texts[] = {"alpha", "beta", "", "a longer text with spaces", NULL};
  struct node last = {2, NULL, "last"};
  struct node first = {1, &last, "first"};
  // In memory, so that every backend can read them.
  for (int i = 0; i < 4; ++i) (void)*(const volatile char *)texts[i];
  for (long i = 0; i < calls; ++i) {
    chosen(texts[i % 5], i, i % 3 == 0 ? &last : &first);
    void *volatile memory = malloc((size_t)(i * 37 % 9000));
    free(memory);
  }
  return unused;
}

int main(int argc, char **argv) {
  const int threads = argc > 1 ? atoi(argv[1]) : 2;
  calls = argc > 2 ? atol(argv[2]) : 100;
  pthread_t ids[64];
  for (int i = 0; i < threads && i < 64; ++i) pthread_create(&ids[i], NULL, work, NULL);
  for (int i = 0; i < threads && i < 64; ++i) pthread_join(ids[i], NULL);
  const pid_t child = fork();
  if (child == 0) {
    work(NULL);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  static const char *const hosts[] = {"localhost", "127.0.0.1", "::1", "no.such.host.invalid", "localhost"};
  for (int i = 0; i < 5; ++i) {
    struct addrinfo *found = NULL;
    if (getaddrinfo(hosts[i], NULL, NULL, &found) == 0) freeaddrinfo(found);
  }
  for (int i = 0; i < 20; ++i) descend(i % 5);
  return 0;
}
