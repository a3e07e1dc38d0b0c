// Writes to every page of so much memory, so many times. Usage: touch_memory MEGABYTES ROUNDS
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  const size_t size = (size_t)atoi(argv[1]) << 20;
  volatile char* const memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (int round = atoi(argv[2]); round > 0; --round) {
    for (size_t at = 0; at < size; at += 4096) ++memory[at];
  }
  return 0;
}
