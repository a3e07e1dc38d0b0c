// Frames of stacks with inlined calls and source lines.
#pragma once

#include <cstdint>
#include <string>

#include "core/ir/ir.h"
#include "core/symbol/symbolizer.h"
#include "core/types/type.h"

namespace polytap {

// Whether anything that PROGRAM prints needs DWARF: Symbolizer::Options::lines.
bool shows_source_lines(const ir::Program& program);

// Modes `inline` and `lines`. A line for each call that was inlined at the address, innermost first, and one for the
// function itself; INDENT goes in front of each but the first, between them stands a newline. IS_CALLER: the address is
// where a call returns to, so the instruction before it is meant.
void append_source_frames(std::string& out, Symbolizer& symbolizer, const Type& type, int64_t pid, uint64_t address,
                          bool is_caller, const char* indent);

}  // namespace polytap
