// The maps by which programs unwind user stacks, and what fills them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/unwind_modules.h"
#include "core/types/type.h"

namespace polytap::ebpf {

// Not thread-safe.
class UnwindTables {
 public:
  static Result<UnwindTables> create();
  UnwindTables(UnwindTables&& other) noexcept;
  UnwindTables& operator=(UnwindTables&& other) = delete;
  ~UnwindTables();

  // Its ring is not among them.
  UnwindAccess access() const { return access_; }
  // Lets programs unwind stacks of PID, whose code is mapped as MAPPINGS say, from now on. TAG: as a program told it;
  // 0: the next one that looks will.
  Status publish(pid_t pid, uint64_t tag, UnwindFiles& files, const std::vector<Mapping>& mappings);
  void forget(pid_t pid);
  // Makes the table of a file that PID has mapped, for whoever will have it mapped too.
  void prepare(pid_t pid, UnwindFiles& files, const Mapping& mapping);

 private:
  struct Module {
    UniqueFd map;
    uint32_t number = 0;
    uint32_t rows = 0;
  };
  UnwindTables() = default;
  Status find_task_fields();
  void find_return_instances(const TypeProvider& types, const StructDefinition& task);
  const Module* module(const std::shared_ptr<const UnwindFile>& file);
  Result<uint32_t> make_room(uint32_t count);

  UniqueFd processes_;
  UniqueFd mappings_;
  UniqueFd modules_;
  UniqueFd cache_;
  UnwindAccess access_;
  UnwindMapping* mapping_entries_ = nullptr;  // mapped
  uint32_t used_ = 0;                         // of them; ranges are never used again but all at once
  uint64_t last_generation_ = 0;
  std::set<pid_t> processes_known_;
  std::map<std::shared_ptr<const UnwindFile>, Module> files_;
};

}  // namespace polytap::ebpf
