// Fuzzing DWARF's expressions: the input is one, of a variable in an otherwise sound program.
//   byte 0: bit 0 the place is the function's first instruction, bit 1 the bytes are the variable's constant value;
//   byte 1: the variable's size; byte 2: bytes of the frame base's expression, which come next; the rest: the
//   variable's.
#include <dwarf.h>
#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/dwarf_variables.h"
#include "tests/fuzz/check_variables.h"

namespace {

constexpr uint64_t kStart = 0x1000;
constexpr uint32_t kLength = 0x100;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_uleb(std::string& out, uint64_t value) {
  do {
    const auto low = static_cast<char>(value & 0x7f);
    value >>= 7;
    out += static_cast<char>(value != 0 ? low | 0x80 : low);
  } while (value != 0);
}

void put_block(std::string& out, std::string_view bytes) {
  put_uleb(out, bytes.size());
  out += bytes;
}

std::string abbreviations(bool constant) {
  std::string out;
  const auto entry = [&](uint8_t code, uint8_t tag, bool children, std::vector<std::pair<uint8_t, uint8_t>> all) {
    out += static_cast<char>(code);
    out += static_cast<char>(tag);
    out += static_cast<char>(children ? 1 : 0);
    for (const auto& [name, form] : all) {
      put_uleb(out, name);
      put_uleb(out, form);
    }
    out.append(2, '\0');
  };
  entry(1, DW_TAG_compile_unit, true, {{DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data4}});
  entry(2, DW_TAG_base_type, false,
        {{DW_AT_name, DW_FORM_string}, {DW_AT_encoding, DW_FORM_data1}, {DW_AT_byte_size, DW_FORM_data1}});
  entry(3, DW_TAG_subprogram, true,
        {{DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data4}, {DW_AT_frame_base, DW_FORM_exprloc}});
  entry(4, DW_TAG_variable, false,
        {{DW_AT_name, DW_FORM_string},
         {DW_AT_type, DW_FORM_ref4},
         {constant ? DW_AT_const_value : DW_AT_location, constant ? DW_FORM_block : DW_FORM_exprloc}});
  out += '\0';
  return out;
}

std::string information(uint8_t size, std::string_view frame_base, std::string_view location) {
  std::string unit;
  put<uint16_t>(unit, 4);  // DWARF's version
  put<uint32_t>(unit, 0);  // abbreviations
  put<uint8_t>(unit, 8);   // bytes of an address
  unit += '\1';
  put(unit, kStart);
  put(unit, kLength);
  const auto base_type = [&](uint8_t encoding, uint8_t bytes) {
    const auto at = static_cast<uint32_t>(unit.size() + 4);
    unit += '\2';
    unit += std::string_view("t\0", 2);
    unit += static_cast<char>(encoding);
    unit += static_cast<char>(bytes);
    return at;
  };
  const uint32_t type = base_type(DW_ATE_signed, size);
  base_type(DW_ATE_unsigned, 4);
  base_type(DW_ATE_float, 8);
  unit += '\3';
  put(unit, kStart);
  put(unit, kLength);
  put_block(unit, frame_base);
  unit += '\4';
  unit += std::string_view("v\0", 2);
  put(unit, type);
  put_block(unit, location);
  unit.append(2, '\0');
  std::string out;
  put(out, static_cast<uint32_t>(unit.size()));
  return out + unit;
}

// .text has no bytes; nobody reads code here.
std::string elf_file(const std::string& abbrev, const std::string& info) {
  constexpr std::string_view kNames("\0.text\0.debug_abbrev\0.debug_info\0.shstrtab\0", 43);
  std::string body;
  std::vector<Elf64_Shdr> sections(1);
  const auto add = [&](uint32_t name, uint32_t kind, std::string_view bytes) {
    Elf64_Shdr header{};
    header.sh_name = name;
    header.sh_type = kind;
    header.sh_offset = sizeof(Elf64_Ehdr) + body.size();
    header.sh_size = bytes.size();
    header.sh_addralign = 1;
    body += bytes;
    sections.push_back(header);
  };
  add(1, SHT_NOBITS, {});
  sections.back().sh_addr = kStart;
  sections.back().sh_size = kLength;
  sections.back().sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  add(7, SHT_PROGBITS, abbrev);
  add(21, SHT_PROGBITS, info);
  add(33, SHT_STRTAB, kNames);
  body.resize((body.size() + 7) & ~size_t{7});
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shoff = sizeof header + body.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<uint16_t>(sections.size());
  header.e_shstrndx = static_cast<uint16_t>(sections.size() - 1);
  std::string out;
  put(out, header);
  out += body;
  for (const Elf64_Shdr& section : sections) put(out, section);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  if (size < 3) return 0;
  const bool at_entry = (data[0] & 1) != 0;
  const bool constant = (data[0] & 2) != 0;
  const std::string_view expressions(reinterpret_cast<const char*>(data) + 3, size - 3);
  const size_t split = std::min<size_t>(data[2], expressions.size());
  const auto file = ElfFile::from_bytes(
      elf_file(abbreviations(constant), information(data[1], expressions.substr(0, split), expressions.substr(split))));
  CHECK(file.has_value());
  const DwarfTypes types(*file, 0);
  CHECK(types.handle() != nullptr);
  const auto variables = dwarf_variables(types, *file, at_entry ? kStart : kStart + 16, 0);
  CHECK(variables.has_value() && variables->size() == 1);
  test::check_variables(variables);
  return 0;
}
