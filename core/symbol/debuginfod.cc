#include "core/symbol/debuginfod.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <memory>

namespace polytap {
namespace {

using Clock = std::chrono::steady_clock;

// elfutils/debuginfod.h: the handle is opaque.
struct Client;
using Begin = Client* (*)();
using End = void (*)(Client*);
using Find = int (*)(Client*, const unsigned char*, int, char**);
using Progress = int (*)(Client*, long, long);
using SetProgress = void (*)(Client*, Progress);
using SetData = void (*)(Client*, void*);
using GetData = void* (*)(Client*);

struct Library {
  Begin begin = nullptr;
  End end = nullptr;
  Find find = nullptr;
  SetProgress set_progress = nullptr;
  SetData set_data = nullptr;

  bool complete() const { return begin && end && find && set_progress && set_data; }
};

// Called every now and then while libdebuginfod waits; not 0 makes it give up.
int stop_when_over(Client* client, long, long) {
  const auto get_data = reinterpret_cast<GetData>(::dlsym(RTLD_DEFAULT, "debuginfod_get_user_data"));
  if (get_data == nullptr) return 0;
  return Clock::now() > *static_cast<const Clock::time_point*>(get_data(client)) ? 1 : 0;
}

struct Close {
  void operator()(void* library) const { ::dlclose(library); }
};

template <typename Function>
void look_up(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
}

}  // namespace

Result<UniqueFd> fetch_debug_file(const std::string& build_id, unsigned timeout) {
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  if (urls == nullptr || *urls == '\0') return Error("debuginfod: no server: set DEBUGINFOD_URLS");
  const std::unique_ptr<void, Close> loaded(::dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_GLOBAL));
  if (!loaded) return Error("debuginfod: libdebuginfod.so.1 is not installed (in Debian: libdebuginfod1)");
  Library library;
  look_up(loaded.get(), "debuginfod_begin", library.begin);
  look_up(loaded.get(), "debuginfod_end", library.end);
  look_up(loaded.get(), "debuginfod_find_debuginfo", library.find);
  look_up(loaded.get(), "debuginfod_set_progressfn", library.set_progress);
  look_up(loaded.get(), "debuginfod_set_user_data", library.set_data);
  if (!library.complete()) return Error("debuginfod: libdebuginfod.so.1 lacks functions");
  const std::unique_ptr<Client, End> client(library.begin(), library.end);
  if (!client) return Error("debuginfod: no client");
  Clock::time_point until = Clock::now() + std::chrono::seconds(timeout);
  library.set_data(client.get(), &until);
  library.set_progress(client.get(), stop_when_over);
  const int fd = library.find(client.get(), reinterpret_cast<const unsigned char*>(build_id.data()),
                              static_cast<int>(build_id.size()), nullptr);
  if (fd < 0) return Error(fmt::format("debuginfod: {}", Error::from_errno(urls, -fd).message()), -fd);
  return UniqueFd(fd);
}

}  // namespace polytap
