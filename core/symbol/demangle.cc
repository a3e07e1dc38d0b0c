#include "core/symbol/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <utility>

#include "core/symbol/demangle_rust.h"

namespace polytap {
namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }
};

// Rust's legacy mangling is a C++ name whose last part is "h" and a hash of 16 hex digits.
bool has_rust_hash(std::string_view name) {
  constexpr size_t kLength = 3 + 16;  // "::h0123456789abcdef"
  if (name.size() <= kLength) return false;
  const std::string_view hash = name.substr(name.size() - kLength);
  return hash.substr(0, 3) == "::h" && hash.find_first_not_of("0123456789abcdef", 3) == std::string_view::npos;
}

void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xc0 | code >> 6);
    text += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    text += static_cast<char>(0xe0 | (code >> 12 & 0xf));
    text += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// "LT" of "$LT$" to "<"; false when it is no such escape. (rustc_codegen: legacy symbol_names, sanitize())
bool append_rust_escape(std::string& text, std::string_view escape) {
  constexpr std::array<std::pair<std::string_view, char>, 8> kEscapes = {
      {{"SP", '@'}, {"BP", '*'}, {"RF", '&'}, {"LT", '<'}, {"GT", '>'}, {"LP", '('}, {"RP", ')'}, {"C", ','}}};
  for (const auto& [name, character] : kEscapes) {
    if (escape == name) {
      text += character;
      return true;
    }
  }
  uint32_t code = 0;
  if (escape.size() < 2 || escape[0] != 'u') return false;
  const auto [end, error] = std::from_chars(escape.data() + 1, escape.data() + escape.size(), code, 16);
  if (error != std::errc() || end != escape.data() + escape.size() || code < 0x20 || code > 0xffff) return false;
  append_utf8(text, code);
  return true;
}

std::string decode_rust(std::string_view name) {
  std::string text;
  for (size_t i = 0; i < name.size();) {
    const bool begins_part = i == 0 || name[i - 1] == ':';
    if (begins_part && name.substr(i, 2) == "_$") ++i;  // put there because a part may not begin with '$'
    if (name.substr(i, 2) == "..") {
      text += "::";
      i += 2;
      continue;
    }
    const size_t close = name[i] == '$' ? name.find('$', i + 1) : std::string_view::npos;
    if (close != std::string_view::npos && append_rust_escape(text, name.substr(i + 1, close - i - 1))) {
      i = close + 1;
      continue;
    }
    text += name[i++];
  }
  return text;
}

}  // namespace

std::string demangle(std::string_view name) {
  std::string mangled(name);
  if (name.starts_with("_R")) return demangle_rust_v0(name).value_or(mangled);
  if (!name.starts_with("_Z")) return mangled;
  int status = 0;
  const std::unique_ptr<char, Free> text(abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status));
  if (status != 0 || !text) return mangled;
  const std::string_view plain = text.get();
  constexpr size_t kHashLength = 3 + 16;
  if (has_rust_hash(plain)) return decode_rust(plain.substr(0, plain.size() - kHashLength));
  return std::string(plain);
}

std::string bare_function_name(std::string_view demangled) {
  constexpr std::string_view kTag = "[abi:";
  std::string name(demangled);
  for (size_t tag = 0; (tag = name.find(kTag)) != std::string::npos;) {
    const size_t end = name.find(']', tag);
    if (end == std::string::npos) break;
    name.erase(tag, end + 1 - tag);
  }
  // The parameters begin at the '(' that the last ')' closes; "operator()" has a pair of its own before.
  size_t depth = 0;
  for (size_t i = name.rfind(')'); i != std::string::npos && i != 0; --i) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) {
      name.resize(i);
      break;
    }
  }
  if (name.find("operator") != std::string::npos) return name;
  // Of templates the result's type is told as well; blanks also stand within < > and ( ).
  depth = 0;
  for (size_t i = name.size(); i-- > 0;) {
    if (name[i] == '>' || name[i] == ')') ++depth;
    if (name[i] == '<' || name[i] == '(') --depth;
    if (name[i] == ' ' && depth == 0) return name.substr(i + 1);
  }
  return name;
}

}  // namespace polytap
