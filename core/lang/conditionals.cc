#include "core/lang/conditionals.h"

#include <algorithm>
#include <set>
#include <string>

namespace polytap {

std::string_view next_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(" \t#"), text.size());
  const size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
  const std::string_view result = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return result;
}

std::vector<bool> active_items(const ast::Script& script, Diagnostics* diagnostics) {
  std::vector<bool> result;
  std::set<std::string, std::less<>> defined = {"BPFTRACE_HAVE_BTF"};
  struct Level {
    Span span;
    bool active;
  };
  std::vector<Level> levels;
  for (const ast::TopLevel& item : script.items) {
    const bool active = std::all_of(levels.begin(), levels.end(), [](const Level& level) { return level.active; });
    const auto* line = std::get_if<ast::Preprocessor>(&item.node);
    result.push_back(active);
    if (line == nullptr) continue;
    std::string_view text = line->text;
    const std::string_view directive = next_word(text);
    if (directive == "define" && active) {
      defined.emplace(next_word(text));
    } else if (directive == "ifdef" || directive == "ifndef") {
      levels.push_back({item.span, defined.contains(next_word(text)) == (directive == "ifdef")});
    } else if ((directive == "else" || directive == "endif") && levels.empty()) {
      if (diagnostics != nullptr) diagnostics->error(item.span, "There is no #ifdef or #ifndef in front of this");
    } else if (directive == "else") {
      levels.back().active = !levels.back().active;
    } else if (directive == "endif") {
      levels.pop_back();
    }
  }
  if (!levels.empty() && diagnostics != nullptr) diagnostics->error(levels.back().span, "The #endif is missing");
  return result;
}

}  // namespace polytap
