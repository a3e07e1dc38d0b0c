#include "core/symbol/function_file.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/symbol/debug_files.h"
#include "core/symbol/zip_archive.h"

namespace polytap {

struct FunctionFile::Separate {
  bool looked_for = false;
  std::optional<ElfFile> debug;     // by build-id or link
  std::optional<ElfFile> embedded;  // .gnu_debugdata
};

namespace {

constexpr std::string_view kDebugDirectory = "/usr/lib/debug";

// The header of an ELF file for x86-64.
bool is_ours(std::string_view bytes) {
  return bytes.size() > EI_NIDENT + 4 && bytes.starts_with(ELFMAG) && bytes[EI_CLASS] == ELFCLASS64 &&
         bytes[EI_NIDENT + 2] == EM_X86_64 && bytes[EI_NIDENT + 3] == 0;
}

// What names one address best comes first.
auto rank(const FunctionSymbol& symbol) { return std::tuple(symbol.binding, symbol.name.size(), symbol.name); }

FunctionFile::Function to_function(const FunctionSymbol& symbol) {
  return {std::string(symbol.name), symbol.address, symbol.size, symbol.indirect};
}

}  // namespace

FunctionFile::FunctionFile(std::string path, ElfFile elf)
    : path_(std::move(path)),
      container_(path_),
      elf_(std::move(elf)),
      soname_(elf_.soname()),
      segments_(elf_.load_segments()),
      separate_(std::make_unique<Separate>()) {}
FunctionFile::FunctionFile(FunctionFile&&) noexcept = default;
FunctionFile& FunctionFile::operator=(FunctionFile&&) noexcept = default;
FunctionFile::~FunctionFile() = default;

Result<FunctionFile> FunctionFile::open_member(const std::string& path, size_t mark) {
  const std::string archive = path.substr(0, mark);
  ASSIGN_OR_RETURN(const ZipMember member, find_zip_member(archive, std::string_view(path).substr(mark + 2)));
  const UniqueFd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno(archive);
  std::string bytes(member.size, '\0');
  const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(member.offset));
  if (got < 0 || static_cast<uint64_t>(got) != member.size) return Error(fmt::format("{} cannot be read", path), EIO);
  std::optional<ElfFile> elf;
  if (is_ours(bytes)) elf = ElfFile::from_bytes(std::move(bytes));
  if (!elf) return Error(fmt::format("{} is not an x86-64 ELF file: only those can be probed here", path), ENOEXEC);
  FunctionFile file(path, std::move(*elf));
  file.container_ = archive;
  file.container_offset_ = member.offset;
  return file;
}

Result<FunctionFile> FunctionFile::open(const std::string& path, const std::vector<std::string>& debug_directories) {
  if (const size_t mark = path.find("!/"); mark != std::string::npos && ::access(path.c_str(), F_OK) != 0) {
    return open_member(path, mark);
  }
  // Not blocking: a FIFO of that name would.
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return Error::from_errno(path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return Error::from_errno(path);
  if (!S_ISREG(status.st_mode)) return Error(fmt::format("{} is not a regular file", path), EINVAL);
  unsigned char ident[EI_NIDENT + 4] = {};
  const ssize_t got = ::pread(fd.get(), ident, sizeof ident, 0);
  const auto machine = static_cast<uint32_t>(ident[EI_NIDENT + 2] | ident[EI_NIDENT + 3] << 8);
  if (got >= 2 && ident[0] == '#' && ident[1] == '!') {
    return Error(fmt::format("{} is a script, not an ELF file: name its interpreter", path), ENOEXEC);
  }
  std::optional<ElfFile> elf;
  if (got == sizeof ident) elf = ElfFile::open(std::move(fd));
  if (!elf) return Error(fmt::format("{} is not an ELF file", path), ENOEXEC);
  if (ident[EI_CLASS] != ELFCLASS64 || machine != EM_X86_64) {
    return Error(fmt::format("{} is not an x86-64 ELF file: only those can be probed here", path), ENOEXEC);
  }
  FunctionFile file(path, std::move(*elf));
  file.debug_directories_ = debug_directories;
  return file;
}

const FunctionFile::Separate& FunctionFile::separate() const {
  if (!separate_->looked_for) {
    separate_->looked_for = true;
    separate_->debug = find_debug_file(elf_, {.path = path_,
                                              .roots = {""},
                                              .debug_directory = std::string(kDebugDirectory),
                                              .more_directories = debug_directories_});
    if (!separate_->debug) separate_->embedded = embedded_symbols(elf_);
  }
  return *separate_;
}

const ElfFile* FunctionFile::debug_file() const {
  const Separate& files = separate();
  return files.debug ? &*files.debug : nullptr;
}

bool FunctionFile::has_symtab() const {
  return elf_.has_symtab() || separate().debug.has_value() || separate().embedded.has_value();
}

void FunctionFile::for_each(std::string_view name, const std::function<void(const FunctionSymbol&)>& visit) const {
  using Table = ElfFile::SymbolTable;
  if (elf_.has_symtab()) {
    elf_.for_each_function(Table::kSymtab, name, visit);
    return;
  }
  elf_.for_each_function(Table::kDynsym, name, visit);
  if (separate().debug) separate().debug->for_each_function(Table::kSymtab, name, visit);
  if (separate().embedded) separate().embedded->for_each_function(Table::kSymtab, name, visit);
}

std::vector<FunctionFile::Function> FunctionFile::named(std::string_view name) const {
  std::map<uint64_t, Function> found;
  for_each(name, [&](const FunctionSymbol& symbol) { found.emplace(symbol.address, to_function(symbol)); });
  std::vector<Function> result;
  for (auto& [address, function] : found) result.push_back(std::move(function));
  return result;
}

std::vector<FunctionFile::Function> FunctionFile::matching(
    const std::function<bool(std::string_view)>& predicate) const {
  std::map<uint64_t, FunctionSymbol> found;
  for_each({}, [&](const FunctionSymbol& symbol) {
    if (!predicate(symbol.name)) return;
    const auto [entry, is_new] = found.emplace(symbol.address, symbol);
    if (!is_new && rank(symbol) < rank(entry->second)) entry->second = symbol;
  });
  std::vector<Function> result;
  for (const auto& [address, symbol] : found) result.push_back(to_function(symbol));
  std::ranges::stable_sort(result, {}, &Function::name);
  return result;
}

std::optional<FunctionFile::Function> FunctionFile::around(uint64_t address) const {
  std::optional<FunctionSymbol> best;
  for_each({}, [&](const FunctionSymbol& symbol) {
    if (address < symbol.address || address - symbol.address >= std::max<uint64_t>(1, symbol.size)) return;
    // The innermost one.
    if (!best || symbol.address > best->address || (symbol.address == best->address && rank(symbol) < rank(*best))) {
      best = symbol;
    }
  });
  return best ? std::optional(to_function(*best)) : std::nullopt;
}

std::optional<uint64_t> FunctionFile::file_offset(uint64_t address) const {
  for (const LoadSegment& segment : segments_) {
    if (!segment.executable || address < segment.address || address - segment.address >= segment.file_size) continue;
    return address - segment.address + segment.offset + container_offset_;
  }
  return std::nullopt;
}

std::optional<uint64_t> FunctionFile::data_offset(uint64_t address) const {
  for (const LoadSegment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.file_size) continue;
    return address - segment.address + segment.offset + container_offset_;
  }
  return std::nullopt;
}

}  // namespace polytap
