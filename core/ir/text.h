// The IR's text form, for golden tests, --dump and bug reports. parse_text(to_text(p)) gives the same program, spans
// aside.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/ir/ir.h"

namespace polytap::ir {

std::string to_text(const Program& program);
Result<Program> parse_text(std::string_view text);

}  // namespace polytap::ir
