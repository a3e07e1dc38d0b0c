// Which code of a process has which call frame information.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/symbol/open_mapping.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/unwind_file.h"

namespace polytap {

// Files with call frame information, each read once: by build-id, or as the same file. Thread-safe.
class UnwindFiles {
 public:
  explicit UnwindFiles(std::string proc_root = "/proc") : proc_root_(std::move(proc_root)) {}
  // Null when there is nothing to read.
  std::shared_ptr<const UnwindFile> open(pid_t pid, const Mapping& mapping);
  const std::string& proc_root() const { return proc_root_; }

 private:
  const std::string proc_root_;
  std::mutex mutex_;
  std::map<FileIdentity, std::shared_ptr<const UnwindFile>> by_identity_;
  std::map<std::string, std::shared_ptr<const UnwindFile>> by_build_id_;
  std::shared_ptr<const UnwindFile> vdso_;
};

// The code that one process has mapped.
class UnwindModules {
 public:
  struct Module {
    Mapping mapping;
    std::shared_ptr<const UnwindFile> file;  // null: none, or not looked at yet
    uint64_t bias = 0;                       // address in memory - address in the file
    bool opened = false;
  };

  UnwindModules(ProcessMaps& maps, UnwindFiles& files, pid_t pid) : maps_(maps), files_(files), pid_(pid) {}

  // The module around ADDRESS, its file read. Null when there is no code. REREAD: the mappings may be asked for again.
  const Module* find(uint64_t address, bool reread);
  // Takes over what ProcessMaps knows now. False when that is the same as before.
  bool refresh();
  // Another one after each change.
  uint64_t generation() const { return generation_; }
  bool is_code(uint64_t address) const { return lookup(address) != nullptr; }
  // What uretprobes put in the place of return addresses; 0: none is known.
  uint64_t trampoline() const { return trampoline_; }

 private:
  Module* lookup(uint64_t address) const;
  bool read_again();

  ProcessMaps& maps_;
  UnwindFiles& files_;
  pid_t pid_;
  ProcessMaps::Version version_;
  bool known_ = false;
  uint64_t generation_ = 0;
  uint64_t trampoline_ = 0;
  mutable std::vector<Module> modules_;  // by address
  unsigned readings_in_vain_ = 0;
  std::chrono::steady_clock::time_point next_reading_;
};

}  // namespace polytap
