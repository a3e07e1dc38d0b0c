#include "core/symbol/function_finder.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <set>
#include <span>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/kernel/glob.h"
#include "core/probe/registers.h"
#include "core/symbol/demangle.h"
#include "core/symbol/dwarf_prototypes.h"
#include "core/symbol/dwarf_variables.h"
#include "core/symbol/function_file.h"
#include "core/symbol/indirect_functions.h"
#include "core/symbol/instruction_start.h"
#include "core/symbol/libc_prototypes.h"
#include "core/symbol/mapped_programs.h"
#include "core/symbol/source_lines.h"

namespace polytap {
namespace {

using Function = FunctionFile::Function;

// Parts of functions that are jumped to (GCC's -freorder-blocks-and-partition): nothing calls them, so their beginning
// is no entry, and there is no return address on top of the stack.
bool is_function_part(std::string_view name) {
  return name.ends_with(".cold") || name.find(".cold.") != std::string_view::npos;
}

// A return probe puts another return address on the stack. Functions that are not called, or that return twice, would
// go astray by it.
bool cannot_return_once(std::string_view name) {
  constexpr std::string_view kNames[] = {"_start",       "_dl_start_user", "setjmp",     "_setjmp", "__sigsetjmp",
                                         "__libc_vfork", "vfork",          "getcontext", "__vfork", "swapcontext",
                                         "__restore_rt", "__setjmp",       "sigsetjmp"};
  return is_function_part(name) || std::ranges::find(kNames, name) != std::end(kNames);
}

// "ns::f(int)" or, without parameters, "ns::f": every overload then.
bool matches_demangled(std::string_view pattern, std::string_view demangled) {
  if (glob_match(pattern, demangled)) return true;
  return pattern.find('(') == std::string_view::npos && glob_match(pattern, bare_function_name(demangled));
}

// A word that the mangled name of what PATTERN names must hold: of two million symbols few are then demangled.
std::string_view certain_word(std::string_view pattern) {
  const std::string_view name = pattern.substr(0, pattern.find('('));
  if (name.find_first_of("<>*?[~ ") != std::string_view::npos || name.find("operator") != std::string_view::npos) {
    return {};
  }
  const size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::vector<Function> find_demangled(const FunctionFile& file, const std::string& pattern) {
  const std::string_view word = certain_word(pattern);
  return file.matching([&](std::string_view name) {
    if (!name.starts_with("_Z") && !name.starts_with("_R")) return name == pattern;
    if (name.find(word) == std::string_view::npos) return false;
    return matches_demangled(pattern, demangle(name));
  });
}

std::vector<Function> find_functions(ProbeType type, const FunctionQuery& query, const FunctionFile& file) {
  if (query.demangled) return find_demangled(file, query.function);
  if (!has_glob(query.function)) return file.named(query.function);
  const bool returns = type == ProbeType::kUretprobe;
  return file.matching([&](std::string_view name) {
    return glob_match(query.function, name) && !is_function_part(name) && !(returns && cannot_return_once(name));
  });
}

// Leads IFUNCs to their implementations.
class Implementations {
 public:
  explicit Implementations(const FunctionFile& file) : file_(file) {}

  // False when it cannot be told. SHARED_WITH gets the other IFUNCs that pick the same.
  bool follow(Function& function, std::string& shared_with) {
    const auto picked = picked_implementation(file_.path(), function.name);
    if (!picked) return false;
    function.address = *picked;
    const auto around = file_.around(*picked);
    function.size = around ? around->size - (*picked - around->address) : 0;
    for (const auto& [name, address] : all()) {
      if (address == *picked && name != function.name) shared_with += (shared_with.empty() ? "" : ", ") + name;
    }
    return true;
  }

 private:
  const std::vector<std::pair<std::string, uint64_t>>& all() {
    if (!all_.empty()) return all_;
    std::set<std::string> names;
    file_.elf().for_each_function(ElfFile::SymbolTable::kDynsym, {}, [&](const FunctionSymbol& symbol) {
      // Names that begin with an underscore are the library's own doors to the same function.
      if (symbol.indirect && !symbol.name.starts_with('_')) names.emplace(symbol.name);
    });
    for (const std::string& name : names) {
      if (const auto picked = picked_implementation(file_.path(), name)) all_.emplace_back(name, *picked);
    }
    return all_;
  }

  const FunctionFile& file_;
  std::vector<std::pair<std::string, uint64_t>> all_;
};

ProbeSite make_site(ProbeType type, const FunctionFile& file) {
  ProbeSite site;
  site.type = type;
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  site.module = file.container();
  return site;
}

// GCC's copies of functions have other parameters than the source says.
bool has_changed_parameters(std::string_view name) {
  for (const std::string_view mark : {".isra.", ".constprop.", ".part."}) {
    if (name.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

// Gives sites at the start of functions their arguments or results. ADDRESSES: of each site.
// TYPES_OF gives the file's types, which it reads only then.
template <typename TypesOf>
void add_arguments(std::span<ProbeSite> sites, std::span<const uint64_t> addresses, const FunctionFile& file,
                   TypesOf&& types_of) {
  std::vector<uint64_t> wanted;
  const bool c_library = is_c_library(file.soname());
  for (size_t i = 0; i < sites.size(); ++i) {
    ProbeSite& site = sites[i];
    if (site.function_offset != 0 || has_changed_parameters(site.function)) continue;
    // The manual's names come first: a script must not depend on whether debugging symbols are installed.
    const auto known = c_library ? libc_prototype(site.function) : std::nullopt;
    if (known) {
      site.arguments = arguments_of(*known, site.is_return());
    } else {
      wanted.push_back(addresses[i]);
    }
  }
  std::ranges::sort(wanted);
  if (wanted.empty()) return;
  const auto found = dwarf_prototypes(types_of(file), wanted);
  for (size_t i = 0; i < sites.size(); ++i) {
    ProbeSite& site = sites[i];
    const auto prototype = found.find(addresses[i]);
    if (site.function_offset != 0 || has_changed_parameters(site.function) || prototype == found.end()) continue;
    site.arguments = arguments_of(prototype->second, site.is_return());
  }
}

std::string_view provider(ProbeType type) { return type == ProbeType::kUprobe ? "uprobe" : "uretprobe"; }

Error no_code_at(const FunctionFile& file, uint64_t address) {
  return Error(fmt::format("{} has no code at the address {:#x}", file.path(), address), EINVAL);
}

// The kernel replaces the byte at the site by a breakpoint: in the midst of an instruction that makes another one of
// it.
Status check_place(const ProbeSite& site, const FunctionFile& file) {
  if (site.function_offset == 0) return {};
  constexpr size_t kLongestInstruction = 15;
  const UniqueFd fd(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  uint16_t machine = EM_NONE;
  constexpr off_t kMachine = offsetof(Elf64_Ehdr, e_machine);
  if (!fd.valid() || ::pread(fd.get(), &machine, sizeof machine, kMachine) != sizeof machine) return {};
  if (machine != EM_X86_64) return {};
  std::vector<uint8_t> code(site.function_offset + kLongestInstruction);
  const auto start = static_cast<off_t>(site.file_offset - site.function_offset);
  const ssize_t got = ::pread(fd.get(), code.data(), code.size(), start);
  if (got < 0) return {};
  code.resize(static_cast<size_t>(got));
  if (is_instruction_start(code, site.function_offset).value_or(true)) return {};
  return Error(fmt::format("{}+{} in {} is in the midst of an instruction: a probe there would break the program",
                           site.function, site.function_offset, file.path()),
               EINVAL);
}

Result<ProbeSite> site_at_address(ProbeType type, const FunctionFile& file, uint64_t address) {
  ProbeSite site = make_site(type, file);
  const auto file_offset = file.file_offset(address);
  if (!file_offset) return no_code_at(file, address);
  site.file_offset = *file_offset;
  site.name = fmt::format("{}:{}:{:#x}", provider(type), file.path(), address);
  if (const auto function = file.around(address)) {
    site.function = function->name;
    site.function_offset = address - function->address;
    site.unresolved = function->indirect;
  }
  if (type == ProbeType::kUretprobe && site.function_offset != 0) {
    return Error(fmt::format("A return probe stands at a function's start; {:#x} is {}+{}", address, site.function,
                             site.function_offset),
                 EINVAL);
  }
  TRY(check_place(site, file));
  return site;
}

// One site for each place of a line. An error says why there is none.
Result<std::vector<uint64_t>> add_line(ProbeType type, const FunctionQuery& query, const FunctionFile& file,
                                       std::vector<ProbeSite>& sites) {
  SourcePlaces places = find_source_line(file.elf(), query.source_file, query.line, query.column);
  if (!places.has_lines && file.debug_file() != nullptr) {
    places = find_source_line(*file.debug_file(), query.source_file, query.line, query.column);
  }
  if (!places.has_lines) {
    return Error(fmt::format("{} has no line numbers: build it with -g, or install its debugging symbols", file.path()),
                 EINVAL);
  }
  if (places.files.size() > 1) {
    return Error(fmt::format("{} was made of several files '{}': {}; write more of the path", file.path(),
                             query.source_file, fmt::join(places.files, ", ")),
                 EINVAL);
  }
  if (places.files.empty()) {
    return Error(fmt::format("{} was not made of a source file '{}'", file.path(), query.source_file), ENOENT);
  }
  if (places.addresses.empty()) {
    const std::string column = query.column == 0 ? "" : fmt::format(", column {},", query.column);
    return Error(
        fmt::format("No code of {} begins at line {}{} of {}{}", file.path(), query.line, column, query.source_file,
                    places.next_line ? fmt::format("; the next line with code is {}", *places.next_line) : ""),
        ENOENT);
  }
  for (const uint64_t address : places.addresses) {
    ASSIGN_OR_RETURN(ProbeSite site, site_at_address(type, file, address));
    site.name = fmt::format("{}:{}@{}:{}", provider(type), file.path(), query.source_file, query.line);
    if (query.column != 0) site.name += fmt::format(":{}", query.column);
    sites.push_back(std::move(site));
  }
  return std::move(places.addresses);
}

}  // namespace

// The types of every file, each found by the number in its name: "user struct point@3".
class FunctionFinder::AllTypes final : public TypeProvider {
 public:
  const DwarfTypes& of(const FunctionFile& file) {
    const auto found = numbers_.find(file.path());
    if (found != numbers_.end()) return *types_[found->second];
    const auto number = static_cast<uint32_t>(types_.size());
    numbers_.emplace(file.path(), number);
    types_.push_back(std::make_unique<const DwarfTypes>(file.elf(), number));
    // A stripped file has its own in a separate one.
    if (const ElfFile* debug = types_.back()->handle() == nullptr ? file.debug_file() : nullptr) {
      types_.back() = std::make_unique<const DwarfTypes>(*debug, number);
    }
    return *types_.back();
  }

  const StructDefinition* find_struct(std::string_view name) const override {
    const DwarfTypes* types = named(name);
    return types == nullptr ? nullptr : types->find_struct(name);
  }
  const EnumDefinition* find_enum(std::string_view name) const override {
    const DwarfTypes* types = named(name);
    return types == nullptr ? nullptr : types->find_enum(name);
  }
  const Type* find_type(std::string_view) const override { return nullptr; }
  EnumValue find_enumerator(std::string_view) const override { return {}; }

 private:
  const DwarfTypes* named(std::string_view name) const {
    const size_t mark = name.rfind('@');
    uint32_t number = 0;
    if (mark == std::string_view::npos) return nullptr;
    const auto [end, error] = std::from_chars(name.data() + mark + 1, name.data() + name.size(), number);
    return error == std::errc() && number < types_.size() ? types_[number].get() : nullptr;
  }

  std::vector<std::unique_ptr<const DwarfTypes>> types_;
  std::map<std::string, uint32_t> numbers_;
};

FunctionFinder::FunctionFinder(ProgramSearch search, std::vector<std::string> debug_directories)
    : search_(std::move(search)),
      debug_directories_(std::move(debug_directories)),
      types_(std::make_unique<AllTypes>()) {}
FunctionFinder::~FunctionFinder() = default;

Result<const FunctionFile*> FunctionFinder::open(const std::string& path) {
  if (const auto found = files_.find(path); found != files_.end()) return found->second.get();
  ASSIGN_OR_RETURN(FunctionFile file, FunctionFile::open(path, debug_directories_));
  auto& entry = files_[path];
  entry = std::make_unique<const FunctionFile>(std::move(file));
  return entry.get();
}

const DwarfTypes& FunctionFinder::types_of(const FunctionFile& file) { return types_->of(file); }

const TypeProvider* FunctionFinder::module_types(std::string_view module) {
  const auto file = open(std::string(module));
  if (!file) return nullptr;
  const DwarfTypes& types = types_of(**file);
  return types.handle() == nullptr ? nullptr : &types;
}

const TypeProvider* FunctionFinder::all_types() const { return types_.get(); }

void FunctionFinder::add_variables(std::span<ProbeSite> sites, std::span<const uint64_t> addresses,
                                   const FunctionFile& file, uint32_t line) {
  for (size_t i = 0; i < sites.size(); ++i) {
    sites[i].variables = dwarf_variables(types_of(file), file.elf(), addresses[i], line);
  }
}

Status FunctionFinder::add_sites(ProbeType type, const FunctionQuery& query, const FunctionFile& file,
                                 std::vector<ProbeSite>& sites) {
  const auto read_types = [this](const FunctionFile& of) -> const DwarfTypes& { return types_of(of); };
  const size_t before = sites.size();
  if (!query.source_file.empty()) {
    ASSIGN_OR_RETURN(const std::vector<uint64_t> places, add_line(type, query, file, sites));
    if (query.with_variables) add_variables(std::span(sites).subspan(before), places, file, query.line);
    return {};
  }
  if (query.address) {
    ASSIGN_OR_RETURN(ProbeSite site, site_at_address(type, file, *query.address));
    if (query.with_types) add_arguments({&site, 1}, {&*query.address, 1}, file, read_types);
    if (query.with_variables) add_variables({&site, 1}, {&*query.address, 1}, file, 0);
    sites.push_back(std::move(site));
    return {};
  }
  std::vector<uint64_t> addresses;
  std::set<uint64_t> seen;
  Implementations implementations(file);
  for (Function& function : find_functions(type, query, file)) {
    if (type == ProbeType::kUretprobe && cannot_return_once(function.name)) {
      return Error(fmt::format("'{}' does not return to its caller in the usual way: a return probe would lead the "
                               "program astray",
                               function.name),
                   EINVAL);
    }
    if (query.offset != 0 && function.size != 0 && query.offset >= function.size) {
      return Error(fmt::format("The offset {} lies outside of '{}', which has {} bytes", query.offset, function.name,
                               function.size),
                   EINVAL);
    }
    ProbeSite site = make_site(type, file);
    if (function.indirect) site.unresolved = !implementations.follow(function, site.shared_with);
    if (!seen.insert(function.address).second) continue;
    const auto file_offset = file.file_offset(function.address + query.offset);
    if (!file_offset) {
      // Go and hand-written assembly mark the end of the code by a symbol of a function.
      if (has_glob(query.function)) continue;
      return no_code_at(file, function.address + query.offset);
    }
    site.file_offset = *file_offset;
    site.name = fmt::format("{}:{}:{}", provider(type), file.path(), function.name);
    if (query.offset != 0) site.name += fmt::format("+{}", query.offset);
    site.function = std::move(function.name);
    site.function_offset = query.offset;
    TRY(check_place(site, file));
    sites.push_back(std::move(site));
    addresses.push_back(function.address);
  }
  if (query.with_types) add_arguments(std::span(sites).subspan(before), addresses, file, read_types);
  if (query.with_variables) {
    for (uint64_t& address : addresses) address += query.offset;
    add_variables(std::span(sites).subspan(before), addresses, file, 0);
  }
  return {};
}

Result<std::vector<ProbeSite>> FunctionFinder::find(ProbeType type, const FunctionQuery& query) {
  std::vector<std::string> paths;
  if (query.process != 0 && query.module == "*") {
    ASSIGN_OR_RETURN(paths, programs_of_process(query.process));
  } else {
    const ProgramSearch search = query.process == 0 ? search_ : ProgramSearch::of_process(query.process);
    ASSIGN_OR_RETURN(paths, find_programs(query.module, search));
  }
  std::vector<ProbeSite> sites;
  for (const std::string& path : paths) {
    auto file = open(path);
    if (!file) {
      if (paths.size() > 1 || has_glob(query.module)) continue;
      return std::move(file).error();
    }
    TRY(add_sites(type, query, **file, sites));
  }
  return sites;
}

std::vector<std::string> FunctionFinder::names(std::string_view module) {
  std::vector<std::string> names;
  const auto paths = find_programs(module, search_);
  if (!paths) return names;
  for (const std::string& path : *paths) {
    const auto file = open(path);
    if (!file) continue;
    for (Function& function : (*file)->matching([](std::string_view name) { return !is_function_part(name); })) {
      names.push_back(std::move(function.name));
    }
  }
  return names;
}

}  // namespace polytap
