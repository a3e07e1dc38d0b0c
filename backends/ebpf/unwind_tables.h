// The maps by which programs unwind user stacks, and what fills them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/unwind_modules.h"

namespace polytap::ebpf {

// Not thread-safe.
class UnwindTables {
 public:
  // RARELY: the programs run at a sampling clock's rate.
  static Result<UnwindTables> create(bool rarely);
  UnwindTables(UnwindTables&& other) noexcept;
  UnwindTables& operator=(UnwindTables&& other) = delete;
  ~UnwindTables();

  // Its ring is not among them.
  UnwindAccess access() const { return access_; }
  // Lets programs unwind stacks of PID, whose code is mapped as MAPPINGS say, from the next commit() on. TAG: as a
  // program told it; 0: the next one that looks will.
  Status enter(pid_t pid, uint64_t tag, UnwindFiles& files, const std::vector<Mapping>& mappings);
  // Waits for all programs that run, once for everything entered: the kernel does so when it gets a new array.
  Status commit();
  void forget(pid_t pid);
  // Another number after all processes had to be forgotten to make room.
  uint64_t clearings() const { return clearings_; }

 private:
  struct Module {
    uint32_t number = 0;
    uint32_t rows = 0;
  };
  UnwindTables() = default;
  const Module* module(const std::shared_ptr<const UnwindFile>& file);
  Status insert_new_modules();
  Result<uint32_t> make_room(uint32_t count);

  UniqueFd processes_;
  UniqueFd mappings_;
  UniqueFd modules_;
  UniqueFd cache_;
  UnwindAccess access_;
  size_t mapping_bytes() const { return sizeof(UnwindMapping) * mappings_count_; }
  UnwindMapping* mapping_entries_ = nullptr;  // mapped
  uint32_t mappings_count_ = 0;
  uint32_t used_ = 0;  // of them; ranges are never used again but all at once
  uint64_t last_generation_ = 0;
  std::set<pid_t> processes_known_;
  uint64_t clearings_ = 0;
  std::map<std::shared_ptr<const UnwindFile>, Module> files_;
  // Entered, not committed.
  std::vector<uint32_t> new_modules_;  // their numbers
  std::vector<UniqueFd> new_maps_;     // and arrays
  std::vector<std::pair<pid_t, UnwindProcess>> new_processes_;
};

}  // namespace polytap::ebpf
