#include "core/base/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

std::string_view severity_word(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "ERROR";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kNote:
      return "NOTE";
  }
  return "ERROR";
}

bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// The line as shown: tabs kept, other control bytes as '?', so that a stray escape code or carriage return in the
// script cannot move the cursor.
std::string shown(std::string_view line) {
  std::string text(line);
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7f) c = '?';
  }
  return text;
}

// "^~~~" below bytes [FROM, TO) of LINE: what stands before is copied as blanks (tabs stay tabs) and a UTF-8 character
// takes one place, so the caret stands below its character.
std::string underline(std::string_view line, size_t from, size_t to) {
  std::string text;
  for (size_t i = 0; i < from && i < line.size(); ++i) {
    if (!is_utf8_continuation(line[i])) text += line[i] == '\t' ? '\t' : ' ';
  }
  text += '^';
  for (size_t i = from + 1; i < to && i < line.size(); ++i) {
    if (!is_utf8_continuation(line[i])) text += '~';
  }
  return text;
}

}  // namespace

Span cover(Span a, Span b) { return {std::min(a.begin, b.begin), std::max(a.end, b.end)}; }

Source::Source(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)), line_starts_{0} {
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<uint32_t>(i + 1));
  }
}

std::string_view Source::slice(Span span) const {
  const size_t begin = std::min<size_t>(span.begin, text_.size());
  const size_t end = std::clamp<size_t>(span.end, begin, text_.size());
  return std::string_view(text_).substr(begin, end - begin);
}

uint32_t Source::append(std::string name, std::string_view text) {
  if (!text_.ends_with('\n')) text_ += '\n';
  const auto begin = static_cast<uint32_t>(text_.size());
  if (line_starts_.back() != begin) line_starts_.push_back(begin);
  imported_.push_back({std::move(name), static_cast<uint32_t>(line_starts_.size() - 1)});
  text_ += text;
  for (size_t i = begin; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(static_cast<uint32_t>(i + 1));
  }
  return begin;
}

size_t Source::line_index(uint32_t offset) const {
  const auto clamped = static_cast<uint32_t>(std::min<size_t>(offset, text_.size()));
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), clamped);
  return static_cast<size_t>(after - line_starts_.begin()) - 1;
}

Source::Position Source::position(uint32_t offset) const {
  const auto clamped = static_cast<uint32_t>(std::min<size_t>(offset, text_.size()));
  const auto index = static_cast<uint32_t>(line_index(offset));
  Position position{index + 1, clamped - line_starts_[index] + 1, name_};
  for (const Piece& piece : imported_) {
    if (piece.first_line > index) break;
    position.line = index - piece.first_line + 1;
    position.name = piece.name;
  }
  return position;
}

std::string_view Source::line_text(size_t index) const {
  const size_t begin = line_starts_[index];
  const size_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] - 1 : text_.size();
  return std::string_view(text_).substr(begin, end - begin);
}

std::string_view Source::line(uint32_t line) const {
  return line == 0 || line > line_starts_.size() ? std::string_view() : line_text(line - 1);
}

std::string_view Source::line_at(uint32_t offset) const { return line_text(line_index(offset)); }

void Diagnostics::error(Span span, std::string message, std::string hint) {
  all_.push_back({Severity::kError, span, std::move(message), std::move(hint)});
  ++errors_;
}

void Diagnostics::warning(Span span, std::string message, std::string hint) {
  all_.push_back({Severity::kWarning, span, std::move(message), std::move(hint)});
}

void Diagnostics::note(Span span, std::string message) {
  all_.push_back({Severity::kNote, span, std::move(message), {}});
}

void Diagnostics::append(const Diagnostics& other) {
  all_.insert(all_.end(), other.all_.begin(), other.all_.end());
  errors_ += other.errors_;
}

std::string render(const Source& source, const Diagnostic& diagnostic) {
  const Source::Position from = source.position(diagnostic.span.begin);
  const Source::Position to = source.position(std::max(diagnostic.span.begin, diagnostic.span.end));
  std::string_view line = source.line_at(diagnostic.span.begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  // A span over several lines is shown to the end of its first one.
  uint32_t end_column =
      to.line == from.line && to.name == from.name ? to.column : static_cast<uint32_t>(line.size()) + 1;
  end_column = std::max(end_column, from.column + 1);
  std::string text = fmt::format("{}:{}:{}-{}: {}: {}\n{}\n{}\n", from.name, from.line, from.column, end_column,
                                 severity_word(diagnostic.severity), diagnostic.message, shown(line),
                                 underline(line, from.column - 1, end_column - 1));
  if (!diagnostic.hint.empty()) text += fmt::format("HINT: {}\n", diagnostic.hint);
  return text;
}

std::string render(const Source& source, const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.all()) text += render(source, diagnostic);
  return text;
}

}  // namespace polytap
