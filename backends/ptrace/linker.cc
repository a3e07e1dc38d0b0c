#include "backends/ptrace/linker.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "backends/ptrace/proc_entries.h"
#include "core/base/unique_fd.h"

namespace polytap {
namespace {

constexpr size_t kMostSymbolBytes = 64U << 20;

// Values of the start of the auxiliary vector that the kernel gave PID's program.
struct AuxiliaryValues {
  uint64_t base = 0;     // where the dynamic linker was loaded; 0: none
  uint64_t headers = 0;  // of the program
};

AuxiliaryValues read_auxiliary_values(pid_t pid) {
  AuxiliaryValues values;
  std::array<char, 1024> buffer;
  const std::string_view text = read_proc_entry(pid, "auxv", buffer);
  for (size_t at = 0; at + sizeof(Elf64_auxv_t) <= text.size(); at += sizeof(Elf64_auxv_t)) {
    Elf64_auxv_t entry;
    memcpy(&entry, text.data() + at, sizeof entry);
    if (entry.a_type == AT_BASE) values.base = entry.a_un.a_val;
    if (entry.a_type == AT_PHDR) values.headers = entry.a_un.a_val;
  }
  return values;
}

template <typename T>
bool read_array(int fd, uint64_t offset, std::vector<T>& out) {
  const size_t size = out.size() * sizeof(T);
  return pread(fd, out.data(), size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

struct SymbolValues {
  uint64_t notify = 0;
  uint64_t debug = 0;
};

void search_symbols(int fd, const std::vector<Elf64_Shdr>& sections, const Elf64_Shdr& table, SymbolValues& values) {
  if (table.sh_link >= sections.size()) return;
  const Elf64_Shdr& names_section = sections[table.sh_link];
  if (table.sh_size > kMostSymbolBytes || names_section.sh_size > kMostSymbolBytes) return;
  std::vector<Elf64_Sym> symbols(table.sh_size / sizeof(Elf64_Sym));
  std::vector<char> names(names_section.sh_size);
  if (!read_array(fd, table.sh_offset, symbols) || !read_array(fd, names_section.sh_offset, names)) return;
  if (names.empty() || names.back() != '\0') return;
  for (const Elf64_Sym& symbol : symbols) {
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size()) continue;
    const std::string_view name = names.data() + symbol.st_name;
    // musl's linker: the same, without underscore.
    if (name == "_dl_debug_state" || name == "dl_debug_state") values.notify = symbol.st_value;
    if (name == "_r_debug") values.debug = symbol.st_value;
  }
}

SymbolValues read_symbols(int fd) {
  SymbolValues values;
  std::vector<Elf64_Ehdr> header(1);
  if (!read_array(fd, 0, header) || memcmp(header[0].e_ident, ELFMAG, SELFMAG) != 0) return values;
  if (header[0].e_ident[EI_CLASS] != ELFCLASS64 || header[0].e_shentsize != sizeof(Elf64_Shdr)) return values;
  std::vector<Elf64_Shdr> sections(header[0].e_shnum);
  if (!read_array(fd, header[0].e_shoff, sections)) return values;
  for (const uint32_t type : {SHT_DYNSYM, SHT_SYMTAB}) {
    for (const Elf64_Shdr& section : sections) {
      if (section.sh_type == type && values.notify == 0) search_symbols(fd, sections, section, values);
    }
  }
  return values;
}

// What is to be added to the file's addresses: 0 unless it is position-independent.
uint64_t load_bias(int fd, uint64_t start) {
  std::vector<Elf64_Ehdr> header(1);
  return read_array(fd, 0, header) && header[0].e_type == ET_DYN ? start : 0;
}

const MappedRange* range_of(const MemoryLayout& layout, uint64_t address) {
  auto found = std::ranges::find_if(
      layout.ranges(), [&](const MappedRange& range) { return range.start <= address && address < range.end; });
  return found == layout.ranges().end() ? nullptr : &*found;
}

}  // namespace

bool Linker::is_consistent(const TraceeMemory& memory) const {
  constexpr uint64_t kStateOffset = 24;  // of r_state in struct r_debug
  int32_t state = 0;
  if (debug == 0 || !memory.read(debug + kStateOffset, std::as_writable_bytes(std::span(&state, 1)))) return true;
  return state == 0;  // RT_CONSISTENT
}

LinkerSearch find_linker(pid_t pid, const MemoryLayout& layout) {
  LinkerSearch search;
  const AuxiliaryValues values = read_auxiliary_values(pid);
  search.is_dynamic = values.base != 0;
  const MappedRange* range = range_of(layout, search.is_dynamic ? values.base : values.headers);
  if (range == nullptr || range->inode == 0) return search;
  // Its code, for the path; the path is as the process sees it.
  auto code = std::ranges::find_if(layout.ranges(), [&](const MappedRange& other) {
    return other.executable && other.inode == range->inode && other.device == range->device;
  });
  if (code == layout.ranges().end()) return search;
  UniqueFd fd(open(fmt::format("/proc/{}/root{}", pid, code->path).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) fd.reset(open(code->path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return search;
  const SymbolValues symbols = read_symbols(fd.get());
  if (symbols.notify == 0) return search;
  // The first mapping of the file begins at its address 0.
  const uint64_t bias = load_bias(fd.get(), search.is_dynamic ? values.base : range->start);
  search.linker = Linker{bias + symbols.notify, symbols.debug == 0 ? 0 : bias + symbols.debug};
  return search;
}

}  // namespace polytap
