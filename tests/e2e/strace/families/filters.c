#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "family.h"

int main(void) {
  static struct sock_filter statements[80] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 1, 2),
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 3),
      BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
      BPF_STMT(BPF_ST, 1),
      BPF_STMT(BPF_STX | 8, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
      BPF_STMT(BPF_RET | BPF_A, 0),
      BPF_STMT(BPF_RET | 0x18, 5),
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_MISC | BPF_TXA, 7),
      {0x1ff, 7, 8, 9},
  };
  struct sock_fprog program = {sizeof statements / sizeof statements[0], statements};
  syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, &program);
  for (int operation = 1; operation < 5; operation++) {
    for (unsigned flags = 0; flags < 64; flags += 21) {
      syscall(SYS_seccomp, operation, flags, &program);
      syscall(SYS_seccomp, operation, flags, NULL);
      syscall(SYS_seccomp, operation, flags, BAD);
    }
  }
  const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program - 1);
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, BAD, sizeof program);
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
  return 0;
}
