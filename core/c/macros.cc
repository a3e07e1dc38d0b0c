// Replaces macros as the preprocessor does, for the few whose value a script wants to know.
#include <algorithm>
#include <cctype>

#include "core/c/declarations.h"
#include "core/c/token.h"

namespace polytap {
namespace {

// Macros that call each other can grow without bound.
constexpr size_t kMaxExpansion = 64 * 1024;
constexpr unsigned kMaxDepth = 64;

class Expander {
 public:
  explicit Expander(const CDeclarations& declarations) : declarations_(declarations) {}

  std::string expand(std::string_view text) {
    std::string out;
    if (hidden_.size() > kMaxDepth) return out;
    const std::vector<CToken> tokens = c_tokens(text);
    for (size_t i = 0; i + 1 < tokens.size() && grown_ < kMaxExpansion; ++i) {
      const CToken& token = tokens[i];
      const auto macro =
          token.kind == CTokenKind::kWord ? declarations_.macros.find(token.text) : declarations_.macros.end();
      const bool hidden = std::find(hidden_.begin(), hidden_.end(), token.text) != hidden_.end();
      const bool call = i + 2 < tokens.size() && tokens[i + 1].is("(");
      if (macro == declarations_.macros.end() || hidden || (macro->second.takes_arguments && !call)) {
        put(out, token.text);
        continue;
      }
      std::string body = macro->second.body;
      if (macro->second.takes_arguments) body = substitute(macro->second, arguments(text, tokens, i));
      hidden_.push_back(macro->first);
      put(out, expand(body));
      hidden_.pop_back();
    }
    return out;
  }

 private:
  void put(std::string& out, std::string_view text) {
    if (!out.empty()) out += ' ';
    out += text;
    grown_ += text.size() + 1;
  }

  // The arguments of the call at AT, which moves to its closing parenthesis.
  static std::vector<std::string_view> arguments(std::string_view text, const std::vector<CToken>& tokens, size_t& at) {
    std::vector<std::string_view> result;
    size_t depth = 0;
    uint32_t begin = tokens[at + 1].offset + 1;
    for (++at; at + 1 < tokens.size(); ++at) {
      const CToken& token = tokens[at];
      if (token.is("(")) ++depth;
      const bool ends = token.is(")") && --depth == 0;
      if (!ends && !(token.is(",") && depth == 1)) continue;
      result.push_back(text.substr(begin, token.offset - begin));
      begin = token.offset + 1;
      if (ends) return result;
    }
    --at;
    return result;
  }

  std::string substitute(const CMacro& macro, const std::vector<std::string_view>& arguments) {
    const auto argument = [&](std::string_view name) -> std::optional<std::string> {
      const auto found = std::find(macro.parameters.begin(), macro.parameters.end(), name);
      if (found != macro.parameters.end()) {
        const auto index = static_cast<size_t>(found - macro.parameters.begin());
        return index < arguments.size() ? std::string(arguments[index]) : std::string();
      }
      if (!macro.is_variadic || name != "__VA_ARGS__") return std::nullopt;
      std::string rest;
      for (size_t i = macro.parameters.size(); i < arguments.size(); ++i) {
        if (i != macro.parameters.size()) rest += ',';
        rest += arguments[i];
      }
      return rest;
    };
    const std::vector<CToken> tokens = c_tokens(macro.body);
    std::string out;
    bool joined = false;
    for (size_t i = 0; i + 1 < tokens.size() && out.size() < kMaxExpansion; ++i) {
      if (tokens[i].is("##")) {
        joined = true;
        continue;
      }
      const bool joins = joined || tokens[i + 1].is("##");
      auto value = tokens[i].kind == CTokenKind::kWord ? argument(tokens[i].text) : std::nullopt;
      std::string piece = value ? *value : std::string(tokens[i].text);
      // Arguments are expanded before they are put in, but for those that ## joins.
      if (!joins && value) piece = expand(piece);
      if (joins && value) {
        piece.erase(0, std::min(piece.find_first_not_of(" \t\n"), piece.size()));
        piece.erase(piece.find_last_not_of(" \t\n") + 1);
      }
      if (!joined && !out.empty()) out += ' ';
      out += piece;
      joined = false;
    }
    return out;
  }

  const CDeclarations& declarations_;
  std::vector<std::string> hidden_;
  size_t grown_ = 0;
};

}  // namespace

std::optional<std::pair<std::string, CMacro>> parse_c_macro(std::string_view definition) {
  const std::vector<CToken> tokens = c_tokens(definition);
  if (tokens.front().kind != CTokenKind::kWord) return std::nullopt;
  std::pair<std::string, CMacro> result{std::string(tokens.front().text), {}};
  CMacro& macro = result.second;
  size_t body = tokens[0].offset + tokens[0].text.size();
  // Its parameters stand directly behind the name.
  if (tokens[1].is("(") && tokens[1].offset == body) {
    macro.takes_arguments = true;
    size_t i = 2;
    for (; i + 1 < tokens.size() && !tokens[i].is(")"); ++i) {
      if (tokens[i].kind == CTokenKind::kWord) macro.parameters.emplace_back(tokens[i].text);
      if (tokens[i].is("...")) macro.is_variadic = true;
    }
    if (!tokens[i].is(")")) return std::nullopt;
    body = tokens[i].offset + 1;
  }
  std::string_view text = definition.substr(std::min(body, definition.size()));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  // A comment behind it is no part of it, a backslash at the end of a line neither.
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
    } else {
      macro.body += text[i];
    }
  }
  return result;
}

std::string expand_c_macros(std::string_view text, const CDeclarations& declarations) {
  return Expander(declarations).expand(text);
}

}  // namespace polytap
