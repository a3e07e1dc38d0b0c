#include "core/c/headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/c/preprocessor.h"
#include "core/c/token.h"

namespace polytap {
namespace {

constexpr std::string_view kMissingMark = "polytap_missing_header";

// gcc and clang keep their own macros to themselves; those of <limits.h> and <stdint.h> lead to them.
void add_compiler_macros(CDeclarations& declarations) {
  static constexpr std::pair<std::string_view, std::string_view> kMacros[] = {
      {"__CHAR_BIT__", "8"},
      {"__SCHAR_MAX__", "127"},
      {"__SHRT_MAX__", "32767"},
      {"__INT_MAX__", "2147483647"},
      {"__LONG_MAX__", "9223372036854775807L"},
      {"__LONG_LONG_MAX__", "9223372036854775807LL"},
      {"__SIZE_MAX__", "18446744073709551615UL"},
      {"__PTRDIFF_MAX__", "9223372036854775807L"},
      {"__INTPTR_MAX__", "9223372036854775807L"},
      {"__UINTPTR_MAX__", "18446744073709551615UL"},
      {"__INT_WIDTH__", "32"},
      {"__LONG_WIDTH__", "64"},
      {"__SIZEOF_INT__", "4"},
      {"__SIZEOF_LONG__", "8"},
      {"__SIZEOF_POINTER__", "8"},
      {"__x86_64__", "1"},
      {"__LP64__", "1"},
  };
  for (const auto& [name, body] : kMacros)
    declarations.macros.emplace(name, CMacro{std::string(body), {}, false, false});
}

}  // namespace

std::optional<std::string> included_file(std::string_view line) {
  const auto skip_blanks = [&line] { line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size())); };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return std::nullopt;
  line.remove_prefix(7);
  skip_blanks();
  const char close = line.starts_with('<') ? '>' : line.starts_with('"') ? '"' : '\0';
  const size_t end = close == '\0' ? std::string_view::npos : line.find(close, 1);
  if (end == std::string_view::npos || line.substr(0, end).find('\n') != std::string_view::npos) return std::nullopt;
  return std::string(line.substr(0, end + 1));
}

bool is_kernel_header(std::string_view file) {
  if (!file.starts_with('<')) return false;
  for (const std::string_view folder : {"linux/", "net/", "asm/", "asm-generic/", "uapi/"}) {
    if (file.substr(1).starts_with(folder)) return true;
  }
  return false;
}

Headers::Headers(const std::vector<std::string>& lines, HeaderOptions options) : options_(std::move(options)) {
  const auto include = [this](const std::string& file) {
    any_ = true;
    any_of_users_ = any_of_users_ || !is_kernel_header(file);
    // A header that is not there must not end it all.
    text_ += fmt::format("#if __has_include({0})\n#include {0}\n#else\n{1} {2}\n#endif\n", file, kMissingMark,
                         file.front() == '<' ? fmt::format("\"{}\"", file) : file);
  };
  for (const std::string& file : options_.files) include(fmt::format("\"{}\"", file));
  for (const std::string& line : lines) {
    if (const auto file = included_file(line)) {
      include(*file);
    } else {
      text_ += line + '\n';
      note_definition(line);
    }
  }
}

void Headers::note_definition(std::string_view line) {
  const std::vector<CToken> tokens = c_tokens(line.substr(std::min(line.find('#'), line.size() - 1) + 1));
  if (tokens.size() < 3 || !tokens[0].is_word("define")) return;
  defined_.emplace_back(tokens[1].text);
}

bool Headers::defines(std::string_view name) const {
  return std::find(defined_.begin(), defined_.end(), name) != defined_.end();
}

CDeclarations& Headers::declarations() {
  if (!read_) read();
  return declarations_;
}

void Headers::read() {
  read_ = true;
  add_compiler_macros(declarations_);
  if (!any_) {
    parse_c_declarations(text_, declarations_);
    return;
  }
  const auto preprocessed = run_preprocessor({text_, options_.folders, options_.script_folder});
  if (!preprocessed.ok()) {
    trouble_ = preprocessed.error().message();
    parse_c_declarations(text_, declarations_);
    return;
  }
  trouble_ = preprocessed->complaint;
  std::string_view text = preprocessed->text;
  for (size_t at = text.find(kMissingMark); at != std::string_view::npos; at = text.find(kMissingMark, at + 1)) {
    const size_t open = text.find('"', at);
    const size_t close = open == std::string_view::npos ? open : text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    missing_.emplace_back(text.substr(open + 1, close - open - 1));
  }
  // The marks are no declarations: they would take the next one along.
  std::string cleaned;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1);
    const std::string_view line = text.substr(begin, end + 1 - begin);
    if (!missing_.empty() && line.starts_with(kMissingMark)) {
      cleaned += '\n';
    } else {
      cleaned += line;
    }
    begin = end + 1;
  }
  parse_c_declarations(cleaned, declarations_);
}

}  // namespace polytap
