// Texts searched and put together.
//
// The search is a loop of the kernel (bpf_loop) over copies in scratch memory: each step compares one byte. What it
// remembers from step to step is in scratch memory too, so that the verifier sees one step for all.
#include <algorithm>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"

namespace polytap::ebpf {
namespace {

constexpr int64_t kMaxSteps = int64_t{1} << 23;  // BPF_MAX_LOOPS
// In the search's memory.
constexpr int32_t kStart = 0;     // where in the text the comparison began
constexpr int32_t kMatched = 8;   // bytes of the pattern that are the same so far
constexpr int32_t kFoundAt = 16;  // the result
constexpr int32_t kPattern = 24;

}  // namespace

uint32_t search_bytes(uint32_t text_capacity, uint32_t pattern_capacity) {
  // One byte more of each for the NUL; a comparison looks up to a pattern's length behind the text.
  return static_cast<uint32_t>(kPattern) + (pattern_capacity + 8) + (text_capacity + 8) + (pattern_capacity + 8);
}

void FunctionCompiler::copy_text(ir::Place from, uint32_t capacity, int32_t to) {
  address(Reg::k3, from);
  scratch_address(Reg::k1, to);
  // One byte more than the region, so that a text without NUL gets one.
  code_.move(Reg::k2, static_cast<int32_t>(capacity + 1));
  code_.call(helper::kReadKernelString);
}

void FunctionCompiler::expand(const ir::FindText& op, ir::Temp result) {
  if (!wants(result)) return;
  if (!search_) search_ = code_.new_label();
  const int32_t memory = plan_.frame.dump;
  copy_text(op.pattern, op.pattern_capacity, memory + kPattern);
  copy_text(op.text, op.capacity, memory + text_offset());
  scratch_address(Reg::k1, memory);
  code_.store(8, Reg::k1, kStart, 0);
  code_.store(8, Reg::k1, kMatched, 0);
  code_.store(8, Reg::k1, kFoundAt, -1);
  const int64_t steps = (int64_t{op.capacity} + 1) * (int64_t{op.pattern_capacity} + 1);
  code_.move(Reg::k1, static_cast<int32_t>(std::min(steps, kMaxSteps)));
  code_.load_function(Reg::k2, *search_);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kLoop);
  scratch_address(Reg::k1, memory);
  code_.load(8, Reg::k0, Reg::k1, kFoundAt);
  set_result(result, Reg::k0);
}

int32_t FunctionCompiler::text_offset() const {
  return kPattern + static_cast<int32_t>(plan_.frame.pattern_capacity + 8);
}

// One step of every search of the function. r2: the frame that searches.
void FunctionCompiler::place_search() {
  const Label stop = code_.new_label();
  const Label found = code_.new_label();
  const Label differs = code_.new_label();
  code_.bind(*search_);
  code_.load(8, Reg::k3, Reg::k2, kScratchPointer);
  code_.alu(Alu::kAdd, Reg::k3, plan_.frame.dump);
  code_.load(8, Reg::k4, Reg::k3, kStart);
  code_.load(8, Reg::k5, Reg::k3, kMatched);
  code_.jump_if(Jump::kGreater, Reg::k4, static_cast<int32_t>(plan_.frame.text_capacity), stop);
  code_.jump_if(Jump::kGreater, Reg::k5, static_cast<int32_t>(plan_.frame.pattern_capacity), stop);
  code_.move(Reg::k0, Reg::k3);
  code_.alu(Alu::kAdd, Reg::k0, Reg::k5);
  code_.load(1, Reg::k0, Reg::k0, kPattern);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, found);
  code_.move(Reg::k1, Reg::k4);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k5);
  code_.move(Reg::k2, Reg::k3);
  code_.alu(Alu::kAdd, Reg::k2, Reg::k1);
  code_.load(1, Reg::k2, Reg::k2, text_offset());
  code_.jump_if(Jump::kNotEqual, Reg::k2, Reg::k0, differs);
  code_.alu(Alu::kAdd, Reg::k5, 1);
  code_.store(8, Reg::k3, kMatched, Reg::k5);
  code_.move(Reg::k0, 0);
  code_.exit();

  code_.bind(differs);
  code_.jump_if(Jump::kEqual, Reg::k2, 0, stop);  // the text has ended: what is left of it is shorter still
  code_.alu(Alu::kAdd, Reg::k4, 1);
  code_.store(8, Reg::k3, kStart, Reg::k4);
  code_.store(8, Reg::k3, kMatched, 0);
  code_.move(Reg::k0, 0);
  code_.exit();

  code_.bind(found);
  code_.store(8, Reg::k3, kFoundAt, Reg::k4);
  code_.bind(stop);
  code_.move(Reg::k0, 1);
  code_.exit();
}

// The right text goes behind the left one in scratch memory, which has room for both; what fits is copied from there.
void FunctionCompiler::expand(const ir::JoinTexts& op, ir::Temp) {
  const auto limit = static_cast<int32_t>(op.left_capacity + 1);
  const Label usable = code_.new_label();
  copy_text(op.left, op.left_capacity, plan_.frame.dump);
  // The helper returns 1 to limit; the comparison tells the verifier of older kernels.
  code_.alu(Alu::kSub, Reg::k0, 1);
  code_.jump_if(Jump::kLess, Reg::k0, limit, usable);
  code_.move(Reg::k0, 0);
  code_.bind(usable);
  address(Reg::k3, op.right);
  scratch_address(Reg::k1, plan_.frame.dump);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k0);
  code_.move(Reg::k2, static_cast<int32_t>(op.right_capacity + 1));
  code_.call(helper::kReadKernelString);
  zero_memory(memory(op.to, op.capacity, Reg::k1), op.capacity);
  scratch_address(Reg::k3, plan_.frame.dump);
  address(Reg::k1, op.to);
  code_.move(Reg::k2, static_cast<int32_t>(op.capacity));
  code_.call(helper::kReadKernelString);
}

}  // namespace polytap::ebpf
