#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/base/check.h"
#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

// Two words with the same number hold the same value.
using Number = uint32_t;

// Whether a builtin is the same throughout one run.
bool is_steady(Builtin what) {
  switch (what) {
    case Builtin::kPid:
    case Builtin::kTid:
    case Builtin::kUid:
    case Builtin::kGid:
    case Builtin::kCurrentTask:
    case Builtin::kChildPid:
    case Builtin::kSiteIndex:
    case Builtin::kParentPid:
      return true;
    default:
      return false;
  }
}

// A map's value, or the thread's name, where it has been put.
struct Read {
  std::optional<MapId> map;  // none: the name
  std::vector<Number> key;
  Place to;
  std::vector<Number> value;
};

// What is known at one point: along the way here from a block with several ways in.
struct State {
  std::map<std::pair<SlotId, uint32_t>, Number> words;  // by slot and index of the 8-byte word
  std::vector<Read> reads;
};

class Reuser {
 public:
  Reuser(const Program& program, Function& function) : program_(program), function_(function) {}

  bool run() {
    const size_t count = function_.blocks.size();
    std::vector<uint32_t> ways_in(count, 0);
    ways_in[0] = 1;
    for (const Block& block : function_.blocks) {
      for_each_target(block.end, [&](BlockId to) { ++ways_in[to]; });
    }
    count_uses();
    numbers_.assign(function_.temps, 0);
    std::vector<bool> done(count, false);
    for (BlockId root = 0; root < count; ++root) {
      if (root != 0 && ways_in[root] == 1) continue;  // reached from the block before it
      std::vector<std::pair<BlockId, State>> pending = {{root, {}}};
      while (!pending.empty()) {
        const BlockId id = pending.back().first;
        State state = std::move(pending.back().second);
        pending.pop_back();
        if (done[id]) continue;
        done[id] = true;
        walk(function_.blocks[id], state);
        for_each_target(function_.blocks[id].end, [&](BlockId to) {
          if (to != 0 && ways_in[to] == 1) pending.emplace_back(to, state);
        });
      }
    }
    return changed_;
  }

 private:
  void count_uses() {
    used_.assign(function_.temps, false);
    for (const Block& block : function_.blocks) {
      for (const Instruction& instruction : block.instructions) {
        for_each_operand(instruction.operation, [&](Temp temp) { used_[temp] = true; });
      }
      if (const auto* branch = std::get_if<Branch>(&block.end)) used_[branch->condition] = true;
    }
  }
  bool wants(Temp temp) const { return temp != kNoTemp && used_[temp]; }

  Number fresh() { return next_++; }
  Number constant(int64_t value) { return constants_.try_emplace(value, next_).second ? fresh() : constants_[value]; }
  Number steady(Builtin what) { return builtins_.try_emplace(what, next_).second ? fresh() : builtins_[what]; }

  Number word(State& state, SlotId slot, uint32_t index) {
    const auto [found, added] = state.words.try_emplace({slot, index}, next_);
    return added ? fresh() : found->second;
  }
  std::vector<Number> words(State& state, Place place, uint32_t length) {
    std::vector<Number> numbers;
    for (uint32_t i = 0; i < length / 8; ++i) numbers.push_back(word(state, place.slot, place.offset / 8 + i));
    return numbers;
  }
  static void put(State& state, Place place, const std::vector<Number>& numbers) {
    for (uint32_t i = 0; i < numbers.size(); ++i) state.words[{place.slot, place.offset / 8 + i}] = numbers[i];
  }

  void walk(Block& block, State& state) {
    std::erase_if(block.instructions, [&](Instruction& instruction) { return !keep(instruction, state); });
  }

  // Rewrites INSTRUCTION and notes what it does; false: what it would do has been done.
  bool keep(Instruction& instruction, State& state) {
    Operation& operation = instruction.operation;
    if (const auto* get = std::get_if<MapGet>(&operation); get != nullptr && !wants(instruction.result)) {
      const MapSpec& map = program_.maps[get->map];
      CHECK(map.key_size % 8 == 0);
      Read read{get->map, words(state, get->key, map.key_size), get->to, {}};
      return keep_read(instruction, std::move(read), map.value_size, state);
    }
    if (const auto* comm = std::get_if<ReadComm>(&operation); comm != nullptr && !comm->of_process) {
      return keep_read(instruction, {std::nullopt, {}, comm->to, {}}, 16, state);
    }
    if (const auto* builtin = std::get_if<ReadBuiltin>(&operation);
        builtin != nullptr && is_steady(builtin->what) && instruction.result != kNoTemp) {
      const Number number = steady(builtin->what);
      if (const auto place = holder(state, number)) {
        operation = SlotLoad{*place, 8, false};
        changed_ = true;
      }
      numbers_[instruction.result] = number;
      return true;
    }
    note(instruction, state);
    return true;
  }

  bool keep_read(Instruction& instruction, Read read, uint32_t length, State& state) {
    const auto known = std::ranges::find_if(state.reads, [&](const Read& other) {
      return other.map == read.map && other.key == read.key && words(state, other.to, length) == other.value;
    });
    const RegionAccess to{read.to, length, true, nullptr};
    if (length % 8 != 0 || known == state.reads.end()) {
      forget(state, to);
      if (length % 8 != 0) return true;
      read.value = words(state, read.to, length);
      state.reads.push_back(std::move(read));
      return true;
    }
    if (known->to == read.to) {
      changed_ = true;
      return false;
    }
    if (overlap({known->to, length, false, nullptr}, to)) {
      forget(state, to);
      return true;
    }
    instruction.operation = SlotCopy{read.to, known->to, length};
    instruction.result = kNoTemp;
    changed_ = true;
    put(state, read.to, std::vector<Number>(known->value));
    return true;
  }

  static std::optional<Place> holder(const State& state, Number number) {
    for (const auto& [where, held] : state.words) {
      if (held == number) return Place{where.first, where.second * 8};
    }
    return std::nullopt;
  }

  void forget(State& state, const RegionAccess& where) {
    for (uint64_t at = where.place.offset / 8; at * 8 < where.end(); ++at) {
      state.words[{where.place.slot, static_cast<uint32_t>(at)}] = fresh();
    }
  }

  void note(const Instruction& instruction, State& state) {
    const Operation& operation = instruction.operation;
    std::visit(Overloaded{
                   [&](const MapSet& op) { forget_map(state, op.map); },
                   [&](const MapAdd& op) { forget_map(state, op.map); },
                   [&](const MapDelete& op) { forget_map(state, op.map); },
                   [](const auto&) {},
               },
               operation);
    // Numbers of what is copied are taken before it is overwritten.
    std::optional<std::vector<Number>> copied;
    const auto* copy = std::get_if<SlotCopy>(&operation);
    if (copy != nullptr) copied = words(state, copy->from, copy->length);
    regions_of(program_, operation, regions_);
    for (const RegionAccess& access : regions_) {
      if (access.is_write) forget(state, access);
    }
    if (copied) put(state, copy->to, *copied);
    if (const auto* zero = std::get_if<SlotZero>(&operation)) {
      put(state, zero->to, std::vector<Number>(zero->length / 8, constant(0)));
    }
    if (const auto* store = std::get_if<SlotStore>(&operation); store != nullptr && store->size == 8) {
      put(state, store->to, {numbers_[store->value]});
    }
    if (instruction.result != kNoTemp) numbers_[instruction.result] = number_of(operation, state);
  }

  Number number_of(const Operation& operation, State& state) {
    if (const auto* value = std::get_if<Const>(&operation)) return constant(value->value);
    if (const auto* load = std::get_if<SlotLoad>(&operation); load != nullptr && load->size == 8) {
      return word(state, load->from.slot, load->from.offset / 8);
    }
    return fresh();
  }

  static void forget_map(State& state, MapId map) {
    std::erase_if(state.reads, [&](const Read& read) { return read.map == map; });
  }

  const Program& program_;
  Function& function_;
  std::vector<bool> used_;
  std::vector<Number> numbers_;  // by temporary
  std::map<int64_t, Number> constants_;
  std::map<Builtin, Number> builtins_;
  std::vector<RegionAccess> regions_;
  Number next_ = 1;
  bool changed_ = false;
};

}  // namespace

bool reuse_reads(const Program& program, Function& function) { return Reuser(program, function).run(); }

}  // namespace polytap::ir
