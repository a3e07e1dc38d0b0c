// test: and bench: probes: fired one after the other when they are asked for (--test, --bench), and never otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/ir/ir.h"
#include "core/output/benchmarks.h"
#include "core/output/renderer.h"

namespace polytap {

// How a probe is fired, and whether the script has called exit().
struct NamedProbeRunner {
  std::function<Status(uint32_t function, uint32_t site)> fire;
  std::function<bool()> exiting;
  std::function<int()> exit_code;
};

// Prints a line for each test and one for all. A test fails by exit() with another status than 0, which is what a
// failed assert() does; with exit() the tests end. False: one failed.
Result<bool> run_tests(const ir::Program& program, const NamedProbeRunner& runner, ByteSink& sink);

// Fires each benchmark for about 200 ms.
Result<std::vector<BenchmarkTime>> run_benchmarks(const ir::Program& program, const NamedProbeRunner& runner);

}  // namespace polytap
