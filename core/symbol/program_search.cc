#include "core/symbol/program_search.h"

#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/base/nearest.h"
#include "core/kernel/glob.h"
#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

constexpr std::string_view kLibraryMark = ".so";
constexpr std::string_view kUsualPath = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";

bool is_regular(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

bool is_executable(const std::string& path) { return is_regular(path) && ::access(path.c_str(), X_OK) == 0; }

// Without . and .., links as they are: what the user wrote is what is shown.
std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path full = std::filesystem::absolute(path, error);
  return error ? path : full.lexically_normal().string();
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find(at);
    if (end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::vector<std::string> directory_entries(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

std::vector<std::string> expand(const std::string& pattern) {
  std::vector<std::string> paths;
  glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      if (is_regular(found.gl_pathv[i])) paths.push_back(absolute(found.gl_pathv[i]));
    }
  }
  ::globfree(&found);
  return paths;
}

// "libc" for "libc.so.6".
std::string_view stem(std::string_view soname) { return soname.substr(0, soname.find(kLibraryMark)); }

using Libraries = std::map<std::string, std::string>;  // by SONAME

// Of several files with a SONAME the first, which is the one that the loader takes.
Libraries cached_libraries(const ProgramSearch& search) {
  Libraries libraries;
  const Result<std::string> cache = read_whole_file(search.library_cache);
  if (!cache) return libraries;
  for (auto& [soname, path] : parse_library_cache(*cache)) libraries.emplace(std::move(soname), search.root + path);
  return libraries;
}

Libraries all_libraries(const ProgramSearch& search) {
  Libraries libraries = cached_libraries(search);
  std::erase_if(libraries, [](const auto& library) { return !is_regular(library.second); });
  for (const std::string& directory : search.library_directories) {
    for (const std::string& name : directory_entries(directory)) {
      if (name.find(kLibraryMark) == std::string::npos || libraries.contains(name)) continue;
      if (std::string path = fmt::format("{}/{}", directory, name); is_regular(path))
        libraries.emplace(name, std::move(path));
    }
  }
  return libraries;
}

// "libc" means libc.so.6. libfoo.so alone is what the linker takes, and may be a text: the versioned one comes first.
std::optional<std::string> find_library(std::string_view name, const Libraries& libraries) {
  const std::string exact(name);
  if (const auto found = libraries.find(exact); found != libraries.end()) return found->second;
  const bool has_mark = name.find(kLibraryMark) != std::string_view::npos;
  const std::string prefix = exact + (has_mark ? "." : ".so");
  std::optional<std::string> best;
  for (auto at = libraries.lower_bound(prefix); at != libraries.end() && at->first.starts_with(prefix); ++at) {
    const std::string_view rest = std::string_view(at->first).substr(prefix.size());
    if (has_mark || rest.starts_with('.')) return at->second;
    if (rest.empty()) best = at->second;
  }
  return best;
}

std::optional<std::string> find_program(const std::string& name, const ProgramSearch& search) {
  for (const std::string& directory : search.program_directories) {
    if (std::string path = fmt::format("{}/{}", directory, name); is_executable(path)) return path;
  }
  return std::nullopt;
}

Error not_found(const std::string& name, const ProgramSearch& search, const Libraries& libraries) {
  std::vector<std::string> names;
  for (const std::string& directory : search.program_directories) {
    for (std::string& each : directory_entries(directory)) names.push_back(std::move(each));
  }
  for (const auto& [soname, path] : libraries) {
    names.push_back(soname);
    names.emplace_back(stem(soname));
  }
  const std::string hint = did_you_mean(name, names);
  return Error(fmt::format("No program in PATH and no library is called '{}'{}{}", name, hint.empty() ? "" : "; ",
                           hint.empty() ? "" : hint),
               ENOENT);
}

// Files that are the same one (usr-merge links, hard links) once.
std::vector<std::string> unique_files(std::vector<std::string> paths) {
  std::set<std::pair<dev_t, ino_t>> seen;
  std::vector<std::string> result;
  std::sort(paths.begin(), paths.end());
  for (std::string& path : paths) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !seen.emplace(status.st_dev, status.st_ino).second) continue;
    result.push_back(std::move(path));
  }
  return result;
}

}  // namespace

ProgramSearch ProgramSearch::of_environment() {
  ProgramSearch search;
  const char* path = std::getenv("PATH");
  search.program_directories = split(path == nullptr ? kUsualPath : path, ':');
  search.library_directories = {
      "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
      "/usr/local/lib"};
  search.library_cache = "/etc/ld.so.cache";
  return search;
}

ProgramSearch ProgramSearch::of_process(pid_t pid) {
  ProgramSearch search = of_environment();
  const std::string root = fmt::format("/proc/{}/root", pid);
  struct stat theirs {};
  struct stat ours {};
  if (::stat((root + "/").c_str(), &theirs) != 0 || ::stat("/", &ours) != 0) return search;
  const bool same_root = theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
  // A mount namespace of its own begins as a copy, with the same root.
  struct stat their_mounts {};
  struct stat our_mounts {};
  const bool same_mounts = ::stat(fmt::format("/proc/{}/ns/mnt", pid).c_str(), &their_mounts) != 0 ||
                           ::stat("/proc/self/ns/mnt", &our_mounts) != 0 || their_mounts.st_ino == our_mounts.st_ino;
  if (same_root && same_mounts) return search;
  search.root = root;
  const Result<std::string> environment = read_whole_file(fmt::format("/proc/{}/environ", pid));
  std::string_view path = kUsualPath;
  constexpr std::string_view kPath = "PATH=";
  const std::vector<std::string> variables = environment ? split(*environment, '\0') : std::vector<std::string>();
  for (const std::string& variable : variables) {
    if (variable.starts_with(kPath)) path = std::string_view(variable).substr(kPath.size());
  }
  search.program_directories = split(path, ':');
  for (std::string& directory : search.program_directories) directory.insert(0, root);
  for (std::string& directory : search.library_directories) directory.insert(0, root);
  search.library_cache.insert(0, root);
  return search;
}

// Format of glibc's sysdeps/generic/dl-cache.h: an optional old part, then the new one, whose strings count from its
// own start.
std::vector<std::pair<std::string, std::string>> parse_library_cache(std::string_view cache) {
  constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
  constexpr size_t kHeaderSize = 48;
  constexpr size_t kEntrySize = 24;
  constexpr uint32_t kX8664 = 0x0303;  // FLAG_X8664_LIB64 | FLAG_ELF_LIBC6
  std::vector<std::pair<std::string, std::string>> libraries;
  const size_t start = cache.find(kMagic);
  if (start == std::string_view::npos || cache.size() - start < kHeaderSize) return libraries;
  cache.remove_prefix(start);
  const auto word = [&](size_t offset) {
    uint32_t value = 0;
    std::memcpy(&value, cache.data() + offset, sizeof value);
    return value;
  };
  const auto text = [&](uint32_t offset) {
    const std::string_view rest = offset < cache.size() ? cache.substr(offset) : std::string_view();
    return std::string(rest.substr(0, rest.find('\0')));
  };
  const size_t count = word(kMagic.size());
  if (count > (cache.size() - kHeaderSize) / kEntrySize) return libraries;
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = kHeaderSize + i * kEntrySize;
    if (word(entry) == kX8664) libraries.emplace_back(text(word(entry + 4)), text(word(entry + 8)));
  }
  return libraries;
}

Result<std::vector<std::string>> find_programs(std::string_view name, const ProgramSearch& search) {
  const bool in_root = name.starts_with('/') && !search.root.empty() && !name.starts_with(search.root + "/");
  const std::string text = (in_root ? search.root : std::string()) + std::string(name);
  if (name.find('/') != std::string_view::npos) {
    if (!has_glob(name) || is_regular(text)) {
      struct stat status {};
      const size_t mark = text.find("!/");  // a file in an archive
      if (mark != std::string::npos && is_regular(text.substr(0, mark))) {
        return std::vector<std::string>{absolute(text.substr(0, mark)) + text.substr(mark)};
      }
      if (::stat(text.c_str(), &status) != 0) return Error::from_errno(text);
      if (!S_ISREG(status.st_mode)) return Error(fmt::format("{} is not a file", text), EISDIR);
      return std::vector<std::string>{absolute(text)};
    }
    std::vector<std::string> paths = unique_files(expand(text));
    if (paths.empty()) return Error(fmt::format("No file matches '{}'", text), ENOENT);
    return paths;
  }
  if (!has_glob(name)) {
    if (const auto program = find_program(text, search)) return std::vector<std::string>{*program};
    if (const auto library = find_library(name, cached_libraries(search)); library && is_regular(*library)) {
      return std::vector<std::string>{*library};
    }
    const Libraries libraries = all_libraries(search);
    if (const auto library = find_library(name, libraries)) return std::vector<std::string>{*library};
    if (is_regular(text)) return std::vector<std::string>{absolute(text)};
    return not_found(text, search, libraries);
  }
  std::vector<std::string> paths;
  for (const std::string& directory : search.program_directories) {
    for (const std::string& each : directory_entries(directory)) {
      if (std::string path = fmt::format("{}/{}", directory, each); glob_match(name, each) && is_executable(path)) {
        paths.push_back(std::move(path));
      }
    }
  }
  for (const auto& [soname, path] : all_libraries(search)) {
    if (glob_match(name, soname) || glob_match(name, stem(soname))) paths.push_back(path);
  }
  paths = unique_files(std::move(paths));
  if (paths.empty()) return Error(fmt::format("No program in PATH and no library matches '{}'", text), ENOENT);
  return paths;
}

}  // namespace polytap
