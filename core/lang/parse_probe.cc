// Probes: attach points, predicate, block.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/lang/parser.h"

namespace polytap {
namespace {

// Attach points are cut out of the raw text: `/`, `//`, `*` and `.` mean other things in paths than in expressions.
class AttachPointScanner {
 public:
  AttachPointScanner(const Source& source, uint32_t begin) : text_(source.text()), at_(begin) {
    point_.span = {begin, begin};
  }

  // False when `message` says what is wrong at `wrong`.
  bool scan() {
    bool more = true;
    while (more && at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ',' || c == '{') break;
      if (std::isspace(static_cast<unsigned char>(c)) != 0 || comment_follows()) {
        more = skip_blanks_within();
      } else if (c == '"') {
        if (!quoted()) return false;
      } else if (c == ':') {
        parts_.emplace_back();
        after_colon_ = true;
        add_text(1);
      } else if (c == '/') {
        if (!slash(more)) return false;
      } else if (!plain()) {
        return false;
      }
    }
    point_.provider = std::move(parts_.front());
    point_.parts.assign(std::make_move_iterator(parts_.begin() + 1), std::make_move_iterator(parts_.end()));
    return true;
  }

  ast::AttachPoint& point() { return point_; }
  uint32_t end() const { return at_; }
  Span wrong() const { return wrong_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

 private:
  bool fail(size_t begin, size_t end, std::string message, std::string hint) {
    wrong_ = {static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
    message_ = std::move(message);
    hint_ = std::move(hint);
    return false;
  }

  void add_text(size_t length) {
    point_.text += text_.substr(at_, length);
    at_ += static_cast<uint32_t>(length);
    point_.span.end = at_;
  }

  void add(size_t length) {
    parts_.back() += text_.substr(at_, length);
    after_colon_ = false;
    add_text(length);
  }

  bool comment_follows() const {
    const std::string_view rest = text_.substr(at_);
    if (after_colon_) return false;
    return rest.starts_with("//") || (rest.starts_with("/*") && !within_path() && !path_follows());
  }

  // Blanks may stand around colons; elsewhere they end the attach point.
  bool skip_blanks_within() {
    const uint32_t next = skip_blanks(text_, at_);
    const char c = next < text_.size() ? text_[next] : '\0';
    if (c != ':' && !(after_colon_ && c != ',' && c != '{' && c != '\0')) return false;
    at_ = next;
    return true;
  }

  bool quoted() {
    size_t end = at_ + 1;
    std::string value;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
      if (text_[end] == '\\' && end + 1 < text_.size() && (text_[end + 1] == '"' || text_[end + 1] == '\\')) ++end;
      value += text_[end++];
    }
    if (end >= text_.size() || text_[end] != '"') {
      return fail(at_, end, "this string is never closed", "end it with \" on the same line");
    }
    parts_.back() += value;
    after_colon_ = false;
    add_text(end + 1 - at_);
    return true;
  }

  // A path that goes on to a ':' from the '/' here: `uprobe:bin/x:f`, unlike `kprobe:f/pid == 1/`.
  bool path_follows() const {
    for (size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == ':') return true;
      if (std::isspace(static_cast<unsigned char>(c)) != 0 ||
          std::string_view(",{}\";()=<>?&|").find(c) != std::string_view::npos) {
        return false;
      }
    }
    return false;
  }

  // In `iter:task:/sys/fs/bpf/pin` the path is the last part.
  bool within_path() const {
    const std::string& part = parts_.back();
    return !is_syscall() && (part.starts_with('/') || part.starts_with("./") || part.starts_with("../"));
  }

  bool slash(bool& more) {
    if (!after_colon_ && !within_path() && !path_follows()) {
      more = false;  // the predicate
      return true;
    }
    if (after_colon_ && is_syscall()) return regular_expression();
    add(1);
    return true;
  }

  bool is_syscall() const {
    constexpr std::string_view kSyscall = "syscall";
    return std::equal(parts_[0].begin(), parts_[0].end(), kSyscall.begin(), kSyscall.end(),
                      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  }

  // `syscall:/^(open|close)$/`: any character, up to the closing slash.
  bool regular_expression() {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '/' && text_[end] != '\n') {
      end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
    }
    if (end >= text_.size() || text_[end] != '/') {
      return fail(at_, std::min(end, text_.size()), "this regular expression is never closed",
                  "end it with / on the same line");
    }
    add(end + 1 - at_);
    return true;
  }

  bool plain() {
    const char c = text_[at_];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
      add(2);
      return true;
    }
    // parts_[0] is the provider: the signs of symbols and paths come after it.
    constexpr std::string_view kSigns = "_-.*?[]+@$!%#~^";
    if (std::isalnum(byte) != 0 || byte >= 0x80 || kSigns.find(c) != std::string_view::npos) {
      add(1);
      return true;
    }
    if (c == ';') return fail(at_, at_ + 1, "stray ';' in a probe", "the probe's block is missing: probe { ... }");
    return fail(
        at_, at_ + 1,
        byte < 0x20 || byte == 0x7f ? fmt::format("stray byte 0x{:02x} in a probe", byte)
                                    : fmt::format("stray '{}' in a probe", c),
        c == '}' ? "there is a '}' too many" : "put names with such characters in quotes: uprobe:./a.out:\"f(int)\"");
  }

  std::string_view text_;
  uint32_t at_;
  bool after_colon_ = false;
  std::vector<std::string> parts_ = {std::string()};
  ast::AttachPoint point_;
  Span wrong_;
  std::string message_;
  std::string hint_;
};

}  // namespace

std::optional<ast::AttachPoint> Parser::parse_attach_point() {
  const uint32_t begin = skip_blanks(source_.text(), position());
  if (given_up_) return std::nullopt;
  keep_comments(begin);
  const char first = begin < source_.text().size() ? source_.text()[begin] : '\0';
  const bool begins_probe = std::isalnum(static_cast<unsigned char>(first)) != 0 ||
                            std::string_view("_*?[$").find(first) != std::string_view::npos;
  AttachPointScanner scanner(source_, begin);
  const bool scanned = begins_probe && scanner.scan();
  if (begins_probe && !scanned) {
    error(scanner.wrong(), scanner.message(), scanner.hint());
    return std::nullopt;
  }
  if (!scanned || scanner.point().provider.empty()) {
    if (at("}")) {
      error(peek().span, "stray '}'", "there is a '}' too many");
    } else {
      unexpected("a probe", "probes are for example BEGIN, tracepoint:syscalls:sys_enter_openat or interval:s:1");
    }
    return std::nullopt;
  }
  continue_at(scanner.end());
  last_end_ = scanner.point().span.end;
  return std::move(scanner.point());
}

bool Parser::parse_predicate(ast::Probe& probe) {
  const Span open = take().span;
  in_predicate_ = true;
  probe.predicate = parse_expression();
  in_predicate_ = false;
  if (!probe.predicate) return false;
  if (accept("/")) return true;
  unexpected("'/' at the end of the predicate",
             "a predicate stands between slashes before the block: probe /pid == 1/ { }");
  if (source_.position(open.begin).line != source_.position(peek().span.begin).line) {
    diagnostics_.note(open, "the predicate begins here");
  }
  return false;
}

std::optional<ast::Probe> Parser::parse_probe() {
  ast::Probe probe;
  const Span begin = peek().span;
  if (peek().kind == TokenKind::kIdentifier && peek(1).is("=")) {
    probe.name = std::string(take().text);
    take();
  }
  do {
    std::optional<ast::AttachPoint> point = parse_attach_point();
    if (!point) return std::nullopt;
    probe.attach_points.push_back(std::move(*point));
  } while (accept(","));
  if (at("/") && !parse_predicate(probe)) return std::nullopt;
  if (!at("{")) {
    const bool another = peek().kind == TokenKind::kIdentifier && !probe.predicate;
    unexpected(
        probe.predicate ? "'{' after the predicate" : "'{' after the probe",
        another ? "probes that share a block are separated by commas" : "what to do stands in a block: probe { ... }");
    return std::nullopt;
  }
  std::optional<ast::Block> body = parse_block(BlockUse::kStatement, "after the probe");
  if (!body) return std::nullopt;
  probe.body = std::move(*body);
  probe.span = since(begin);
  return probe;
}

}  // namespace polytap
