#include "backends/ebpf/register_allocator.h"

#include <algorithm>
#include <array>

#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

// r6 holds the context, r0 to r2 are the expansions' own.
constexpr std::array<Reg, 3> kKept = {Reg::k7, Reg::k8, Reg::k9};
constexpr std::array<Reg, 3> kShortLived = {Reg::k3, Reg::k4, Reg::k5};
constexpr uint32_t kNever = ~0U;

struct Range {
  ir::Temp temp = ir::kNoTemp;
  uint32_t begin = 0;
  uint32_t end = 0;
  bool crosses_clobber = false;
};

// The live ranges of one block in order of their begin; constants and unused results have none.
std::vector<Range> live_ranges(const ir::Block& block, std::vector<Home>& homes) {
  std::vector<Range> ranges;
  const auto use = [&](ir::Temp temp, uint32_t at) {
    const auto found =
        std::find_if(ranges.rbegin(), ranges.rend(), [&](const Range& range) { return range.temp == temp; });
    if (found != ranges.rend()) found->end = at;
  };
  const uint32_t count = static_cast<uint32_t>(block.instructions.size());
  for (uint32_t i = 0; i < count; ++i) {
    const ir::Instruction& instruction = block.instructions[i];
    ir::for_each_operand(instruction.operation, [&](ir::Temp temp) { use(temp, i); });
    if (instruction.result == ir::kNoTemp) continue;
    if (const auto* constant = std::get_if<ir::Const>(&instruction.operation)) {
      homes[instruction.result] = {Home::Kind::kConstant, Reg::k0, 0, constant->value};
    } else {
      ranges.push_back({instruction.result, i, kNever, false});
    }
  }
  if (const auto* branch = std::get_if<ir::Branch>(&block.end)) use(branch->condition, count);
  std::erase_if(ranges, [](const Range& range) { return range.end == kNever; });

  std::vector<uint32_t> clobbers_before(count + 2, 0);  // clobbering instructions with an index below i
  for (uint32_t i = 0; i < count; ++i) {
    clobbers_before[i + 1] = clobbers_before[i] + (clobbers_registers(block.instructions[i].operation) ? 1 : 0);
  }
  clobbers_before[count + 1] = clobbers_before[count];
  for (Range& range : ranges) {
    // An operand must outlive the start of a clobbering expansion, so its last use counts too.
    range.crosses_clobber = clobbers_before[range.end + 1] != clobbers_before[range.begin + 1];
  }
  return ranges;
}

class Scan {
 public:
  explicit Scan(std::vector<Home>& homes) : homes_(homes) {}

  uint32_t run(const std::vector<Range>& ranges) {
    for (const Range& range : ranges) {
      expire(range.begin);
      if (!range.crosses_clobber && take_register(kShortLived, range)) continue;
      if (take_register(kKept, range)) continue;
      // All taken: whoever lives longest gives way.
      auto longest = std::max_element(active_.begin(), active_.end(), [&](const Range* a, const Range* b) {
        return longest_key(*a) < longest_key(*b);
      });
      if (longest != active_.end() && is_kept(**longest) && (*longest)->end > range.end) {
        homes_[range.temp] = homes_[(*longest)->temp];
        spill(**longest);
        *longest = &range;
      } else {
        spill(range);
      }
    }
    return spill_words_;
  }

 private:
  bool is_kept(const Range& range) const {
    const Home& home = homes_[range.temp];
    return home.kind == Home::Kind::kRegister && home.reg >= Reg::k7;
  }
  uint32_t longest_key(const Range& range) const { return is_kept(range) ? range.end + 1 : 0; }

  // A range whose last use is instruction i frees its register for the result of instruction i: expansions read
  // their operands before they write the result.
  void expire(uint32_t now) {
    std::erase_if(active_, [&](const Range* range) { return range->end <= now; });
  }

  bool take_register(const std::array<Reg, 3>& pool, const Range& range) {
    for (const Reg reg : pool) {
      const bool taken = std::any_of(active_.begin(), active_.end(), [&](const Range* other) {
        const Home& home = homes_[other->temp];
        return home.kind == Home::Kind::kRegister && home.reg == reg;
      });
      if (taken) continue;
      homes_[range.temp] = {Home::Kind::kRegister, reg, 0, 0};
      active_.push_back(&range);
      return true;
    }
    return false;
  }

  // A range that gives way is spilled from its begin, so spill words are handed out by whole ranges.
  void spill(const Range& range) {
    uint32_t word = 0;
    while (word < spilled_.size() && std::any_of(spilled_[word].begin(), spilled_[word].end(), [&](const Range* other) {
             return other->begin < range.end && range.begin < other->end;
           })) {
      ++word;
    }
    if (word == spilled_.size()) spilled_.emplace_back();
    spilled_[word].push_back(&range);
    spill_words_ = std::max(spill_words_, word + 1);
    homes_[range.temp] = {Home::Kind::kSpill, Reg::k0, word, 0};
  }

  std::vector<Home>& homes_;
  std::vector<const Range*> active_;
  std::vector<std::vector<const Range*>> spilled_;  // by word
  uint32_t spill_words_ = 0;
};

}  // namespace

bool clobbers_registers(const ir::Operation& operation) {
  return std::visit(ir::Overloaded{
                        [](const ir::Const&) { return false; },
                        [](const ir::Binary&) { return false; },
                        [](const ir::Extend&) { return false; },
                        [](const ir::SlotLoad&) { return false; },
                        [](const ir::SlotStore&) { return false; },
                        [](const ir::SlotZero& op) { return !unrolls(op.length); },
                        [](const ir::SlotCopy& op) { return !unrolls(op.length); },
                        [](const ir::SlotLiteral& op) { return !unrolls(op.length); },
                        // The common fields in front of a record come from helpers.
                        [](const ir::ContextLoad& op) { return op.offset < 8; },
                        [](const auto&) { return true; },
                    },
                    operation);
}

Allocation allocate_registers(const ir::Function& function) {
  Allocation allocation;
  allocation.homes.resize(function.temps);
  for (const ir::Block& block : function.blocks) {
    const std::vector<Range> ranges = live_ranges(block, allocation.homes);
    allocation.spill_words = std::max(allocation.spill_words, Scan(allocation.homes).run(ranges));
  }
  return allocation;
}

}  // namespace polytap::ebpf
