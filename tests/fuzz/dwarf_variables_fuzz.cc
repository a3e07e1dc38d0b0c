// Fuzzing what tells where variables are: no ELF file may crash the reader, keep it busy, or get nonsense out of it.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "core/symbol/dwarf_variables.h"
#include "tests/fuzz/check_variables.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const auto file = ElfFile::from_bytes(std::string(reinterpret_cast<const char*>(data), size));
  if (!file) return 0;
  const DwarfTypes types(*file, 0);
  if (types.handle() == nullptr) return 0;
  std::set<uint64_t> addresses = {0, ~uint64_t{0}};
  constexpr uint64_t kPlaces = 12;
  for (const LoadSegment& segment : file->load_segments()) {
    if (!segment.executable || addresses.size() > 4 * kPlaces) continue;
    for (uint64_t i = 0; i < kPlaces; ++i) addresses.insert(segment.address + segment.file_size / kPlaces * i);
  }
  // Object files have no segments: their code begins at 0.
  for (uint64_t address = 0; address < 96; address += 8) addresses.insert(address);
  for (const uint64_t address : addresses) {
    for (const uint32_t line : {0U, 3U}) test::check_variables(dwarf_variables(types, *file, address, line));
  }
  return 0;
}
