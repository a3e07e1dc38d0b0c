// The differential test of the eBPF compiler: random programs run by the interpreter and by the kernel must do the
// same.
#pragma once

#include <cstdint>
#include <string>

namespace polytap::test {

struct DiffOptions {
  uint64_t first_seed = 1;
  uint64_t count = 10'000;
  bool show = false;  // each script before it runs; for each program, how many instructions the kernel verified
};

// Runs the programs of the seeds; returns what differs (the first case, shrunk), or an empty string.
std::string compare_interpreter_with_kernel(const DiffOptions& options);

}  // namespace polytap::test
