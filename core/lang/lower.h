// Checked script to IR.
#pragma once

#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/lang/checked.h"

namespace polytap {

// SCRIPT was checked without errors. What the IR cannot express is reported in DIAGNOSTICS.
ir::Program lower(const CheckedScript& script, Diagnostics& diagnostics);

}  // namespace polytap
