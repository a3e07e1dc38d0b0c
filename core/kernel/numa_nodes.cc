#include "core/kernel/numa_nodes.h"

#include <dirent.h>
#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string_view>

namespace polytap {

uint64_t NumaNodes::of(int cpu) {
  const auto index = static_cast<size_t>(cpu);
  if (index >= nodes_.size()) nodes_.resize(index + 1);
  if (nodes_[index]) return *nodes_[index];
  nodes_[index] = 0;
  const std::string path = fmt::format("{}/devices/system/cpu/cpu{}", sys_root_, cpu);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return 0;
  while (const dirent* entry = readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    uint64_t node = 0;
    if (!name.starts_with("node")) continue;
    if (std::from_chars(name.data() + 4, name.data() + name.size(), node).ec == std::errc()) nodes_[index] = node;
  }
  return *nodes_[index];
}

}  // namespace polytap
