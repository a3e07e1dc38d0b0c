// No file may crash the reader of ELF symbols.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/symbol/elf_file.h"
#include "core/symbol/symbol_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const auto file = ElfFile::from_bytes(std::string(reinterpret_cast<const char*>(data), size));
  if (!file) return 0;
  uint64_t probe = 0;
  for (const LoadSegment& segment : file->load_segments()) probe ^= segment.address + segment.file_size / 2;
  static_cast<void>(file->build_id());
  static_cast<void>(file->debug_link());
  static_cast<void>(file->section(".gnu_debugdata"));
  SymbolIndex index;
  if (file->has_symtab()) file->add_symtab(index);
  file->add_dynsym(index);
  index.finish();
  for (const uint64_t address : {uint64_t{0}, probe, ~uint64_t{0}, uint64_t{0x1000}}) {
    const auto hit = index.find(address);
    CHECK(!hit || hit->start <= address);
  }
  return 0;
}
