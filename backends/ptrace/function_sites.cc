#include "backends/ptrace/function_sites.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "backends/ptrace/relocate.h"
#include "core/base/unique_fd.h"

namespace polytap {
namespace {

// The copy is tried at about the distance that it will have; what is wrong with an instruction shows at any.
Status check_instruction(int fd, uint64_t offset) {
  std::array<uint8_t, kLongestInstruction> bytes;
  const ssize_t got = pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  if (got <= 0) return Error(fmt::format("the file has no byte at offset {:#x}", offset));
  constexpr uint64_t kSomewhere = 0x100000000;
  constexpr uint64_t kDistance = 0x100000;
  TRY(relocate_instruction(std::span(bytes).first(static_cast<size_t>(got)), kSomewhere, kSomewhere - kDistance));
  return {};
}

}  // namespace

Result<FunctionFile*> FunctionSites::file_of(const std::string& module) {
  auto known = std::ranges::find(known_, module, &std::pair<std::string, size_t>::first);
  if (known != known_.end()) return &files_[known->second];
  struct stat status {};
  if (stat(module.c_str(), &status) != 0) return Error::from_errno(module);
  std::unique_ptr<char, void (*)(void*)> real(realpath(module.c_str(), nullptr), free);
  auto same = std::ranges::find_if(
      files_, [&](const FunctionFile& file) { return file.device == status.st_dev && file.inode == status.st_ino; });
  if (same == files_.end()) {
    files_.push_back({real != nullptr ? real.get() : module, status.st_dev, status.st_ino, {}});
    same = std::prev(files_.end());
  }
  known_.emplace_back(module, static_cast<size_t>(same - files_.begin()));
  return &*same;
}

Status FunctionSites::add(const ProbeSite& site, const Hook& hook) {
  auto refusal = [&](const Error& error) { return Error(fmt::format("{}: {}", site.name, error.message())); };
  Result<FunctionFile*> file = file_of(site.module);
  if (!file.ok()) return refusal(file.error());
  std::vector<FunctionPlace>& places = file.value()->places;
  auto place = std::ranges::lower_bound(places, site.file_offset, {}, &FunctionPlace::file_offset);
  if (place == places.end() || place->file_offset != site.file_offset) {
    UniqueFd fd(open(site.module.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) return refusal(Error::from_errno(fmt::format("open {}", site.module)));
    Status possible = check_instruction(fd.get(), site.file_offset);
    if (!possible.ok()) {
      return refusal(Error(fmt::format("ptrace cannot put a breakpoint on the instruction at offset {:#x} of {}: {}",
                                       site.file_offset, site.module, possible.error().message())));
    }
    place = places.insert(place, FunctionPlace{site.file_offset, 0, false, {}, {}});
  }
  if (site.reference_counter != 0) place->reference_counter = site.reference_counter;
  place->is_entry = place->is_entry || (!site.function.empty() && site.function_offset == 0);
  (site.is_return() ? place->returns : place->entry).add(hook);
  has_returns_ = has_returns_ || site.is_return();
  return {};
}

const FunctionFile* FunctionSites::find(uint64_t device, uint64_t inode, const std::string& path) const {
  for (const FunctionFile& file : files_) {
    if (file.inode == inode && (file.device == device || file.path == path)) return &file;
  }
  return nullptr;
}

}  // namespace polytap
