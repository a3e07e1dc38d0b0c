// The places in files where a program's user function probes fire.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backends/ptrace/hooks.h"
#include "core/base/result.h"
#include "core/ir/ir.h"

namespace polytap {

// An instruction in a file.
struct FunctionPlace {
  uint64_t file_offset = 0;
  uint64_t reference_counter = 0;  // in the file, to be counted up while the place is watched; 0: none
  bool is_entry = false;  // the first instruction of a function, where the return address is on top of the stack
  HookList entry;         // run before the instruction
  HookList returns;       // run when the function that it begins has returned
};

// An ELF file with places, in order of offset.
struct FunctionFile {
  std::string path;  // without symbolic links
  uint64_t device = 0;
  uint64_t inode = 0;
  std::vector<FunctionPlace> places;
};

class FunctionSites {
 public:
  // Takes a site in. An error says why no breakpoint can be put there.
  Status add(const ProbeSite& site, const Hook& hook);
  const std::vector<FunctionFile>& files() const { return files_; }
  bool empty() const { return files_.empty(); }
  bool has_returns() const { return has_returns_; }
  // The file that is mapped, or null. DEVICE alone does not decide: on overlay and btrfs file systems the number in
  // /proc/PID/maps is another one than stat's.
  const FunctionFile* find(uint64_t device, uint64_t inode, const std::string& path) const;

 private:
  Result<FunctionFile*> file_of(const std::string& module);

  std::vector<FunctionFile> files_;
  std::vector<std::pair<std::string, size_t>> known_;  // module as sites name it -> index into files_
  bool has_returns_ = false;
};

}  // namespace polytap
