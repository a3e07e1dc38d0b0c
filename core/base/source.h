// Script text, places in it, and diagnostics that point there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

// A half-open range of byte offsets into a Source's text.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

// The smallest span that holds both.
Span cover(Span a, Span b);

// A script: its name as shown to the user ("stdin" for -e, as bpftrace has it) and its text; behind it those of the
// scripts that it imports.
class Source {
 public:
  Source(std::string name, std::string text);

  struct Position {
    uint32_t line = 1;      // from 1
    uint32_t column = 1;    // from 1, in bytes
    std::string_view name;  // of the script, or of the imported one
  };

  // Puts an imported script's text behind the others; where it begins. Views of text() end.
  uint32_t append(std::string name, std::string_view text);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }
  std::string_view slice(Span span) const;
  Position position(uint32_t offset) const;
  // The text of line LINE (from 1), without its newline; empty past the end.
  std::string_view line(uint32_t line) const;
  // The text of the line that OFFSET is in.
  std::string_view line_at(uint32_t offset) const;

 private:
  struct Piece {
    std::string name;
    uint32_t first_line = 0;  // as an index into line_starts_
  };
  size_t line_index(uint32_t offset) const;
  std::string_view line_text(size_t index) const;

  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
  std::vector<Piece> imported_;
};

enum class Severity : uint8_t { kError, kWarning, kNote };

struct Diagnostic {
  Severity severity = Severity::kError;
  Span span;
  std::string message;  // one sentence, no full stop
  std::string hint;     // what to write instead; empty when nothing better is known
};

// Collects diagnostics of the passes over one Source, in the order found.
class Diagnostics {
 public:
  void error(Span span, std::string message, std::string hint = {});
  void warning(Span span, std::string message, std::string hint = {});
  void note(Span span, std::string message);

  // All that OTHER has, behind what is here.
  void append(const Diagnostics& other);

  bool has_errors() const { return errors_ != 0; }
  const std::vector<Diagnostic>& all() const { return all_; }

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

// "NAME:LINE:FROM-TO: ERROR: message", the line, "^~~~" under the span, and "HINT: ..." when there is one. Ends in a
// newline.
std::string render(const Source& source, const Diagnostic& diagnostic);
std::string render(const Source& source, const Diagnostics& diagnostics);

}  // namespace polytap
