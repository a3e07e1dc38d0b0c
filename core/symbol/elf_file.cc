#include "core/symbol/elf_file.h"

#include <gelf.h>
#include <libelf.h>

#include <cstring>
#include <utility>

namespace polytap {
namespace {

// The build-id among the notes in DATA.
std::string find_build_id(Elf_Data* data) {
  if (data == nullptr || data->d_buf == nullptr) return {};
  GElf_Nhdr note;
  size_t name_offset = 0;
  size_t description_offset = 0;
  const char* bytes = static_cast<const char*>(data->d_buf);
  for (size_t offset = 0; (offset = gelf_getnote(data, offset, &note, &name_offset, &description_offset)) > 0;) {
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof "GNU" &&
        std::memcmp(bytes + name_offset, "GNU", sizeof "GNU") == 0) {
      return std::string(bytes + description_offset, note.n_descsz);
    }
  }
  return {};
}

template <typename Visit>
void for_each_section(Elf* elf, Visit visit) {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr && !visit(section, header)) return;
  }
}

// Where the section that a symbol is in ends; 0 when that is not known.
uint64_t section_end(Elf* elf, const GElf_Sym& symbol) {
  if (symbol.st_shndx >= SHN_LORESERVE) return 0;
  GElf_Shdr header;
  Elf_Scn* section = elf_getscn(elf, symbol.st_shndx);
  if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return 0;
  const uint64_t end = header.sh_addr + header.sh_size;
  return symbol.st_value >= header.sh_addr && symbol.st_value < end ? end : 0;
}

bool is_code(const GElf_Sym& symbol) {
  const auto type = GELF_ST_TYPE(symbol.st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol.st_shndx != SHN_UNDEF && symbol.st_value != 0;
}

// The number of .text in a file that was not linked (ET_REL); nothing for all others.
std::optional<size_t> text_section_of_unlinked(Elf* elf) {
  GElf_Ehdr header;
  size_t names = 0;
  if (gelf_getehdr(elf, &header) == nullptr || header.e_type != ET_REL) return std::nullopt;
  size_t index = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return index;
  for_each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& each) {
    const char* name = elf_strptr(elf, names, each.sh_name);
    if (name != nullptr && std::strcmp(name, ".text") == 0) index = elf_ndxscn(section);
    return index == 0;
  });
  return index;
}

SymbolBinding binding_of(const GElf_Sym& symbol) {
  switch (GELF_ST_BIND(symbol.st_info)) {
    case STB_LOCAL:
      return SymbolBinding::kLocal;
    case STB_WEAK:
      return SymbolBinding::kWeak;
    default:
      return SymbolBinding::kGlobal;
  }
}

}  // namespace

void ElfFile::ElfCloser::operator()(Elf* elf) const { elf_end(elf); }

std::optional<ElfFile> ElfFile::open(UniqueFd fd) {
  if (!fd.valid() || elf_version(EV_CURRENT) == EV_NONE) return std::nullopt;
  ElfFile file;
  file.fd_ = std::move(fd);
  file.elf_.reset(elf_begin(file.fd_.get(), ELF_C_READ, nullptr));
  if (!file.elf_ || elf_kind(file.elf_.get()) != ELF_K_ELF) return std::nullopt;
  return file;
}

std::optional<ElfFile> ElfFile::from_bytes(std::string bytes) {
  if (elf_version(EV_CURRENT) == EV_NONE) return std::nullopt;
  ElfFile file;
  file.bytes_ = std::make_unique<std::string>(std::move(bytes));
  file.elf_.reset(elf_memory(file.bytes_->data(), file.bytes_->size()));
  if (!file.elf_ || elf_kind(file.elf_.get()) != ELF_K_ELF) return std::nullopt;
  return file;
}

std::vector<LoadSegment> ElfFile::load_segments() const {
  std::vector<LoadSegment> segments;
  size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return segments;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr || header.p_type != PT_LOAD) continue;
    segments.push_back({header.p_offset, header.p_filesz, header.p_vaddr, (header.p_flags & PF_X) != 0});
  }
  return segments;
}

std::string ElfFile::build_id() const {
  std::string id;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type == SHT_NOTE) id = find_build_id(elf_getdata(section, nullptr));
    return id.empty();
  });
  if (!id.empty()) return id;
  size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return id;
  for (size_t i = 0; i < count && id.empty(); ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &header) == nullptr || header.p_type != PT_NOTE) continue;
    const Elf_Type type = header.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR;
    id = find_build_id(elf_getdata_rawchunk(elf_.get(), static_cast<int64_t>(header.p_offset), header.p_filesz, type));
  }
  return id;
}

std::string ElfFile::section(std::string_view name) const {
  std::string bytes;
  size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return bytes;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    const char* found = elf_strptr(elf_.get(), names, header.sh_name);
    if (found == nullptr || name != found) return true;
    const Elf_Data* data = header.sh_type == SHT_NOBITS ? nullptr : elf_rawdata(section, nullptr);
    if (data != nullptr && data->d_buf != nullptr) bytes.assign(static_cast<const char*>(data->d_buf), data->d_size);
    return false;
  });
  return bytes;
}

std::string_view ElfFile::bytes(uint64_t offset, uint64_t size) const {
  const Elf_Data* data = elf_getdata_rawchunk(elf_.get(), static_cast<int64_t>(offset), size, ELF_T_BYTE);
  if (data == nullptr || data->d_buf == nullptr) return {};
  return {static_cast<const char*>(data->d_buf), data->d_size};
}

std::optional<uint64_t> ElfFile::section_address(std::string_view name) const {
  std::optional<uint64_t> address;
  size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return address;
  for_each_section(elf_.get(), [&](Elf_Scn*, const GElf_Shdr& header) {
    const char* found = elf_strptr(elf_.get(), names, header.sh_name);
    if (found != nullptr && name == found) address = header.sh_addr;
    return !address;
  });
  return address;
}

std::optional<uint64_t> ElfFile::symbol_address(std::string_view name) const {
  std::optional<uint64_t> address;
  for (const uint32_t wanted : {SHT_SYMTAB, SHT_DYNSYM}) {
    for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
      if (header.sh_type != wanted || header.sh_entsize == 0) return true;
      Elf_Data* data = elf_getdata(section, nullptr);
      const size_t count = data == nullptr ? 0 : data->d_size / header.sh_entsize;
      for (size_t i = 0; i < count && !address; ++i) {
        GElf_Sym symbol;
        if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
        if (symbol.st_shndx == SHN_UNDEF) continue;
        const char* text = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
        if (text != nullptr && name == text) address = symbol.st_value;
      }
      return !address;
    });
    if (address) break;
  }
  return address;
}

bool ElfFile::has_section(std::string_view name) const {
  bool has = false;
  size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return has;
  for_each_section(elf_.get(), [&](Elf_Scn*, const GElf_Shdr& header) {
    const char* found = header.sh_type == SHT_NOBITS ? nullptr : elf_strptr(elf_.get(), names, header.sh_name);
    has = found != nullptr && name == found;
    return !has;
  });
  return has;
}

// The section holds the file's name, a NUL, padding to 4 bytes, and the CRC.
std::optional<DebugLink> ElfFile::debug_link() const {
  const std::string bytes = section(".gnu_debuglink");
  const size_t end = bytes.find('\0');
  if (end == std::string::npos || end == 0) return std::nullopt;
  const size_t crc_offset = (end + 4) & ~size_t{3};
  DebugLink link{bytes.substr(0, end), 0};
  if (crc_offset + sizeof link.crc > bytes.size()) return std::nullopt;
  std::memcpy(&link.crc, bytes.data() + crc_offset, sizeof link.crc);
  return link;
}

bool ElfFile::has_symtab() const {
  bool found = false;
  for_each_section(elf_.get(), [&](Elf_Scn*, const GElf_Shdr& header) {
    found = header.sh_type == SHT_SYMTAB;
    return !found;
  });
  return found;
}

void ElfFile::add_symtab(SymbolIndex& index) const { add_symbols(index, SHT_SYMTAB); }

void ElfFile::add_dynsym(SymbolIndex& index) const { add_symbols(index, SHT_DYNSYM); }

void ElfFile::for_each_function(SymbolTable table, std::string_view name,
                                const std::function<void(const FunctionSymbol&)>& visit) const {
  const uint32_t wanted_type = table == SymbolTable::kSymtab ? SHT_SYMTAB : SHT_DYNSYM;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type != wanted_type || header.sh_entsize == 0) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    Elf_Scn* strings_section = elf_getscn(elf_.get(), header.sh_link);
    const Elf_Data* strings = strings_section == nullptr ? nullptr : elf_getdata(strings_section, nullptr);
    if (data == nullptr || data->d_buf == nullptr || strings == nullptr || strings->d_buf == nullptr) return false;
    const std::string_view names(static_cast<const char*>(strings->d_buf), strings->d_size);
    const size_t count = data->d_size / header.sh_entsize;
    for (size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      if (!is_code(symbol) || symbol.st_name >= names.size()) continue;
      const std::string_view rest = names.substr(symbol.st_name);
      if (!name.empty() && !rest.starts_with(name)) continue;
      std::string_view full = rest.substr(0, rest.find('\0'));
      // "read@@GLIBC_2.2.5"
      if (const size_t version = full.find('@'); version != std::string_view::npos && version > 0) {
        full = full.substr(0, version);
      }
      if (full.empty() || (!name.empty() && full != name)) continue;
      visit({full, symbol.st_value, symbol.st_size, binding_of(symbol), GELF_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC});
    }
    return false;
  });
}

std::string ElfFile::soname() const {
  std::string result;
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type != SHT_DYNAMIC || header.sh_entsize == 0) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr) return false;
    const size_t count = data->d_size / header.sh_entsize;
    for (size_t i = 0; i < count; ++i) {
      GElf_Dyn entry;
      if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
      if (entry.d_tag != DT_SONAME) continue;
      const char* text = elf_strptr(elf_.get(), header.sh_link, entry.d_un.d_val);
      if (text != nullptr) result = text;
      break;
    }
    return false;
  });
  return result;
}

void ElfFile::add_symbols(SymbolIndex& index, uint32_t section_type) const {
  // Of files that were not linked, where each section begins at 0, those of .text.
  const std::optional<size_t> only_section = text_section_of_unlinked(elf_.get());
  for_each_section(elf_.get(), [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type != section_type || header.sh_entsize == 0) return true;
    Elf_Data* data = elf_getdata(section, nullptr);
    if (data == nullptr || data->d_buf == nullptr) return false;
    const size_t count = header.sh_size / header.sh_entsize;
    for (size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      if (only_section ? GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx != *only_section
                       : !is_code(symbol)) {
        continue;
      }
      const char* text = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      if (text == nullptr || *text == '\0') continue;
      std::string_view name = text;
      // "read@@GLIBC_2.2.5"
      if (const size_t version = name.find('@'); version != std::string_view::npos && version > 0) {
        name = name.substr(0, version);
      }
      index.add(name, symbol.st_value, symbol.st_size, section_end(elf_.get(), symbol), binding_of(symbol));
    }
    return false;
  });
}

}  // namespace polytap
