#include "core/lang/conditionals.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "core/c/declarations.h"
#include "core/c/token.h"

namespace polytap {
namespace {

CDeclarations known_macros() {
  CDeclarations known;
  known.macros["BPFTRACE_HAVE_BTF"] = CMacro{"1", {}, false, false};
  utsname system{};
  unsigned version = 0;
  unsigned patch = 0;
  unsigned level = 0;
  if (::uname(&system) == 0) std::sscanf(system.release, "%u.%u.%u", &version, &patch, &level);
  // include/generated/uapi/linux/version.h
  known.macros["LINUX_VERSION_CODE"] =
      CMacro{std::to_string(version << 16 | patch << 8 | std::min(level, 255U)), {}, false, false};
  known.macros["KERNEL_VERSION"] =
      CMacro{"(((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))", {"a", "b", "c"}, true};
  return known;
}

// Whether a condition holds: `defined` is answered, macros are replaced, and what is no macro is 0.
std::optional<bool> holds(std::string_view condition, CDeclarations& known) {
  std::string asked;
  const std::vector<CToken> tokens = c_tokens(condition);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (!tokens[i].is_word("defined")) {
      asked += fmt::format("{} ", tokens[i].text);
      continue;
    }
    const bool parenthesis = tokens[i + 1].is("(");
    i += parenthesis ? 2 : 1;
    if (i + 1 >= tokens.size()) return std::nullopt;
    asked += known.macros.contains(tokens[i].text) ? "1 " : "0 ";
    if (parenthesis) ++i;
  }
  std::string value;
  const std::string expanded = expand_c_macros(asked, known);
  for (const CToken& token : c_tokens(expanded)) {
    value += token.kind == CTokenKind::kWord ? std::string_view("0") : token.text;
    value += ' ';
  }
  const auto result = evaluate_c(value, known);
  return result ? std::optional(result->value != 0) : std::nullopt;
}

struct Level {
  Span span;
  bool active;
  bool was_active;  // in this branch or one before
};

class Conditionals {
 public:
  explicit Conditionals(Diagnostics* diagnostics) : diagnostics_(diagnostics) {}

  bool active() const {
    return std::all_of(levels_.begin(), levels_.end(), [](const Level& level) { return level.active; });
  }

  void line(std::string_view text, Span span) {
    const std::string_view directive = next_word(text);
    if (directive == "define" && active()) {
      if (auto macro = parse_c_macro(text.substr(std::min(text.find_first_not_of(" \t"), text.size())))) {
        known_.macros[macro->first] = std::move(macro->second);
      }
    } else if (directive == "undef" && active()) {
      known_.macros.erase(std::string(next_word(text)));
    } else if (directive == "ifdef" || directive == "ifndef") {
      const bool taken = known_.macros.contains(next_word(text)) == (directive == "ifdef");
      levels_.push_back({span, taken, taken});
    } else if (directive == "if") {
      const bool taken = active() && condition(text, span);
      levels_.push_back({span, taken, taken});
    } else if (directive == "elif" || directive == "else" || directive == "endif") {
      if (levels_.empty()) {
        if (diagnostics_ != nullptr) diagnostics_->error(span, "There is no #if, #ifdef or #ifndef in front of this");
        return;
      }
      branch(directive, text, span);
    }
  }

  void end() const {
    if (!levels_.empty() && diagnostics_ != nullptr) diagnostics_->error(levels_.back().span, "The #endif is missing");
  }

 private:
  void branch(std::string_view directive, std::string_view text, Span span) {
    if (directive == "endif") {
      levels_.pop_back();
      return;
    }
    Level level = levels_.back();
    levels_.pop_back();
    level.active = !level.was_active && (directive == "else" || (active() && condition(text, span)));
    level.was_active = level.was_active || level.active;
    levels_.push_back(level);
  }

  bool condition(std::string_view text, Span span) {
    const auto value = holds(text, known_);
    if (!value && diagnostics_ != nullptr) {
      diagnostics_->error(span, "This condition has no value",
                          "numbers, macros that the script defines and defined(NAME) can be tested");
    }
    return value.value_or(false);
  }

  Diagnostics* diagnostics_;
  CDeclarations known_ = known_macros();
  std::vector<Level> levels_;
};

}  // namespace

std::string_view next_word(std::string_view& text) {
  const size_t begin = std::min(text.find_first_not_of(" \t#"), text.size());
  const size_t end = std::min(text.find_first_of(" \t\r\n", begin), text.size());
  const std::string_view result = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return result;
}

std::vector<bool> active_items(const ast::Script& script, Diagnostics* diagnostics) {
  std::vector<bool> result;
  const auto is_line = [](const ast::TopLevel& item) { return std::holds_alternative<ast::Preprocessor>(item.node); };
  if (std::none_of(script.items.begin(), script.items.end(), is_line)) {
    result.assign(script.items.size(), true);
    return result;
  }
  Conditionals conditionals(diagnostics);
  for (const ast::TopLevel& item : script.items) {
    result.push_back(conditionals.active());
    if (const auto* line = std::get_if<ast::Preprocessor>(&item.node)) conditionals.line(line->text, item.span);
  }
  conditionals.end();
  return result;
}

}  // namespace polytap
