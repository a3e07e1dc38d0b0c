#include "core/run/named_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"

namespace polytap {
namespace {

struct NamedProbe {
  std::string name;  // without its provider
  uint32_t function = 0;
  uint32_t site = 0;
};

std::vector<NamedProbe> probes_of(const ir::Program& program, ProbeType type) {
  std::vector<NamedProbe> probes;
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    for (const uint32_t site : program.functions[function].sites) {
      const ProbeSite& where = program.sites[site];
      if (where.type == type) probes.push_back({where.name.substr(where.name.find(':') + 1), function, site});
    }
  }
  return probes;
}

}  // namespace

Result<bool> run_tests(const ir::Program& program, const NamedProbeRunner& runner, ByteSink& sink) {
  const std::vector<NamedProbe> tests = probes_of(program, ProbeType::kTest);
  if (tests.empty()) return Error("the script has no tests: they are written test:name { ... }");
  size_t passed = 0;
  size_t failed = 0;
  for (const NamedProbe& test : tests) {
    sink.out(fmt::format("[ RUN      ] {}\n", test.name));
    const uint64_t began = clock_ns(CLOCK_MONOTONIC);
    TRY(runner.fire(test.function, test.site));
    const bool good = !runner.exiting() || runner.exit_code() == 0;
    ++(good ? passed : failed);
    sink.out(fmt::format("[ {} ] {} ({})\n", good ? "      OK" : " FAILED ", test.name,
                         short_duration(clock_ns(CLOCK_MONOTONIC) - began)));
    if (runner.exiting()) break;
  }
  const size_t left = tests.size() - passed - failed;
  sink.out(fmt::format("{} passed, {} failed{}\n", passed, failed,
                       left == 0 ? "" : fmt::format(", {} not run after exit()", left)));
  return failed == 0;
}

Result<std::vector<BenchmarkTime>> run_benchmarks(const ir::Program& program, const NamedProbeRunner& runner) {
  constexpr uint64_t kLongEnough = 200'000'000;
  const std::vector<NamedProbe> benchmarks = probes_of(program, ProbeType::kBench);
  if (benchmarks.empty()) return Error("the script has no benchmarks: they are written bench:name { ... }");
  std::vector<BenchmarkTime> times;
  for (const NamedProbe& benchmark : benchmarks) {
    const uint64_t began = clock_ns(CLOCK_MONOTONIC);
    uint64_t took = 0;
    uint64_t rounds = 0;
    for (uint64_t more = 1; took < kLongEnough && !runner.exiting(); more *= 2) {
      for (uint64_t i = 0; i < more && !runner.exiting(); ++i) TRY(runner.fire(benchmark.function, benchmark.site));
      rounds += more;
      took = clock_ns(CLOCK_MONOTONIC) - began;
    }
    times.push_back({benchmark.name, took / std::max<uint64_t>(1, rounds)});
    if (runner.exiting()) break;
  }
  return times;
}

}  // namespace polytap
