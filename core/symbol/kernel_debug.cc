#include "core/symbol/kernel_debug.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <utility>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

// The build-id among the notes of the running kernel: name size, description size, type, "GNU", the id.
std::string running_build_id(const std::string& sys_root) {
  const auto notes = read_whole_file(sys_root + "/kernel/notes");
  if (!notes.ok()) return {};
  const size_t name = notes->find(std::string_view("GNU\0", 4));
  if (name == std::string::npos || name < 12) return {};
  const auto size = static_cast<unsigned char>((*notes)[name - 8]);
  const auto type = static_cast<unsigned char>((*notes)[name - 4]);
  if (type != 3 || name + 4 + size > notes->size()) return {};
  return notes->substr(name + 4, size);
}

}  // namespace

KernelDebug::KernelDebug(std::string proc_root, std::string debug_directory, std::string sys_root)
    : proc_root_(std::move(proc_root)), debug_directory_(std::move(debug_directory)), sys_root_(std::move(sys_root)) {}

std::string KernelDebug::release() const {
  const auto text = read_whole_file(proc_root_ + "/sys/kernel/osrelease");
  std::string version = text.ok() ? *text : std::string();
  while (!version.empty() && version.back() == '\n') version.pop_back();
  return version;
}

// Where distributions put it: linux-image-*-dbg, kernel-debuginfo, a build tree.
void KernelDebug::open() {
  opened_ = true;
  const std::string version = release();
  const std::string id = running_build_id(sys_root_);
  const std::vector<std::string> places = {fmt::format("{}/boot/vmlinux-{}", debug_directory_, version),
                                           fmt::format("{}/lib/modules/{}/vmlinux", debug_directory_, version),
                                           fmt::format("/lib/modules/{}/build/vmlinux", version),
                                           fmt::format("/boot/vmlinux-{}", version)};
  missing_ = fmt::format("no lines: there is no {} (in Debian: linux-image-{}-dbg)", places.front(), version);
  for (const std::string& path : places) {
    auto file = ElfFile::open(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
    if (!file) continue;
    if (!id.empty() && file->build_id() != id) {
      missing_ = fmt::format("no lines: {} is of another build than the running kernel", path);
      continue;
    }
    linked_stext_ = file->symbol_address("_stext").value_or(0);
    debug_ =
        DebugInfo::open(std::move(*file), {.path = path, .roots = {""}, .debug_directory = debug_directory_}, missing_);
    if (debug_) return;
  }
}

bool KernelDebug::find_source(uint64_t address, uint64_t stext, bool inlines, std::vector<SourceFrame>& frames,
                              std::string& why) {
  if (!opened_) open();
  if (!debug_ || stext == 0 || linked_stext_ == 0) {
    why = missing_;
    return false;
  }
  if (debug_->find(address - stext + linked_stext_, inlines, frames)) return true;
  why = debug_->why();
  return false;
}

bool KernelDebug::find_module_source(std::string_view module, uint64_t address, bool inlines,
                                     std::vector<SourceFrame>& frames, std::string& why) {
  if (!modules_) modules_ = std::make_unique<ModuleDebug>(debug_directory_, release(), sys_root_);
  return modules_->find_source(module, address, inlines, frames, why);
}

}  // namespace polytap
