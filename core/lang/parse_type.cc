// Types as the language writes them: in casts, declarations, sizeof and its kin.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/lang/parser.h"

namespace polytap {
namespace {

constexpr std::array<std::string_view, 9> kCWords = {"char",     "short", "int",    "long", "signed",
                                                     "unsigned", "_Bool", "double", "float"};
constexpr std::array<std::string_view, 7> kQualifiers = {"const",        "volatile",     "restrict", "__restrict",
                                                         "__restrict__", "__volatile__", "__const"};
constexpr std::array<std::string_view, 27> kTypeWords = {
    "bool", "int8",   "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "void", "string", "u8",    "u16",   "u32",   "u64",   "s8",     "s16",    "s32",
    "s64",  "__u8",   "__u16", "__u32", "__u64", "__s8",  "__s16",  "__s32",  "__s64"};

template <typename Words>
bool contains(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_aggregate_word(const Token& token) {
  return token.is_word("struct") || token.is_word("union") || token.is_word("enum");
}

bool is_c_word(const Token& token) { return token.kind == TokenKind::kIdentifier && contains(kCWords, token.text); }

bool is_qualifier(const Token& token) {
  return token.kind == TokenKind::kIdentifier && contains(kQualifiers, token.text);
}

// Deeper tuple types are left to parse_type, which counts the levels.
constexpr unsigned kMaxScan = 16;

}  // namespace

bool Parser::is_type_word(const Token& token) const {
  if (token.kind != TokenKind::kIdentifier) return false;
  return contains(kTypeWords, token.text) || contains(kCWords, token.text) || token.text.ends_with("_t") ||
         contains(typedefs_, token.text);
}

Parser::TypeScan Parser::scan_base_type(size_t ahead, unsigned depth) {
  TypeScan scan{false, false, ahead};
  while (is_qualifier(peek(scan.end))) ++scan.end;
  const bool qualified = scan.end != ahead;
  const Token& token = peek(scan.end);
  if (is_aggregate_word(token)) {
    if (peek(scan.end + 1).kind != TokenKind::kIdentifier) return scan;
    return {true, true, scan.end + 2};
  }
  if (token.is_word("typeof") && peek(scan.end + 1).is("(")) {
    // Its operand may be any expression: find the closing parenthesis.
    size_t open = 0;
    size_t end = scan.end + 1;
    do {
      if (peek(end).kind == TokenKind::kEnd || peek(end).is(";") || peek(end).is("{")) return scan;
      if (peek(end).is("(")) ++open;
      if (peek(end).is(")")) --open;
      ++end;
    } while (open != 0);
    return {true, true, end};
  }
  if (is_c_word(token)) {
    while (is_c_word(peek(scan.end)) || is_qualifier(peek(scan.end))) ++scan.end;
    return {true, true, scan.end};
  }
  if (token.is("(")) {
    if (depth >= kMaxScan) return scan;
    size_t end = scan.end + 1;
    while (!peek(end).is(")")) {
      const TypeScan element = scan_type(end, depth + 1);
      if (!element.found || !element.certain) return scan;
      end = element.end;
      if (peek(end).is(",")) {
        ++end;
      } else if (!peek(end).is(")")) {
        return scan;
      }
    }
    // `()` and `(int8)` are no types by themselves: an empty tuple, a cast.
    if (end < scan.end + 3) return scan;
    return {true, true, end + 1};
  }
  if (token.kind != TokenKind::kIdentifier || peek(scan.end + 1).is("(")) return scan;
  return {true, qualified || is_type_word(token), scan.end + 1};
}

Parser::TypeScan Parser::scan_type(size_t ahead, unsigned depth) {
  TypeScan scan = scan_base_type(ahead, depth);
  if (!scan.found) return scan;
  const Token& base = peek(ahead);
  const bool sized = base.is_word("string") || base.is_word("buffer") || base.is_word("inet");
  while (true) {
    if (peek(scan.end).is("*")) {
      ++scan.end;
      while (is_qualifier(peek(scan.end))) ++scan.end;
      if (peek(scan.end).is(")") || peek(scan.end).is(",")) scan.certain = true;
    } else if (peek(scan.end).is("[") && peek(scan.end + 1).is("]")) {
      scan.end += 2;
      scan.certain = true;
    } else if (peek(scan.end).is("[") && peek(scan.end + 2).is("]")) {
      const TokenKind count = peek(scan.end + 1).kind;
      if (count != TokenKind::kInteger && count != TokenKind::kIdentifier) return scan;
      scan.end += 3;
      if (sized) scan.certain = true;
    } else {
      return scan;
    }
  }
}

std::optional<ast::TypeName> Parser::parse_type() {
  const Level level(*this);
  if (!level.ok()) return std::nullopt;
  const Span begin = peek().span;
  std::optional<ast::TypeName> type = parse_base_type();
  if (!type || !parse_type_suffixes(*type)) return std::nullopt;
  type->span = since(begin);
  return type;
}

std::optional<ast::TypeName> Parser::parse_base_type() {
  skip_c_qualifiers();
  const Token& token = peek();
  ast::TypeName type;
  if (is_c_word(token)) {
    std::optional<std::string> name = parse_c_type_words();
    if (!name) return std::nullopt;
    type.name = std::move(*name);
  } else if (token.is_word("typeof")) {
    take();
    const Span open = peek().span;
    if (!expect("(", "after 'typeof'")) return std::nullopt;
    const bool in_predicate = std::exchange(in_predicate_, false);
    const TypeScan scan = scan_type(0);
    if (scan.found && scan.certain && peek(scan.end).is(")")) {
      const Span at = peek().span;
      std::optional<ast::TypeName> operand = parse_type();
      if (operand) type.of = make(ast::TypeExpression{std::move(*operand)}, since(at));
    } else {
      type.of = parse_expression();
    }
    in_predicate_ = in_predicate;
    if (!type.of || !expect_closing(")", open, "after the operand of typeof")) return std::nullopt;
    type.name = "typeof";
  } else if (token.is("(")) {
    const Span open = take().span;
    while (!at(")")) {
      std::optional<ast::TypeName> element = parse_type();
      if (!element) return std::nullopt;
      type.elements.push_back(std::move(*element));
      if (!accept(",")) break;
    }
    if (!expect_closing(")", open, "after the types of the tuple")) return std::nullopt;
  } else if (token.kind == TokenKind::kIdentifier) {
    const Token word = take();
    type.name = std::string(word.text);
    if (is_aggregate_word(word)) {
      if (peek().kind != TokenKind::kIdentifier) {
        unexpected(fmt::format("a name after '{}'", word.text));
        return std::nullopt;
      }
      type.name += fmt::format(" {}", take().text);
    }
  } else {
    unexpected("a type", "write for example int64, string[64] or struct task_struct *");
    return std::nullopt;
  }
  skip_c_qualifiers();
  return type;
}

// C lets the words come in any order: "long unsigned int" is "unsigned long".
std::optional<std::string> Parser::parse_c_type_words() {
  const Span begin = peek().span;
  unsigned longs = 0;
  bool is_short = false;
  bool is_signed = false;
  bool is_unsigned = false;
  std::string base;
  while (is_c_word(peek()) || is_qualifier(peek())) {
    const Token word = take();
    if (word.text == "long") {
      ++longs;
    } else if (word.text == "short") {
      is_short = true;
    } else if (word.text == "signed") {
      is_signed = true;
    } else if (word.text == "unsigned") {
      is_unsigned = true;
    } else if (is_c_word(word)) {
      if (!base.empty()) longs = 3;
      base = std::string(word.text);
    }
  }
  const bool sized = longs != 0 || is_short;
  const bool wrong = longs > 2 || (longs != 0 && is_short) || (is_signed && is_unsigned) ||
                     (!base.empty() && base != "int" && sized) || (base == "_Bool" && (is_signed || is_unsigned));
  const bool is_float = base == "double" || base == "float";
  const bool is_long_double = base == "double" && longs == 1;
  if ((wrong && !is_long_double) || (is_float && (is_short || is_signed || is_unsigned))) {
    error(since(begin), fmt::format("'{}' is no type", source_.slice(since(begin))), "write for example unsigned long");
    return std::nullopt;
  }
  if (is_long_double) return "long double";
  if (is_float) return base;
  if (base == "_Bool") return "bool";
  if (base == "char") return is_signed ? "signed char" : is_unsigned ? "unsigned char" : "char";
  const std::string size = is_short ? "short" : longs == 1 ? "long" : longs == 2 ? "long long" : "int";
  return is_unsigned ? "unsigned " + size : size;
}

bool Parser::parse_type_suffixes(ast::TypeName& type) {
  using Suffix = ast::TypeName::Suffix;
  while (true) {
    if (accept("*")) {
      type.suffixes.push_back({Suffix::Kind::kPointer, std::nullopt, {}});
      skip_c_qualifiers();
    } else if (at("[")) {
      if (!parse_c_array_sizes(type.suffixes)) return false;
    } else {
      return true;
    }
    if (type.suffixes.size() > kMaxNesting) {
      error(peek().span, "this type nests too deep", "name its parts by typedef or struct");
      return false;
    }
  }
}

void Parser::skip_c_qualifiers() {
  // Address space and similar annotations of the kernel's headers mean nothing to the layout.
  static constexpr std::array<std::string_view, 8> kAnnotations = {"__user",  "__kernel", "__rcu",     "__percpu",
                                                                   "__iomem", "__force",  "__bitwise", "__must_check"};
  while (is_qualifier(peek()) || (peek().kind == TokenKind::kIdentifier && contains(kAnnotations, peek().text))) take();
}

}  // namespace polytap
