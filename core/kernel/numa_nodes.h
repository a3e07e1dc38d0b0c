// Which NUMA node a CPU belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace polytap {

// Reads sysfs once per CPU.
class NumaNodes {
 public:
  explicit NumaNodes(std::string sys_root = "/sys") : sys_root_(std::move(sys_root)) {}
  // 0 where the kernel does not say.
  uint64_t of(int cpu);

 private:
  std::string sys_root_;
  std::vector<std::optional<uint64_t>> nodes_;  // by CPU
};

}  // namespace polytap
