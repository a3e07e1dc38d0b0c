#include "core/symbol/mapped_programs.h"

#include <sys/stat.h>

#include <map>
#include <set>
#include <utility>

#include "core/kernel/process_numbers.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/program_search.h"

namespace polytap {

Result<std::vector<std::string>> programs_of_process(pid_t pid) {
  const ProgramSearch search = ProgramSearch::of_process(pid);
  ProcessMaps maps;
  TRY(maps.read_from_proc(pid));
  std::set<std::string> files;
  for (const Mapping& mapping : maps.mappings(pid)) {
    if (mapping.path.starts_with('/')) files.insert(search.root + mapping.path);
  }
  return std::vector<std::string>(files.begin(), files.end());
}

std::vector<std::string> programs_of_all_processes() {
  std::map<std::pair<uint64_t, uint64_t>, std::string> files;  // by device and inode: containers share files
  for (const pid_t pid : process_numbers("/proc")) {
    const auto paths = programs_of_process(pid);
    if (!paths) continue;  // it is gone, or somebody else's
    for (const std::string& path : *paths) {
      struct stat status {};
      if (::stat(path.c_str(), &status) != 0) continue;
      std::string& known = files[{status.st_dev, status.st_ino}];
      if (known.empty() || known.starts_with("/proc/")) known = path;
    }
  }
  std::set<std::string> paths;
  for (auto& [id, path] : files) paths.insert(std::move(path));
  return {paths.begin(), paths.end()};
}

}  // namespace polytap
