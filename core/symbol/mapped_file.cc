#include "core/symbol/mapped_file.h"

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

constexpr uint64_t kPageSize = 4096;

bool contains(const LoadSegment& segment, uint64_t offset) {
  return offset >= segment.offset && offset - segment.offset < segment.file_size;
}

// Whole pages are mapped, also of a segment that begins or ends within one.
bool contains_page(const LoadSegment& segment, uint64_t offset) {
  const uint64_t begin = segment.offset & ~(kPageSize - 1);
  const uint64_t end = (segment.offset + segment.file_size + kPageSize - 1) & ~(kPageSize - 1);
  return offset >= begin && offset < end;
}

}  // namespace

MappedFile::MappedFile(UniqueFd fd, DebugFileSearch search)
    : holds_descriptor_(fd.valid()), fd_(std::move(fd)), search_(std::move(search)) {}

MappedFile::MappedFile(std::string image) : holds_descriptor_(false), image_(std::move(image)) {}

void MappedFile::read() {
  std::call_once(read_, [this] {
    const auto file = fd_.valid() ? ElfFile::open(std::move(fd_)) : ElfFile::from_bytes(std::move(image_));
    if (file) load(*file);
    holds_descriptor_ = false;
  });
}

void MappedFile::load(const ElfFile& file) {
  segments_ = file.load_segments();
  // Two segments may share a page of the file: the mappings are of code, so the code's segment is looked at first.
  std::stable_sort(segments_.begin(), segments_.end(),
                   [](const LoadSegment& a, const LoadSegment& b) { return a.executable && !b.executable; });
  symbols_ = read_symbols(file, search_);
}

std::optional<uint64_t> MappedFile::address_at(uint64_t file_offset) {
  read();
  for (bool (*is_in)(const LoadSegment&, uint64_t) : {contains, contains_page}) {
    for (const LoadSegment& segment : segments_) {
      if (is_in(segment, file_offset)) return segment.address + (file_offset - segment.offset);
    }
  }
  return std::nullopt;
}

std::optional<SymbolIndex::Hit> MappedFile::find(uint64_t address) {
  read();
  return symbols_.find(address);
}

}  // namespace polytap
