#include "backends/ptrace/task_making.h"

#include <linux/unistd.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "core/syscall/memory_view.h"

namespace polytap {
namespace {

constexpr uint64_t kCloneSharesMemory = 0x100;  // CLONE_VM

}  // namespace

bool makes_task(uint64_t number) {
  return number == __NR_clone || number == __NR_clone3 || number == __NR_fork || number == __NR_vfork;
}

bool shares_memory(pid_t tid) {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0) return false;
  uint64_t flags = registers.rdi;
  switch (registers.orig_rax) {
    case __NR_vfork:
      return true;
    case __NR_clone:
      return (flags & kCloneSharesMemory) != 0;
    case __NR_clone3:
      return LiveMemory(tid).read_object(registers.rdi, flags) && (flags & kCloneSharesMemory) != 0;
    default:
      return false;
  }
}

}  // namespace polytap
