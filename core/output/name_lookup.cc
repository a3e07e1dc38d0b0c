#include "core/output/name_lookup.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <vector>

#include "core/kernel/glob.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

struct Hierarchy {
  std::string name;  // "unified", or the controllers of a version 1 hierarchy
  std::filesystem::path root;
};

std::vector<Hierarchy> mounted_hierarchies() {
  std::vector<Hierarchy> hierarchies;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string place;
    std::string type;
    words >> device >> place >> type;
    if (type == "cgroup2") hierarchies.push_back({"unified", place});
    if (type == "cgroup") hierarchies.push_back({std::filesystem::path(place).filename(), place});
  }
  return hierarchies;
}

bool has_inode(const std::filesystem::path& path, uint64_t inode) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && status.st_ino == inode;
}

// A control group's id is its directory's inode number (kernfs). The path from the root, "/" for the root itself.
std::string find_cgroup(const std::filesystem::path& root, uint64_t id) {
  if (has_inode(root, id)) return "/";
  std::error_code error;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (Walk walk(root, std::filesystem::directory_options::skip_permission_denied, error), end; walk != end && !error;
       walk.increment(error)) {
    std::error_code ignored;
    if (walk->is_directory(ignored) && has_inode(walk->path(), id)) {
      return "/" + walk->path().lexically_relative(root).string();
    }
  }
  return {};
}

}  // namespace

const std::string& NameLookup::user(uint32_t uid) {
  const auto [found, is_new] = users_.try_emplace(uid);
  if (!is_new) return found->second;
  passwd entry = {};
  passwd* result = nullptr;
  std::vector<char> buffer(16384);
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &result);
  found->second = result != nullptr ? result->pw_name : fmt::format("{}", uid);
  return found->second;
}

const std::string& NameLookup::cgroup_path(uint64_t id, const std::string& hierarchies) {
  const auto [found, is_new] = cgroups_.try_emplace({id, hierarchies});
  if (!is_new) return found->second;
  std::string& text = found->second;
  for (const Hierarchy& hierarchy : mounted_hierarchies()) {
    if (!hierarchies.empty() && !glob_match(hierarchies, hierarchy.name)) continue;
    const std::string path = find_cgroup(hierarchy.root, id);
    if (path.empty()) continue;
    if (!text.empty()) text += ',';
    text += hierarchy.name + ":" + path;
  }
  if (text.empty()) text = fmt::format("{}", id);
  return text;
}

std::string error_name(int64_t code) {
  // 4095 is the kernel's MAX_ERRNO.
  const bool is_errno = code > -4096 && code < 4096;
  const char* text = is_errno ? ::strerrordesc_np(std::abs(static_cast<int>(code))) : nullptr;
  return text != nullptr ? text : fmt::format("Unknown error {}", code);
}

std::string signal_name(int64_t signal) {
  const char* text = signal > 0 && signal < SIGRTMIN ? ::sigabbrev_np(static_cast<int>(signal)) : nullptr;
  if (text != nullptr) return fmt::format("SIG{}", text);
  if (signal == SIGRTMIN) return "SIGRTMIN";
  if (signal > SIGRTMIN && signal <= SIGRTMAX) return fmt::format("SIGRTMIN+{}", signal - SIGRTMIN);
  return fmt::format("{}", signal);
}

std::string process_name(uint64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

std::string syscall_name(uint64_t number) {
  const Syscall* syscall = find_syscall(number);
  return syscall != nullptr ? std::string(syscall->name) : fmt::format("{}", number);
}

}  // namespace polytap
