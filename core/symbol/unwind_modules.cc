#include "core/symbol/unwind_modules.h"

#include <algorithm>
#include <utility>

#include "core/symbol/open_mapping.h"

namespace polytap {
namespace {

using Clock = std::chrono::steady_clock;

// A broken stack leads to addresses that are none: after so many readings of the mappings in vain they may take only
// one part in 20 of the time.
constexpr unsigned kFreeReadings = 64;
constexpr int kReadingShare = 20;

std::shared_ptr<const UnwindFile> read_unwind_file(const std::optional<ElfFile>& elf) {
  return elf ? std::make_shared<const UnwindFile>(*elf) : nullptr;
}

}  // namespace

std::shared_ptr<const UnwindFile> UnwindFiles::open(pid_t pid, const Mapping& mapping) {
  const std::lock_guard lock(mutex_);
  if (is_own_vdso(mapping)) {
    if (!vdso_) vdso_ = read_unwind_file(ElfFile::from_bytes(own_vdso_image()));
    return vdso_;
  }
  if (!mapping.path.starts_with('/')) return nullptr;
  OpenedMapping opened = open_mapping(proc_root_, pid, true, mapping);
  if (!opened.fd.valid()) return nullptr;
  const FileIdentity identity = opened.identity;
  const auto known = by_identity_.find(identity);
  if (known != by_identity_.end()) return known->second;
  const auto elf = ElfFile::open(std::move(opened.fd));
  const std::string build_id = elf ? elf->build_id() : std::string();
  std::shared_ptr<const UnwindFile> file;
  if (const auto same = by_build_id_.find(build_id); !build_id.empty() && same != by_build_id_.end()) {
    file = same->second;
  } else {
    file = read_unwind_file(elf);
    if (file && !build_id.empty()) by_build_id_[build_id] = file;
  }
  by_identity_[identity] = file;
  return file;
}

UnwindModules::Module* UnwindModules::lookup(uint64_t address) const {
  const auto above = std::upper_bound(modules_.begin(), modules_.end(), address,
                                      [](uint64_t value, const Module& m) { return value < m.mapping.start; });
  if (above == modules_.begin()) return nullptr;
  Module& module = *std::prev(above);
  return address < module.mapping.end ? &module : nullptr;
}

bool UnwindModules::refresh() {
  const ProcessMaps::Version version = maps_.version(pid_);
  if (known_ && version == version_) return false;
  const bool same_image = version.image == version_.image;
  version_ = version;
  known_ = true;
  ++generation_;
  std::vector<Module> before = std::exchange(modules_, {});
  trampoline_ = 0;
  for (Mapping& mapping : maps_.mappings(pid_)) {
    if (mapping.path == kReturnProbeMapping) trampoline_ = mapping.start;
    Module module{std::move(mapping), nullptr, 0, false};
    for (Module& old : before) {
      if (same_image && old.mapping == module.mapping) module = old;
    }
    modules_.push_back(std::move(module));
  }
  return true;
}

bool UnwindModules::read_again() {
  if (version_.exited) return false;
  const auto begin = Clock::now();
  if (readings_in_vain_ >= kFreeReadings && begin < next_reading_) return false;
  const bool changed = maps_.read_from_proc(pid_).ok() && refresh();
  const auto end = Clock::now();
  next_reading_ = end + (end - begin) * kReadingShare;
  if (!changed) ++readings_in_vain_;
  return changed;
}

const UnwindModules::Module* UnwindModules::find(uint64_t address, bool reread) {
  Module* module = lookup(address);
  if (module == nullptr && reread && read_again()) module = lookup(address);
  if (module == nullptr || module->opened) return module;
  module->opened = true;
  module->file = files_.open(pid_, module->mapping);
  if (!module->file) return module;
  const auto start = module->file->address_at(module->mapping.offset);
  if (start) {
    module->bias = module->mapping.start - *start;
  } else {
    module->file.reset();
  }
  return module;
}

}  // namespace polytap
