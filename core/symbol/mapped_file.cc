#include "core/symbol/mapped_file.h"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "core/symbol/unlinked_file.h"

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

// What C libraries, and Go, give the kernel as sa_restorer: mov $__NR_rt_sigreturn, %rax; syscall. Unwinders (libgcc's,
// gdb) recognize it by these bytes too.
constexpr std::string_view kSignalReturn("\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9);
constexpr uint64_t kMaxSearched = 64 << 20;

}  // namespace

MappedFile::MappedFile(UniqueFd fd, DebugFileSearch search)
    : holds_descriptor_(fd.valid()), fd_(std::move(fd)), search_(std::move(search)) {}

MappedFile::MappedFile(std::string image) : is_image_(true), holds_descriptor_(false), image_(std::move(image)) {}

void MappedFile::load_segments() {
  std::call_once(segments_read_, [this] {
    if (fd_.valid() && search_.lines) debug_fd_.reset(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0));
    elf_ = fd_.valid() ? ElfFile::open(std::move(fd_)) : ElfFile::from_bytes(std::move(image_));
    if (!elf_) return;
    segments_ = elf_->load_segments();
    build_id_ = elf_->build_id();
    // Two segments may share a page of the file: the mappings are of code, so the code's segment is looked at first.
    std::stable_sort(segments_.begin(), segments_.end(),
                     [](const LoadSegment& a, const LoadSegment& b) { return a.executable && !b.executable; });
  });
}

void MappedFile::read() {
  load_segments();
  std::call_once(read_, [this] {
    if (elf_) symbols_ = read_symbols(*elf_, search_);
    if (elf_) find_signal_returns();
    elf_.reset();
    holds_descriptor_ = false;
  });
}

// Only in C libraries, programs that have one linked in, and what has no symbols to tell: others are not read for it.
void MappedFile::find_signal_returns() {
  if (symbols_.size() != 0 && !symbols_.mentions("sigaction")) return;
  for (const LoadSegment& segment : segments_) {
    if (!segment.executable) continue;
    const std::string_view code = elf_->bytes(segment.offset, std::min(segment.file_size, kMaxSearched));
    for (size_t at = code.find(kSignalReturn); at != std::string_view::npos; at = code.find(kSignalReturn, at + 1)) {
      signal_returns_.push_back(segment.address + at);
    }
  }
}

bool MappedFile::is_signal_return(uint64_t address) {
  read();
  return std::ranges::any_of(signal_returns_, [&](uint64_t start) { return address - start < kSignalReturn.size(); });
}

const std::string& MappedFile::build_id() {
  load_segments();
  return build_id_;
}

// DWARF is in the file itself, or in its separate debug file.
void MappedFile::open_debug_info() {
  looked_for_debug_ = true;
  load_segments();
  if (!debug_fd_.valid()) {
    debug_missing_ = is_image_ ? "no DWARF: it is no file" : "the file could not be kept open";
    return;
  }
  auto file = ElfFile::open(std::move(debug_fd_));
  if (!file) {
    debug_missing_ = "not an ELF file";
    return;
  }
  const bool has_dwarf = file->has_section(".debug_info") || file->has_section(".zdebug_info");
  if (!has_dwarf) {
    auto separate = find_debug_file(*file, search_);
    if (!separate) {
      debug_missing_ = missing_debug_file(*file, search_);
      return;
    }
    file = std::move(separate);
  }
  if (is_unlinked(*file)) {
    const auto places = place_code_sections(*file);
    if (!places.empty()) debug_base_ = places.front().address;
  }
  debug_ = DebugInfo::open(std::move(*file), search_, debug_missing_);
}

bool MappedFile::find_source(uint64_t address, bool inlines, std::vector<SourceFrame>& frames, std::string& why) {
  const std::lock_guard lock(debug_mutex_);
  if (!looked_for_debug_) open_debug_info();
  if (!debug_) {
    why = debug_missing_;
    return false;
  }
  const bool found = debug_->find(address + debug_base_, inlines, frames);
  why = debug_->why();
  return found;
}

std::string_view MappedFile::symbols_missing() {
  read();
  return symbols_.size() == 0 ? "it has no symbols" : "no symbol covers it";
}

std::optional<uint64_t> MappedFile::address_at(uint64_t file_offset) {
  load_segments();
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
