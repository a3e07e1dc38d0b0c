#include "core/kernel/kernel_functions.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "core/kernel/glob.h"
#include "core/kernel/traced_functions.h"
#include "core/kernel/tracefs.h"
#include "core/probe/prototype.h"
#include "core/probe/registers.h"

namespace polytap {
namespace {

constexpr std::string_view kKernelItself = "vmlinux";

// What is text in kallsyms and yet no function: parts that are jumped to, and the padding in front of functions
// (6.2 and later).
bool is_no_function(std::string_view name) {
  return name.ends_with(".cold") || name.find(".cold.") != std::string_view::npos || name.starts_with("__pfx_") ||
         name.starts_with("__cfi_");
}

template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// "name" and "module" of "name [module]" or "name\t[module]".
std::pair<std::string_view, std::string_view> split_module(std::string_view text) {
  const size_t end = text.find_first_of(" \t");
  if (end == std::string_view::npos) return {text, {}};
  const size_t open = text.find('[', end);
  const size_t close = text.rfind(']');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return {text.substr(0, end), {}};
  return {text.substr(0, end), text.substr(open + 1, close - open - 1)};
}

bool module_matches(std::string_view pattern, std::string_view module) {
  if (pattern.empty()) return true;
  return glob_match(pattern, module.empty() ? kKernelItself : module);
}

bool is_text_symbol(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

std::string_view provider(ProbeType type) { return type == ProbeType::kKprobe ? "kprobe" : "kretprobe"; }

ProbeSite make_site(ProbeType type) {
  ProbeSite site;
  site.type = type;
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  return site;
}

PassedValue passed_value(std::string name, Type type) {
  PassedValue value;
  value.name = std::move(name);
  // The kernel has no floating point.
  const bool word = type.is_scalar() && type.size <= 8;
  value.as = word || type.is(TypeKind::kVoid) ? PassedAs::kWord : PassedAs::kStruct;
  value.spelling = to_string(type);
  value.type = std::move(type);
  return value;
}

}  // namespace

Result<std::string> KernelFunctionFiles::read_traceable() const {
  if (!traceable.empty()) return read_kernel_file(traceable);
  if (tracefs.empty()) return Error("tracefs cannot be read");
  return read_kernel_file(tracefs + "/available_filter_functions");
}

void KernelFunctions::add_arguments(ProbeSite& site) const {
  if (site.function_offset != 0) return;
  auto function = site.module.empty() ? btf_.function(site.function) : btf_.module_function(site.module, site.function);
  if (!function) return;
  FunctionPrototype prototype;
  prototype.result = passed_value("", std::move(function->result));
  for (BtfTypes::Parameter& parameter : function->parameters) {
    prototype.parameters.push_back(passed_value(std::move(parameter.name), std::move(parameter.type)));
  }
  site.arguments = arguments_of(prototype, site.is_return());
}

Status KernelFunctions::available() const {
  if (::access((files_.perf_devices + "/kprobe").c_str(), F_OK) == 0) return {};
  if (!files_.tracefs.empty() && ::access((files_.tracefs + "/kprobe_events").c_str(), F_OK) == 0) return {};
  return Error(
      "This kernel has no kprobes: it was built without CONFIG_KPROBES and CONFIG_KPROBE_EVENTS. Tracepoints and raw "
      "tracepoints ('polytap -l') show much of the same",
      ENODEV);
}

const std::string& KernelFunctions::symbols() {
  if (!symbols_) {
    Result<std::string> text = read_kernel_file(files_.symbols);
    symbols_ = text ? std::move(*text) : std::string();
  }
  return *symbols_;
}

// Lines are "ffffffff81000000 T name\t[module]", in order of address for the kernel itself.
std::vector<KernelFunctions::Symbol> KernelFunctions::scan(
    const std::function<bool(std::string_view, std::string_view)>& accept, bool addresses) {
  std::vector<Symbol> found;
  bool open = false;  // the last one found is still without its size
  for_each_line(symbols(), [&](std::string_view line) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.size() < space + 4) return;
    uint64_t address = 0;
    if (addresses) {
      std::from_chars(line.data(), line.data() + space, address, 16);
      if (open && address > found.back().address) {
        found.back().size = address - found.back().address;
        open = false;
      }
    }
    if (!is_text_symbol(line[space + 1])) return;
    const auto [name, module] = split_module(line.substr(space + 3));
    if (!accept(name, module)) return;
    found.push_back({std::string(name), std::string(module), address, 0, 0, {}});
    open = addresses && address != 0;
  });
  return found;
}

std::optional<KernelFunctions::Symbol> KernelFunctions::around(uint64_t address) {
  std::optional<Symbol> best;
  for (Symbol& symbol : scan([](std::string_view name, std::string_view) { return !is_no_function(name); }, true)) {
    if (symbol.address == 0 || symbol.address > address || (best && symbol.address <= best->address)) continue;
    best = std::move(symbol);
  }
  if (best && best->size != 0 && address - best->address >= best->size) return std::nullopt;
  return best;
}

std::vector<KernelFunctions::Symbol> KernelFunctions::probeable(std::string_view function, std::string_view module) {
  std::set<std::string, std::less<>> refused;
  if (const auto blacklist = read_kernel_file(files_.blacklist)) {
    for_each_line(*blacklist, [&](std::string_view line) {
      refused.emplace(split_module(line.substr(std::min(line.find('\t') + 1, line.size()))).first);
    });
  }
  const auto accept = [&](std::string_view name, std::string_view its_module) {
    return glob_match(function, name) && module_matches(module, its_module) && !is_no_function(name) &&
           !refused.contains(name);
  };
  std::vector<Symbol> found;
  const Result<std::string> list = files_.read_traceable();
  if (list && !list->empty()) {
    for_each_line(*list, [&](std::string_view line) {
      const auto [name, its_module] = split_module(line);
      if (accept(name, its_module)) found.push_back({std::string(name), std::string(its_module), 0, 0, 1, {}});
    });
  } else {
    found = scan(accept, false);
  }
  const auto key = [](const Symbol& symbol) { return std::tie(symbol.name, symbol.module); };
  std::ranges::sort(found, {}, key);
  // Static functions of one name are one probe.
  std::vector<Symbol> unique;
  for (Symbol& symbol : found) {
    if (!unique.empty() && key(unique.back()) == key(symbol)) {
      ++unique.back().listed;
    } else {
      unique.push_back(std::move(symbol));
    }
  }
  if (list && !list->empty()) find_entries(unique);
  return unique;
}

// Where the tracer lists fewer functions of a name than there are, it does not tell which: those have no entries.
void KernelFunctions::find_entries(std::vector<Symbol>& found) {
  const auto less = [](const Symbol& symbol, const std::pair<std::string_view, std::string_view>& wanted) {
    return std::pair<std::string_view, std::string_view>(symbol.name, symbol.module) < wanted;
  };
  for_each_line(symbols(), [&](std::string_view line) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos || line.size() < space + 4 || !is_text_symbol(line[space + 1])) return;
    const auto wanted = split_module(line.substr(space + 3));
    const auto at = std::lower_bound(found.begin(), found.end(), wanted, less);
    if (at == found.end() || at->name != wanted.first || at->module != wanted.second) return;
    uint64_t address = 0;
    std::from_chars(line.data(), line.data() + space, address, 16);
    if (address != 0) at->entries.push_back(address);
  });
  for (Symbol& symbol : found) {
    if (symbol.entries.size() != symbol.listed) symbol.entries.clear();
  }
}

Result<ProbeSite> KernelFunctions::site_at(ProbeType type, uint64_t address) {
  ProbeSite site = make_site(type);
  site.address = address;
  site.name = fmt::format("{}:{:#x}", provider(type), address);
  if (const auto symbol = around(address)) {
    site.function = symbol->name;
    site.module = symbol->module;
    site.function_offset = address - symbol->address;
  }
  return site;
}

Result<ProbeSite> KernelFunctions::site_of(ProbeType type, const FunctionQuery& query, const Symbol& symbol) const {
  if (query.offset != 0 && symbol.size != 0 && query.offset >= symbol.size) {
    return Error(
        fmt::format("The offset {} lies outside of '{}', which has {} bytes", query.offset, symbol.name, symbol.size),
        EINVAL);
  }
  ProbeSite site = make_site(type);
  site.function = symbol.name;
  site.function_offset = query.offset;
  site.module = symbol.module;
  site.entries = symbol.entries;
  // The module is a part of the name where the script names it.
  const std::string module =
      query.module.empty() ? "" : (symbol.module.empty() ? std::string(kKernelItself) : symbol.module) + ":";
  site.name = fmt::format("{}:{}{}", provider(type), module, symbol.name);
  if (query.offset != 0) site.name += fmt::format("+{}", query.offset);
  return site;
}

// A module without BTF: its functions have arg0, arg1, ... and no result.
std::optional<ProbeSite> KernelFunctions::traced(ProbeType type, const std::string& function,
                                                 const std::string& module) const {
  constexpr uint32_t kMostArguments = 12;
  std::optional<ProbeSite> site;
  if (const auto known = btf_.module_function(module, function)) {
    site = traced_site(type, known->parameters, known->result);
  } else if (!module.empty()) {
    site = traced_site(type, {}, types::of_kind(TypeKind::kVoid));
    site->context_size = kMostArguments * 8;
  } else if (const auto prototype = btf_.function(function)) {
    site = traced_site(type, prototype->parameters, prototype->result);
  } else {
    return std::nullopt;
  }
  site->function = function;
  site->module = module;
  site->name = fmt::format("{}:{}:{}", type == ProbeType::kFentry ? "fentry" : "fexit",
                           module.empty() ? kKernelItself : module, function);
  return site;
}

Result<std::vector<ProbeSite>> KernelFunctions::find_traced(ProbeType type, const FunctionQuery& query) {
  if (names_bpf_programs(query.module)) return traced_bpf_functions(type, query.module, query.function);
  if (const Status loaded = btf_.load(); !loaded.ok()) return loaded.error();
  std::vector<Symbol> found;
  const bool pattern = has_glob(query.function) || has_glob(query.module);
  if (pattern) {
    found = probeable(query.function, query.module);
  } else {
    found =
        scan([&](std::string_view name,
                 std::string_view module) { return name == query.function && module_matches(query.module, module); },
             false);
    if (found.size() > 1) found.resize(1);
  }
  std::vector<ProbeSite> sites;
  for (const Symbol& symbol : found) {
    auto site = traced(type, symbol.name, symbol.module);
    if (site) {
      sites.push_back(std::move(*site));
    } else if (!pattern) {
      return Error(fmt::format("The kernel's BTF does not describe '{}', so that no fentry or fexit can be had there; "
                               "write kprobe:{}",
                               symbol.name, symbol.name),
                   ENOENT);
    }
  }
  return sites;
}

// Static functions of one name are one probe, as with a pattern. An instruction is one of the first of them, which is
// what kernels take that take any.
void KernelFunctions::merge_namesakes(std::vector<Symbol>& found, const std::vector<Symbol>& with_addresses) {
  found.resize(1);
  for (const Symbol& each : with_addresses) {
    if (each.module == found.front().module && each.address != 0) found.front().entries.push_back(each.address);
  }
}

Result<std::vector<ProbeSite>> KernelFunctions::find(ProbeType type, const FunctionQuery& query) {
  TRY(available());
  std::vector<ProbeSite> sites;
  if (query.address) {
    ASSIGN_OR_RETURN(ProbeSite site, site_at(type, *query.address));
    if (query.with_types) add_arguments(site);
    sites.push_back(std::move(site));
    return sites;
  }
  std::vector<Symbol> found;
  if (has_glob(query.function) || has_glob(query.module)) {
    found = probeable(query.function, query.module);
  } else {
    const auto accept = [&](std::string_view name, std::string_view module) {
      return name == query.function && module_matches(query.module, module);
    };
    found = scan(accept, query.offset != 0);
    if (found.size() > 1) merge_namesakes(found, query.offset == 0 ? scan(accept, true) : std::vector<Symbol>());
  }
  for (const Symbol& symbol : found) {
    ASSIGN_OR_RETURN(ProbeSite site, site_of(type, query, symbol));
    if (query.with_types) add_arguments(site);
    sites.push_back(std::move(site));
  }
  return sites;
}

std::vector<std::string> KernelFunctions::names(std::string_view module) {
  std::vector<std::string> names;
  if (!available().ok()) return names;
  for (Symbol& symbol : probeable("*", module)) names.push_back(std::move(symbol.name));
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace polytap
