// Unwinding from a snapshot of registers and stack: polytap's own rows, warm; and making a file's tables.
#include <benchmark/benchmark.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "core/symbol/unwind_rows.h"
#include "core/symbol/unwind_stack.h"

namespace polytap {
namespace {

struct Snapshot {
  UnwindValues values{};
  std::vector<std::byte> stack;
};

void take_at_depth(unsigned depth, Snapshot& snapshot);
[[gnu::noinline]] void take(Snapshot& snapshot);
// So that no call becomes a loop.
void (*volatile next_depth)(unsigned, Snapshot&) = take_at_depth;

// DEPTH frames of this function, and those below it.
void take_at_depth(unsigned depth, Snapshot& snapshot) {
  if (depth != 0) {
    next_depth(depth - 1, snapshot);
  } else {
    take(snapshot);
  }
  benchmark::ClobberMemory();
}

void take(Snapshot& snapshot) {
  ucontext_t context;
  getcontext(&context);
  constexpr int kOrder[kUnwindRegisters] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                            REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                            REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  for (uint32_t i = 0; i < kUnwindRegisters; ++i) {
    snapshot.values[i] = static_cast<uint64_t>(context.uc_mcontext.gregs[kOrder[i]]);
  }
  snapshot.stack.resize(8192);
  std::memcpy(snapshot.stack.data(), reinterpret_cast<const void*>(snapshot.values[kDwarfRsp]), snapshot.stack.size());
}

void unwind_30_frames(benchmark::State& state) {
  Snapshot snapshot;
  take_at_depth(40, snapshot);
  ProcessMaps maps;
  if (!maps.read_from_proc(getpid()).ok()) state.SkipWithError("no /proc/PID/maps");
  Unwinder unwinder(maps, std::make_shared<UnwindFiles>());
  uint64_t frames[30];
  size_t count = 0;
  for (auto _ : state) {
    UnwindMemory memory(snapshot.values[kDwarfRsp], std::span<const std::byte>(snapshot.stack));
    count = unwinder.walk(getpid(), snapshot.values, memory, frames).frames;
    benchmark::DoNotOptimize(frames);
  }
  if (count != 30) state.SkipWithError("not 30 frames");
}
BENCHMARK(unwind_30_frames);

void rows_of_libc(benchmark::State& state) {
  size_t rows = 0;
  for (auto _ : state) {
    ProcessMaps maps;
    if (!maps.read_from_proc(getpid()).ok()) state.SkipWithError("no /proc/PID/maps");
    UnwindFiles files;
    for (const Mapping& mapping : maps.mappings(getpid())) {
      if (mapping.path.find("/libc.so") == std::string::npos) continue;
      if (const auto file = files.open(getpid(), mapping)) rows = unwind_rows(*file).size();
    }
  }
  state.counters["rows"] = static_cast<double>(rows);
}
BENCHMARK(rows_of_libc)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace polytap

BENCHMARK_MAIN();
