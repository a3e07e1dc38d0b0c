#include "core/symbol/demangle_rust.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace polytap {
namespace {

// Backreferences let a short name stand for one that grows without end.
constexpr size_t kMaxLength = 1 << 16;
constexpr int kMaxDepth = 300;

std::string_view basic_type(char tag) {
  constexpr std::array<std::pair<char, std::string_view>, 22> kTypes = {
      {{'a', "i8"},    {'b', "bool"},  {'c', "char"}, {'d', "f64"}, {'e', "str"},  {'f', "f32"},  {'h', "u8"},
       {'i', "isize"}, {'j', "usize"}, {'l', "i32"},  {'m', "u32"}, {'n', "i128"}, {'o', "u128"}, {'p', "_"},
       {'s', "i16"},   {'t', "u16"},   {'u', "()"},   {'v', "..."}, {'x', "i64"},  {'y', "u64"},  {'z', "!"}}};
  for (const auto& [letter, text] : kTypes) {
    if (letter == tag) return text;
  }
  return {};
}

void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> kFirst = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kFirst[more] | code >> (6 * more));
  for (unsigned i = more; i-- > 0;) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3f));
}

// Identifiers beyond ASCII are in Punycode (RFC 3492), with "_" for its delimiter.
std::optional<std::string> decode_punycode(std::string_view text) {
  std::vector<uint32_t> codes;
  const size_t delimiter = text.rfind('_');
  if (delimiter != std::string_view::npos) {
    for (const char c : text.substr(0, delimiter)) codes.push_back(static_cast<unsigned char>(c));
    text.remove_prefix(delimiter + 1);
  }
  uint64_t n = 128;
  uint64_t i = 0;
  uint64_t bias = 72;
  for (bool first = true; !text.empty(); first = false) {
    const uint64_t before = i;
    uint64_t weight = 1;
    for (uint64_t k = 36;; k += 36) {
      if (text.empty() || weight > UINT32_MAX) return std::nullopt;
      const char c = text.front();
      text.remove_prefix(1);
      const uint64_t digit = c >= 'a' && c <= 'z'   ? static_cast<uint64_t>(c - 'a')
                             : c >= '0' && c <= '9' ? static_cast<uint64_t>(c - '0') + 26
                                                    : 36;
      if (digit >= 36) return std::nullopt;
      i += digit * weight;
      const uint64_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
      if (digit < threshold) break;
      weight *= 36 - threshold;
    }
    const uint64_t count = codes.size() + 1;
    uint64_t delta = first ? (i - before) / 700 : (i - before) / 2;
    delta += delta / count;
    for (bias = 0; delta > 35 * 26 / 2; bias += 36) delta /= 35;
    bias += 36 * delta / (delta + 38);
    n += i / count;
    i %= count;
    if (n > 0x10ffff || codes.size() > kMaxLength) return std::nullopt;
    codes.insert(codes.begin() + static_cast<std::ptrdiff_t>(i), static_cast<uint32_t>(n));
    ++i;
  }
  std::string decoded;
  for (const uint32_t code : codes) append_utf8(decoded, code);
  return decoded;
}

class Parser {
 public:
  explicit Parser(std::string_view mangled) : in_(mangled) {}

  std::optional<std::string> run() {
    path(true);
    // What follows is the crate that asked for the instance; nobody wants to read it.
    if (ok_ && at_ < in_.size() && in_[at_] >= 'A' && in_[at_] <= 'Z') {
      silent_ = true;
      path(false);
    }
    if (!ok_ || at_ != in_.size()) return std::nullopt;
    return std::move(out_);
  }

 private:
  char next() {
    if (at_ >= in_.size()) {
      ok_ = false;
      return 0;
    }
    return in_[at_++];
  }
  bool take(char c) {
    if (at_ >= in_.size() || in_[at_] != c) return false;
    ++at_;
    return true;
  }
  void put(std::string_view text) {
    if (silent_) return;
    out_ += text;
    if (out_.size() > kMaxLength) ok_ = false;
  }
  // Counts from 0 on: "_" is 0, "0_" is 1.
  uint64_t base62() {
    if (take('_')) return 0;
    uint64_t value = 0;
    while (ok_ && !take('_')) {
      const char c = next();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'z' ? c - 'a' + 10
                        : c >= 'A' && c <= 'Z' ? c - 'A' + 36
                                               : -1;
      if (digit < 0) ok_ = false;
      value = value * 62 + static_cast<uint64_t>(digit < 0 ? 0 : digit);
    }
    return value + 1;
  }
  uint64_t disambiguator() { return take('s') ? base62() + 1 : 0; }

  std::string identifier() {
    const bool punycode = take('u');
    if (at_ >= in_.size() || in_[at_] < '0' || in_[at_] > '9') {
      ok_ = false;
      return {};
    }
    size_t length = 0;
    while (at_ < in_.size() && in_[at_] >= '0' && in_[at_] <= '9' && length < kMaxLength) {
      const bool leading_zero = length == 0 && in_[at_] == '0';
      length = length * 10 + static_cast<size_t>(in_[at_++] - '0');
      if (leading_zero) break;
    }
    take('_');
    if (length > in_.size() - at_) {
      ok_ = false;
      return {};
    }
    const std::string_view text = in_.substr(at_, length);
    at_ += length;
    if (!punycode) return std::string(text);
    auto decoded = decode_punycode(text);
    ok_ = ok_ && decoded.has_value();
    return decoded.value_or("");
  }

  // Reads again what was written at an earlier place.
  template <typename Read>
  void backreference(Read read) {
    const size_t here = at_ - 1;
    const uint64_t target = base62();
    if (!ok_ || target >= here) {
      ok_ = false;
      return;
    }
    if (silent_) return;
    const size_t behind = std::exchange(at_, static_cast<size_t>(target));
    read();
    at_ = behind;
  }

  // IN_VALUE: of an expression, where generic arguments are written behind "::".
  void path(bool in_value) {
    if (++depth_ > kMaxDepth) ok_ = false;
    if (ok_) path_of(next(), in_value);
    --depth_;
  }

  void path_of(char tag, bool in_value) {
    switch (tag) {
      case 'C':
        disambiguator();
        return put(identifier());
      case 'M':
        impl_path();
        put("<");
        type();
        return put(">");
      case 'X':
        impl_path();
        [[fallthrough]];
      case 'Y':
        put("<");
        type();
        put(" as ");
        path(false);
        return put(">");
      case 'N':
        return nested(in_value);
      case 'I':
        path(in_value);
        if (in_value) put("::");
        put("<");
        list([this] { generic_argument(); });
        return put(">");
      case 'B':
        return backreference([this, in_value] { path(in_value); });
      default:
        ok_ = false;
    }
  }

  void impl_path() {
    disambiguator();
    const bool was_silent = std::exchange(silent_, true);
    path(false);
    silent_ = was_silent;
  }

  void nested(bool in_value) {
    const char space = next();
    path(in_value);
    const uint64_t number = disambiguator();
    const std::string name = identifier();
    if (space >= 'A' && space <= 'Z') {
      put(space == 'C' ? "::{closure" : space == 'S' ? "::{shim" : fmt::format("::{{{}", space));
      if (!name.empty()) put(fmt::format(":{}", name));
      put(fmt::format("#{}}}", number));
    } else if (!name.empty()) {
      put("::");
      put(name);
    }
  }

  template <typename Read>
  size_t list(Read read) {
    size_t count = 0;
    for (; ok_ && !take('E'); ++count) {
      if (count > 0) put(", ");
      read();
    }
    return count;
  }

  void generic_argument() {
    if (take('L')) {
      lifetime(base62());
    } else if (take('K')) {
      constant();
    } else {
      type();
    }
  }

  // 0 is '_; others count outwards from the innermost binder.
  void lifetime(uint64_t index) {
    if (index == 0) return put("'_");
    if (index > binders_) {
      ok_ = false;
      return;
    }
    const uint64_t number = binders_ - index;
    put(number < 26 ? fmt::format("'{}", static_cast<char>('a' + number)) : fmt::format("'z{}", number - 25));
  }

  template <typename Read>
  void bound(Read read) {
    const uint64_t count = take('G') ? base62() + 1 : 0;
    if (count > kMaxLength) ok_ = false;
    if (count > 0 && ok_) {
      put("for<");
      for (uint64_t i = 0; i < count && ok_; ++i) {
        if (i > 0) put(", ");
        ++binders_;
        lifetime(1);
      }
      put("> ");
    }
    read();
    binders_ -= ok_ ? count : 0;
  }

  void type() {
    if (++depth_ > kMaxDepth) ok_ = false;
    if (ok_) type_of(next());
    --depth_;
  }

  void type_of(char tag) {
    if (const std::string_view basic = basic_type(tag); !basic.empty()) return put(basic);
    switch (tag) {
      case 'A':
      case 'S':
        put("[");
        type();
        if (tag == 'A') {
          put("; ");
          constant();
        }
        return put("]");
      case 'T': {
        put("(");
        const size_t count = list([this] { type(); });
        return put(count == 1 ? ",)" : ")");
      }
      case 'R':
      case 'Q':
        put("&");
        if (take('L')) {
          if (const uint64_t index = base62(); index != 0) {
            lifetime(index);
            put(" ");
          }
        }
        if (tag == 'Q') put("mut ");
        return type();
      case 'P':
        put("*const ");
        return type();
      case 'O':
        put("*mut ");
        return type();
      case 'F':
        return bound([this] { function(); });
      case 'D':
        put("dyn ");
        bound([this] { traits(); });
        if (!take('L')) ok_ = false;
        if (const uint64_t index = base62(); index != 0) {
          put(" + ");
          lifetime(index);
        }
        return;
      case 'B':
        return backreference([this] { type(); });
      default:
        --at_;
        return path(false);
    }
  }

  void function() {
    if (take('U')) put("unsafe ");
    if (take('K')) {
      std::string abi = take('C') ? "C" : identifier();
      for (char& c : abi) c = c == '_' ? '-' : c;
      put(fmt::format("extern \"{}\" ", abi));
    }
    put("fn(");
    list([this] { type(); });
    put(")");
    if (take('u')) return;
    put(" -> ");
    type();
  }

  void traits() {
    for (size_t count = 0; ok_ && !take('E'); ++count) {
      if (count > 0) put(" + ");
      bool open = trait();
      while (ok_ && take('p')) {
        put(open ? ", " : "<");
        open = true;
        put(identifier());
        put(" = ");
        type();
      }
      if (open) put(">");
    }
  }

  // Whether its generic arguments still wait for the closing '>': associated types go among them.
  bool trait() {
    if (take('B')) {
      bool open = false;
      backreference([this, &open] { open = trait(); });
      return open;
    }
    if (!take('I')) {
      path(false);
      return false;
    }
    path(false);
    put("<");
    list([this] { generic_argument(); });
    return true;
  }

  void constant() {
    if (++depth_ > kMaxDepth) ok_ = false;
    if (ok_) constant_of(next());
    --depth_;
  }

  void constant_of(char tag) {
    switch (tag) {
      case 'p':
        return put("_");
      case 'B':
        return backreference([this] { constant(); });
      case 'b':
      case 'c':
        return character_or_flag(tag, digits());
      case 'a':
      case 's':
      case 'l':
      case 'x':
      case 'n':
      case 'i':
        if (take('n')) put("-");
        return number(digits());
      case 'h':
      case 't':
      case 'm':
      case 'y':
      case 'o':
      case 'j':
        return number(digits());
      default:
        ok_ = false;
    }
  }

  std::string_view digits() {
    const size_t begin = at_;
    while (ok_ && !take('_')) {
      const char c = next();
      ok_ = ok_ && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
    return ok_ ? in_.substr(begin, at_ - begin - 1) : std::string_view();
  }

  static std::optional<uint64_t> value_of(std::string_view hex) {
    if (hex.size() > 16) return std::nullopt;
    uint64_t value = 0;
    for (const char c : hex) value = value << 4 | static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    return value;
  }

  void number(std::string_view hex) {
    const auto value = value_of(hex);
    put(value ? fmt::format("{}", *value) : fmt::format("0x{}", hex));
  }

  void character_or_flag(char tag, std::string_view hex) {
    const auto value = value_of(hex);
    if (!value || *value > 0x10ffff) {
      ok_ = false;
    } else if (tag == 'b') {
      ok_ = ok_ && *value < 2;
      put(*value == 0 ? "false" : "true");
    } else if (*value >= 0x20 && *value < 0x7f && *value != '\'' && *value != '\\') {
      put(fmt::format("'{}'", static_cast<char>(*value)));
    } else {
      put(fmt::format("'\\u{{{:x}}}'", *value));
    }
  }

  std::string_view in_;
  size_t at_ = 0;
  std::string out_;
  bool ok_ = true;
  bool silent_ = false;
  int depth_ = 0;
  uint64_t binders_ = 0;
};

}  // namespace

std::optional<std::string> demangle_rust_v0(std::string_view name) {
  if (!name.starts_with("_R") || name.size() < 4) return std::nullopt;
  name.remove_prefix(2);
  // What tools behind the compiler append: ".llvm.123", "@plt". A dot stands in no mangled name.
  const size_t suffix = name.find_first_of(".@");
  const std::string_view appended = suffix == std::string_view::npos ? std::string_view() : name.substr(suffix);
  auto text = Parser(name.substr(0, suffix)).run();
  if (text && !appended.starts_with(".llvm.")) text->append(appended);
  return text;
}

}  // namespace polytap
