#include <algorithm>
#include <optional>

#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

// More facts than this are not worth the search; the oldest go first.
constexpr size_t kMaxFacts = 64;

RegionAccess region(Place place, uint32_t length) { return {place, length, false, nullptr}; }

// What is known about the slots at one point of a block.
class SlotFacts {
 public:
  struct Word {
    RegionAccess where;
    Temp value = kNoTemp;  // its low bytes are there
  };
  struct Copy {
    RegionAccess where;
    Place original;  // the same bytes are here, too
  };

  void clear() {
    words_.clear();
    copies_.clear();
    zeros_.clear();
  }

  const Word* find_word(const RegionAccess& where) const {
    const auto found = std::ranges::find_if(
        words_, [&](const Word& word) { return word.where.place == where.place && word.where.length == where.length; });
    return found == words_.end() ? nullptr : &*found;
  }
  const Copy* find_copy(const RegionAccess& where) const {
    const auto found = std::ranges::find_if(copies_, [&](const Copy& copy) { return covers(copy.where, where); });
    return found == copies_.end() ? nullptr : &*found;
  }
  bool is_zero(const RegionAccess& where) const {
    return std::ranges::any_of(zeros_, [&](const RegionAccess& zero) { return covers(zero, where); });
  }

  // WHERE has been written: what was known about it is no longer.
  void forget(const RegionAccess& where) {
    std::erase_if(words_, [&](const Word& word) { return overlap(word.where, where); });
    std::erase_if(copies_, [&](const Copy& copy) {
      return overlap(copy.where, where) || overlap(region(copy.original, copy.where.length), where);
    });
    std::vector<RegionAccess> kept;
    for (const RegionAccess& zero : zeros_) {
      if (!overlap(zero, where)) {
        kept.push_back(zero);
        continue;
      }
      const auto [slot, begin] = zero.place;
      if (begin < where.place.offset) kept.push_back(region(zero.place, where.place.offset - begin));
      if (where.end() < zero.end()) {
        const auto after = static_cast<uint32_t>(where.end());
        kept.push_back(region({slot, after}, static_cast<uint32_t>(zero.end()) - after));
      }
    }
    zeros_ = std::move(kept);
  }

  void add_word(const RegionAccess& where, Temp value) { add(words_, Word{where, value}); }
  void add_copy(const RegionAccess& where, Place original) { add(copies_, Copy{where, original}); }
  void add_zero(const RegionAccess& where) { add(zeros_, where); }

 private:
  template <typename Fact>
  static void add(std::vector<Fact>& facts, Fact fact) {
    if (facts.size() == kMaxFacts) facts.erase(facts.begin());
    facts.push_back(std::move(fact));
  }

  std::vector<Word> words_;
  std::vector<Copy> copies_;
  std::vector<RegionAccess> zeros_;
};

class Forwarder {
 public:
  Forwarder(const Program& program, Function& function) : program_(program), function_(function) {}

  bool run() {
    find_written_regions();
    zero_temps_.assign(function_.temps, false);
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      facts_.clear();
      if (id == 0 && !is_entered_again()) {
        for (SlotId slot = 0; slot < function_.slots.size(); ++slot) {
          facts_.add_zero(region({slot, 0}, function_.slots[slot].size));
        }
      }
      std::vector<Instruction>& instructions = function_.blocks[id].instructions;
      std::erase_if(instructions, [this](Instruction& instruction) { return !keep(instruction); });
    }
    return changed_;
  }

 private:
  // Regions that get something else than zeros anywhere in the function.
  void find_written_regions() {
    for (const Block& block : function_.blocks) {
      for (const Instruction& instruction : block.instructions) {
        if (std::holds_alternative<SlotZero>(instruction.operation)) continue;
        regions_of(program_, instruction.operation, regions_);
        for (const RegionAccess& access : regions_) {
          if (access.is_write) written_.push_back(access);
        }
      }
    }
  }
  bool is_never_written(const RegionAccess& where) const {
    return std::ranges::none_of(written_, [&](const RegionAccess& written) { return overlap(written, where); });
  }
  bool is_zero(const RegionAccess& where) const { return facts_.is_zero(where) || is_never_written(where); }

  bool is_entered_again() const {
    bool result = false;
    for (const Block& block : function_.blocks) {
      for_each_target(block.end, [&](BlockId target) { result = result || target == 0; });
    }
    return result;
  }

  // Rewrites INSTRUCTION and notes what it does; false: it does nothing.
  bool keep(Instruction& instruction) {
    read_originals(instruction.operation);
    if (const auto* constant = std::get_if<Const>(&instruction.operation)) {
      if (instruction.result != kNoTemp) zero_temps_[instruction.result] = constant->value == 0;
      return true;
    }
    if (auto* load = std::get_if<SlotLoad>(&instruction.operation)) {
      keep_load(instruction, *load);
      return true;
    }
    if (auto* copy = std::get_if<SlotCopy>(&instruction.operation)) {
      if (copy->to == copy->from) return drop();
      if (is_zero(region(copy->from, copy->length))) {
        instruction.operation = SlotZero{copy->to, copy->length};
        changed_ = true;
      }
    }
    if (const auto* zero = std::get_if<SlotZero>(&instruction.operation)) {
      if (is_zero(region(zero->to, zero->length))) return drop();
    }
    if (const auto* store = std::get_if<SlotStore>(&instruction.operation)) {
      const SlotFacts::Word* word = facts_.find_word(region(store->to, store->size));
      if (word != nullptr && word->value == store->value) return drop();
      if (zero_temps_[store->value] && facts_.is_zero(region(store->to, store->size))) return drop();
    }
    note_writes(instruction.operation);
    return true;
  }
  bool drop() {
    changed_ = true;
    return false;
  }

  void keep_load(Instruction& instruction, const SlotLoad& load) {
    const RegionAccess where = region(load.from, load.size);
    const Temp result = instruction.result;
    if (is_zero(where)) {
      instruction.operation = Const{0};
      changed_ = true;
    } else if (const SlotFacts::Word* word = facts_.find_word(where)) {
      instruction.operation = low_bytes(*word, load);
      changed_ = true;
    } else if (result != kNoTemp) {
      facts_.add_word(where, result);
    }
  }

  // What a load of the place where WORD was stored gives.
  Operation low_bytes(const SlotFacts::Word& word, const SlotLoad& load) {
    if (load.size != 8) return Extend{word.value, static_cast<uint8_t>(8 * load.size), load.is_signed};
    // x | x is x, and fold() puts x itself in its place.
    return Binary{BinaryOp::kOr, word.value, word.value};
  }

  // Lets OPERATION read from where a copy was made, as long as both are the same.
  void read_originals(Operation& operation) {
    regions_of(program_, operation, regions_);
    for (size_t i = 0; i < regions_.size(); ++i) {
      if (regions_[i].is_write) continue;
      const SlotFacts::Copy* copy = facts_.find_copy(regions_[i]);
      if (copy == nullptr) continue;
      RegionAccess moved = regions_[i];
      moved.place = {copy->original.slot, copy->original.offset + moved.place.offset - copy->where.place.offset};
      const bool hits_write = std::ranges::any_of(
          regions_, [&](const RegionAccess& other) { return other.is_write && overlap(other, moved); });
      // A copy back to where it came from does nothing: keep() drops it.
      const auto* back = std::get_if<SlotCopy>(&operation);
      if (hits_write && (back == nullptr || back->to != moved.place)) continue;
      // The regions point into OPERATION, which is ours to change.
      *const_cast<Place*>(regions_[i].operand) = moved.place;
      regions_[i].place = moved.place;
      changed_ = true;
    }
  }

  void note_writes(const Operation& operation) {
    regions_of(program_, operation, regions_);
    for (const RegionAccess& access : regions_) {
      if (access.is_write) facts_.forget(access);
    }
    if (const auto* store = std::get_if<SlotStore>(&operation)) {
      const RegionAccess where = region(store->to, store->size);
      facts_.add_word(where, store->value);
      if (zero_temps_[store->value]) facts_.add_zero(where);
    } else if (const auto* zero = std::get_if<SlotZero>(&operation)) {
      facts_.add_zero(region(zero->to, zero->length));
    } else if (const auto* copy = std::get_if<SlotCopy>(&operation)) {
      facts_.add_copy(region(copy->to, copy->length), copy->from);
    }
  }

  const Program& program_;
  Function& function_;
  std::vector<RegionAccess> written_;
  std::vector<RegionAccess> regions_;
  SlotFacts facts_;
  std::vector<bool> zero_temps_;
  bool changed_ = false;
};

}  // namespace

bool forward_slots(const Program& program, Function& function) { return Forwarder(program, function).run(); }

}  // namespace polytap::ir
