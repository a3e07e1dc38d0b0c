// How `polytap symbolize` shows an address: in addr2line's layouts, or as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "core/symbol/symbolizer.h"
#include "frontend/symbolize_options.h"

namespace polytap {

void append_location(std::string& out, uint64_t address, const Location& location, const SymbolizeOptions& options);

}  // namespace polytap
