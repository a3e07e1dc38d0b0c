// The kernel's record of which process mapped which file, so that stacks of processes that are gone have names.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/ir/ir.h"
#include "core/symbol/process_maps.h"

namespace polytap::ebpf {

// A perf event on each CPU that counts nothing and reports exec, fork, mmap and exit.
class ProcessEvents {
 public:
  // Whether PROGRAM takes user stacks or user symbols anywhere.
  static bool needed(const ir::Program& program);
  static Result<std::unique_ptr<ProcessEvents>> create();
  ~ProcessEvents();

  // From now on new mappings are recorded; what TARGETS have mapped already is read from /proc, so that they too have
  // names after their end.
  Status start(std::span<const pid_t> targets);
  // Reads what every process there is has mapped: for a session without a target.
  void know_everyone();
  // Feeds maps() with what happened since the last call.
  void drain();
  ProcessMaps& maps() { return maps_; }

 private:
  struct CpuRing {
    UniqueFd event;
    std::byte* memory = nullptr;
  };
  struct Record;
  ProcessEvents() = default;
  void collect(CpuRing& ring, std::vector<Record>& records);
  void apply(const Record& record);
  void know(pid_t pid);

  std::vector<CpuRing> rings_;
  ProcessMaps maps_;
};

}  // namespace polytap::ebpf
