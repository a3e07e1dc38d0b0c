#include "core/symbol/unlinked_file.h"

#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace polytap {
namespace {

constexpr uint64_t kFirstPlace = 1 << 20;
constexpr uint64_t kAlignment = 4096;

std::optional<GElf_Ehdr> header_of(const ElfFile& file) {
  GElf_Ehdr header;
  if (gelf_getehdr(file.handle(), &header) == nullptr) return std::nullopt;
  return header;
}

// The bytes that a relocation changes: 0 when it is of no kind that DWARF has.
unsigned width_of(uint16_t machine, uint64_t type) {
  if (machine == EM_X86_64) return type == R_X86_64_64 ? 8 : type == R_X86_64_32 ? 4 : 0;
  if (machine == EM_AARCH64) return type == R_AARCH64_ABS64 ? 8 : type == R_AARCH64_ABS32 ? 4 : 0;
  return 0;
}

SectionData* section_named(DwarfSections& sections, std::string_view name) {
  const std::array<std::pair<std::string_view, SectionData*>, 8> known = {
      {{".debug_info", &sections.info},
       {".debug_line", &sections.line},
       {".debug_str_offsets", &sections.str_offsets},
       {".debug_ranges", &sections.ranges},
       {".debug_rnglists", &sections.rnglists},
       {".debug_addr", &sections.addr},
       {".debug_aranges", &sections.aranges},
       {".debug_abbrev", &sections.abbrev}}};
  for (const auto& [each, section] : known) {
    if (name == each) return section;
  }
  return nullptr;
}

// What each symbol of the table is worth.
std::vector<uint64_t> symbol_values(Elf_Scn* table, const std::vector<PlacedSection>& places) {
  std::vector<uint64_t> values;
  GElf_Shdr header;
  Elf_Data* data = table == nullptr ? nullptr : elf_getdata(table, nullptr);
  if (data == nullptr || gelf_getshdr(table, &header) == nullptr || header.sh_entsize == 0) return values;
  const size_t count = data->d_size / header.sh_entsize;
  values.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return {};
    const auto place = std::ranges::find(places, symbol.st_shndx, &PlacedSection::index);
    values.push_back(symbol.st_value + (place == places.end() ? 0 : place->address));
  }
  return values;
}

bool carry_out(Elf_Scn* relocations, uint16_t machine, const std::vector<uint64_t>& values, SectionData& target) {
  Elf_Data* data = elf_getdata(relocations, nullptr);
  if (data == nullptr || !target.load_all()) return false;
  const size_t count = data->d_size / sizeof(Elf64_Rela);
  for (size_t i = 0; i < count; ++i) {
    GElf_Rela relocation;
    if (gelf_getrela(data, static_cast<int>(i), &relocation) == nullptr) return false;
    const uint64_t symbol = GELF_R_SYM(relocation.r_info);
    const unsigned width = width_of(machine, GELF_R_TYPE(relocation.r_info));
    if (width == 0 || symbol >= values.size()) return false;
    const uint64_t value = values[symbol] + static_cast<uint64_t>(relocation.r_addend);
    if (!target.overwrite(relocation.r_offset, value, width)) return false;
  }
  return true;
}

}  // namespace

bool is_unlinked(const ElfFile& file) {
  const auto header = header_of(file);
  return header && header->e_type == ET_REL;
}

std::vector<PlacedSection> place_code_sections(const ElfFile& file) {
  std::vector<PlacedSection> places;
  size_t names = 0;
  if (elf_getshdrstrndx(file.handle(), &names) != 0) return places;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.handle(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    if ((header.sh_flags & SHF_ALLOC) == 0 || (header.sh_flags & SHF_EXECINSTR) == 0) continue;
    const char* name = elf_strptr(file.handle(), names, header.sh_name);
    if (name == nullptr) continue;
    places.push_back({name, elf_ndxscn(section), 0, header.sh_size});
  }
  std::ranges::stable_sort(places, {}, [](const PlacedSection& place) { return place.name != ".text"; });
  uint64_t next = kFirstPlace;
  for (PlacedSection& place : places) {
    place.address = next;
    // A gap: the end of one section is not the start of another.
    next += (place.size + 2 * kAlignment - 1) / kAlignment * kAlignment;
  }
  return places;
}

bool relocate(const ElfFile& file, DwarfSections& sections) {
  const auto machine = header_of(file);
  size_t names = 0;
  if (!machine || elf_getshdrstrndx(file.handle(), &names) != 0) return false;
  const std::vector<PlacedSection> places = place_code_sections(file);
  std::vector<uint64_t> values;
  uint64_t values_of = 0;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(file.handle(), section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_RELA) continue;
    const char* name = elf_strptr(file.handle(), names, header.sh_name);
    if (name == nullptr || !std::string_view(name).starts_with(".rela.debug_")) continue;
    SectionData* target = section_named(sections, std::string_view(name).substr(5));
    if (target == nullptr || target->empty()) continue;
    if (values.empty() || values_of != header.sh_link) {
      values = symbol_values(elf_getscn(file.handle(), header.sh_link), places);
      values_of = header.sh_link;
    }
    if (!carry_out(section, machine->e_machine, values, *target)) return false;
  }
  return true;
}

}  // namespace polytap
