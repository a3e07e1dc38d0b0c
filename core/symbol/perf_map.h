// The names that a JIT compiler gives to the code it made, in /tmp/perf-PID.map.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"
#include "core/symbol/symbol_index.h"

namespace polytap {

class PerfMap {
 public:
  PerfMap(const std::string& proc_root, pid_t pid);

  // Reads what has been written since the last time. Later lines win over earlier ones: code is thrown away and its
  // place used again.
  void refresh();
  std::optional<SymbolIndex::Hit> find(uint64_t address) const;
  // The process's own view of the file's path, as perf shows it in the place of a module.
  const std::string& path() const { return path_; }

 private:
  struct Code {
    uint64_t end = 0;
    std::string name;
  };
  void reopen();
  void parse(std::string_view lines);
  void add(uint64_t start, uint64_t end, std::string name);

  std::string path_;
  std::string rooted_path_;  // through the process's own root directory
  UniqueFd fd_;              // kept open: the file may be deleted as its process ends
  ino_t inode_ = 0;
  off_t consumed_ = 0;
  std::map<uint64_t, Code> code_;
};

}  // namespace polytap
