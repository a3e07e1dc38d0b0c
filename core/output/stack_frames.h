// Frames of stacks in every mode, also with inlined calls and source lines.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "core/ir/ir.h"
#include "core/symbol/symbolizer.h"
#include "core/types/type.h"

namespace polytap {

// Whether anything that PROGRAM prints needs DWARF: Symbolizer::Options::lines.
bool shows_source_lines(const ir::Program& program);
// Whether it names addresses of processes: Symbolizer::Options::hold_files.
bool shows_user_names(const ir::Program& program);

// Names the frames of one stack of TYPE, in the mode that it has.
class StackFrames {
 public:
  StackFrames(Symbolizer& symbolizer, const Type& type, int64_t pid);
  // The next frame, innermost first, without a newline behind it. INDENT goes in front of each further line: modes
  // `inline` and `lines` have one for each call that was inlined there.
  void append(std::string& out, uint64_t address, const char* indent);

 private:
  void append_sources(std::string& out, uint64_t address, const char* indent);
  Symbol symbol(uint64_t address);

  Symbolizer& symbolizer_;
  const StackMode mode_;
  const bool is_kernel_;
  const pid_t pid_;
  bool returned_to_ = false;  // the next address is where a call returns to, so the instruction before it is meant
};

}  // namespace polytap
