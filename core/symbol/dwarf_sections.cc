#include "core/symbol/dwarf_sections.h"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/symbol/unlinked_file.h"

namespace polytap {
namespace {

using Member = SectionData DwarfSections::*;
using Compression = SectionData::Compression;

constexpr uint32_t kElfCompressedByZstd = 2;  // ELFCOMPRESS_ZSTD, which elf.h of glibc 2.36 lacks

// Split units (.dwo files and packages) have the same sections with ".dwo" behind their names.
Member member_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Member>, 10> kMembers = {{
      {"info", &DwarfSections::info},
      {"abbrev", &DwarfSections::abbrev},
      {"line", &DwarfSections::line},
      {"line_str", &DwarfSections::line_str},
      {"str", &DwarfSections::str},
      {"str_offsets", &DwarfSections::str_offsets},
      {"ranges", &DwarfSections::ranges},
      {"rnglists", &DwarfSections::rnglists},
      {"addr", &DwarfSections::addr},
      {"aranges", &DwarfSections::aranges},
  }};
  if (name == "cu_index") return &DwarfSections::cu_index;
  if (name.ends_with(".dwo")) name.remove_suffix(4);
  for (const auto& [known, member] : kMembers) {
    if (name == known) return member;
  }
  return nullptr;
}

SectionData plain(const ElfFile& file, uint64_t offset, uint64_t size) {
  if (file.fd() >= 0) return SectionData::from_file(file.fd(), offset, size);
  size_t total = 0;
  const char* image = elf_rawfile(file.handle(), &total);
  if (image == nullptr || offset > total || size > total - offset) return {};
  return SectionData::from_memory({image + offset, static_cast<size_t>(size)});
}

// A header of ELF in front of the stream (SHF_COMPRESSED).
SectionData compressed(const ElfFile& file, std::string_view name, const GElf_Shdr& header, std::string& unreadable) {
  Elf64_Chdr chdr{};
  SectionData start = plain(file, header.sh_offset, header.sh_size);
  if (!start.load(0, sizeof chdr)) return {};
  std::memcpy(&chdr, start.data(), sizeof chdr);
  if (chdr.ch_type != ELFCOMPRESS_ZLIB && chdr.ch_type != kElfCompressedByZstd) {
    unreadable = fmt::format(".debug_{} is compressed by another method than zlib and zstd", name);
    return {};
  }
  if (file.fd() < 0) return {};
  const auto compression = chdr.ch_type == ELFCOMPRESS_ZLIB ? Compression::kZlib : Compression::kZstd;
  return SectionData::from_compressed(compression, file.fd(), header.sh_offset + sizeof chdr,
                                      header.sh_size - sizeof chdr, chdr.ch_size);
}

// The older way, sections called .zdebug_*: "ZLIB" and the size, most significant byte first.
SectionData compressed_by_gnu(const ElfFile& file, const GElf_Shdr& header) {
  constexpr uint64_t kHeader = 12;
  SectionData start = plain(file, header.sh_offset, header.sh_size);
  if (file.fd() < 0 || !start.load(0, kHeader) || std::memcmp(start.data(), "ZLIB", 4) != 0) return {};
  uint64_t size = 0;
  for (unsigned i = 4; i < kHeader; ++i) size = size << 8 | start.data()[i];
  return SectionData::from_compressed(Compression::kZlib, file.fd(), header.sh_offset + kHeader,
                                      header.sh_size - kHeader, size);
}

// Reduces the section to the part that is one unit's, where the package's index tells one. False: it cannot be had.
bool take_part(GElf_Shdr& header, std::string_view kind, const UnitParts* parts) {
  if (parts == nullptr) return true;
  if (kind.ends_with(".dwo")) kind.remove_suffix(4);
  const auto part = parts->find(kind);
  if (part == parts->end()) return true;  // all units share it: the strings
  const auto& [offset, size] = part->second;
  if ((header.sh_flags & SHF_COMPRESSED) != 0 || offset > header.sh_size || size > header.sh_size - offset)
    return false;
  header.sh_offset += offset;
  header.sh_size = size;
  return true;
}

}  // namespace

DwarfSections DwarfSections::of(const ElfFile& file, const UnitParts* parts) {
  DwarfSections sections;
  size_t names = 0;
  if (elf_getshdrstrndx(file.handle(), &names) != 0) return sections;
  for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(file.handle(), scn)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(scn, &header) == nullptr || header.sh_type == SHT_NOBITS) continue;
    const char* text = elf_strptr(file.handle(), names, header.sh_name);
    if (text == nullptr) continue;
    const std::string_view name = text;
    const bool by_gnu = name.starts_with(".zdebug_");
    if (!by_gnu && !name.starts_with(".debug_")) continue;
    const std::string_view kind = name.substr(by_gnu ? 8 : 7);
    const Member member = member_named(kind);
    if (member == nullptr || !(sections.*member).empty()) continue;
    if (!take_part(header, kind, parts)) {
      sections.unreadable = fmt::format(".debug_{} of the package cannot be divided among its units", kind);
    } else if (by_gnu) {
      sections.*member = compressed_by_gnu(file, header);
    } else if ((header.sh_flags & SHF_COMPRESSED) != 0) {
      sections.*member = compressed(file, kind, header, sections.unreadable);
    } else {
      sections.*member = plain(file, header.sh_offset, header.sh_size);
    }
  }
  const std::string link = file.section(".gnu_debugaltlink");
  if (const size_t end = link.find('\0'); end != std::string::npos) {
    sections.alternate_path = link.substr(0, end);
    sections.alternate_id = link.substr(end + 1);
  }
  if (is_unlinked(file) && !sections.info.empty()) {
    // Offsets in its sections are only there after relocation. (Split units have none.)
    const bool split = !sections.str_offsets.empty() && sections.line_str.empty() && sections.addr.empty();
    if (!split && !relocate(file, sections))
      sections.unreadable = "the file has not been linked, and its relocations cannot be carried out";
  }
  return sections;
}

}  // namespace polytap
