// No DWARF may crash or hang the reader, and every question without an answer has a reason.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/symbol/debug_info.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  UniqueFd fd(::memfd_create("dwarf", MFD_CLOEXEC));
  if (!fd.valid() || ::write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  auto file = ElfFile::open(std::move(fd));
  if (!file) return 0;
  std::vector<uint64_t> addresses = {0, 1, ~uint64_t{0}};
  for (const LoadSegment& segment : file->load_segments()) {
    if (!segment.executable) continue;
    for (uint64_t part = 0; part < 64; ++part) addresses.push_back(segment.address + segment.file_size / 64 * part);
  }
  std::string why;
  const auto info = DebugInfo::open(std::move(*file), {}, why);
  CHECK(info != nullptr || !why.empty());
  if (info == nullptr) return 0;
  for (const uint64_t address : addresses) {
    std::vector<SourceFrame> frames;
    CHECK(info->find(address, true, frames) ? !frames.empty() : !info->why().empty());
  }
  return 0;
}
