#include "core/ir/interpreter.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/ir/arithmetic.h"
#include "core/run/map_store.h"

namespace polytap::ir {

// The layouts are little-endian, and so is what memcpy() of a word gives.
static_assert(std::endian::native == std::endian::little);

namespace {

int64_t load_word(const std::byte* from, uint8_t size, bool is_signed) {
  uint64_t raw = 0;
  std::memcpy(&raw, from, size);
  return extend(static_cast<int64_t>(raw), static_cast<uint8_t>(size * 8), is_signed);
}

size_t length_before_nul(const std::byte* from, size_t capacity) {
  return ::strnlen(reinterpret_cast<const char*>(from), capacity);
}

}  // namespace

// Every operator() carries out one operation and returns its result, 0 when it has none.
class Interpreter::Run {
 public:
  Run(const Program& program, Machine& machine, std::byte* frame, const uint32_t* slot_starts, int64_t* temps,
      std::vector<std::byte>& payload)
      : program_(program),
        machine_(machine),
        maps_(machine.maps()),
        context_(machine.context()),
        frame_(frame),
        slot_starts_(slot_starts),
        temps_(temps),
        payload_(payload) {}

  // The block that follows, or kEnd.
  static constexpr BlockId kEnd = ~0U;
  BlockId run_block(const Block& block) {
    for (const Instruction& instruction : block.instructions) {
      current_ = &instruction;
      const int64_t result = std::visit(*this, instruction.operation);
      if (instruction.result != kNoTemp) temps_[instruction.result] = result;
    }
    if (const auto* jump = std::get_if<Jump>(&block.end)) return jump->to;
    if (const auto* branch = std::get_if<Branch>(&block.end)) {
      return temps_[branch->condition] != 0 ? branch->if_true : branch->if_false;
    }
    return kEnd;
  }

  int64_t operator()(const Const& op) { return op.value; }
  int64_t operator()(const Binary& op) { return evaluate(op.op, temps_[op.left], temps_[op.right]); }
  int64_t operator()(const Extend& op) { return extend(temps_[op.value], op.bits, op.is_signed); }

  int64_t operator()(const SlotLoad& op) { return load_word(at(op.from), op.size, op.is_signed); }
  int64_t operator()(const SlotLoadAt& op) {
    const auto index = static_cast<uint64_t>(temps_[op.index]);
    return index < op.count ? load_word(at(op.from) + index * op.size, op.size, op.is_signed) : 0;
  }
  int64_t operator()(const SlotStore& op) {
    std::memcpy(at(op.to), &temps_[op.value], op.size);
    return 0;
  }
  int64_t operator()(const SlotZero& op) {
    std::memset(at(op.to), 0, op.length);
    return 0;
  }
  int64_t operator()(const SlotCopy& op) {
    std::memcpy(at(op.to), at(op.from), op.length);
    return 0;
  }
  int64_t operator()(const SlotLiteral& op) {
    const std::string& text = program_.strings[op.text];
    put(op.to, std::as_bytes(std::span(text.data(), std::min<size_t>(text.size(), op.length - 1))), op.length);
    return 0;
  }

  int64_t operator()(const ContextLoad& op) {
    if (uint64_t{op.offset} + op.size > context_.size()) return fault();
    return load_word(context_.data() + op.offset, op.size, op.is_signed);
  }
  int64_t operator()(const ContextCopy& op) {
    if (uint64_t{op.offset} + op.length > context_.size()) fault();
    const size_t begin = std::min<size_t>(op.offset, context_.size());
    const size_t length = std::min<size_t>(op.length, context_.size() - begin);
    put(op.to, context_.subspan(begin, length), (op.length + 7) & ~7U);
    return 0;
  }
  int64_t operator()(const ContextString& op) {
    put(op.to, {}, op.capacity);
    if (uint64_t{op.offset} + 4 > context_.size()) return fault();
    const auto location = static_cast<uint32_t>(load_word(context_.data() + op.offset, 4, false));
    const size_t position = (location & 0xffff) + (op.is_relative ? size_t{op.offset} + 4 : 0);
    if (position > context_.size()) return fault();
    const size_t available = std::min<size_t>(location >> 16, context_.size() - position);
    const std::byte* const text = context_.data() + position;
    const size_t length = length_before_nul(text, std::min<size_t>(available, op.capacity - 1));
    if (length != 0) std::memcpy(at(op.to), text, length);
    return static_cast<int64_t>(length);
  }

  int64_t operator()(const ReadBuiltin& op) { return static_cast<int64_t>(machine_.builtin(op.what)); }
  int64_t operator()(const ReadComm& op) {
    const std::span<char, 16> out(reinterpret_cast<char*>(at(op.to)), 16);
    op.of_process ? machine_.process_name(out) : machine_.comm(out);
    return 0;
  }
  int64_t operator()(const ReadMemory& op) {
    std::byte* const to = at(op.to);
    if (machine_.read_memory(op.space, address(op.address), {to, op.length})) return 1;
    std::memset(to, 0, op.length);
    return fault();
  }
  int64_t operator()(const ReadString& op) {
    std::byte* const to = at(op.to);
    const int64_t read =
        machine_.read_string(op.space, address(op.address), std::span(reinterpret_cast<char*>(to), op.capacity - 1));
    const auto length = static_cast<size_t>(std::max<int64_t>(read, 0));
    // Unpadded: what the machine left behind the string stays, so that tests see a wrong use of it.
    std::memset(to + length, 0, op.unpadded ? 1 : op.capacity - length);
    return read < 0 ? fault() : read;
  }
  int64_t operator()(const ReadBuffer& op) {
    std::byte* const to = at(op.to);
    const uint64_t length = std::min<uint64_t>(static_cast<uint64_t>(temps_[op.length]), op.capacity);
    std::memset(to, 0, size_t{8} + op.capacity);
    if (length == 0) return 0;
    if (!machine_.read_memory(op.space, address(op.address), {to + 8, length})) {
      std::memset(to + 8, 0, op.capacity);
      return fault();
    }
    std::memcpy(to, &length, 8);
    return 0;
  }
  int64_t operator()(const ReadStack& op) {
    std::byte* const to = at(op.to);
    const uint64_t tgid = op.space == AddressSpace::kKernel ? 0 : machine_.builtin(Builtin::kPid);
    std::memcpy(to, &tgid, 8);
    // Slots are arrays of uint64_t, so that frames can be written in place.
    const std::span frames(reinterpret_cast<uint64_t*>(to + 8), op.depth);
    std::ranges::fill(frames, 0);
    const size_t count = machine_.stack(op.space, frames);
    std::ranges::fill(frames.subspan(std::min(count, frames.size())), 0);
    return 0;
  }

  int64_t operator()(const CompareBytes& op) { return std::memcmp(at(op.left), at(op.right), op.length) == 0 ? 0 : 1; }
  int64_t operator()(const StringLength& op) {
    return static_cast<int64_t>(length_before_nul(at(op.from), op.capacity));
  }

  int64_t operator()(const FindText& op) {
    const std::string_view text = text_at(op.text, op.capacity);
    const size_t found = text.find(text_at(op.pattern, op.pattern_capacity));
    return found == std::string_view::npos ? -1 : static_cast<int64_t>(found);
  }
  int64_t operator()(const JoinTexts& op) {
    const std::string_view left = text_at(op.left, op.left_capacity);
    const std::string_view right = text_at(op.right, op.right_capacity);
    const size_t first = std::min<size_t>(left.size(), op.capacity - 1);
    const size_t second = std::min<size_t>(right.size(), op.capacity - 1 - first);
    std::byte* const to = at(op.to);
    std::memset(to, 0, op.capacity);
    std::memcpy(to, left.data(), first);
    std::memcpy(to + first, right.data(), second);
    return 0;
  }
  int64_t operator()(const DecodeCall& op) {
    std::memset(at(op.to), 0, op.capacity);
    if (machine_.decode_call({reinterpret_cast<char*>(at(op.to)), op.capacity - 1})) return 0;
    std::memset(at(op.to), 0, op.capacity);
    return fault();
  }

  int64_t operator()(const SendSignal& op) {
    return machine_.send_signal(static_cast<int>(temps_[op.number]), op.to_thread) ? 0 : fault();
  }
  int64_t operator()(const OverrideResult& op) { return machine_.override_result(temps_[op.value]) ? 0 : fault(); }
  int64_t operator()(const Delay& op) {
    const int64_t nanoseconds = temps_[op.nanoseconds];
    return nanoseconds >= 0 && machine_.delay(static_cast<uint64_t>(nanoseconds)) ? 0 : fault();
  }
  int64_t operator()(const WriteMemory& op) {
    return machine_.write_memory(address(op.address), {at(op.from), op.length}) ? 1 : fault();
  }

  int64_t operator()(const MapGet& op) {
    const std::span<const std::byte> value = maps_.find(op.map, key(op.map, op.key));
    put(op.to, value, program_.maps[op.map].value_size);
    return value.empty() ? 0 : 1;
  }
  int64_t operator()(const MapSet& op) {
    const std::span<std::byte> value = maps_.find_or_insert(op.map, key(op.map, op.key));
    if (!value.empty()) std::memcpy(value.data(), at(op.from), value.size());
    return 0;
  }
  int64_t operator()(const MapAdd& op) {
    const std::span<std::byte> value = maps_.find_or_insert(op.map, key(op.map, op.key));
    if (value.empty()) return 0;
    const int64_t before = load_word(value.data(), 8, true);
    const int64_t after = evaluate(BinaryOp::kAdd, before, temps_[op.delta]);
    std::memcpy(value.data(), &after, 8);
    return before;
  }
  int64_t operator()(const MapDelete& op) { return maps_.erase(op.map, key(op.map, op.key)) ? 1 : 0; }
  int64_t operator()(const MapHas& op) { return maps_.find(op.map, key(op.map, op.key)).empty() ? 0 : 1; }
  int64_t operator()(const MapLength& op) { return static_cast<int64_t>(maps_.size(op.map)); }
  int64_t operator()(const Aggregate& op) {
    const bool is_timed = program_.maps[op.map].value.aggregation.kind == AggregationKind::kTseries;
    const uint64_t now = is_timed ? machine_.builtin(Builtin::kNsecsMonotonic) : 0;
    maps_.aggregate(op.map, key(op.map, op.key), temps_[op.value], now);
    return 0;
  }
  int64_t operator()(const AggregateRead& op) { return maps_.aggregate_read(op.map, key(op.map, op.key)); }

  int64_t operator()(const MapNext& op) {
    uint64_t at = 0;
    std::memcpy(&at, this->at(op.position), 8);
    std::vector<std::string>& keys = iterations_[{op.position.slot, op.position.offset}];
    if (at == 0) keys = maps_.keys(op.map);
    for (; at < keys.size(); ++at) {
      const std::span<const std::byte> value = maps_.find(op.map, std::as_bytes(std::span(keys[at])));
      if (value.empty()) continue;  // deleted meanwhile
      put(op.key, std::as_bytes(std::span(keys[at])), keys[at].size());
      if (!program_.maps[op.map].value.is(TypeKind::kAggregation)) put(op.value, value, value.size());
      ++at;
      std::memcpy(this->at(op.position), &at, 8);
      return 1;
    }
    return 0;
  }

  int64_t operator()(const Emit& op) {
    payload_.clear();
    for (const EmitField& field : op.fields) {
      if (field.kind == EmitField::Kind::kWord) {
        append_word(temps_[field.word]);
      } else if (field.kind == EmitField::Kind::kBytes) {
        append(at(field.from), field.length);
      } else {
        append_word(static_cast<int64_t>(length_before_nul(at(field.from), field.length)));
      }
    }
    for (const EmitField& field : op.fields) {
      if (field.kind != EmitField::Kind::kString) continue;
      append(at(field.from), length_before_nul(at(field.from), field.length));
    }
    machine_.emit(op.emit, payload_);
    return 0;
  }
  int64_t operator()(const Exit& op) {
    machine_.exit(static_cast<int>(temps_[op.code]));
    return 0;
  }

 private:
  std::byte* at(Place place) { return frame_ + slot_starts_[place.slot] + place.offset; }
  uint64_t address(Temp temp) const { return static_cast<uint64_t>(temps_[temp]); }
  std::span<const std::byte> key(MapId map, Place place) {
    const uint32_t size = program_.maps[map].key_size;
    if (size == 0) return {};
    return {at(place), size};
  }
  int64_t fault() {
    machine_.fault();
    if (current_->on_fault != kNoEmit) {
      const int64_t error = -EFAULT;
      machine_.emit(current_->on_fault, std::as_bytes(std::span(&error, 1)));
    }
    return 0;
  }
  std::string_view text_at(Place place, uint32_t capacity) {
    return {reinterpret_cast<const char*>(at(place)), length_before_nul(at(place), capacity)};
  }
  // BYTES, then zeros up to LENGTH.
  void put(Place to, std::span<const std::byte> bytes, size_t length) {
    if (!bytes.empty()) std::memcpy(at(to), bytes.data(), bytes.size());
    std::memset(at(to) + bytes.size(), 0, length - bytes.size());
  }
  void append(const std::byte* from, size_t length) { payload_.insert(payload_.end(), from, from + length); }
  void append_word(int64_t value) { append(reinterpret_cast<const std::byte*>(&value), 8); }

  const Program& program_;
  Machine& machine_;
  MapStore& maps_;
  std::span<const std::byte> context_;
  std::byte* frame_;
  const uint32_t* slot_starts_;
  int64_t* temps_;
  std::vector<std::byte>& payload_;
  std::map<std::pair<SlotId, uint32_t>, std::vector<std::string>> iterations_;  // by position; keys as at the start
  const Instruction* current_ = nullptr;
};

void Interpreter::run(const Function& function, Machine& machine) {
  uint32_t size = 0;
  slot_starts_.clear();
  for (const Slot& slot : function.slots) {
    slot_starts_.push_back(size);
    size += slot.size;
  }
  frame_.assign(size / 8, 0);
  if (temps_.size() < function.temps) temps_.resize(function.temps);

  Run run(program_, machine, reinterpret_cast<std::byte*>(frame_.data()), slot_starts_.data(), temps_.data(), payload_);
  BlockId block = 0;
  for (uint64_t blocks = 0; blocks < kMaxBlocks && block != Run::kEnd; ++blocks) {
    block = run.run_block(function.blocks[block]);
  }
}

}  // namespace polytap::ir
