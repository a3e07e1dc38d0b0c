#include "core/c/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace polytap {
namespace {

constexpr std::string_view kVector = "vector types are not carried out";

bool is_any(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_storage_or_qualifier(std::string_view word) {
  return is_any(word, {"extern",       "static",     "inline",        "__inline",      "__inline__", "_Noreturn",
                       "register",     "auto",       "__extension__", "_Thread_local", "__thread",   "const",
                       "volatile",     "restrict",   "__restrict",    "__restrict__",  "__const",    "__const__",
                       "__volatile__", "__volatile", "_Atomic",       "__noreturn__",  "__user",     "__kernel",
                       "__rcu",        "__percpu",   "__iomem",       "__force",       "__bitwise",  "__must_check"});
}

bool is_base_word(std::string_view word) {
  return is_any(word, {"void",       "char",        "short",     "int",         "long",
                       "signed",     "__signed__",  "__signed",  "unsigned",    "float",
                       "double",     "_Bool",       "_Complex",  "__complex__", "__int128",
                       "__int128_t", "__uint128_t", "_Float16",  "_Float32",    "_Float64",
                       "_Float128",  "_Float32x",   "_Float64x", "__float128",  "__builtin_va_list"});
}

}  // namespace

CParser::CParser(std::string_view text, CDeclarations& declarations) : text_(text), out_(declarations) {
  for (const CToken& token : c_tokens(text)) {
    if (token.kind == CTokenKind::kDirective) {
      directive(token);
    } else {
      tokens_.push_back(token);
    }
  }
}

// The #define lines and #pragma pack that the preprocessor leaves, and its line marks: `# 12 "file.h" 1`.
void CParser::directive(const CToken& token) {
  std::string_view line = token.text;
  const auto word = [&line] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view found = line.substr(0, line.find_first_of(" \t(,)\n"));
    line.remove_prefix(found.size());
    return found;
  };
  const std::string_view name = word();
  if (name == "define") {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (auto macro = parse_c_macro(line)) out_.macros[macro->first] = std::move(macro->second);
  } else if (name == "undef") {
    if (const auto found = out_.macros.find(word()); found != out_.macros.end()) out_.macros.erase(found);
  } else if (name == "pragma") {
    if (word() != "pack") return;
    uint32_t now = pack();
    const std::string inside(line);
    if (inside.find("push") != std::string::npos) pack_stack_.push_back(now);
    if (inside.find("pop") != std::string::npos) {
      now = pack_stack_.empty() ? 0 : pack_stack_.back();
      if (!pack_stack_.empty()) pack_stack_.pop_back();
    } else {
      const size_t digit = inside.find_first_of("0123456789");
      if (digit != std::string::npos) {
        std::from_chars(inside.data() + digit, inside.data() + inside.size(), now);
      } else if (inside.find("push") == std::string::npos) {
        now = 0;
      }
    }
    packs_.emplace_back(tokens_.size(), now);
  } else if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
    LineMark mark;
    mark.offset = token.offset + static_cast<uint32_t>(token.text.size()) + 2;  // the '#' and the newline
    std::from_chars(name.data(), name.data() + name.size(), mark.line);
    const size_t open = line.find('"');
    const size_t close = line.rfind('"');
    if (open != std::string_view::npos && close > open) mark.file = line.substr(open + 1, close - open - 1);
    marks_.push_back(mark);
  }
}

uint32_t CParser::pack() const {
  const auto behind = [this](const auto& entry) { return entry.first <= at_; };
  // While the tokens are read, the last one counts.
  if (at_ == 0) return packs_.empty() ? 0 : packs_.back().second;
  const auto found = std::partition_point(packs_.begin(), packs_.end(), behind);
  return found == packs_.begin() ? 0 : std::prev(found)->second;
}

std::string CParser::place(size_t token) const {
  const uint32_t offset = tokens_[token].offset;
  const auto found =
      std::partition_point(marks_.begin(), marks_.end(), [&](const LineMark& mark) { return mark.offset <= offset; });
  if (found == marks_.begin()) return {};
  const LineMark& mark = *std::prev(found);
  const auto lines = std::count(text_.begin() + mark.offset, text_.begin() + offset, '\n');
  return fmt::format("{}:{}: ", mark.file, mark.line + lines);
}

bool CParser::accept(std::string_view punctuation) {
  if (!at(punctuation)) return false;
  take();
  return true;
}

bool CParser::expect(std::string_view punctuation) {
  if (accept(punctuation)) return true;
  why_ = fmt::format("'{}' stands where '{}' was expected", peek().text, punctuation);
  return false;
}

// Behind the CLOSE of the OPEN that comes next.
bool CParser::skip_balanced(std::string_view open, std::string_view close) {
  if (!expect(open)) return false;
  for (size_t depth = 1; depth != 0;) {
    if (at_end()) {
      why_ = fmt::format("a '{}' is never closed", open);
      return false;
    }
    if (at(open)) ++depth;
    if (at(close)) --depth;
    take();
  }
  return true;
}

void CParser::parse_all() {
  while (!at_end()) declaration();
}

void CParser::declaration() {
  const size_t begin = at_;
  why_.clear();
  if (declare()) return;
  out_.notes.push_back(fmt::format("{}left out: {}", place(std::min(at_, tokens_.size() - 1)), why_));
  at_ = begin;
  skip_declaration(begin);
}

// To where the next declaration begins: behind a ';', or behind a function's body.
void CParser::skip_declaration(size_t begin) {
  size_t depth = 0;
  bool body = false;
  while (!at_end()) {
    const bool behind_parameters = at_ > begin && tokens_[at_ - 1].is(")");
    if (at("{") && depth++ == 0) body = behind_parameters;
    if (at("(") || at("[")) ++depth;
    const bool closes = at("}");
    if ((closes || at(")") || at("]")) && depth != 0) --depth;
    const bool semicolon = at(";") && depth == 0;
    take();
    if (semicolon || (closes && depth == 0 && body)) return;
  }
}

bool CParser::declare() {
  if (accept(";")) return true;
  if (peek().is_word("_Static_assert") || is_any(peek().text, {"asm", "__asm__", "__asm"})) {
    take();
    return skip_balanced("(", ")") && expect(";");
  }
  Specifiers base;
  if (!specifiers(base)) return false;
  if (accept(";")) return true;
  while (true) {
    Declarator name;
    if (!declarator(name, false)) return false;
    if (base.is_typedef) add_typedef(base, name);
    // A function's body, or a variable's value.
    if (at("{")) return skip_balanced("{", "}");
    while (!at_end() && !at(",") && !at(";")) {
      if (at("(")) {
        if (!skip_balanced("(", ")")) return false;
      } else if (at("{")) {
        if (!skip_balanced("{", "}")) return false;
      } else {
        take();
      }
    }
    if (accept(";")) return true;
    if (!expect(",")) return false;
  }
}

void CParser::add_typedef(const Specifiers& specifiers, const Declarator& declarator) {
  if (declarator.name.empty()) return;
  const std::string& unknown = specifiers.unknown.empty() ? declarator.unknown : specifiers.unknown;
  if (!unknown.empty()) {
    out_.not_understood[declarator.name] = unknown;
    return;
  }
  auto [type, alignment] = apply(specifiers, declarator);
  if (declarator.steps.empty() && !specifiers.anonymous_struct.empty()) {
    // It goes by its typedef's name from now on.
    const auto definition = out_.structs.find(specifiers.anonymous_struct);
    if (definition != out_.structs.end()) {
      StructDefinition named = definition->second;
      named.name = declarator.name;
      out_.alignments[declarator.name] = alignment;
      out_.structs[declarator.name] = std::move(named);
      type.name = declarator.name;
    }
  }
  out_.typedefs[declarator.name] = {std::move(type), alignment};
}

bool CParser::starts_type(const CToken& token) const {
  if (token.kind != CTokenKind::kWord) return false;
  const std::string_view word = token.text;
  return is_base_word(word) ||
         is_any(word, {"struct", "union", "enum", "const", "volatile", "typeof", "__typeof__", "__const", "_Atomic",
                       "__extension__", "__typeof"}) ||
         out_.typedefs.contains(word) || out_.not_understood.contains(word) || word == "bool";
}

bool CParser::specifiers(Specifiers& result) {
  const Level level(*this);
  if (!level.ok()) {
    why_ = "it nests too deep";
    return false;
  }
  std::vector<std::string_view> words;
  bool known = false;
  while (peek().kind == CTokenKind::kWord) {
    const std::string_view word = peek().text;
    if (is_any(word, {"__attribute__", "__attribute", "_Alignas", "__declspec"})) {
      if (!attributes(result.attributes)) return false;
    } else if (word == "typedef") {
      result.is_typedef = true;
      take();
    } else if (is_storage_or_qualifier(word)) {
      take();
    } else if (!known && is_base_word(word)) {
      words.push_back(take().text);
    } else if (known || !words.empty()) {
      break;
    } else if (word == "struct" || word == "union") {
      known = true;
      if (!aggregate(result)) return false;
    } else if (word == "enum") {
      known = true;
      if (!enumeration(result)) return false;
    } else if (is_any(word, {"typeof", "__typeof__", "__typeof", "__auto_type"})) {
      known = true;
      take();
      result.unknown = fmt::format("'{}' is not followed", word);
      if (at("(") && !skip_balanced("(", ")")) return false;
    } else {
      known = true;
      named_type(result, take().text);
    }
  }
  if (!words.empty()) base_type(result, words);
  if (words.empty() && !known) {
    why_ = fmt::format("'{}' begins no declaration", peek().text);
    return false;
  }
  if (result.attributes.vector) result.unknown = std::string(kVector);
  if (const uint32_t mode = result.attributes.mode_size; mode != 0 && result.type.is(TypeKind::kInteger)) {
    result.type.size = result.alignment = mode;
  }
  return true;
}

void CParser::named_type(Specifiers& result, std::string_view name) {
  if (const auto found = out_.typedefs.find(name); found != out_.typedefs.end()) {
    result.type = found->second.type;
    result.alignment = found->second.alignment;
  } else if (name == "bool") {
    result.type = types::boolean();
  } else if (const auto why = out_.not_understood.find(name); why != out_.not_understood.end()) {
    result.unknown = why->second;
  } else {
    result.unknown = fmt::format("'{}' is not declared", name);
  }
}

void CParser::base_type(Specifiers& result, const std::vector<std::string_view>& words) {
  unsigned longs = 0;
  bool is_unsigned = false;
  std::string_view base = "int";
  bool is_complex = false;
  for (const std::string_view word : words) {
    if (word == "long") {
      ++longs;
    } else if (word == "unsigned") {
      is_unsigned = true;
    } else if (word == "_Complex" || word == "__complex__") {
      is_complex = true;
    } else if (!word.starts_with("signed") && !word.starts_with("__signed") && word != "int") {
      base = word;
    }
  }
  const auto integer = [&](uint32_t size) {
    result.type = types::integer(size, !is_unsigned);
    result.alignment = size;
  };
  // What the language has no values for keeps its size and alignment: its bytes.
  const auto bytes = [&](uint32_t size) {
    result.type = types::array(types::integer(1, false), is_complex ? 2 * size : size);
    result.alignment = size;
  };
  if (base == "void") {
    result.type = types::of_kind(TypeKind::kVoid);
  } else if (base == "_Bool") {
    result.type = types::boolean();
  } else if (base == "char") {
    integer(1);
  } else if (base == "short") {
    integer(2);
  } else if (base == "int") {
    integer(longs != 0 ? 8 : 4);
    if (is_complex) bytes(8);
  } else if (base == "__builtin_va_list") {
    result.type = types::array(types::integer(8, false), 3);
    result.alignment = 8;
  } else if (base == "float" || base == "_Float32") {
    bytes(4);
  } else if (base == "_Float16") {
    bytes(2);
  } else if ((base == "double" && longs == 0) || base == "_Float64" || base == "_Float32x") {
    bytes(8);
  } else {
    bytes(16);  // long double, __int128, _Float128
  }
}

bool CParser::attributes(Attributes& result) {
  while (peek().kind == CTokenKind::kWord) {
    const std::string_view word = peek().text;
    if (word == "_Alignas") {
      take();
      if (!expect("(")) return false;
      uint64_t alignment = 0;
      if (starts_type(peek())) {
        const auto type = type_name();
        if (!type) return false;
        alignment = type->alignment;
      } else {
        const auto value = conditional();
        if (!value) return false;
        alignment = static_cast<uint64_t>(value->value);
      }
      if (alignment <= 4096) result.aligned = std::max(result.aligned, static_cast<uint32_t>(alignment));
      if (!expect(")")) return false;
    } else if (is_any(word, {"__attribute__", "__attribute"})) {
      take();
      if (!expect("(") || !expect("(")) return false;
      while (!at(")")) {
        if (!attribute(result)) return false;
        if (!accept(",")) break;
      }
      if (!expect(")") || !expect(")")) return false;
    } else if (is_any(word, {"asm", "__asm__", "__asm", "__declspec"})) {
      take();
      while (is_any(peek().text, {"volatile", "__volatile__"})) take();
      if (!skip_balanced("(", ")")) return false;
    } else {
      return true;
    }
  }
  return true;
}

bool CParser::attribute(Attributes& result) {
  std::string_view name = take().text;
  if (name == "," || name == ")") {  // an empty one: __attribute__((,packed))
    --at_;
    return true;
  }
  if (name.starts_with("__") && name.ends_with("__") && name.size() > 4) name = name.substr(2, name.size() - 4);
  if (name == "packed") result.packed = true;
  if (name == "vector_size") result.vector = true;
  if (name == "mode" && at("(")) {
    static constexpr std::array<std::pair<std::string_view, uint32_t>, 7> kModes = {
        {{"QI", 1}, {"byte", 1}, {"HI", 2}, {"SI", 4}, {"DI", 8}, {"word", 8}, {"pointer", 8}}};
    std::string_view mode = peek(1).text;
    if (mode.starts_with("__") && mode.size() > 4) mode = mode.substr(2, mode.size() - 4);
    for (const auto& [each, size] : kModes) {
      if (each == mode) result.mode_size = size;
    }
    if (result.mode_size == 0) result.vector = true;
  }
  if (name == "aligned" && !at("(")) result.aligned = std::max(result.aligned, 16U);  // the largest of the machine
  if (name == "aligned" && at("(")) {
    take();
    const auto value = conditional();
    if (!value) return false;
    if (value->value > 0 && value->value <= 4096) {
      result.aligned = std::max(result.aligned, static_cast<uint32_t>(value->value));
    }
    return expect(")");
  }
  return !at("(") || skip_balanced("(", ")");
}

bool CParser::inner_declarator_follows(bool abstract) const {
  const CToken& next = peek(1);
  if (next.is("*") || next.is("(") || next.is("^")) return true;
  if (next.is_word("__attribute__")) return true;
  return !abstract && next.kind == CTokenKind::kWord && !starts_type(next);
}

bool CParser::declarator(Declarator& result, bool abstract) {
  using Step = Declarator::Step;
  const Level level(*this);
  if (!level.ok()) {
    why_ = "it nests too deep";
    return false;
  }
  if (!attributes(result.attributes)) return false;
  while (at("*") || at("^")) {
    take();
    result.steps.emplace_back(Step::kPointer, 0);
    while (peek().kind == CTokenKind::kWord && is_storage_or_qualifier(peek().text)) take();
    Attributes ignored;
    if (!attributes(ignored)) return false;
  }
  Declarator inner;
  if (at("(") && inner_declarator_follows(abstract)) {
    take();
    if (!declarator(inner, abstract) || !expect(")")) return false;
    result.name = inner.name;
    if (!inner.unknown.empty()) result.unknown = inner.unknown;
  } else if (peek().kind == CTokenKind::kWord) {
    result.name = std::string(take().text);
  } else if (!abstract && !at(":")) {
    why_ = fmt::format("'{}' stands where a name was expected", peek().text);
    return false;
  }
  std::vector<std::pair<Step, uint64_t>> suffixes;
  while (at("[") || at("(")) {
    if (at("(")) {
      if (!skip_balanced("(", ")")) return false;
      suffixes.emplace_back(Step::kFunction, 0);
      continue;
    }
    const size_t open = at_;
    take();
    while (peek().kind == CTokenKind::kWord && (is_storage_or_qualifier(peek().text))) take();
    uint64_t count = 0;
    if (!at("]")) {
      const auto value = conditional();
      if (!value || !at("]") || value->value < 0) {
        result.unknown = value ? "an array's size is negative" : "an array's size is not constant";
        at_ = open;
        if (!skip_balanced("[", "]")) return false;
        continue;
      }
      count = static_cast<uint64_t>(value->value);
    }
    if (!expect("]")) return false;
    suffixes.emplace_back(Step::kArray, count);
  }
  result.steps.insert(result.steps.end(), suffixes.rbegin(), suffixes.rend());
  result.steps.insert(result.steps.end(), inner.steps.begin(), inner.steps.end());
  if (!attributes(result.attributes)) return false;
  if (result.attributes.vector) result.unknown = std::string(kVector);
  return true;
}

std::pair<Type, uint32_t> CParser::apply(const Specifiers& base, const Declarator& declarator) const {
  using Step = Declarator::Step;
  constexpr uint64_t kMaxBytes = 1U << 28;
  Type type = base.type;
  uint32_t alignment = base.alignment;
  for (const auto& [step, count] : declarator.steps) {
    if (step == Step::kPointer) {
      type = types::pointer(std::move(type), AddressSpace::kNone);
      alignment = 8;
    } else if (step == Step::kFunction) {
      type = types::of_kind(TypeKind::kVoid);
      alignment = 1;
    } else {
      const uint64_t limit = kMaxBytes / std::max(1U, type.size);
      type = types::array(std::move(type), static_cast<uint32_t>(std::min(count, limit)));
    }
  }
  if (declarator.steps.empty() && declarator.attributes.mode_size != 0 && type.is(TypeKind::kInteger)) {
    type.size = alignment = declarator.attributes.mode_size;
  }
  // On a typedef it may lower the alignment too; on a member it only raises it, which the layout sees to.
  if (const uint32_t aligned = std::max(base.attributes.aligned, declarator.attributes.aligned);
      base.is_typedef && aligned != 0) {
    alignment = aligned;
  }
  return {std::move(type), alignment};
}

std::optional<CDeclarations::Named> CParser::type_name() {
  Specifiers base;
  if (!specifiers(base)) return std::nullopt;
  Declarator abstract;
  if (!declarator(abstract, true)) return std::nullopt;
  const std::string& unknown = base.unknown.empty() ? abstract.unknown : base.unknown;
  if (!unknown.empty()) {
    why_ = unknown;
    return std::nullopt;
  }
  auto [type, alignment] = apply(base, abstract);
  return CDeclarations::Named{std::move(type), alignment};
}

void parse_c_declarations(std::string_view text, CDeclarations& declarations) {
  CParser(text, declarations).parse_all();
}

}  // namespace polytap
