#include "core/symbol/usdt_notes.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace polytap {
namespace {

constexpr uint32_t kStapsdtType = 3;  // sys/sdt.h: _SDT_NOTE_TYPE
constexpr std::string_view kOwner("stapsdt\0", 8);
constexpr size_t kWords = 3;  // in front of the names: the probe, where .stapsdt.base was, the semaphore

size_t aligned(size_t size) { return (size + 3) & ~size_t{3}; }

// Up to the NUL, which is taken as well; nullopt when there is none.
std::optional<std::string> take_text(std::string_view& bytes) {
  const size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  std::string text(bytes.substr(0, end));
  bytes.remove_prefix(end + 1);
  return text;
}

// BASE: where .stapsdt.base is now. A prelinker that moved the program left the notes as they were.
std::optional<UsdtNote> read_note(std::string_view description, std::optional<uint64_t> base) {
  uint64_t words[kWords];
  if (description.size() < sizeof words) return std::nullopt;
  std::memcpy(words, description.data(), sizeof words);
  description.remove_prefix(sizeof words);
  auto provider = take_text(description);
  auto name = take_text(description);
  auto arguments = take_text(description);
  if (!provider || !name) return std::nullopt;
  UsdtNote note;
  note.provider = std::move(*provider);
  note.name = std::move(*name);
  if (arguments) note.arguments = std::move(*arguments);
  const uint64_t moved = base && words[1] != 0 ? *base - words[1] : 0;
  note.address = words[0] + moved;
  if (words[2] != 0) note.semaphore = words[2] + moved;
  return note;
}

}  // namespace

std::vector<UsdtNote> read_usdt_notes(const ElfFile& file) {
  std::vector<UsdtNote> notes;
  const std::string section = file.section(".note.stapsdt");
  std::string_view bytes = section;
  if (bytes.empty()) return notes;
  const std::optional<uint64_t> base = file.section_address(".stapsdt.base");
  // Elf64_Nhdr: sizes of the owner's name and of the description, and a type.
  uint32_t header[3];
  while (bytes.size() >= sizeof header) {
    std::memcpy(header, bytes.data(), sizeof header);
    const size_t description = sizeof header + aligned(header[0]);
    if (header[0] > bytes.size() || description > bytes.size() || header[1] > bytes.size() - description) break;
    if (header[2] == kStapsdtType && bytes.substr(sizeof header).starts_with(kOwner)) {
      if (auto note = read_note(bytes.substr(description, header[1]), base)) notes.push_back(std::move(*note));
    }
    bytes.remove_prefix(std::min(bytes.size(), description + aligned(header[1])));
  }
  return notes;
}

}  // namespace polytap
