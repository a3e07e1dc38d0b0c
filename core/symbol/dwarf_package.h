// Packages of split DWARF (FILE.dwp): many units' sections put together, with an index by the units' numbers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/symbol/section_data.h"

namespace polytap {

// By the section's name without ".debug_" and ".dwo": the part of it that is one unit's.
struct SectionPart {
  uint64_t offset = 0;
  uint64_t size = 0;
};
using UnitParts = std::map<std::string, SectionPart, std::less<>>;

// What INDEX (.debug_cu_index of DWARF 5, or GNU's of DWARF 4) tells of the unit with that number.
std::optional<UnitParts> find_packaged_unit(SectionData& index, uint64_t id);

}  // namespace polytap
