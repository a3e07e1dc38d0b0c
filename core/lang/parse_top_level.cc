// The script as a whole and what stands beside the probes.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/lang/literal.h"
#include "core/lang/parser.h"

namespace polytap {

ast::Script Parser::parse_script() {
  ast::Script script;
  if (source_.text().size() >= UINT32_MAX) {
    error({}, "the script is larger than 4 GB", "");
    return script;
  }
  while (peek().kind != TokenKind::kEnd) {
    const uint32_t begin = position();
    if (parse_item(script)) continue;
    continue_at(begin);
    skip_item();
  }
  if (script.items.empty() && begin_ == 0 && !diagnostics_.has_errors()) {
    error(peek().span, "the script is empty", "write for example: BEGIN { print(\"hello\"); }");
  }
  keep_comments(static_cast<uint32_t>(source_.text().size()));
  script.comments = std::move(comments_);
  script.expressions = next_id_;
  return script;
}

bool Parser::parse_item(ast::Script& script) {
  if (accept(";")) return true;
  ast::TopLevel item;
  const Span begin = peek().span;
  const auto keep = [&](auto parsed) {
    if (!parsed) return false;
    item.node = std::move(*parsed);
    return true;
  };
  bool parsed = false;
  if (peek().kind == TokenKind::kPreprocessor) {
    const Token line = take();
    note_define(line.text);
    item.node = ast::Preprocessor{std::string(line.text)};
    parsed = true;
  } else if (at_word("struct") || at_word("union") || at_word("enum") || at_word("typedef")) {
    parsed = keep(parse_c_definition());
  } else if (at_word("config") && peek(1).is("=") && peek(2).is("{")) {
    parsed = keep(parse_config());
  } else if (at_word("let")) {
    parsed = keep(parse_map_declaration());
  } else if (at_word("macro") && !peek(1).is(":")) {
    parsed = keep(parse_macro());
  } else if (at_word("fn") && !peek(1).is(":")) {
    parsed = keep(parse_subprogram());
  } else if (at_word("import")) {
    parsed = keep(parse_import());
    if (parsed) accept(";");
  } else {
    parsed = keep(parse_probe());
  }
  std::move(hoisted_.begin(), hoisted_.end(), std::back_inserter(script.items));
  hoisted_.clear();
  if (!parsed) return false;
  item.span = since(begin);
  script.items.push_back(std::move(item));
  return true;
}

// `#define NAME 16`: array sizes may use it.
void Parser::note_define(std::string_view line) {
  const auto word = [&line] {
    size_t begin = 0;
    while (begin < line.size() && std::isspace(static_cast<unsigned char>(line[begin])) != 0) ++begin;
    size_t end = begin;
    while (end < line.size() && std::isspace(static_cast<unsigned char>(line[end])) == 0) ++end;
    const std::string_view found = line.substr(begin, end - begin);
    line.remove_prefix(end);
    return found;
  };
  line.remove_prefix(1);
  if (word() != "define") return;
  const std::string_view name = word();
  std::string_view value = word();
  if (value.starts_with('(') && value.ends_with(')')) value = value.substr(1, value.size() - 2);
  const std::string_view rest = word();
  const bool alone = rest.empty() || rest.starts_with("//") || rest.starts_with("/*");
  if (!alone || value.empty() || std::isdigit(static_cast<unsigned char>(value[0])) == 0) return;
  LiteralError ignored;
  if (const auto literal = read_integer(value, ignored); literal && !literal->is_duration) {
    constants_[std::string(name)] = literal->value;
  }
}

std::optional<ast::ConfigBlock> Parser::parse_config() {
  take();
  take();
  const Span open = take().span;
  ast::ConfigBlock config;
  while (!at("}")) {
    if (accept(";") || accept(",")) continue;
    std::optional<ast::ConfigBlock::Entry> entry = parse_config_entry();
    if (!entry) return std::nullopt;
    config.entries.push_back(std::move(*entry));
    if (!at(";") && !at(",") && !at("}")) {
      unexpected("';' or '}' after the setting");
      return std::nullopt;
    }
  }
  if (!expect_closing("}", open, "at the end of the settings")) return std::nullopt;
  return config;
}

std::optional<ast::ConfigBlock::Entry> Parser::parse_config_entry() {
  if (peek().kind != TokenKind::kIdentifier) {
    unexpected("a setting's name", "write config = { name = value; }");
    return std::nullopt;
  }
  ast::ConfigBlock::Entry entry;
  const Token name = take();
  entry.name = std::string(name.text);
  if (!expect("=", "after the setting's name")) return std::nullopt;
  const Token& value = peek();
  switch (value.kind) {
    case TokenKind::kString:
      entry.value = value.string_value;
      entry.quoted = true;
      break;
    case TokenKind::kInteger:
    case TokenKind::kIdentifier:
      entry.value = std::string(value.text);
      break;
    default:
      unexpected("the setting's value", "values are words, integers or strings");
      return std::nullopt;
  }
  entry.value_span = take().span;
  entry.span = since(name.span);
  return entry;
}

std::optional<ast::MapDeclaration> Parser::parse_map_declaration() {
  take();
  if (peek().kind != TokenKind::kMap) {
    unexpected("a map after 'let'", "outside of probes: let @name = hash(100);");
    return std::nullopt;
  }
  ast::MapDeclaration declaration;
  declaration.name = std::string(take().text);
  if (!expect("=", "after the map's name", "write let @name = hash(100);")) return std::nullopt;
  if (peek().kind != TokenKind::kIdentifier) {
    unexpected("the map's kind", "kinds are hash, lruhash, percpuhash and percpulruhash");
    return std::nullopt;
  }
  declaration.kind = std::string(take().text);
  const Span open = peek().span;
  if (!expect("(", "after the map's kind", "write let @name = hash(100);")) return std::nullopt;
  if (!at(")")) {
    declaration.entries = parse_expression();
    if (!declaration.entries) return std::nullopt;
  }
  if (!expect_closing(")", open, "after the number of entries")) return std::nullopt;
  accept(";");
  return declaration;
}

std::optional<ast::Macro> Parser::parse_macro() {
  take();
  ast::Macro macro;
  if (peek().kind != TokenKind::kIdentifier) {
    unexpected("the macro's name");
    return std::nullopt;
  }
  macro.name = std::string(take().text);
  const Span open = peek().span;
  if (!expect("(", "after the macro's name", "write macro name($x, @m, expression) { ... }")) return std::nullopt;
  while (!at(")")) {
    const TokenKind kind = peek().kind;
    if (kind != TokenKind::kVariable && kind != TokenKind::kMap && kind != TokenKind::kIdentifier) {
      unexpected("a parameter", "parameters are $variables, @maps or plain names for expressions");
      return std::nullopt;
    }
    const Token name = take();
    macro.parameters.push_back({std::string(name.text), name.span});
    if (!accept(",")) break;
  }
  if (!expect_closing(")", open, "after the parameters")) return std::nullopt;
  std::optional<ast::Block> body = parse_block(BlockUse::kValue, "after the macro's parameters");
  if (!body) return std::nullopt;
  macro.body = std::move(*body);
  return macro;
}

std::optional<ast::Subprogram> Parser::parse_subprogram() {
  take();
  ast::Subprogram subprogram;
  if (peek().kind != TokenKind::kIdentifier) {
    unexpected("the function's name");
    return std::nullopt;
  }
  subprogram.name = std::string(take().text);
  const Span open = peek().span;
  constexpr std::string_view kHint = "write fn name($a: int64): int64 { ... }";
  if (!expect("(", "after the function's name", std::string(kHint))) return std::nullopt;
  while (!at(")")) {
    if (peek().kind != TokenKind::kVariable) {
      unexpected("a parameter", std::string(kHint));
      return std::nullopt;
    }
    ast::Subprogram::Parameter parameter;
    parameter.name = std::string(take().text);
    if (!expect(":", "after the parameter's name", std::string(kHint))) return std::nullopt;
    std::optional<ast::TypeName> type = parse_type();
    if (!type) return std::nullopt;
    parameter.type = std::move(*type);
    subprogram.parameters.push_back(std::move(parameter));
    if (!accept(",")) break;
  }
  if (!expect_closing(")", open, "after the parameters")) return std::nullopt;
  if (!expect(":", "before the type of the result", std::string(kHint))) return std::nullopt;
  std::optional<ast::TypeName> result = parse_type();
  if (!result) return std::nullopt;
  subprogram.result = std::move(*result);
  std::optional<ast::Block> body = parse_block(BlockUse::kStatement, "after the type of the result");
  if (!body) return std::nullopt;
  subprogram.body = std::move(*body);
  return subprogram;
}

std::optional<ast::Import> Parser::parse_import() {
  take();
  if (peek().kind != TokenKind::kString) {
    unexpected("a string after 'import'", "write import \"path\";");
    return std::nullopt;
  }
  ast::Import import;
  import.path_span = peek().span;
  import.path = take().string_value;
  return import;
}

}  // namespace polytap
