// Source lines of the running kernel's modules, where their files with DWARF are installed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/debug_info.h"
#include "core/symbol/unlinked_file.h"

namespace polytap {

class ModuleDebug {
 public:
  // DEBUG_DIRECTORY: /usr/lib/debug. RELEASE: uname -r. A module's file is looked for when an address in it is.
  ModuleDebug(std::string debug_directory, std::string release, std::string sys_root);

  // MODULE as /proc/kallsyms calls it.
  bool find_source(std::string_view module, uint64_t address, bool inlines, std::vector<SourceFrame>& frames,
                   std::string& why);

 private:
  struct Module {
    std::unique_ptr<DebugInfo> debug;
    std::vector<PlacedSection> places;  // where the DWARF has them
    std::vector<uint64_t> loaded_at;    // where the kernel has them; 0: nowhere
    std::string missing;
  };
  void open(const std::string& name, Module& module);
  void find_files();
  std::vector<uint64_t> loaded_sections(const std::string& name, const Module& module) const;

  const std::string debug_directory_;
  const std::string release_;
  const std::string sys_root_;
  std::map<std::string, Module, std::less<>> modules_;
  bool found_files_ = false;
  std::multimap<std::string, std::string> files_;  // by the module's name
};

}  // namespace polytap
