#include "core/lang/resolve_functions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "core/base/nearest.h"
#include "core/lang/resolve_probes.h"
#include "core/lang/written_path.h"
#include "core/symbol/demangle.h"

namespace polytap {
namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// Decimal or 0x and hex.
std::optional<uint64_t> parse_address(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class FunctionResolver {
 public:
  FunctionResolver(const ast::AttachPoint& point, ProbeType type, const CompileInput& input, Diagnostics& diagnostics,
                   Diagnostics& missing)
      : point_(point), type_(type), input_(input), diagnostics_(diagnostics), missing_(missing) {
    query_.process = input.process;
  }

  FunctionResolver& with(bool types, bool variables) {
    query_.with_types = types;
    query_.with_variables = variables && type_ == ProbeType::kUprobe;
    return *this;
  }

  std::vector<ProbeSite> run(const std::vector<std::string>& parts) {
    if (!(is_user() ? read_user(parts) : read_kernel(parts))) return {};
    auto found =
        is_user() ? input_.catalog->user_functions(type_, query_) : input_.catalog->kernel_functions(type_, query_);
    if (!found.ok()) {
      const int code = found.error().code();  // ENODEV: a kernel without kprobes has none of them
      (code == ENOENT || code == ENODEV ? missing_ : diagnostics_).error(point_.span, found.error().message());
      return {};
    }
    if (found->empty() && !look_in_c_library(*found)) {
      none_found();
      return {};
    }
    drop_unresolved(*found);
    drop_locking(*found);
    const bool pattern = has_wildcard(query_.function) || has_wildcard(query_.module);
    for (ProbeSite& site : *found) {
      site.from_pattern = pattern;
      if (is_user()) name_as_written(site, query_.module);
    }
    if (!has_wildcard(query_.function)) warn_of_sharing(*found);
    return std::move(*found);
  }

 private:
  bool is_user() const { return type_ == ProbeType::kUprobe || type_ == ProbeType::kUretprobe; }
  bool is_return() const { return type_ == ProbeType::kUretprobe || type_ == ProbeType::kKretprobe; }

  bool error(std::string message, std::string hint = {}) {
    diagnostics_.error(point_.span, std::move(message), std::move(hint));
    return false;
  }

  bool read_user(const std::vector<std::string>& parts) {
    const std::string form = fmt::format("{}:path:function", provider_name(type_));
    if (parts.size() < 2 || parts[0].empty() || parts.back().empty()) {
      std::string hint;
      if (parts.size() == 1 && !parts[0].empty()) {
        hint = parts[0].find('/') == std::string::npos
                   ? fmt::format("name the file as well: {}:libc:{}", provider_name(type_), parts[0])
                   : fmt::format("'polytap -l {}:{}:*' lists its functions", provider_name(type_), parts[0]);
      }
      return error(fmt::format("A user function is written {}", form), hint);
    }
    query_.module = parts[0];
    if (query_.module.find('@') != std::string::npos && parse_address(parts[1])) return read_line(parts);
    if ((parts[1] == "cpp" || parts[1] == "rust") && parts.size() > 2) {
      query_.demangled = true;
      return read_function(fmt::format("{}", fmt::join(parts.begin() + 2, parts.end(), ":")));
    }
    // What is not in quotes was cut at its colons: ns::function.
    std::string function = fmt::format("{}", fmt::join(parts.begin() + 1, parts.end(), ":"));
    query_.demangled = function.find("::") != std::string::npos || function.find('(') != std::string::npos;
    return read_function(std::move(function));
  }

  bool is_traced() const { return type_ == ProbeType::kFentry || type_ == ProbeType::kFexit; }

  // [module:]function, bpf[:id]:function
  bool read_traced(const std::vector<std::string>& parts) {
    const size_t most = !parts.empty() && parts[0] == "bpf" ? 3 : 2;
    if (parts.empty() || parts.size() > most || parts.back().empty()) {
      return error(
          fmt::format("A traced function is written {0}:function, {0}:module:function, {0}:bpf:function or "
                      "{0}:bpf:ID:function",
                      provider_name(type_)));
    }
    for (size_t i = 0; i + 1 < parts.size(); ++i) query_.module += (i == 0 ? "" : ":") + parts[i];
    if (!read_function(parts.back())) return false;
    if (query_.address || query_.offset != 0) {
      return error(
          fmt::format("{} fires at a function's beginning or end: it takes no offset or address", provider_name(type_)),
          "write kprobe for a place within a function");
    }
    return true;
  }

  // program@source.c:LINE[:COLUMN]
  bool read_line(const std::vector<std::string>& parts) {
    const size_t at = query_.module.rfind('@');
    query_.source_file = query_.module.substr(at + 1);
    query_.module.resize(at);
    const auto line = parse_address(parts[1]);
    const auto column = parts.size() > 2 ? parse_address(parts[2]) : std::optional<uint64_t>(0);
    constexpr uint64_t kMost = 1 << 30;
    if (parts.size() > 3 || query_.module.empty() || query_.source_file.empty() || !line || *line == 0 ||
        *line > kMost || !column || *column > kMost) {
      return error("A line of a source file is written uprobe:path@source.c:LINE or uprobe:path@source.c:LINE:COLUMN");
    }
    if (is_return()) return error("A line does not return: a return probe names a function");
    query_.line = static_cast<uint32_t>(*line);
    query_.column = static_cast<uint32_t>(*column);
    return true;
  }

  bool read_kernel(const std::vector<std::string>& parts) {
    if (is_traced()) return read_traced(parts);
    if (parts.empty() || parts.size() > 2 || parts.back().empty()) {
      return error(
          fmt::format("A kernel function is written {0}:function or {0}:module:function", provider_name(type_)));
    }
    if (parts.size() == 2) query_.module = parts[0];
    if (!read_function(parts.back())) return false;
    if (query_.address && !input_.allow_unsafe) {
      return error("A probe at an address of the kernel is unsafe: nothing says that an instruction begins there",
                   "start polytap with --unsafe to allow it");
    }
    return true;
  }

  bool read_function(std::string function) {
    if (const auto address = parse_address(function)) {
      query_.address = address;
      return true;
    }
    if (const size_t plus = function.rfind('+'); plus != std::string::npos && plus > 0) {
      if (const auto offset = parse_address(std::string_view(function).substr(plus + 1))) {
        query_.offset = *offset;
        function.resize(plus);
      }
    }
    if (query_.offset != 0 && is_return()) {
      return error("A return probe takes no offset: it fires when the function returns",
                   fmt::format("write {}:...:{}", provider_name(type_), function));
    }
    if (query_.offset != 0 && has_wildcard(function)) {
      return error("A pattern takes no offset: each function has instructions of its own");
    }
    query_.function = std::move(function);
    return true;
  }

  // Since glibc 2.34 the C library holds what these libraries did; they are left without functions.
  bool look_in_c_library(std::vector<ProbeSite>& sites) {
    if (!is_user()) return false;
    const std::string_view path = query_.module;
    const std::string_view file = path.substr(path.rfind('/') + 1);
    const std::string_view name = file.substr(0, file.find(".so"));
    if (name != "libpthread" && name != "libdl" && name != "librt" && name != "libutil") return false;
    FunctionQuery query = query_;
    query.module = "libc";
    auto found = input_.catalog->user_functions(type_, query);
    if (!found.ok() || found->empty()) return false;
    sites = std::move(*found);
    diagnostics_.warning(point_.span, fmt::format("{} has no '{}' here, libc has it: {} is probed", name,
                                                  query_.function, sites.front().name));
    return true;
  }

  void none_found() {
    const std::string& name = query_.function;
    const std::string where = query_.module.empty() ? "in the kernel" : fmt::format("in {}", query_.module);
    std::vector<std::string> names = input_.catalog->function_names(type_, query_.module);
    if (has_wildcard(name)) {
      missing_.error(point_.span, fmt::format("No function {} matches '{}'", where, name),
                     names.empty()
                         ? no_names_hint()
                         : fmt::format("'polytap -l' with '{}' lists its {} functions", list_all(), names.size()));
      return;
    }
    if (query_.demangled) {
      for (std::string& each : names) each = bare_function_name(demangle(each));
    }
    std::string hint = names.empty() ? no_names_hint() : did_you_mean(name.substr(0, name.find('(')), names);
    if (hint.empty()) hint = contains_hint(names);
    if (const std::string parts = compiler_parts(names); !parts.empty()) hint = parts;
    if (!is_user() && std::ranges::find(names, name + "_noprof") != names.end()) {
      hint = fmt::format("since Linux 6.10 it is called '{}_noprof'", name);
    }
    missing_.error(point_.span,
                   fmt::format("No function {} is called '{}'{}", where, name,
                               is_user() ? "" : ", or the compiler has put it into its callers (inlined it)"),
                   std::move(hint));
  }

  std::string list_all() const {
    return query_.module.empty() ? fmt::format("{}:*", provider_name(type_))
                                 : fmt::format("{}:{}:*", provider_name(type_), query_.module);
  }

  std::string no_names_hint() const {
    return is_user() ? "the file has no symbols: install its debugging symbols, or give an address: path:0x1234" : "";
  }

  // C++: "f" where the symbol is _ZN2ns1fEv.
  std::string contains_hint(const std::vector<std::string>& names) const {
    if (!is_user() || query_.demangled || query_.function.size() < 3) return {};
    for (const std::string& each : names) {
      if (each.starts_with("_Z") && each.find(query_.function) != std::string::npos) {
        return fmt::format("C++ functions are written {}:{}:cpp:\"name\"", provider_name(type_), query_.module);
      }
    }
    return {};
  }

  // "f.isra.0", "f.part.0": what the compiler made of a function f.
  std::string compiler_parts(const std::vector<std::string>& names) const {
    if (is_user()) return {};
    for (const std::string& each : names) {
      if (each.size() > query_.function.size() + 1 && each.starts_with(query_.function) &&
          each[query_.function.size()] == '.') {
        return fmt::format("the compiler has made '{}' of it: write {}:{}", each, provider_name(type_), each);
      }
    }
    return {};
  }

  void warn_of_sharing(const std::vector<ProbeSite>& sites) {
    for (const ProbeSite& site : sites) {
      if (site.shared_with.empty()) continue;
      diagnostics_.warning(point_.span,
                           fmt::format("On this processor '{}' is the same code as {}: calls of any of them "
                                       "fire the probe",
                                       site.function, site.shared_with));
    }
  }

  // Return probes take locks of their own: in the code of locks they may stop the machine, which no kernel refuses.
  void drop_locking(std::vector<ProbeSite>& sites) {
    constexpr std::string_view kLocking[] = {"_raw_spin_lock", "_raw_spin_lock_irqsave", "_raw_spin_unlock_irqrestore",
                                             "queued_spin_lock_slowpath"};
    if (type_ != ProbeType::kKretprobe || sites.empty()) return;
    std::string name = sites.front().function;
    std::erase_if(
        sites, [&](const ProbeSite& site) { return std::ranges::find(kLocking, site.function) != std::end(kLocking); });
    if (!sites.empty()) return;
    error(fmt::format("A return probe of '{}' might lock up the machine", name), fmt::format("take kprobe:{}", name));
  }

  void drop_unresolved(std::vector<ProbeSite>& sites) {
    std::vector<std::string> dropped;
    std::erase_if(sites, [&](const ProbeSite& site) {
      if (site.unresolved) dropped.push_back(site.function);
      return site.unresolved;
    });
    if (dropped.empty()) return;
    const std::string hint =
        fmt::format("probe the implementations: {}:{}:*{}*", provider_name(type_), query_.module, dropped.front());
    if (sites.empty()) {
      error(fmt::format("'{}' is an indirect function (IFUNC): what lies there only picks the implementation for this "
                        "processor, once for each program",
                        dropped.front()),
            hint);
      return;
    }
    diagnostics_.warning(
        point_.span,
        fmt::format("Left out, because what lies there only picks an implementation (IFUNC): {}{}",
                    fmt::join(dropped.begin(),
                              dropped.begin() + std::min<ptrdiff_t>(3, static_cast<ptrdiff_t>(dropped.size())), ", "),
                    dropped.size() > 3 ? fmt::format(" and {} more", dropped.size() - 3) : ""),
        hint);
  }

  const ast::AttachPoint& point_;
  ProbeType type_;
  const CompileInput& input_;
  Diagnostics& diagnostics_;
  Diagnostics& missing_;
  FunctionQuery query_;
};

}  // namespace

std::vector<ProbeSite> resolve_functions(const ast::AttachPoint& point, ProbeType type,
                                         const std::vector<std::string>& parts, bool with_types, bool with_variables,
                                         const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing) {
  return FunctionResolver(point, type, input, diagnostics, missing).with(with_types, with_variables).run(parts);
}

}  // namespace polytap
