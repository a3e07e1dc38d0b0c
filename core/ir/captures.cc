#include "core/ir/captures.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string_view>
#include <utility>

#include "core/ir/operands.h"

namespace polytap::ir {
namespace {

constexpr size_t kMostAlternatives = 4;
constexpr size_t kMostPointers = 8;
constexpr uint32_t kTrackedSlot = 64;     // bytes of a slot whose zeros at entry are known
constexpr uint32_t kTrackedRegion = 512;  // bytes of a region read in which pointers are looked for

constexpr std::string_view kFromMap = "comes from a map";
constexpr std::string_view kManyValues = "takes too many values, as in a loop";
constexpr std::string_view kComputed = "is computed by more than adding constants and following pointers";
constexpr std::string_view kNarrow = "is made of less than the eight bytes of a pointer";
constexpr std::string_view kCurrentTask = "is that of the current task (curtask), which no record carries";
constexpr std::string_view kNotPointer = "is taken from data that is no pointer";

// What is known of a word: one of some addresses (numbers among them), or why it is unknown.
struct Value {
  std::vector<FetchAddress> any_of;  // sorted
  std::string_view why = kComputed;  // when empty

  bool known() const { return !any_of.empty(); }
  friend bool operator==(const Value&, const Value&) = default;
};

Value unknown(std::string_view why) { return {{}, why}; }

Value number(int64_t value) { return {{FetchAddress{true, 0, {value}}}, {}}; }

Value made_of(std::vector<FetchAddress> addresses) {
  std::ranges::sort(addresses);
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.size() > kMostAlternatives) return unknown(kManyValues);
  return {std::move(addresses), {}};
}

bool is_number(const FetchAddress& address) { return address.is_absolute && address.pointers_followed() == 0; }

int64_t wrapping_add(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

Value sum(const Value& left, const Value& right, bool subtract) {
  if (!left.known()) return left;
  if (!right.known()) return right;
  std::vector<FetchAddress> sums;
  for (const FetchAddress& a : left.any_of) {
    for (const FetchAddress& b : right.any_of) {
      const bool swapped = !subtract && !is_number(b) && is_number(a);
      const FetchAddress& base = swapped ? b : a;
      const FetchAddress& added = swapped ? a : b;
      if (!is_number(added)) return unknown(kComputed);
      const auto amount = static_cast<uint64_t>(added.offsets[0]);
      FetchAddress result = base;
      result.offsets.back() =
          wrapping_add(result.offsets.back(), static_cast<int64_t>(subtract ? uint64_t{0} - amount : amount));
      sums.push_back(std::move(result));
    }
  }
  return made_of(std::move(sums));
}

// The word at OFFSET bytes behind the address.
Value word_at(const Value& address, uint32_t offset) {
  std::vector<FetchAddress> words;
  for (const FetchAddress& each : address.any_of) {
    if (each.pointers_followed() == kMostPointers) return unknown("leads through too many pointers");
    FetchAddress word = each;
    word.offsets.back() = wrapping_add(word.offsets.back(), offset);
    word.offsets.push_back(0);
    words.push_back(std::move(word));
  }
  return words.empty() ? address : made_of(std::move(words));
}

Value join(const Value& a, const Value& b) {
  if (!a.known()) return a;
  if (!b.known()) return b;
  std::vector<FetchAddress> all = a.any_of;
  all.insert(all.end(), b.any_of.begin(), b.any_of.end());
  return made_of(std::move(all));
}

// The words of the slots, by slot and offset; a word that is not there is unknown.
using Words = std::map<std::pair<SlotId, uint32_t>, Value>;

// Whether INTO changed.
bool join_into(Words& into, const Words& other) {
  bool changed = false;
  for (auto word = into.begin(); word != into.end();) {
    const auto found = other.find(word->first);
    if (found == other.end()) {
      word = into.erase(word);
      changed = true;
      continue;
    }
    Value joined = join(word->second, found->second);
    changed |= joined != word->second;
    word->second = std::move(joined);
    ++word;
  }
  return changed;
}

// Carries out blocks on what is known.
class Tracker {
 public:
  Tracker(const Program& program, const Function& function) : program_(program), function_(function) {
    temps_.resize(function.temps);
    used_.resize(function.temps);
    for (const Block& block : function.blocks) {
      for (const Instruction& instruction : block.instructions) {
        for_each_operand(instruction.operation, [&](Temp temp) { used_[temp] = true; });
      }
      if (const auto* branch = std::get_if<Branch>(&block.end)) used_[branch->condition] = true;
    }
  }

  Words at_entry() const {
    Words words;
    for (SlotId slot = 0; slot < function_.slots.size(); ++slot) {
      if (function_.slots[slot].size > kTrackedSlot) continue;
      for (uint32_t offset = 0; offset < function_.slots[slot].size; offset += 8) words[{slot, offset}] = number(0);
    }
    return words;
  }

  // FOUND: where captures go; null while states are still being found.
  void run(const Block& block, Words& words, Captures* found) {
    words_ = &words;
    found_ = found;
    for (const Instruction& instruction : block.instructions) {
      current_ = &instruction;
      Value result = std::visit(*this, instruction.operation);
      if (instruction.result != kNoTemp) temps_[instruction.result] = std::move(result);
    }
  }

  Value operator()(const Const& op) { return number(op.value); }
  Value operator()(const Binary& op) {
    const bool adds = op.op == BinaryOp::kAdd || op.op == BinaryOp::kSub;
    if (adds) return sum(temps_[op.left], temps_[op.right], op.op == BinaryOp::kSub);
    for (const Temp operand : {op.left, op.right}) {
      if (!temps_[operand].known()) return temps_[operand];
    }
    return unknown(kComputed);
  }
  Value operator()(const Extend& op) { return temps_[op.value].known() ? unknown(kNarrow) : temps_[op.value]; }
  Value operator()(const ContextLoad& op) {
    if (op.size != 8) return unknown(kNarrow);
    return {{FetchAddress{false, op.offset, {0}}}, {}};
  }
  Value operator()(const ReadBuiltin& op) {
    return unknown(op.what == Builtin::kCurrentTask ? kCurrentTask : kNotPointer);
  }
  Value operator()(const SlotLoad& op) {
    const auto found = words_->find({op.from.slot, op.from.offset & ~7U});
    if (found == words_->end()) return unknown(kComputed);
    const Value& word = found->second;
    if (op.size == 8 || !word.known()) return word;
    const bool is_zero = std::ranges::all_of(
        word.any_of, [](const FetchAddress& each) { return is_number(each) && each.offsets[0] == 0; });
    return is_zero ? word : unknown(kNarrow);
  }
  Value operator()(const SlotStore& op) {
    if (op.size == 8) {
      (*words_)[{op.to.slot, op.to.offset}] = temps_[op.value];
    } else {
      overwrite(op.to, op.size, kNarrow);
    }
    return {};
  }
  Value operator()(const SlotZero& op) {
    overwrite(op.to, op.length, kNotPointer);
    for (uint32_t at = 0; at < std::min(op.length, kTrackedSlot); at += 8)
      (*words_)[{op.to.slot, op.to.offset + at}] = number(0);
    return {};
  }
  Value operator()(const SlotCopy& op) {
    std::vector<std::pair<uint32_t, Value>> copied;
    const auto begin = words_->lower_bound({op.from.slot, op.from.offset});
    const auto end = words_->lower_bound({op.from.slot, op.from.offset + op.length});
    for (auto word = begin; word != end; ++word) copied.emplace_back(word->first.second - op.from.offset, word->second);
    forget(op.to, op.length);
    for (auto& [offset, value] : copied) (*words_)[{op.to.slot, op.to.offset + offset}] = std::move(value);
    return {};
  }
  Value operator()(const ContextCopy& op) {
    overwrite(op.to, (op.length + 7) & ~7U, kNotPointer);
    if (op.offset % 8 != 0) return {};
    for (uint32_t at = 0; at + 8 <= std::min(op.length, kTrackedRegion); at += 8) {
      (*words_)[{op.to.slot, op.to.offset + at}] = {{FetchAddress{false, op.offset + at, {0}}}, {}};
    }
    return {};
  }
  Value operator()(const ReadMemory& op) {
    const Value address = temps_[op.address];
    const bool used = current_->result != kNoTemp && used_[current_->result];
    capture(address, Capture::Kind::kBytes, op.length, op.space, used);
    forget(op.to, op.length);
    for (uint32_t at = 0; at + 8 <= std::min(op.length, kTrackedRegion); at += 8) {
      (*words_)[{op.to.slot, op.to.offset + at}] = word_at(address, at);
    }
    return unknown(kNotPointer);
  }
  Value operator()(const ReadString& op) {
    capture(temps_[op.address], Capture::Kind::kString, op.capacity, op.space, true);
    overwrite(op.to, op.capacity, kNotPointer);
    return unknown(kNotPointer);
  }
  Value operator()(const ReadBuffer& op) {
    uint32_t length = op.capacity;
    const Value& wanted = temps_[op.length];
    if (wanted.known() && std::ranges::all_of(wanted.any_of, is_number)) {
      uint64_t most = 0;
      for (const FetchAddress& each : wanted.any_of) most = std::max(most, static_cast<uint64_t>(each.offsets[0]));
      length = static_cast<uint32_t>(std::min<uint64_t>(length, most));
    }
    if (length != 0) capture(temps_[op.address], Capture::Kind::kBytes, length, op.space, true);
    overwrite(op.to, 8 + op.capacity, kNotPointer);
    return {};
  }
  Value operator()(const MapAdd&) { return unknown(kFromMap); }
  Value operator()(const AggregateRead&) { return unknown(kFromMap); }
  Value operator()(const MapGet& op) { return written_by(op, kFromMap); }
  Value operator()(const MapNext& op) { return written_by(op, kFromMap); }
  template <typename Op>
  Value operator()(const Op& op) {
    return written_by(op, kNotPointer);
  }

 private:
  Value written_by(const Operation& operation, std::string_view why) {
    regions_of(program_, operation, regions_);
    for (const RegionAccess& region : regions_) {
      if (region.is_write) overwrite(region.place, region.length, why);
    }
    return unknown(why);
  }
  void forget(Place place, uint32_t length) {
    const auto begin = words_->lower_bound({place.slot, place.offset & ~7U});
    words_->erase(begin, words_->lower_bound({place.slot, place.offset + length}));
  }
  void overwrite(Place place, uint32_t length, std::string_view why) {
    forget(place, length);
    const uint32_t end = place.offset + std::min(length, kTrackedSlot);
    for (uint32_t at = place.offset & ~7U; at < end; at += 8) (*words_)[{place.slot, at}] = unknown(why);
  }
  void capture(const Value& address, Capture::Kind kind, uint32_t length, AddressSpace space, bool failure_shows) {
    if (found_ == nullptr) return;
    if (!address.known()) {
      if (!found_->uncapturable) found_->uncapturable = {current_->span, std::string(address.why)};
      return;
    }
    for (const FetchAddress& each : address.any_of) {
      if (is_number(each) && each.offsets[0] == 0) continue;  // nothing is there
      const auto same = std::ranges::find_if(found_->captures, [&](const Capture& other) {
        return other.kind == kind && other.address == each && other.space == space;
      });
      if (same == found_->captures.end()) {
        found_->captures.push_back({kind, each, length, space, failure_shows, current_->span});
      } else {
        same->length = std::max(same->length, length);
        same->failure_shows |= failure_shows;
      }
    }
  }

  const Program& program_;
  const Function& function_;
  std::vector<Value> temps_;
  std::vector<bool> used_;  // by temporary: whether anything reads it
  Words* words_ = nullptr;
  Captures* found_ = nullptr;
  const Instruction* current_ = nullptr;
  std::vector<RegionAccess> regions_;
};

}  // namespace

std::strong_ordering operator<=>(const FetchAddress& a, const FetchAddress& b) {
  if (const auto order = a.is_absolute <=> b.is_absolute; std::is_neq(order)) return order;
  if (const auto order = a.context_offset <=> b.context_offset; std::is_neq(order)) return order;
  return a.offsets <=> b.offsets;
}

Captures find_captures(const Program& program, const Function& function) {
  Tracker tracker(program, function);
  std::vector<std::optional<Words>> before(function.blocks.size());
  before[0] = tracker.at_entry();
  // Values only grow in alternatives until they are unknown, so this ends.
  std::deque<BlockId> waiting = {0};
  while (!waiting.empty()) {
    const BlockId block = waiting.front();
    waiting.pop_front();
    Words words = *before[block];
    tracker.run(function.blocks[block], words, nullptr);
    for_each_target(function.blocks[block].end, [&](BlockId to) {
      if (before[to].has_value() && !join_into(*before[to], words)) return;
      if (!before[to].has_value()) before[to] = words;
      if (std::ranges::find(waiting, to) == waiting.end()) waiting.push_back(to);
    });
  }
  Captures captures;
  for (BlockId block = 0; block < function.blocks.size(); ++block) {
    if (before[block].has_value()) tracker.run(function.blocks[block], *before[block], &captures);
  }
  std::ranges::stable_sort(captures.captures, {}, [](const Capture& each) { return each.address.pointers_followed(); });
  return captures;
}

}  // namespace polytap::ir
