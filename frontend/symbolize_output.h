// How `polytap symbolize` shows an address: in addr2line's layouts, or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/symbolizer.h"
#include "frontend/symbolize_options.h"

namespace polytap {

// What is known of an address; the texts are another's, and live until that is asked for the next address.
struct Answer {
  struct Frame {
    std::string_view function;
    std::string_view file;
    uint32_t line = 0;
    uint32_t column = 0;
  };
  Symbol symbol;
  std::vector<Frame> frames;  // innermost first, at least one
  std::string missing;
};

void append_answer(std::string& out, uint64_t address, const Answer& answer, const SymbolizeOptions& options);

}  // namespace polytap
