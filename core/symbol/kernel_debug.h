// Source lines of the running kernel and its modules, where a vmlinux with DWARF, and theirs, are installed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/debug_info.h"
#include "core/symbol/module_debug.h"

namespace polytap {

class KernelDebug {
 public:
  // Looks for the file when the first address is asked for.
  KernelDebug(std::string proc_root, std::string debug_directory, std::string sys_root = "/sys");

  // STEXT: where the running kernel's _stext is; the file says where it was linked to (KASLR moves it).
  bool find_source(uint64_t address, uint64_t stext, bool inlines, std::vector<SourceFrame>& frames, std::string& why);
  // The same of a module, as /proc/kallsyms calls it.
  bool find_module_source(std::string_view module, uint64_t address, bool inlines, std::vector<SourceFrame>& frames,
                          std::string& why);

 private:
  std::string release() const;
  void open();

  std::string proc_root_;
  std::string debug_directory_;
  std::string sys_root_;
  bool opened_ = false;
  std::unique_ptr<DebugInfo> debug_;
  uint64_t linked_stext_ = 0;
  std::string missing_;
  std::unique_ptr<ModuleDebug> modules_;
};

}  // namespace polytap
