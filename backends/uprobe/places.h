// The places in files where a program's function probes fire: what runs there and what it needs to know.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "backends/uprobe/perf_records.h"
#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/kernel/captured_memory.h"

namespace polytap::uprobe {

struct Hook {
  uint32_t function = 0;
  uint32_t site = 0;
};

// Sites at the same instruction are one place: it fires once for all of them.
struct Place {
  const ProbeSite* site = nullptr;  // the first of them
  std::vector<Hook> hooks;          // in the order of the script
  uint32_t sites = 0;               // how many different ones
  CaptureLayout captures;
  uint64_t registers = 0;    // mask of PERF_REG_X86_*
  uint32_t stack_depth = 0;  // frames of ustack; 0: not asked for
  // Whether registers and stack are sampled, to be unwound; the innermost frame is the program counter.
  bool unwinds() const { return stack_depth > 1; }
  // The first instruction of a function, where the caller is in no frame yet.
  bool is_entry() const { return !site->is_return() && site->function_offset == 0; }
};

// Why a program cannot be run, and which expression it is about.
struct Refusal {
  std::string reason;
  std::optional<Span> where;
};
// What no sample can tell, and what cannot be captured.
std::optional<Refusal> check_program(const ir::Program& program);

// PROGRAM passed check_program().
std::vector<Place> find_places(const ir::Program& program);

// The context (struct pt_regs) of sampled registers: WORDS in the order of MASK's bits. Registers that were not sampled
// are zero; orig_ax is -1, as the kernel has it at a probe.
// Bytes of the stack in a sample; the kernel stops at the stack's end.
inline constexpr uint32_t kSampledStack = 16384;
inline constexpr uint64_t kStackPointerMask = uint64_t{1} << 7;  // PERF_REG_X86_SP
void fill_registers(uint64_t mask, Bytes words, std::span<std::byte> context);

}  // namespace polytap::uprobe
