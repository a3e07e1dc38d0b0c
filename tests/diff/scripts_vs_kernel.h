// Random scripts, from the parser to the kernel: what the checker accepts must load, and do what the interpreter does.
#pragma once

#include <cstdint>
#include <string>

#include "tests/diff/interpreter_vs_kernel.h"

namespace polytap::test {

struct ScriptDiffResult {
  uint64_t refused = 0;       // by the checker
  std::string first_refusal;  // a refused script, and why
  std::string difference;     // of the first script that was rejected or differed, cut down; or empty
};

ScriptDiffResult compare_scripts_with_kernel(const DiffOptions& options);

}  // namespace polytap::test
