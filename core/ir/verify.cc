#include "core/ir/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/ir/map_loops.h"
#include "core/ir/operands.h"

namespace polytap::ir {
namespace {

// A function's slots together; far above what a script needs, far below what would overflow an offset.
constexpr uint64_t kMaxFrame = 16U << 20;
constexpr uint32_t kMaxTemps = 1U << 20;  // likewise; the interpreter has a word for each
constexpr uint32_t kMaxMapValue = 1U << 20;
constexpr uint32_t kMaxStackDepth = 1024;

// What is wrong, or nothing.
using Complaint = std::optional<std::string>;

bool is_multiple(uint32_t value, uint32_t of) { return value % of == 0; }
bool is_word_size(uint8_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

#define COMPLAIN_UNLESS(condition, ...)                \
  do {                                                 \
    if (!(condition)) return fmt::format(__VA_ARGS__); \
  } while (false)

Complaint check_aggregation(const Type& type) {
  if (!type.is(TypeKind::kAggregation)) return {};
  const Aggregation& aggregation = type.aggregation;
  COMPLAIN_UNLESS(aggregation.kind != AggregationKind::kHist || aggregation.bits <= 5, "hist has {} bits",
                  aggregation.bits);
  if (aggregation.kind == AggregationKind::kLhist) {
    COMPLAIN_UNLESS(aggregation.step > 0 && aggregation.high > aggregation.low, "lhist has no buckets");
    const uint64_t range = static_cast<uint64_t>(aggregation.high) - static_cast<uint64_t>(aggregation.low);
    COMPLAIN_UNLESS(range / static_cast<uint64_t>(aggregation.step) < kMaxMapValue / 8, "lhist has too many buckets");
  }
  if (aggregation.kind == AggregationKind::kTseries) {
    COMPLAIN_UNLESS(aggregation.interval_ns != 0 && aggregation.intervals != 0, "tseries has no intervals");
    COMPLAIN_UNLESS(aggregation.intervals <= kMaxMapValue / 24, "tseries has too many intervals");
  }
  return {};
}

Complaint check_map(const MapSpec& map) {
  uint32_t key_size = 0;
  for (const Type& type : map.key) key_size += type.storage_size();
  COMPLAIN_UNLESS(map.key_size == key_size, "key_size is {}, its types take {}", map.key_size, key_size);
  COMPLAIN_UNLESS(map.key.empty() || key_size != 0, "the key's types have no size");
  COMPLAIN_UNLESS(map.max_entries != 0, "max_entries is 0");
  if (auto complaint = check_aggregation(map.value)) return complaint;
  const uint32_t value_size = map_value_size(map.value);
  COMPLAIN_UNLESS(map.value_size == value_size, "value_size is {}, its type takes {}", map.value_size, value_size);
  COMPLAIN_UNLESS(value_size != 0 && value_size <= kMaxMapValue, "the value's size {} is out of range", value_size);
  return {};
}

bool names_map(EmitKind kind) {
  return kind == EmitKind::kPrintMapValue || kind == EmitKind::kPrintMapEntry || kind == EmitKind::kPrintMap ||
         kind == EmitKind::kClearMap || kind == EmitKind::kZeroMap;
}

Complaint check_emit(const Program& program, const EmitSpec& emit) {
  COMPLAIN_UNLESS(!names_map(emit.kind) || emit.map < program.maps.size(), "there is no map {}", emit.map);
  for (const Type& type : emit.fields) {
    if (auto complaint = check_aggregation(type)) return complaint;
  }
  return {};
}

Complaint check_field(const EmitField& field, const Type& type) {
  using Kind = EmitField::Kind;
  if (type.is_scalar()) {
    COMPLAIN_UNLESS(field.kind == Kind::kWord, "{} travels as a word", to_string(type));
    return {};
  }
  if (type.is(TypeKind::kAggregation) && field.kind == Kind::kWord) return {};
  if (type.is(TypeKind::kString)) {
    COMPLAIN_UNLESS(field.kind == Kind::kString, "{} travels as a string", to_string(type));
    COMPLAIN_UNLESS(field.length != 0 && is_multiple(field.length, 8), "the capacity {} is no multiple of 8",
                    field.length);
    return {};
  }
  const uint32_t size = map_value_size(type);
  COMPLAIN_UNLESS(size != 0, "{} cannot be emitted", to_string(type));
  COMPLAIN_UNLESS(field.kind == Kind::kBytes && field.length == size, "{} travels as {} bytes", to_string(type), size);
  return {};
}

// Checks the operations of one function.
class OperationChecker {
 public:
  OperationChecker(const Program& program, const Function& function) : program_(program), function_(function) {
    for (size_t i = 0; i < function.sites.size(); ++i) {
      const ProbeSite& site = program.sites[function.sites[i]];
      const uint32_t size = site.context == ContextKind::kNone ? 0 : site.context_size;
      context_size_ = i == 0 ? size : std::min(context_size_, size);
    }
  }

  // Everything but temporaries.
  Complaint check(const Operation& operation) {
    if (auto complaint = std::visit([this](const auto& op) { return parameters(op); }, operation)) return complaint;
    return regions(operation);
  }

 private:
  template <typename Op>
  Complaint parameters(const Op&) {
    return {};
  }
  Complaint parameters(const Extend& op) {
    COMPLAIN_UNLESS(op.bits == 8 || op.bits == 16 || op.bits == 32, "{} bits", op.bits);
    return {};
  }
  Complaint parameters(const SlotLoad& op) { return word(op.from, op.size); }
  Complaint parameters(const SlotLoadAt& op) {
    COMPLAIN_UNLESS(is_word_size(op.size), "size {}", op.size);
    COMPLAIN_UNLESS(op.count != 0 && op.count <= kMaxFrame / op.size, "{} elements", op.count);
    return {};
  }
  Complaint parameters(const SlotStore& op) { return word(op.to, op.size); }
  Complaint parameters(const SlotZero& op) { return multiple_of_8(op.length, "length"); }
  Complaint parameters(const SlotCopy& op) { return multiple_of_8(op.length, "length"); }
  Complaint parameters(const SlotLiteral& op) {
    COMPLAIN_UNLESS(op.text < program_.strings.size(), "there is no string {}", op.text);
    return multiple_of_8(op.length, "length");
  }
  Complaint parameters(const ContextLoad& op) {
    COMPLAIN_UNLESS(is_word_size(op.size), "size {}", op.size);
    COMPLAIN_UNLESS(is_multiple(op.offset, op.size), "the offset {} is not aligned", op.offset);
    return context(op.offset, op.size);
  }
  Complaint parameters(const ContextCopy& op) {
    COMPLAIN_UNLESS(op.length != 0, "length 0");
    return context(op.offset, op.length);
  }
  Complaint parameters(const ContextString& op) {
    COMPLAIN_UNLESS(is_multiple(op.offset, 4), "the offset {} is not aligned", op.offset);
    if (auto complaint = context(op.offset, 4)) return complaint;
    return multiple_of_8(op.capacity, "capacity");
  }
  Complaint parameters(const ReadMemory& op) {
    COMPLAIN_UNLESS(op.length != 0, "length 0");
    return space(op.space);
  }
  Complaint parameters(const ReadString& op) {
    if (auto complaint = space(op.space)) return complaint;
    return multiple_of_8(op.capacity, "capacity");
  }
  Complaint parameters(const ReadBuffer& op) {
    if (auto complaint = space(op.space)) return complaint;
    return multiple_of_8(op.capacity, "capacity");
  }
  Complaint parameters(const ReadStack& op) {
    COMPLAIN_UNLESS(op.depth != 0 && op.depth <= kMaxStackDepth, "depth {}", op.depth);
    return space(op.space);
  }
  Complaint parameters(const CompareBytes& op) {
    COMPLAIN_UNLESS(op.length != 0, "length 0");
    return {};
  }
  Complaint parameters(const StringLength& op) { return multiple_of_8(op.capacity, "capacity"); }
  Complaint parameters(const FindText& op) {
    if (auto complaint = multiple_of_8(op.capacity, "capacity")) return complaint;
    return multiple_of_8(op.pattern_capacity, "capacity");
  }
  Complaint parameters(const JoinTexts& op) {
    for (const uint32_t capacity : {op.capacity, op.left_capacity, op.right_capacity}) {
      if (auto complaint = multiple_of_8(capacity, "capacity")) return complaint;
    }
    return {};
  }
  Complaint parameters(const DecodeCall& op) { return multiple_of_8(op.capacity, "capacity"); }
  Complaint parameters(const WriteMemory& op) {
    COMPLAIN_UNLESS(op.length != 0 && op.length <= kMaxFrame, "length {}", op.length);
    return {};
  }

  Complaint parameters(const MapGet& op) { return plain_map(op.map); }
  Complaint parameters(const MapSet& op) { return plain_map(op.map); }
  Complaint parameters(const MapAdd& op) {
    if (auto complaint = plain_map(op.map)) return complaint;
    COMPLAIN_UNLESS(program_.maps[op.map].value_size == 8, "map_add on values of {} bytes",
                    program_.maps[op.map].value_size);
    return {};
  }
  Complaint parameters(const MapDelete& op) { return any_map(op.map); }
  Complaint parameters(const MapHas& op) { return any_map(op.map); }
  Complaint parameters(const MapLength& op) { return any_map(op.map); }
  Complaint parameters(const Aggregate& op) { return aggregation_map(op.map); }
  Complaint parameters(const AggregateRead& op) {
    if (auto complaint = aggregation_map(op.map)) return complaint;
    const Type& type = program_.maps[op.map].value;
    COMPLAIN_UNLESS(type.aggregation.kind <= AggregationKind::kStats, "{} is not read as an integer", to_string(type));
    return {};
  }
  Complaint parameters(const MapNext& op) {
    if (auto complaint = any_map(op.map)) return complaint;
    COMPLAIN_UNLESS(program_.maps[op.map].key_size != 0, "{} has no keys", program_.maps[op.map].name);
    return {};
  }
  Complaint parameters(const Emit& op) {
    COMPLAIN_UNLESS(op.emit < program_.emits.size(), "there is no emit {}", op.emit);
    const EmitSpec& spec = program_.emits[op.emit];
    COMPLAIN_UNLESS(op.fields.size() == spec.fields.size(), "{} fields, the record has {}", op.fields.size(),
                    spec.fields.size());
    for (size_t i = 0; i < op.fields.size(); ++i) {
      if (auto complaint = check_field(op.fields[i], spec.fields[i])) {
        return fmt::format("field {}: {}", i, *complaint);
      }
    }
    return {};
  }

  static Complaint multiple_of_8(uint32_t value, const char* what) {
    COMPLAIN_UNLESS(value != 0 && is_multiple(value, 8), "{} {} is no multiple of 8", what, value);
    COMPLAIN_UNLESS(value <= kMaxFrame, "{} {} is too large", what, value);
    return {};
  }
  static Complaint space(AddressSpace space) {
    COMPLAIN_UNLESS(space == AddressSpace::kUser || space == AddressSpace::kKernel, "no address space");
    return {};
  }
  static Complaint word(Place place, uint8_t size) {
    COMPLAIN_UNLESS(is_word_size(size), "size {}", size);
    COMPLAIN_UNLESS(is_multiple(place.offset, size), "the offset {} is not aligned", place.offset);
    return {};
  }
  Complaint context(uint32_t offset, uint32_t length) const {
    COMPLAIN_UNLESS(uint64_t{offset} + length <= context_size_, "bytes {}..{} of a context of {}", offset,
                    uint64_t{offset} + length, context_size_);
    return {};
  }
  Complaint any_map(MapId map) const {
    COMPLAIN_UNLESS(map < program_.maps.size(), "there is no map {}", map);
    return {};
  }
  Complaint plain_map(MapId map) const {
    if (auto complaint = any_map(map)) return complaint;
    COMPLAIN_UNLESS(!program_.maps[map].value.is(TypeKind::kAggregation), "{} holds an aggregation",
                    program_.maps[map].name);
    return {};
  }
  Complaint aggregation_map(MapId map) const {
    if (auto complaint = any_map(map)) return complaint;
    COMPLAIN_UNLESS(program_.maps[map].value.is(TypeKind::kAggregation), "{} holds no aggregation",
                    program_.maps[map].name);
    return {};
  }

  Complaint regions(const Operation& operation) {
    const bool is_word = std::holds_alternative<SlotLoad>(operation) || std::holds_alternative<SlotStore>(operation);
    regions_of(program_, operation, regions_);
    for (const RegionAccess& region : regions_) {
      const auto [slot, offset] = region.place;
      COMPLAIN_UNLESS(slot < function_.slots.size(), "there is no slot {}", slot);
      COMPLAIN_UNLESS(is_word || is_multiple(offset, 8), "the offset {} is not aligned", offset);
      COMPLAIN_UNLESS(uint64_t{offset} + region.length <= function_.slots[slot].size, "bytes {}..{} of a slot of {}",
                      offset, uint64_t{offset} + region.length, function_.slots[slot].size);
      for (const RegionAccess& other : regions_) {
        if (region.operand == other.operand) continue;  // the word that a loop over a map keeps
        COMPLAIN_UNLESS(!region.is_write || other.is_write || !overlap(region, other),
                        "it writes where it reads, in slot {}", slot);
      }
    }
    return {};
  }

  const Program& program_;
  const Function& function_;
  uint32_t context_size_ = 0;
  std::vector<RegionAccess> regions_;
};

// Checks slots, blocks and temporaries of one function.
class FunctionChecker {
 public:
  FunctionChecker(const Program& program, const Function& function)
      : function_(function), operations_(program, function) {}

  Complaint check() {
    COMPLAIN_UNLESS(function_.temps <= kMaxTemps, "{} temporaries are too many", function_.temps);
    defined_in_.assign(function_.temps, kNowhere);
    uint64_t frame = 0;
    for (size_t i = 0; i < function_.slots.size(); ++i) {
      const uint32_t size = function_.slots[i].size;
      COMPLAIN_UNLESS(size != 0 && is_multiple(size, 8), "slot {}: size {} is no multiple of 8", i, size);
      frame += size;
    }
    COMPLAIN_UNLESS(frame <= kMaxFrame, "the slots take {} bytes", frame);
    COMPLAIN_UNLESS(!function_.blocks.empty(), "it has no blocks");
    for (BlockId i = 0; i < function_.blocks.size(); ++i) {
      if (auto complaint = check_block(i)) return fmt::format("block {}: {}", i, *complaint);
    }
    return check_map_loops();
  }

 private:
  static constexpr BlockId kNowhere = ~0U;

  Complaint check_block(BlockId id) {
    const Block& block = function_.blocks[id];
    for (size_t i = 0; i < block.instructions.size(); ++i) {
      if (auto complaint = check_instruction(id, block.instructions[i])) {
        return fmt::format("instruction {}: {}", i, *complaint);
      }
    }
    Complaint complaint;
    if (const auto* branch = std::get_if<Branch>(&block.end)) complaint = use(id, branch->condition);
    for_each_target(block.end, [&](BlockId target) {
      if (!complaint && target >= function_.blocks.size()) complaint = fmt::format("there is no block {}", target);
    });
    if (complaint) return "terminator: " + *complaint;
    return {};
  }

  Complaint check_instruction(BlockId block, const Instruction& instruction) {
    Complaint complaint;
    for_each_operand(instruction.operation, [&](Temp temp) {
      if (!complaint) complaint = use(block, temp);
    });
    if (!complaint) complaint = operations_.check(instruction.operation);
    if (complaint || instruction.result == kNoTemp) return complaint;
    const Temp result = instruction.result;
    COMPLAIN_UNLESS(has_result(instruction.operation), "the operation has no result");
    COMPLAIN_UNLESS(result < function_.temps, "%{} is out of range", result);
    COMPLAIN_UNLESS(defined_in_[result] == kNowhere, "%{} is assigned twice", result);
    defined_in_[result] = block;
    return {};
  }

  Complaint check_map_loops() const {
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      const Block& block = function_.blocks[id];
      for (const Instruction& instruction : block.instructions) {
        if (!std::holds_alternative<MapNext>(instruction.operation)) continue;
        const auto* branch = std::get_if<Branch>(&block.end);
        COMPLAIN_UNLESS(
            id != 0 && block.instructions.size() == 1 && branch != nullptr && branch->condition == instruction.result,
            "block {}: map_next must stand alone in a block that branches on it", id);
      }
    }
    for (const MapLoop& loop : find_map_loops(function_)) {
      COMPLAIN_UNLESS(loop.depth <= kMaxMapLoopDepth, "block {}: loops over maps are nested {} deep", loop.head,
                      loop.depth);
    }
    return {};
  }

  Complaint use(BlockId block, Temp temp) const {
    COMPLAIN_UNLESS(temp != kNoTemp, "an operand is missing");
    COMPLAIN_UNLESS(temp < function_.temps, "%{} is out of range", temp);
    COMPLAIN_UNLESS(defined_in_[temp] == block, "%{} is used before its definition in this block", temp);
    return {};
  }

  const Function& function_;
  OperationChecker operations_;
  std::vector<BlockId> defined_in_;
};

Error broken(std::string_view where, const std::string& complaint) {
  return Error(fmt::format("broken IR: {}: {}", where, complaint));
}

}  // namespace

Status verify(const Program& program) {
  for (const MapSpec& map : program.maps) {
    if (auto complaint = check_map(map)) return broken("map " + map.name, *complaint);
  }
  for (size_t i = 0; i < program.emits.size(); ++i) {
    if (auto complaint = check_emit(program, program.emits[i])) return broken(fmt::format("emit {}", i), *complaint);
  }
  for (size_t i = 0; i < program.functions.size(); ++i) {
    const Function& function = program.functions[i];
    const std::string where = fmt::format("function {} ({})", i, function.name);
    for (const uint32_t site : function.sites) {
      if (site >= program.sites.size()) return broken(where, fmt::format("there is no site {}", site));
    }
    if (auto complaint = FunctionChecker(program, function).check()) return broken(where, *complaint);
  }
  return {};
}

}  // namespace polytap::ir
