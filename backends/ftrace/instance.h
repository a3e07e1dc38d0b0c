// A tracing instance of our own: instances/polytap-PID below tracefs, apart from whatever else traces here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ftrace {

// What per_cpu/cpuN/stats counts as not delivered.
struct CpuLosses {
  uint64_t overrun = 0;         // overwritten before they were read
  uint64_t commit_overrun = 0;  // nested deeper than the buffer is long
  uint64_t dropped = 0;         // found the buffer full
  uint64_t total() const { return overrun + commit_overrun + dropped; }
};
CpuLosses parse_stats(std::string_view text);

// Its destructor removes it, and with it everything that it enabled. Descriptors from open_raw() must be closed before.
class Instance {
 public:
  // Sweeps what dead owners left, then makes an instance that records nothing yet. BUFFER_KB: memory for each CPU.
  static Result<Instance> create(const std::string& tracefs_root, uint32_t buffer_kb);
  Instance(Instance&& other) noexcept;
  Instance& operator=(Instance&&) = delete;
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Whether the option `stacktrace` is there.
  static bool can_record_stacks(const std::string& tracefs_root);

  const std::string& path() const { return path_; }
  const std::string& tracefs_root() const { return tracefs_root_; }
  // Writes to the file at NAME below the instance.
  Status write(std::string_view name, std::string_view text) const;
  // The same, behind what is there.
  Status append(std::string_view name, std::string_view text) const;
  Status enable(std::string_view category, std::string_view event) const;
  Status filter(std::string_view category, std::string_view event, std::string_view text) const;
  bool has(std::string_view name) const;

  const std::vector<int>& cpus() const { return cpus_; }
  // The raw pages of one CPU; reading never waits.
  Result<UniqueFd> open_raw(int cpu) const;
  size_t page_size() const { return page_size_; }
  CpuLosses losses(int cpu) const;

 private:
  Instance() = default;
  Status write_with(std::string_view name, std::string_view text, int flags) const;
  Status configure(uint32_t buffer_kb);

  std::string tracefs_root_;
  std::string path_;
  std::vector<int> cpus_;
  size_t page_size_ = 4096;
};

// Removes the instances of polytap processes that are gone. Returns the names of those removed.
std::vector<std::string> sweep_stale_instances(const std::string& tracefs_root);

}  // namespace polytap::ftrace
