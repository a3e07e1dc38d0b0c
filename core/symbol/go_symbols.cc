#include "core/symbol/go_symbols.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace polytap {
namespace {

// The first word (runtime/symtab.go of Go): 1.16 has addresses of 8 bytes, 1.18 and 1.20 offsets of 4 from the text's
// start.
constexpr uint32_t kVersion16 = 0xfffffffa;
constexpr uint32_t kVersion18 = 0xfffffff0;
constexpr uint32_t kVersion20 = 0xfffffff1;
constexpr uint64_t kHeaderBytes = 8;  // version, two zeros, the least size of an instruction, the size of a pointer

template <typename T>
std::optional<T> number_at(std::string_view bytes, uint64_t offset) {
  static_assert(std::is_integral_v<T>);
  T value = 0;
  if (offset > bytes.size() || bytes.size() - offset < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

struct Table {
  std::string_view bytes;
  bool has_addresses = false;
  uint64_t functions = 0;
  uint64_t text = 0;   // what the offsets are from; 0 with addresses
  uint64_t names = 0;  // offsets in `bytes`
  uint64_t entries = 0;

  struct Entry {
    uint64_t start = 0;
    uint64_t details = 0;  // in `bytes`
  };
  // The entry behind the last one has the end of the text.
  std::optional<Entry> entry(uint64_t i) const {
    if (has_addresses) {
      const auto start = number_at<uint64_t>(bytes, entries + i * 16);
      const auto details = number_at<uint64_t>(bytes, entries + i * 16 + 8);
      if (!start) return std::nullopt;
      return Entry{*start, entries + details.value_or(0)};
    }
    const auto start = number_at<uint32_t>(bytes, entries + i * 8);
    const auto details = number_at<uint32_t>(bytes, entries + i * 8 + 4);
    if (!start) return std::nullopt;
    return Entry{text + *start, entries + details.value_or(0)};
  }
  // The name's offset lies behind the function's start.
  std::string_view name(const Entry& entry) const {
    const auto offset = number_at<uint32_t>(bytes, entry.details + (has_addresses ? 8 : 4));
    if (!offset || names >= bytes.size() || *offset >= bytes.size() - names) return {};
    const std::string_view rest = bytes.substr(names + *offset);
    const size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
  }
};

std::optional<Table> read_header(std::string_view bytes, uint64_t text_section) {
  const auto version = number_at<uint32_t>(bytes, 0);
  const auto pointer = number_at<uint8_t>(bytes, 7);
  if (!version || pointer != 8) return std::nullopt;
  if (*version != kVersion16 && *version != kVersion18 && *version != kVersion20) return std::nullopt;
  const auto word = [&](uint64_t i) { return number_at<uint64_t>(bytes, kHeaderBytes + 8 * i).value_or(UINT64_MAX); };
  Table table{.bytes = bytes, .has_addresses = *version == kVersion16, .functions = word(0)};
  // Number of functions, of files, the text's start (not in 1.16), then where the tables are: names, units, files, pc,
  // entries.
  const uint64_t tables = table.has_addresses ? 2 : 3;
  // In a position-independent program the dynamic linker fills it in.
  if (!table.has_addresses) table.text = word(2) == 0 ? text_section : word(2);
  table.names = word(tables);
  table.entries = word(tables + 4);
  if (table.functions > bytes.size() / 8 || table.entries > bytes.size()) return std::nullopt;
  return table;
}

}  // namespace

bool add_go_functions(const ElfFile& file, SymbolIndex& index) {
  std::string bytes = file.section(".gopclntab");
  if (bytes.empty()) bytes = file.section(".data.rel.ro.gopclntab");
  const auto table = read_header(bytes, file.section_address(".text").value_or(0));
  if (!table) return false;
  for (uint64_t i = 0; i < table->functions; ++i) {
    const auto entry = table->entry(i);
    const auto next = table->entry(i + 1);
    if (!entry || !next || next->start <= entry->start) continue;
    const std::string_view name = table->name(*entry);
    if (!name.empty()) index.add(name, entry->start, next->start - entry->start, next->start, SymbolBinding::kGlobal);
  }
  return true;
}

}  // namespace polytap
