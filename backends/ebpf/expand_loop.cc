// Ways back in a function, and loops over maps.
//
// A region with ways back is a callback of bpf_loop (Linux 5.17): each call runs from one way back to the next, and
// scratch memory, where all slots of such a function are, tells where to go on. So the verifier sees no loop at all.
// (may_goto, of Linux 6.9, makes it compare states round by round: programs of 100 operations took it minutes.)
//
// The body of a loop over a map is a callback of bpf_for_each_map_elem. When it is left before the last entry, scratch
// memory tells where to.
#include <algorithm>
#include <set>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/base/check.h"
#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

constexpr int32_t kMaxSteps = 1 << 23;  // BPF_MAX_LOOPS, the most that bpf_loop takes

}  // namespace

// Loses r1.
void FunctionCompiler::set_resume(ir::BlockId to) {
  scratch_address(Reg::k1, plan_.frame.resume);
  code_.store(8, Reg::k1, 0, static_cast<int32_t>(to));
}

void FunctionCompiler::get_resume(Reg to) {
  scratch_address(to, plan_.frame.resume);
  code_.load(8, to, to, 0);
}

// Ends this call of a callback with RESULT: 0 for another one, 1 for none.
void FunctionCompiler::end_callback(int32_t result) {
  code_.move(Reg::k0, result);
  code_.exit();
}

void FunctionCompiler::jump_back(ir::BlockId to) {
  set_resume(to);
  end_callback(0);
}

// Where the region around goes on at TO.
void FunctionCompiler::leave_region(ir::BlockId to) {
  set_resume(to);
  end_callback(1);
}

// The loop's head is reached again: its next entry. (A loop inside has set another place to go on.)
void FunctionCompiler::next_entry(ir::BlockId head) {
  set_resume(head);
  end_callback(region().in_steps ? 1 : 0);
}

void FunctionCompiler::take_over_frame(Reg caller) {
  code_.load(8, Reg::k6, caller, kWork0);
  const auto take_over = [&](int32_t word) {
    code_.load(8, Reg::k1, caller, word);
    code_.store(8, Reg::kFrame, word, Reg::k1);
  };
  if (keeps_cpu_block()) take_over(kCpuBlockPointer);
  take_over(kScratchPointer);
  if (request_.syscall_sites_fd >= 0 || (!request_.site && reads_site(function_))) take_over(kSiteWord);
}

// Runs the region's steps, beginning at FIRST.
void FunctionCompiler::run_steps(ir::BlockId first, Label step) {
  set_resume(first);
  code_.store(8, Reg::kFrame, kWork0, Reg::k6);
  code_.move(Reg::k1, kMaxSteps);
  code_.load_function(Reg::k2, step);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kLoop);
  const Label ended = code_.new_label();
  code_.jump_if(Jump::kNotEqual, Reg::k0, kMaxSteps, ended);
  count(GlobalsLayout::kMissed);
  code_.bind(ended);
}

// Begins the callback that is one step, FIRST the block that it mostly begins at.
void FunctionCompiler::begin_step(ir::BlockId first, Label step) {
  code_.place_deferred();
  code_.bind(step);
  callbacks_.push_back(step);
  leave_ = code_.new_label();
  take_over_frame(Reg::k2);
  get_resume(Reg::k1);
  std::set<ir::BlockId> starts;
  for (const ir::BlockId id : region().blocks) {
    const auto leads_to = [&](ir::BlockId to) {
      if (to <= id && regions_.region_of[to] == region_) starts.insert(to);
    };
    ir::for_each_target(function_.blocks[id].end, leads_to);
    if (const Region* loop = headed_by(id)) std::ranges::for_each(loop->exits, leads_to);
  }
  for (const ir::BlockId start : starts) {
    if (start != first) code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(start), blocks_[start]);
  }
  if (first != region().blocks.front()) code_.jump(blocks_[first]);
}

// The program's own region.
void FunctionCompiler::expand_program() {
  region_ = 0;
  if (region().in_steps) {
    const Label step = code_.new_label();
    run_steps(0, step);
    leave();
    begin_step(0, step);
  }
  for (const ir::BlockId id : region().blocks) expand_block(id);
  code_.set_span(function_.span);
  if (region().in_steps) {
    code_.bind(leave_);
    end_callback(1);
  } else if (code_.is_used(leave_)) {
    leave();
  }
  code_.place_deferred();
}

// The callback of loop REGION - 1: r1 the map, r2 the key, r3 the value, r4 the caller's frame.
void FunctionCompiler::expand_map_loop(size_t index) {
  region_ = index;
  const ir::BlockId head = regions_.loops[*region().loop].head;
  const ir::Block& block = function_.blocks[head];
  const auto& next = std::get<ir::MapNext>(block.instructions.back().operation);
  const ir::BlockId first = std::get<ir::Branch>(block.end).if_true;
  code_.set_span(block.span);
  code_.bind(loop_callbacks_[index]);
  callbacks_.push_back(loop_callbacks_[index]);
  leave_ = code_.new_label();
  code_.store(8, Reg::kFrame, kWork1, Reg::k2);
  code_.store(8, Reg::kFrame, kWork2, Reg::k3);
  take_over_frame(Reg::k4);
  copy_entry(next);
  if (region().in_steps) {
    const Label step = code_.new_label();
    const Label more = code_.new_label();
    run_steps(first, step);
    get_resume(Reg::k1);
    code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(head), more);
    end_callback(1);
    code_.bind(more);
    end_callback(0);
    begin_step(first, step);
  } else if (first == head) {
    next_entry(head);
  } else if (regions_.region_of[first] != index) {
    leave_region(first);
  } else if (first != region().blocks.front()) {
    code_.jump(blocks_[first]);
  }
  for (const ir::BlockId id : region().blocks) expand_block(id);
  // Deferred code may want to leave as well.
  code_.place_deferred();
  if (code_.is_used(leave_)) {
    code_.bind(leave_);
    end_callback(1);
  }
}

// From the callback's arguments into the loop's slots.
void FunctionCompiler::copy_entry(const ir::MapNext& op) {
  const ir::MapSpec& map = program_.maps[op.map];
  code_.load(8, Reg::k2, Reg::kFrame, kWork1);
  copy_memory(memory(op.key, map.key_size, Reg::k4), {Reg::k2, 0}, map.key_size, Reg::k5);
  if (map.value.is(TypeKind::kAggregation)) return;
  code_.load(8, Reg::k3, Reg::kFrame, kWork2);
  copy_memory(memory(op.value, map.value_size, Reg::k4), {Reg::k3, 0}, map.value_size, Reg::k5);
}

const Region* FunctionCompiler::headed_by(ir::BlockId id) const {
  for (const Region& each : regions_.all) {
    if (each.loop && regions_.loops[*each.loop].head == id) return &each;
  }
  return nullptr;
}

// A loop as the region around it sees it.
void FunctionCompiler::expand(const ir::MapNext& op, ir::Temp) {
  const auto loop = std::ranges::find_if(regions_.all, [&](const Region& each) {
    if (!each.loop) return false;
    const ir::Block& head = function_.blocks[regions_.loops[*each.loop].head];
    return &std::get<ir::MapNext>(head.instructions.back().operation) == &op;
  });
  CHECK(loop != regions_.all.end());
  const ir::BlockId head = regions_.loops[*loop->loop].head;
  set_resume(head);
  code_.store(8, Reg::kFrame, kWork0, Reg::k6);
  code_.load_map(Reg::k1, binding(op.map).fd);
  code_.load_function(Reg::k2, loop_callbacks_[static_cast<size_t>(loop - regions_.all.begin())]);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kForEachMapElement);
  if (!loop->exits.empty()) {
    get_resume(Reg::k1);
    const Label ended = code_.new_label();
    code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(head), ended);
    for (const ir::BlockId exit : loop->exits) {
      const Label taken = code_.new_label();
      code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(exit), taken);
      code_.defer([this, taken, head, exit] {
        code_.bind(taken);
        go_to(head, exit, false);
      });
    }
    code_.jump(leave_);  // the steps' number was exceeded
    code_.bind(ended);
  }
  go_to(head, std::get<ir::Branch>(function_.blocks[head].end).if_false, true);
}

}  // namespace polytap::ebpf
