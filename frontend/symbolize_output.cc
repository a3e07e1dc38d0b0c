#include "frontend/symbolize_output.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "core/output/json.h"

namespace polytap {
namespace {

std::string_view shown_file(const Answer::Frame& frame, const SymbolizeOptions& options) {
  return options.basenames ? frame.file.substr(frame.file.rfind('/') + 1) : frame.file;
}

// "FILE:LINE"; "FILE:?" for code that comes from no line, "??:0" when nothing is known, as addr2line has it.
void append_place(std::string& out, const Answer::Frame& frame, const SymbolizeOptions& options) {
  out += frame.file.empty() ? "??" : shown_file(frame, options);
  out += ':';
  if (frame.file.empty()) {
    out += '0';
  } else if (frame.line == 0) {
    out += '?';
  } else {
    const fmt::format_int line(frame.line);
    out.append(line.data(), line.size());
  }
}

void append_text(std::string& out, uint64_t address, const Answer& answer, const SymbolizeOptions& options) {
  const auto end = std::back_inserter(out);
  if (options.addresses) fmt::format_to(end, "0x{:016x}{}", address, options.pretty ? ": " : "\n");
  const size_t shown = options.inlines ? answer.frames.size() : 1;
  for (size_t i = 0; i < shown; ++i) {
    const Answer::Frame& frame = answer.frames[i];
    if (options.pretty && i > 0) out += " (inlined by) ";
    if (options.functions) {
      out += frame.function;
      out += options.pretty ? " at " : "\n";
    }
    append_place(out, frame, options);
    if (options.reasons && i + 1 == shown && !answer.missing.empty()) {
      fmt::format_to(end, " ({})", answer.missing);
    }
    out += '\n';
  }
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  fmt::format_to(std::back_inserter(out), ", \"{}\": ", name);
  append_json_string(out, text);
}

void append_frame(std::string& out, const Answer::Frame& frame, bool inlined, const SymbolizeOptions& options) {
  out += "{\"function\": ";
  append_json_string(out, frame.function);
  append_member(out, "file", shown_file(frame, options));
  if (frame.line != 0) fmt::format_to(std::back_inserter(out), ", \"line\": {}", frame.line);
  if (frame.column != 0) fmt::format_to(std::back_inserter(out), ", \"column\": {}", frame.column);
  if (inlined) out += ", \"inlined\": true";
  out += '}';
}

void append_json(std::string& out, uint64_t address, const Answer& answer, const SymbolizeOptions& options) {
  const auto end = std::back_inserter(out);
  const Symbol& symbol = answer.symbol;
  fmt::format_to(end, "{{\"address\": \"{:#x}\"", address);
  append_member(out, "module", symbol.module);
  if (!symbol.module.empty()) fmt::format_to(end, ", \"module_offset\": \"{:#x}\"", symbol.module_offset);
  append_member(out, "symbol", symbol.name);
  if (!symbol.name.empty()) fmt::format_to(end, ", \"symbol_offset\": {}", symbol.offset);
  out += ", \"frames\": [";
  for (size_t i = 0; i < answer.frames.size(); ++i) {
    if (i > 0) out += ", ";
    append_frame(out, answer.frames[i], i + 1 < answer.frames.size(), options);
  }
  out += ']';
  append_member(out, "missing", answer.missing);
  out += "}\n";
}

}  // namespace

void append_answer(std::string& out, uint64_t address, const Answer& answer, const SymbolizeOptions& options) {
  if (options.json) {
    append_json(out, address, answer, options);
  } else {
    append_text(out, address, answer, options);
  }
}

}  // namespace polytap
