#include "core/symbol/indirect_functions.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/stat.h>

#include <memory>

namespace polytap {
namespace {

struct CloseHandle {
  void operator()(void* handle) const { ::dlclose(handle); }
};

bool is_same_file(const char* a, const std::string& b) {
  struct stat first {};
  struct stat second {};
  return ::stat(a, &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

}  // namespace

std::optional<uint64_t> picked_implementation(const std::string& path, const std::string& name) {
  // The loader knows a library by its file, so a link's path finds it too.
  const std::unique_ptr<void, CloseHandle> library(::dlopen(path.c_str(), RTLD_LAZY | RTLD_NOLOAD));
  if (library == nullptr) return std::nullopt;
  void* const address = ::dlsym(library.get(), name.c_str());
  Dl_info info{};
  link_map* map = nullptr;
  if (address == nullptr || ::dladdr1(address, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 ||
      map == nullptr || !is_same_file(map->l_name, path)) {
    return std::nullopt;
  }
  return reinterpret_cast<uint64_t>(address) - map->l_addr;
}

}  // namespace polytap
