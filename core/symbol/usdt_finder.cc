#include "core/symbol/usdt_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "core/kernel/glob.h"
#include "core/probe/registers.h"
#include "core/symbol/function_file.h"
#include "core/symbol/mapped_programs.h"
#include "core/symbol/usdt_notes.h"
#include "core/symbol/usdt_operand.h"

namespace polytap {
namespace {

using Form = ProbeArgument::Form;

// A part of a register, as the context has it.
struct RegisterPart {
  uint32_t offset = 0;
  uint32_t size = 8;
};

// "rax", "eax", "ax", "al", "ah", "r8", "r8d", "sil", ...
std::optional<RegisterPart> find_register(std::string_view name) {
  if (name == "rip") return RegisterPart{registers::kIp, 8};
  if (name.size() >= 2 && name[0] == 'r' && name[1] >= '0' && name[1] <= '9') {
    constexpr std::string_view kSuffixes = "dwb";
    constexpr uint32_t kSizes[] = {4, 2, 1};
    RegisterPart part;
    if (const size_t suffix = kSuffixes.find(name.back()); suffix != std::string_view::npos) {
      part.size = kSizes[suffix];
      name.remove_suffix(1);
    }
    const auto offset = register_offset(name);
    if (!offset) return std::nullopt;
    part.offset = *offset;
    return part;
  }
  struct Row {
    std::string_view stem;  // "ax"
    uint32_t offset;
  };
  constexpr Row kRows[] = {{"ax", registers::kAx}, {"bx", registers::kBx}, {"cx", registers::kCx},
                           {"dx", registers::kDx}, {"si", registers::kSi}, {"di", registers::kDi},
                           {"bp", registers::kBp}, {"sp", registers::kSp}};
  for (const Row& row : kRows) {
    if (name == row.stem) return RegisterPart{row.offset, 2};
    if (name.size() == 3 && name.substr(1) == row.stem && name[0] == 'r') return RegisterPart{row.offset, 8};
    if (name.size() == 3 && name.substr(1) == row.stem && name[0] == 'e') return RegisterPart{row.offset, 4};
    const bool has_halves = row.stem[1] == 'x';
    if (has_halves && name.size() == 2 && name[0] == row.stem[0] && name[1] == 'l') return RegisterPart{row.offset, 1};
    if (has_halves && name.size() == 2 && name[0] == row.stem[0] && name[1] == 'h') {
      return RegisterPart{row.offset + 1, 1};
    }
    if (!has_halves && name.size() == 3 && name.starts_with(row.stem) && name[2] == 'l') {
      return RegisterPart{row.offset, 1};
    }
  }
  return std::nullopt;
}

// Reads NOTE's operands for a machine whose context is pt_regs of x86-64.
class Arguments {
 public:
  Arguments(const FunctionFile& file, const UsdtNote& note) : file_(file), note_(note) {}

  std::vector<ProbeArgument> read() const {
    std::vector<ProbeArgument> arguments;
    for (const UsdtOperand& operand : parse_usdt_operands(note_.arguments, Machine::kX8664)) {
      ProbeArgument argument;
      argument.name = fmt::format("arg{}", arguments.size());
      argument.size = operand.size;
      argument.type = types::integer(operand.size, operand.is_signed);
      if (!place(operand, argument)) {
        argument = {};
        argument.name = fmt::format("arg{}", arguments.size());
        argument.form = Form::kElsewhere;
        argument.type.name = operand.text;
      }
      arguments.push_back(std::move(argument));
    }
    return arguments;
  }

 private:
  bool place(const UsdtOperand& operand, ProbeArgument& argument) const {
    switch (operand.kind) {
      case UsdtOperand::Kind::kConstant:
        argument.form = Form::kConstant;
        argument.displacement = operand.displacement;
        return true;
      case UsdtOperand::Kind::kRegister:
        return in_register(operand, argument);
      case UsdtOperand::Kind::kMemory:
        return in_memory(operand, argument);
      default:
        return false;
    }
  }

  // Where a register is narrower than the argument, the rest of it is zeros, or copies of its sign.
  static bool in_register(const UsdtOperand& operand, ProbeArgument& argument) {
    const auto part = find_register(operand.base);
    if (!part) return false;
    argument.offset = part->offset;
    argument.size = std::min(operand.size, part->size);
    return true;
  }

  bool in_memory(const UsdtOperand& operand, ProbeArgument& argument) const {
    argument.form = Form::kMemory;
    argument.displacement = operand.displacement;
    std::string_view base = operand.base;
    if (!operand.symbol.empty()) {
      // The program may have been moved as a whole: the probe's own place tells where the symbol is.
      const auto address = file_.elf().symbol_address(operand.symbol);
      if (!address || (!base.empty() && base != "rip")) return false;
      argument.displacement += static_cast<int64_t>(*address - note_.address);
      base = "rip";
    }
    const auto start = find_register(base);
    if (!start || start->size != 8) return false;
    argument.offset = start->offset;
    if (operand.index.empty()) return true;
    const auto index = find_register(operand.index);
    if (!index || index->size != 8) return false;
    argument.index = index->offset;
    argument.scale = static_cast<uint8_t>(operand.scale);
    return true;
  }

  const FunctionFile& file_;
  const UsdtNote& note_;
};

std::optional<ProbeSite> make_site(const FunctionFile& file, const UsdtNote& note) {
  ProbeSite site;
  site.type = ProbeType::kUsdt;
  site.name = fmt::format("usdt:{}:{}:{}", file.path(), note.provider, note.name);
  site.category = note.provider;
  site.event = note.name;
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  site.module = file.container();
  const auto place = file.file_offset(note.address);
  if (!place) return std::nullopt;
  site.file_offset = *place;
  if (note.semaphore != 0) {
    const auto counter = file.data_offset(note.semaphore);
    if (!counter) return std::nullopt;
    site.reference_counter = *counter;
  }
  if (const auto function = file.around(note.address)) {
    site.function = function->name;
    site.function_offset = note.address - function->address;
  }
  site.arguments = Arguments(file, note).read();
  return site;
}

bool any_file(std::string_view module) { return module.empty() || module == "*"; }

}  // namespace

UsdtFinder::UsdtFinder(ProgramSearch search) : search_(std::move(search)) {}
UsdtFinder::~UsdtFinder() = default;

Result<const FunctionFile*> UsdtFinder::open(const std::string& path) {
  if (const auto found = files_.find(path); found != files_.end()) return found->second.get();
  ASSIGN_OR_RETURN(FunctionFile file, FunctionFile::open(path));
  auto& entry = files_[path];
  entry = std::make_unique<const FunctionFile>(std::move(file));
  return entry.get();
}

Result<std::vector<std::string>> UsdtFinder::files_of(const UsdtQuery& query) const {
  if (any_file(query.module)) {
    if (query.process == 0) return programs_of_all_processes();
    return programs_of_process(query.process);
  }
  return find_programs(query.module, query.process == 0 ? search_ : ProgramSearch::of_process(query.process));
}

Result<std::vector<ProbeSite>> UsdtFinder::find(const UsdtQuery& query) {
  ASSIGN_OR_RETURN(const std::vector<std::string> paths, files_of(query));
  const bool several = any_file(query.module) || has_glob(query.module);
  const std::string_view provider = query.provider.empty() ? std::string_view("*") : query.provider;
  std::vector<ProbeSite> sites;
  for (const std::string& path : paths) {
    auto file = open(path);
    if (!file && several) continue;
    if (!file) return std::move(file).error();
    const size_t before = sites.size();
    std::set<std::pair<std::string, uint64_t>> seen;
    for (const UsdtNote& note : read_usdt_notes((*file)->elf())) {
      if (!glob_match(provider, note.provider) || !glob_match(query.probe, note.name)) continue;
      auto site = make_site(**file, note);
      if (site && seen.emplace(site->name, site->file_offset).second) sites.push_back(std::move(*site));
    }
    std::stable_sort(sites.begin() + static_cast<std::ptrdiff_t>(before), sites.end(),
                     [](const ProbeSite& a, const ProbeSite& b) { return a.name < b.name; });
  }
  return sites;
}

std::vector<std::string> UsdtFinder::names(std::string_view module) {
  std::set<std::string> names;
  const auto paths = find_programs(module, search_);
  if (!paths) return {};
  for (const std::string& path : *paths) {
    const auto file = open(path);
    if (!file) continue;
    for (const UsdtNote& note : read_usdt_notes((*file)->elf())) names.insert(note.provider + ":" + note.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace polytap
