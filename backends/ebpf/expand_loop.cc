// Ways back in a function. The whole body is a callback of bpf_loop (Linux 5.17): each call runs from one way back to
// the next, and scratch memory, where all slots of such a function are, tells where to go on. So the verifier sees no
// loop at all. (may_goto, of Linux 6.9, makes it compare states round by round: programs of 100 operations took it
// minutes.)
#include <set>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

constexpr int32_t kMaxSteps = 1 << 23;  // BPF_MAX_LOOPS, the most that bpf_loop takes

}  // namespace

void FunctionCompiler::jump_back(ir::BlockId to) {
  code_.load(8, Reg::k1, Reg::kFrame, kScratchPointer);
  code_.move(Reg::k2, static_cast<int32_t>(to));
  code_.alu(Alu::kAdd, Reg::k1, plan_.frame.resume);
  code_.store(8, Reg::k1, 0, Reg::k2);
  code_.move(Reg::k0, 0);
  code_.exit();
}

// Ends the program with its loop of steps, and begins the step.
void FunctionCompiler::enter_step() {
  step_ = code_.new_label();
  scratch_address(Reg::k1, plan_.frame.resume);
  code_.store(8, Reg::k1, 0, 0);
  code_.store(8, Reg::kFrame, kWork0, Reg::k6);
  code_.move(Reg::k1, kMaxSteps);
  code_.load_function(Reg::k2, *step_);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kLoop);
  const Label ended = code_.new_label();
  code_.jump_if(Jump::kNotEqual, Reg::k0, kMaxSteps, ended);
  count(GlobalsLayout::kMissed);
  code_.bind(ended);
  leave();
  code_.place_deferred();

  // r2: the program's frame.
  code_.bind(*step_);
  leave_ = code_.new_label();
  code_.load(8, Reg::k6, Reg::k2, kWork0);
  const auto take_over = [&](int32_t word) {
    code_.load(8, Reg::k1, Reg::k2, word);
    code_.store(8, Reg::kFrame, word, Reg::k1);
  };
  take_over(kCpuBlockPointer);
  take_over(kScratchPointer);
  if (request_.syscall_sites_fd >= 0 || (!request_.site && reads_site(function_))) take_over(kSiteWord);
  code_.load(8, Reg::k1, Reg::kFrame, kScratchPointer);
  code_.alu(Alu::kAdd, Reg::k1, plan_.frame.resume);
  code_.load(8, Reg::k1, Reg::k1, 0);
  std::set<ir::BlockId> heads;
  const std::vector<bool> reachable = reachable_blocks();
  for (ir::BlockId id = 0; id < function_.blocks.size(); ++id) {
    if (!reachable[id]) continue;
    ir::for_each_target(function_.blocks[id].end, [&](ir::BlockId to) {
      if (to <= id && to != 0) heads.insert(to);
    });
  }
  for (const ir::BlockId head : heads) {
    code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(head), blocks_[head]);
  }
  if (!function_.blocks.empty()) code_.jump(blocks_[0]);
}

}  // namespace polytap::ebpf
