#include "backends/ebpf/frame_layout.h"

#include <algorithm>
#include <numeric>

#include "backends/ebpf/regions.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/ir/function_needs.h"
#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kMaxStackSpills = 24;
constexpr uint32_t kMaxStackSpillsInLoops = 16;  // in two frames
// The step of a stack's walk is one frame more.
constexpr uint32_t kMaxStackSpillsInWalks = 8;

// Sets of slot words as bits.
using Words = std::vector<bool>;

struct BlockUse {
  Words read_first;  // read before any write in the block
  Words written;     // written as a whole before any read
};

BlockUse analyse(const ir::Program& program, const ir::Block& block, const std::vector<uint32_t>& first_word,
                 uint32_t words) {
  BlockUse use{Words(words, false), Words(words, false)};
  std::vector<ir::RegionAccess> regions;
  for (const ir::Instruction& instruction : block.instructions) {
    ir::regions_of(program, instruction.operation, regions);
    const bool may_write = std::holds_alternative<ir::MapNext>(instruction.operation);  // only when there is an entry
    for (const ir::RegionAccess& region : regions) {
      const uint32_t begin = region.place.offset;
      const uint32_t end = begin + region.length;
      for (uint32_t word = begin / 8; word * 8 < end; ++word) {
        const uint32_t index = first_word[region.place.slot] + word;
        if (use.written[index] || use.read_first[index]) continue;
        const bool whole = begin <= word * 8 && end >= word * 8 + 8;
        // A partial write leaves bytes that count as read.
        (region.is_write && whole && !may_write ? use.written : use.read_first)[index] = true;
      }
    }
  }
  return use;
}

// Whether the expansion of OPERATION uses kWork1 and the words behind it.
bool needs_work_words(const ir::Program& program, const ir::Operation& operation) {
  const auto scalar = [&](ir::MapId map) { return program.maps[map].key_size == 0; };
  return std::visit(ir::Overloaded{
                        [](const ir::Emit&) { return true; },
                        [](const ir::Exit&) { return true; },
                        [](const ir::ReadStack&) { return true; },
                        [](const ir::AggregateRead&) { return true; },
                        [](const ir::MapNext&) { return true; },
                        [&](const ir::Aggregate& op) {
                          return program.maps[op.map].value.aggregation.kind == AggregationKind::kTseries;
                        },
                        [&](const ir::MapDelete& op) { return scalar(op.map); },
                        [&](const ir::MapHas& op) { return scalar(op.map); },
                        [&](const ir::MapLength& op) { return scalar(op.map); },
                        [](const auto&) { return false; },
                    },
                    operation);
}

// Bytes at the frame's end for the expansions' own words.
uint32_t fixed_bytes(const ir::Program& program, const ir::Function& function, bool scratch) {
  if (scratch) return -kClaimPointer;
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      if (instruction.on_fault != ir::kNoEmit || needs_work_words(program, instruction.operation)) return -kWork3;
    }
  }
  return function.sites.size() > 1 ? -kSiteWord : -kCpuBlockPointer;
}

}  // namespace

std::vector<ZeroRange> words_to_zero(const ir::Program& program, const ir::Function& function) {
  std::vector<uint32_t> first_word;
  uint32_t words = 0;
  for (const ir::Slot& slot : function.slots) {
    first_word.push_back(words);
    words += slot.size / 8;
  }
  std::vector<BlockUse> uses;
  for (const ir::Block& block : function.blocks) uses.push_back(analyse(program, block, first_word, words));

  // Backward liveness: live = read_first | (live of successors - written).
  std::vector<Words> live;
  for (const BlockUse& use : uses) live.push_back(use.read_first);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t b = function.blocks.size(); b-- > 0;) {
      ir::for_each_target(function.blocks[b].end, [&](ir::BlockId next) {
        for (uint32_t word = 0; word < words; ++word) {
          if (live[next][word] && !live[b][word] && !uses[b].written[word]) {
            live[b][word] = true;
            changed = true;
          }
        }
      });
    }
  }

  std::vector<ZeroRange> ranges;
  if (live.empty()) return ranges;
  for (ir::SlotId slot = 0; slot < function.slots.size(); ++slot) {
    for (uint32_t word = 0; word < function.slots[slot].size / 8; ++word) {
      if (!live[0][first_word[slot] + word]) continue;
      if (!ranges.empty() && ranges.back().slot == slot && ranges.back().offset + ranges.back().length == word * 8) {
        ranges.back().length += 8;
      } else {
        ranges.push_back({slot, word * 8, 8});
      }
    }
  }
  return ranges;
}

bool has_strings(const ir::Emit& emit) {
  return std::any_of(emit.fields.begin(), emit.fields.end(),
                     [](const ir::EmitField& field) { return field.kind == ir::EmitField::Kind::kString; });
}

uint32_t record_capacity(const ir::Emit& emit) {
  uint32_t bytes = kRecordHeader;
  for (const ir::EmitField& field : emit.fields) {
    bytes += field.kind == ir::EmitField::Kind::kBytes ? field.length : 8;
    // probe_read_kernel_str ends a string of full length with a NUL behind it.
    if (field.kind == ir::EmitField::Kind::kString) bytes += field.length + 8;
  }
  return bytes;
}

uint32_t longest_record(const ir::Program& program) {
  uint32_t longest = kRecordHeader + 8;  // exit() and what a failed read tells
  for (const ir::Function& function : program.functions) {
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
        if (emit != nullptr) longest = std::max(longest, record_capacity(*emit));
      }
    }
  }
  return longest;
}

namespace {

size_t operations_of(const ir::Function& function) {
  size_t operations = 0;
  for (const ir::Block& block : function.blocks) operations += block.instructions.size();
  return operations;
}

FrameLayout lay_out(const ir::Program& program, const ir::Function& function, const Allocation& allocation,
                    uint32_t fixed) {
  FrameLayout layout;
  uint32_t stack = fixed;
  uint32_t scratch = 0;
  const auto on_stack = [&](uint32_t bytes) {
    stack += bytes;
    return Location{false, -static_cast<int32_t>(stack)};
  };
  const auto in_scratch = [&](uint32_t bytes) {
    const Location location{true, static_cast<int32_t>(scratch)};
    scratch += (bytes + 7) & ~7U;
    return location;
  };

  const bool loops = has_loop(function);
  const bool is_long = operations_of(function) > kMaxOperationsOnStack;
  const bool walks = loops && ir::needs_of(function).user_stack;
  const uint32_t stack_spills = has_map_loop(function) || is_long ? 0
                                : walks                           ? kMaxStackSpillsInWalks
                                : loops                           ? kMaxStackSpillsInLoops
                                                                  : kMaxStackSpills;
  for (uint32_t word = 0; word < allocation.spill_words; ++word) {
    layout.spills.push_back(word < stack_spills ? on_stack(8) : in_scratch(8));
  }

  std::vector<uint32_t> uses(function.slots.size(), 0);
  std::vector<bool> indexed(function.slots.size(), false);
  std::vector<ir::RegionAccess> regions;
  uint32_t record = 0;
  uint32_t dump = 0;
  size_t emits = 0;
  std::vector<bool> holds_stack(function.slots.size(), false);
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      ir::regions_of(program, instruction.operation, regions);
      for (const ir::RegionAccess& region : regions) ++uses[region.place.slot];
      emits += std::holds_alternative<ir::Emit>(instruction.operation) ||
                       std::holds_alternative<ir::Exit>(instruction.operation)
                   ? 1
                   : 0;
      if (const auto* emit = std::get_if<ir::Emit>(&instruction.operation); emit != nullptr && has_strings(*emit)) {
        record = std::max(record, record_capacity(*emit));
      }
      if (const auto* read = std::get_if<ir::ReadStack>(&instruction.operation);
          read != nullptr && read->space == AddressSpace::kUser) {
        holds_stack[read->to.slot] = true;
        layout.stack_depth = std::max(layout.stack_depth, read->depth);
      }
      if (const auto* load = std::get_if<ir::SlotLoadAt>(&instruction.operation)) indexed[load->from.slot] = true;
      if (const auto* length = std::get_if<ir::StringLength>(&instruction.operation)) {
        dump = std::max(dump, length->capacity + 8);
      }
      if (const auto* find = std::get_if<ir::FindText>(&instruction.operation)) {
        layout.text_capacity = std::max(layout.text_capacity, find->capacity);
        layout.pattern_capacity = std::max(layout.pattern_capacity, find->pattern_capacity);
        dump = std::max(dump, search_bytes(layout.text_capacity, layout.pattern_capacity));
      }
      if (const auto* join = std::get_if<ir::JoinTexts>(&instruction.operation)) {
        dump = std::max(dump, join->left_capacity + join->right_capacity + 16);
      }
    }
  }

  std::vector<ir::SlotId> order(function.slots.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](ir::SlotId a, ir::SlotId b) {
    if (function.slots[a].size != function.slots[b].size) return function.slots[a].size < function.slots[b].size;
    return uses[a] > uses[b];
  });
  layout.slots.resize(function.slots.size());
  for (const ir::SlotId slot : order) {
    const uint32_t bytes = function.slots[slot].size;
    const bool small = bytes <= std::min(kMaxStackSlot, program.settings.on_stack_limit);
    // Frames are stored by their number, which the verifier does not like on the stack.
    const bool fits =
        !loops && !is_long && !holds_stack[slot] && !indexed[slot] && small && stack + bytes <= kStackBytes;
    layout.slots[slot] = fits ? on_stack(bytes) : in_scratch(bytes);
  }
  if (loops) layout.resume = in_scratch(8).offset;
  if (emits > 1 || (emits == 1 && loops)) layout.firing_time = in_scratch(16).offset;
  if (record != 0) layout.record = in_scratch(record).offset;
  if (dump != 0) layout.dump = in_scratch(dump).offset;
  if (layout.stack_depth != 0) {
    layout.unwind = in_scratch(UnwindState::kSize).offset;
    // The verifier takes any frame's number for possible, in each of the stacks.
    in_scratch(8 * layout.stack_depth);
  }
  // A string's copy may look at one byte behind its region.
  layout.scratch_size = scratch == 0 ? 0 : scratch + 8;
  return layout;
}

}  // namespace

FrameLayout lay_out_frame(const ir::Program& program, const ir::Function& function, const Allocation& allocation) {
  FrameLayout small = lay_out(program, function, allocation, fixed_bytes(program, function, false));
  if (small.scratch_size == 0) return small;
  return lay_out(program, function, allocation, fixed_bytes(program, function, true));
}

}  // namespace polytap::ebpf
