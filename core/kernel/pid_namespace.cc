#include "core/kernel/pid_namespace.h"

#include <sys/stat.h>

namespace polytap {
namespace {

constexpr uint64_t kFirst = 0xEFFFFFFCU;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

}  // namespace

std::optional<PidNamespace> own_pid_namespace() {
  struct stat status = {};
  if (::stat("/proc/self/ns/pid", &status) != 0 || status.st_ino == kFirst) return std::nullopt;
  return PidNamespace{status.st_dev, status.st_ino};
}

}  // namespace polytap
