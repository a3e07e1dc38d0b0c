#include "core/symbol/dwarf_package.h"

#include <cstring>

namespace polytap {
namespace {

constexpr uint64_t kHeaderBytes = 16;

// DW_SECT_*: numbers 5, 7 and 8 mean something else in version 2.
std::string_view section_named(uint32_t number, uint32_t version) {
  switch (number) {
    case 1:
      return "info";
    case 3:
      return "abbrev";
    case 4:
      return "line";
    case 6:
      return "str_offsets";
    case 8:
      return version == 5 ? "rnglists" : "";
    default:
      return "";
  }
}

template <typename T>
T number_at(const SectionData& section, uint64_t offset) {
  T value = 0;
  std::memcpy(&value, section.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::optional<UnitParts> find_packaged_unit(SectionData& index, uint64_t id) {
  if (index.size() < kHeaderBytes || !index.load_all()) return std::nullopt;
  // Four bytes in version 2, two and padding in version 5.
  const auto version = number_at<uint16_t>(index, 0);
  const uint64_t columns = number_at<uint32_t>(index, 4);
  const uint64_t units = number_at<uint32_t>(index, 8);
  const uint64_t slots = number_at<uint32_t>(index, 12);
  if ((version != 2 && version != 5) || columns > 16 || units > slots) return std::nullopt;
  const uint64_t rows = kHeaderBytes + slots * 8;
  const uint64_t heads = rows + slots * 4;
  const uint64_t offsets = heads + columns * 4;
  const uint64_t sizes = offsets + units * columns * 4;
  if (sizes + units * columns * 4 > index.size()) return std::nullopt;
  for (uint64_t slot = 0; slot < slots; ++slot) {
    const uint64_t row = number_at<uint32_t>(index, rows + slot * 4);
    if (row == 0 || row > units || number_at<uint64_t>(index, kHeaderBytes + slot * 8) != id) continue;
    UnitParts parts;
    for (uint64_t column = 0; column < columns; ++column) {
      const std::string_view name = section_named(number_at<uint32_t>(index, heads + column * 4), version);
      const uint64_t cell = ((row - 1) * columns + column) * 4;
      if (!name.empty()) {
        parts[std::string(name)] = {number_at<uint32_t>(index, offsets + cell),
                                    number_at<uint32_t>(index, sizes + cell)};
      }
    }
    return parts;
  }
  return std::nullopt;
}

}  // namespace polytap
