#include "core/kernel/refused_functions.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/kernel/tracefs.h"

namespace polytap {
namespace {

// The lines of the kernel's lists are "[prefix]name[\t| [module]]".
size_t count_lines(std::string_view text, std::string_view prefix_end, std::string_view function,
                   std::string_view module) {
  size_t count = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!prefix_end.empty()) {
      const size_t at = line.find(prefix_end);
      if (at == std::string_view::npos) continue;
      line.remove_prefix(at + prefix_end.size());
    }
    if (!line.starts_with(function)) continue;
    const std::string_view rest = line.substr(function.size());
    if (!rest.empty() && rest.front() != ' ' && rest.front() != '\t') continue;
    if (module.empty() ? rest.find('[') != std::string_view::npos : rest.find(module) == std::string_view::npos) {
      continue;
    }
    ++count;
  }
  return count;
}

size_t count_in_file(const std::string& path, std::string_view prefix_end, std::string_view function,
                     std::string_view module) {
  const Result<std::string> text = read_kernel_file(path);
  return text ? count_lines(*text, prefix_end, function, module) : 0;
}

}  // namespace

std::string why_no_probe(const KernelFunctionFiles& files, std::string_view function, std::string_view module) {
  if (count_in_file(files.blacklist, "\t", function, "") != 0) {
    return "it is on the kernel's list of functions that probes would break (kprobes/blacklist)";
  }
  size_t symbols = 0;
  for (const std::string_view type : {" t ", " T ", " w ", " W "}) {
    symbols += count_in_file(files.symbols, type, function, module);
  }
  if (symbols == 0) return "the kernel has no such function, or the compiler has put it into its callers";
  if (symbols > 1) {
    return fmt::format("{} functions of the kernel have this name, and it does not say which is meant", symbols);
  }
  const Result<std::string> list = files.read_traceable();
  if (list && !list->empty() && count_lines(*list, "", function, module) == 0) {
    return "the kernel was built so that this function cannot be traced (notrace): it serves tracing itself, or runs "
           "where nothing may interrupt";
  }
  return "the kernel lets no probe in there (it serves the probes themselves, or the place is not the start of an "
         "instruction)";
}

}  // namespace polytap
