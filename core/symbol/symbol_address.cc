#include "core/symbol/symbol_address.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <utility>

#include "core/symbol/elf_file.h"

namespace polytap {
namespace {

Result<ElfFile> open_elf(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  auto elf = ElfFile::open(std::move(fd));
  if (!elf) return Error(fmt::format("'{}' is not an ELF file", path));
  return std::move(*elf);
}

std::optional<UserSymbol> find_in(Elf_Scn* section, const GElf_Shdr& header, Elf* elf, std::string_view name) {
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (data == nullptr || header.sh_entsize == 0) return std::nullopt;
  const auto count = static_cast<int>(header.sh_size / header.sh_entsize);
  for (int i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
    const int type = GELF_ST_TYPE(symbol.st_info);
    if (type != STT_OBJECT && type != STT_FUNC && type != STT_NOTYPE) continue;
    const char* const text = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (text == nullptr) continue;
    std::string_view found = text;
    found = found.substr(0, found.find('@'));  // its version
    if (found == name) return UserSymbol{symbol.st_value, symbol.st_size, false};
  }
  return std::nullopt;
}

}  // namespace

Result<uint64_t> kernel_symbol_address(std::string_view name) {
  std::ifstream symbols("/proc/kallsyms");
  for (std::string line; std::getline(symbols, line);) {
    // "ffffffff81000000 T name\t[module]"
    const size_t start = line.find(' ') + 3;
    if (line.size() <= start || line.compare(start, name.size(), name) != 0) continue;
    const size_t end = start + name.size();
    if (end != line.size() && line[end] != '\t') continue;
    uint64_t address = 0;
    std::from_chars(line.data(), line.data() + line.size(), address, 16);
    if (address != 0) return address;
    // Per-CPU symbols of older kernels count from 0: one of them lies there.
    if (name.starts_with("fixed_percpu_data")) return address;
    return Error(
        fmt::format("the address of '{}' is hidden from this user: run as root, or set kernel.kptr_restrict", name));
  }
  return Error(fmt::format("the kernel has no symbol '{}' (see /proc/kallsyms)", name));
}

Result<UserSymbol> user_symbol(const std::string& path, std::string_view name) {
  ASSIGN_OR_RETURN(const ElfFile file, open_elf(path));
  Elf* const elf = file.handle();
  GElf_Ehdr header;
  if (gelf_getehdr(elf, &header) == nullptr) return Error(fmt::format("'{}' is not an ELF file", path));
  for (const uint32_t wanted : {uint32_t{SHT_SYMTAB}, uint32_t{SHT_DYNSYM}}) {
    for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
      GElf_Shdr section_header;
      if (gelf_getshdr(section, &section_header) == nullptr || section_header.sh_type != wanted) continue;
      if (auto found = find_in(section, section_header, elf, name)) {
        found->relocated = header.e_type == ET_DYN;
        return *found;
      }
    }
  }
  return Error(fmt::format("'{}' has no symbol '{}'", path, name));
}

Result<uint64_t> user_address_of(const std::string& path, uint64_t file_offset) {
  ASSIGN_OR_RETURN(const ElfFile file, open_elf(path));
  for (const LoadSegment& segment : file.load_segments()) {
    if (file_offset >= segment.offset && file_offset - segment.offset < segment.file_size) {
      return segment.address + (file_offset - segment.offset);
    }
  }
  return Error(fmt::format("nothing of '{}' is loaded from offset {:#x}", path, file_offset));
}

}  // namespace polytap
