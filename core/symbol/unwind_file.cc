#include "core/symbol/unwind_file.h"

#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <utility>

#include "core/symbol/unwind_reader.h"

namespace polytap {
namespace {

constexpr uint64_t kPageSize = 4096;
// More than any file has: 2 GiB of it would be a fifth of the largest programs.
constexpr uint64_t kMaxSection = uint64_t{1} << 31;

// A section as it is loaded; of a debug section, which may be compressed, what was compressed.
FrameSection read_section(Elf* elf, std::string_view wanted) {
  size_t names = 0;
  if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0) return {};
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || wanted != name || header.sh_size > kMaxSection) continue;
    GElf_Chdr compressed;
    if ((header.sh_flags & SHF_COMPRESSED) != 0 &&
        (gelf_getchdr(section, &compressed) == nullptr || compressed.ch_size > kMaxSection ||
         elf_compress(section, 0, 0) < 0)) {
      return {};
    }
    const Elf_Data* data = elf_rawdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {std::string(static_cast<const char*>(data->d_buf), data->d_size), header.sh_addr, false};
  }
  return {};
}

bool contains_page(const LoadSegment& segment, uint64_t offset) {
  const uint64_t begin = segment.offset & ~(kPageSize - 1);
  const uint64_t end = (segment.offset + segment.file_size + kPageSize - 1) & ~(kPageSize - 1);
  return offset >= begin && offset < end;
}

}  // namespace

UnwindFile::UnwindFile(const ElfFile& file) : segments_(file.load_segments()) {
  eh_frame_ = read_section(file.handle(), ".eh_frame");
  debug_frame_ = read_section(file.handle(), ".debug_frame");
  debug_frame_.is_debug_frame = true;
  // The search table spares the pass over .eh_frame, which for a file of 100 MB takes a tenth of a second.
  const FrameSection header = read_section(file.handle(), ".eh_frame_hdr");
  if (!read_search_table(header.bytes, header.address)) eh_index_ = scan(eh_frame_);
  debug_index_ = scan(debug_frame_);
}

UnwindFile::UnwindFile(FrameSection eh_frame, FrameSection debug_frame, std::vector<LoadSegment> segments)
    : eh_frame_(std::move(eh_frame)),
      debug_frame_(std::move(debug_frame)),
      eh_index_(scan(eh_frame_)),
      debug_index_(scan(debug_frame_)),
      segments_(std::move(segments)) {}

// .eh_frame_hdr (Linux Standard Base Core, 10.6.2). False when it has no table of the usual form.
bool UnwindFile::read_search_table(const std::string& header, uint64_t address) {
  constexpr uint8_t kUsual = kPointerRelativeToData | kPointerSigned4;
  UnwindReader reader(header);
  if (reader.byte() != 1) return false;
  const uint8_t frame_encoding = reader.byte();
  const uint8_t count_encoding = reader.byte();
  const uint8_t table_encoding = reader.byte();
  const uint64_t frame = reader.pointer(frame_encoding, address, address);
  const uint64_t count = reader.pointer(count_encoding, address, address);
  if (!reader.ok() || table_encoding != kUsual || frame != eh_frame_.address) return false;
  if (count == 0 || count > (header.size() - reader.position()) / 8) return false;
  Index index(count);
  for (IndexEntry& entry : index) {
    entry.begin = reader.pointer(table_encoding, address, address);
    entry.offset = reader.pointer(table_encoding, address, address) - eh_frame_.address;
    if (entry.offset >= eh_frame_.bytes.size()) return false;
  }
  const auto by_begin = [](const IndexEntry& a, const IndexEntry& b) { return a.begin < b.begin; };
  if (!std::is_sorted(index.begin(), index.end(), by_begin)) return false;
  eh_index_ = std::move(index);
  return true;
}

UnwindFile::Index UnwindFile::scan(const FrameSection& section) {
  Index index;
  for (uint64_t offset = 0, next = 0; offset < section.bytes.size(); offset = next) {
    const auto entry = read_frame_entry(section, offset, next);
    if (entry) index.push_back({entry->begin, offset});
    if (next <= offset) break;
  }
  std::stable_sort(index.begin(), index.end(),
                   [](const IndexEntry& a, const IndexEntry& b) { return a.begin < b.begin; });
  return index;
}

std::optional<uint64_t> UnwindFile::address_at(uint64_t file_offset) const {
  // Two segments may share a page of the file: the mappings are of code.
  const LoadSegment* found = nullptr;
  for (const LoadSegment& segment : segments_) {
    if (!contains_page(segment, file_offset)) continue;
    if (found == nullptr || (segment.executable && !found->executable)) found = &segment;
  }
  if (found == nullptr) return std::nullopt;
  return found->address + (file_offset - found->offset);
}

std::optional<FrameEntry> UnwindFile::find_entry(const FrameSection& section, const Index& index, uint64_t address) {
  const auto above = std::upper_bound(index.begin(), index.end(), address,
                                      [](uint64_t value, const IndexEntry& entry) { return value < entry.begin; });
  if (above == index.begin()) return std::nullopt;
  uint64_t next = 0;
  auto entry = read_frame_entry(section, std::prev(above)->offset, next);
  if (!entry || address < entry->begin || address >= entry->end) return std::nullopt;
  return entry;
}

std::optional<CfiRow> UnwindFile::find(uint64_t address) const {
  auto entry = find_entry(eh_frame_, eh_index_, address);
  if (!entry) entry = find_entry(debug_frame_, debug_index_, address);
  if (!entry) return std::nullopt;
  std::optional<CfiRow> found;
  visit_rows(*entry, [&](const CfiRow& row) {
    if (address < row.end) found = row;
    return !found;
  });
  return found;
}

void UnwindFile::for_each_row(const std::function<void(const CfiRow&)>& visit) const {
  const auto visit_entry = [&](const FrameSection& section, uint64_t offset) {
    uint64_t next = 0;
    const auto entry = read_frame_entry(section, offset, next);
    if (!entry) return;
    visit_rows(*entry, [&](const CfiRow& row) {
      visit(row);
      return true;
    });
  };
  // An address in both is told by .eh_frame.
  auto debug = debug_index_.begin();
  const auto take_debug = [&](uint64_t below) {
    for (; debug != debug_index_.end() && debug->begin < below; ++debug) {
      if (!find_entry(eh_frame_, eh_index_, debug->begin)) visit_entry(debug_frame_, debug->offset);
    }
  };
  for (const IndexEntry& entry : eh_index_) {
    take_debug(entry.begin);
    visit_entry(eh_frame_, entry.offset);
  }
  take_debug(UINT64_MAX);
}

}  // namespace polytap
