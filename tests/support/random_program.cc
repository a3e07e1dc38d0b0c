#include "tests/support/random_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "core/ir/operands.h"
#include "tests/support/map_loop_plans.h"

namespace polytap::test {

using namespace ir;

namespace {

MapSpec map_of(std::string name, std::vector<Type> key, Type value) {
  MapSpec map;
  map.name = std::move(name);
  for (const Type& type : key) map.key_size += type.storage_size();
  map.key = std::move(key);
  map.value_size = map_value_size(value);
  map.value = std::move(value);
  return map;
}

Type aggregation_of(AggregationKind kind, bool is_signed = true) {
  Aggregation aggregation;
  aggregation.kind = kind;
  aggregation.is_signed = is_signed;
  return types::aggregation(aggregation);
}

Type hist_of(uint8_t bits) {
  Aggregation aggregation;
  aggregation.kind = AggregationKind::kHist;
  aggregation.bits = bits;
  return types::aggregation(aggregation);
}

Type lhist_of(int64_t low, int64_t high, int64_t step) {
  Aggregation aggregation;
  aggregation.kind = AggregationKind::kLhist;
  aggregation.low = low;
  aggregation.high = high;
  aggregation.step = step;
  return types::aggregation(aggregation);
}

std::vector<MapSpec> all_maps(const RandomProgramOptions& options) {
  const Type word = types::int64();
  const Type text = types::string(16);
  std::vector<MapSpec> maps;
  if (options.plain_maps || options.map_presence) {
    maps.push_back(map_of("@scalar", {}, word));
    maps.push_back(map_of("@text", {}, types::string(24)));
    maps.push_back(map_of("@word", {word}, word));
    maps.push_back(map_of("@pair", {word, types::integer(4, false)}, types::string(24)));
    maps.push_back(map_of("@named", {word, text}, types::tuple({word, text, types::integer(2, true), word})));
    maps.push_back(map_of("@by_text", {text}, word));
    if (options.full_maps) {
      maps.push_back(map_of("@full", {word}, word));
      maps.back().max_entries = 1;
    }
  }
  if (options.map_loops) {
    maps.push_back(map_of("@one", {word}, types::string(24)));
    maps.push_back(map_of("@one_count", {text, word}, aggregation_of(AggregationKind::kCount)));
    for (size_t i = maps.size() - 2; i < maps.size(); ++i) maps[i].max_entries = 1;
  }
  if (options.aggregations) {
    maps.push_back(map_of("@count", {}, aggregation_of(AggregationKind::kCount)));
    maps.push_back(map_of("@counts", {text}, aggregation_of(AggregationKind::kCount)));
    maps.push_back(map_of("@sum", {word}, aggregation_of(AggregationKind::kSum)));
    maps.push_back(map_of("@min", {word}, aggregation_of(AggregationKind::kMin)));
    maps.push_back(map_of("@max", {}, aggregation_of(AggregationKind::kMax, false)));
    maps.push_back(map_of("@avg", {word}, aggregation_of(AggregationKind::kAvg)));
    maps.push_back(map_of("@uavg", {}, aggregation_of(AggregationKind::kAvg, false)));
    maps.push_back(map_of("@stats", {word, word}, aggregation_of(AggregationKind::kStats)));
    maps.push_back(map_of("@hist", {}, hist_of(0)));
    maps.push_back(map_of("@fine", {word}, hist_of(2)));
    maps.push_back(map_of("@linear", {}, lhist_of(-10, 90, 7)));
    maps.push_back(map_of("@linears", {word}, lhist_of(0, 1000, 100)));
  }
  return maps;
}

EmitSpec emit_of(std::string format, std::vector<Type> fields) {
  EmitSpec emit;
  emit.kind = EmitKind::kPrintf;
  emit.format = std::move(format);
  emit.fields = std::move(fields);
  return emit;
}

std::vector<EmitSpec> all_emits() {
  return {emit_of("nothing\n", {}),
          emit_of("%d %u\n", {types::int64(), types::integer(4, false)}),
          emit_of("%s\n", {types::string(16)}),
          emit_of("%s %d %s\n", {types::string(24), types::int64(), types::string(8)}),
          emit_of("%d %r\n", {types::int64(), types::buffer(24)}),
          emit_of("%s\n", {types::tuple({types::int64(), types::string(16)})})};
}

class Generator {
 public:
  Generator(uint64_t seed, const RandomProgramOptions& options) : random_(seed), options_(options) {}

  Program generate() {
    ProbeSite site;
    site.type = ProbeType::kTracepoint;
    site.name = "tracepoint:test:random";
    site.category = "test";
    site.event = "random";
    site.context = ContextKind::kTracepoint;
    site.context_size = kRandomContextSize;
    program_.sites.push_back(site);
    program_.maps = all_maps(options_);
    if (options_.emits) program_.emits = all_emits();
    program_.strings = {"", "a", "seven..", "exactly eight",
                        "longer than any of the slots that it is put into, by far"};
    function_.name = site.name;
    function_.sites = {0};
    make_slots();
    make_blocks();
    program_.functions.push_back(std::move(function_));
    return std::move(program_);
  }

 private:
  void make_slots() {
    constexpr std::array<uint32_t, 8> kSizes = {8, 8, 8, 16, 24, 32, 48, 72};
    // Every size that an operation may ask for has a place, and then some more.
    for (const uint32_t size : {8U, 16U, 40U, 64U}) add_slot(size);
    const uint64_t more = random_.below(5);
    for (uint64_t i = 0; i < more; ++i) add_slot(kSizes.at(random_.below(kSizes.size())));
  }
  SlotId add_slot(uint32_t size) {
    const auto slot = static_cast<SlotId>(function_.slots.size());
    function_.slots.push_back({random_.chance(50) ? fmt::format("$v{}", slot) : std::string(), size});
    return slot;
  }

  // Blocks only jump ahead, except for the loops' own way back.
  void make_blocks() {
    const auto count = static_cast<BlockId>(1 + random_.below(options_.max_blocks));
    function_.blocks.resize(count);
    if (options_.map_loops) {
      map_loops_.plan(random_, 1, count - 1, [this] {
        hidden_.push_back(add_slot(8));
        return hidden_.back();
      });
    }
    const uint32_t share = std::max(1U, options_.operations / count);
    BlockId loop_start = 0;  // the first block that no loop covers yet
    for (BlockId id = 0; id < count; ++id) {
      block_ = &function_.blocks[id];
      temps_.clear();
      if (const MapLoopPlan* loop = map_loops_.headed_by(id)) {
        begin_map_loop(*loop);
        continue;
      }
      in_map_loop_ = map_loops_.around(id) != nullptr;
      const uint64_t length = share / 2 + random_.below(share + 1);
      for (uint64_t i = 0; i < length; ++i) add_operation();
      if (const MapLoopPlan* next = map_loops_.headed_by(id + 1)) add(SlotStore{{next->position, 0}, 8, constant(0)});
      if (const MapLoopPlan* around = map_loops_.around(id)) {
        end_block_in_loop(id, *around);
      } else {
        end_block(id, count, loop_start);
      }
    }
  }

  void end_block(BlockId id, BlockId count, BlockId& loop_start) {
    if (id + 1 == count) {
      if (options_.exits && random_.chance(15)) add(Exit{any_temp()});
      block_->end = Return{};
      return;
    }
    const BlockId next = id + 1;
    if (options_.loops && id != 0 && id >= loop_start && map_loops_.headed_by(next) == nullptr && random_.chance(15)) {
      make_loop(id, next);
      loop_start = next;
      return;
    }
    const BlockId ahead = map_loops_.outside(static_cast<BlockId>(next + random_.below(count - next)), nullptr);
    const uint64_t kind = random_.below(10);
    if (kind < 5) {
      block_->end = Branch{any_temp(), next, ahead};
    } else if (kind < 7) {
      block_->end = Branch{any_temp(), ahead, next};
    } else if (kind < 9) {
      block_->end = Jump{next};
    } else {
      block_->end = Return{};
    }
  }

  void begin_map_loop(const MapLoopPlan& loop) {
    in_map_loop_ = false;
    const auto map = some_map([](const MapSpec& spec) { return is_looped(spec); });
    const Temp more = add(MapNext{*map, {loop.position, 0}, {1, 0}, {2, 0}});
    // Slots 1 and 2 have 16 and 40 bytes; the second map's key takes 24.
    auto& next = std::get<MapNext>(block_->instructions.back().operation);
    if (program_.maps[*map].key_size > 16) next.key = {2, 0};
    block_->end = Branch{more, loop.head + 1, loop.last + 1};
  }
  void end_block_in_loop(BlockId id, const MapLoopPlan& loop) {
    const BlockId next = id == loop.last ? loop.head : id + 1;
    const uint64_t kind = random_.below(10);
    if (kind < 2) {
      block_->end = Branch{any_temp(), next, loop.last + 1};
    } else if (kind < 4) {
      block_->end = Branch{any_temp(), loop.head, next};
    } else if (kind < 6 && id != loop.last) {
      block_->end = Branch{any_temp(),
                           map_loops_.outside(static_cast<BlockId>(next + random_.below(loop.last - id)), &loop), next};
    } else if (kind < 7) {
      block_->end = Return{};
    } else {
      block_->end = Jump{next};
    }
  }
  static bool is_looped(const MapSpec& map) { return map.name.starts_with("@one"); }

  // Block ID repeats itself: a counter in a slot of its own, which nothing else knows, says for how long.
  void make_loop(BlockId id, BlockId next) {
    const SlotId counter = add_slot(8);
    hidden_.push_back(counter);
    const Temp before = add(SlotLoad{{counter, 0}, 8, false});
    const Temp after = add(Binary{BinaryOp::kAdd, before, constant(1)});
    add(SlotStore{{counter, 0}, 8, after});
    const auto rounds = static_cast<int64_t>(1 + random_.below(4));
    block_->end = Branch{add(Binary{BinaryOp::kUnsignedLess, after, constant(rounds)}), id, next};
  }

  void add_operation() {
    using Step = void (Generator::*)();
    std::vector<std::pair<Step, uint32_t>> steps = {{&Generator::add_binary, 12},
                                                    {&Generator::add_extend, 3},
                                                    {&Generator::add_slot_word, 10},
                                                    {&Generator::add_slot_bytes, 6},
                                                    {&Generator::add_compare, 3}};
    if (options_.context) steps.emplace_back(&Generator::add_context, 5);
    if (options_.builtins) steps.emplace_back(&Generator::add_builtin, 2);
    if (options_.readable_address != 0) steps.emplace_back(&Generator::add_memory, 6);
    if (options_.plain_maps) steps.emplace_back(&Generator::add_plain_map, 8);
    if (options_.map_presence) steps.emplace_back(&Generator::add_presence, 3);
    if (options_.aggregations) steps.emplace_back(&Generator::add_aggregation, 7);
    if (options_.emits) steps.emplace_back(&Generator::add_emit, 4);
    uint32_t total = 0;
    for (const auto& [step, weight] : steps) total += weight;
    auto left = static_cast<uint32_t>(random_.below(total));
    for (const auto& [step, weight] : steps) {
      if (left < weight) return (this->*step)();
      left -= weight;
    }
  }

  // --- operands ---
  Temp add(Operation operation) {
    const auto position = static_cast<uint32_t>(block_->instructions.size());
    Instruction instruction;
    instruction.span = {position, position + 1};
    const bool gives_result = has_result(operation);
    if (gives_result) instruction.result = function_.temps++;
    instruction.operation = std::move(operation);
    block_->instructions.push_back(std::move(instruction));
    if (gives_result) temps_.push_back(block_->instructions.back().result);
    return block_->instructions.back().result;
  }

  Temp constant(int64_t value) { return add(Const{value}); }
  Temp interesting_constant() {
    constexpr std::array<int64_t, 12> kCorners = {0,
                                                  1,
                                                  -1,
                                                  2,
                                                  63,
                                                  64,
                                                  255,
                                                  4096,
                                                  -4096,
                                                  0xffffffff,
                                                  std::numeric_limits<int64_t>::min(),
                                                  std::numeric_limits<int64_t>::max()};
    switch (random_.below(4)) {
      case 0:
        return constant(kCorners.at(random_.below(kCorners.size())));
      case 1:
        return constant(static_cast<int64_t>(random_.next()));
      case 2:
        return constant(static_cast<int64_t>(uint64_t{1} << random_.below(64)));
      default:
        return constant(static_cast<int64_t>(random_.below(40)) - 20);
    }
  }
  Temp any_temp() {
    if (temps_.empty() || random_.chance(20)) return interesting_constant();
    return temps_[random_.below(temps_.size())];
  }

  bool is_hidden(SlotId slot) const { return std::ranges::find(hidden_, slot) != hidden_.end(); }
  // LENGTH bytes somewhere, outside of slot OTHER_THAN. There is a large enough slot for everything that is asked for
  // up to 40 bytes, and two up to 16.
  std::optional<Place> place(uint32_t length, std::optional<SlotId> other_than = {}) {
    const uint32_t rounded = (length + 7) & ~7U;
    std::vector<SlotId> fitting;
    for (SlotId slot = 0; slot < function_.slots.size(); ++slot) {
      if (function_.slots[slot].size >= rounded && !is_hidden(slot) && slot != other_than) fitting.push_back(slot);
    }
    if (fitting.empty()) return std::nullopt;
    const SlotId slot = fitting[random_.below(fitting.size())];
    const uint64_t positions = 1 + (function_.slots[slot].size - rounded) / 8;
    // Often the start, so that operations meet.
    const uint64_t position = random_.chance(60) ? 0 : random_.below(positions);
    return Place{slot, static_cast<uint32_t>(8 * position)};
  }
  uint32_t some_length(uint32_t most) { return static_cast<uint32_t>(8 * (1 + random_.below(most / 8))); }
  uint8_t some_size() { return static_cast<uint8_t>(1U << random_.below(4)); }

  // A key for MAP with few different values, so that keys are met again.
  Place key(MapId map, std::optional<SlotId> other_than = {}) {
    const uint32_t size = program_.maps[map].key_size;
    if (size == 0) return {};
    auto chosen = place(size, other_than);
    if (!chosen) chosen = Place{add_slot(size), 0};
    if (random_.chance(80)) {
      add(SlotZero{*chosen, size});
      add(SlotStore{*chosen, 8, constant(static_cast<int64_t>(random_.below(5)))});
    }
    return *chosen;
  }

  template <typename Predicate>
  std::optional<MapId> some_map(Predicate fits) {
    std::vector<MapId> fitting;
    for (MapId map = 0; map < program_.maps.size(); ++map) {
      // Entries that come while a loop goes over them may be met or not.
      if (fits(program_.maps[map]) && !(in_map_loop_ && is_looped(program_.maps[map]))) fitting.push_back(map);
    }
    if (fitting.empty()) return std::nullopt;
    return fitting[random_.below(fitting.size())];
  }
  static bool is_aggregation(const MapSpec& map) { return map.value.is(TypeKind::kAggregation); }

  // --- operations ---
  void add_binary() {
    const auto op = static_cast<BinaryOp>(random_.below(static_cast<uint64_t>(BinaryOp::kSignedLessEqual) + 1));
    const Temp left = any_temp();
    add(Binary{op, left, any_temp()});
  }
  void add_extend() {
    const auto bits = static_cast<uint8_t>(8U << random_.below(3));
    add(Extend{any_temp(), bits, random_.chance(50)});
  }
  void add_slot_word() {
    const uint8_t size = some_size();
    Place at = *place(8);
    at.offset += static_cast<uint32_t>(size * random_.below(8 / size));
    if (options_.map_loops && random_.chance(15)) {
      const auto length = static_cast<uint32_t>(8 * (1 + random_.below(5)));
      const Temp index = random_.chance(50) ? any_temp() : constant(static_cast<int64_t>(random_.below(12)));
      add(SlotLoadAt{*place(length), length / size, size, random_.chance(50), index});
    } else if (random_.chance(50)) {
      add(SlotStore{at, size, any_temp()});
    } else {
      add(SlotLoad{at, size, random_.chance(50)});
    }
  }
  void add_slot_bytes() {
    const uint32_t length = some_length(32);
    const auto to = place(length);
    if (!to) return;
    switch (random_.below(3)) {
      case 0:
        add(SlotZero{*to, length});
        break;
      case 1:
        add(SlotLiteral{*to, length, static_cast<StringId>(random_.below(program_.strings.size()))});
        break;
      default:
        if (const auto from = place(length, to->slot)) add(SlotCopy{*to, *from, length});
    }
  }
  void add_compare() {
    if (random_.chance(40)) {
      const uint32_t capacity = some_length(24);
      add(StringLength{*place(capacity), capacity});
      return;
    }
    if (random_.chance(30)) return add_texts();
    if (random_.chance(10)) return add_long_compare();
    const auto length = static_cast<uint32_t>(1 + random_.below(20));
    const auto left = place(length);
    const auto right = place(length);
    if (left && right) add(CompareBytes{*left, *right, length});
  }
  // Longer than what backends compare word by word.
  void add_long_compare() {
    constexpr uint32_t kLong = 1216;
    while (std::ranges::count(function_.slots, kLong, &Slot::size) < 2) add_slot(kLong);
    const auto length = static_cast<uint32_t>(513 + random_.below(kLong - 512));
    add(CompareBytes{*place(length), *place(length), length});
  }
  void add_texts() {
    const uint32_t left_capacity = some_length(24);
    const uint32_t right_capacity = some_length(16);
    const auto left = place(left_capacity);
    const auto right = place(right_capacity);
    if (!left || !right) return;
    if (random_.chance(60)) {
      add(FindText{*left, left_capacity, *right, right_capacity});
      return;
    }
    const uint32_t capacity = some_length(32);
    const auto to = place(capacity);
    if (!to) return;
    const RegionAccess target{*to, capacity, true, nullptr};
    if (overlap(target, {*left, left_capacity, false, nullptr}) ||
        overlap(target, {*right, right_capacity, false, nullptr})) {
      return;
    }
    add(JoinTexts{*to, capacity, *left, left_capacity, *right, right_capacity});
  }
  void add_context() {
    switch (random_.below(3)) {
      case 0: {
        const uint8_t size = some_size();
        const auto offset = static_cast<uint32_t>(size * random_.below(kRandomContextSize / size));
        add(ContextLoad{offset, size, random_.chance(50)});
        break;
      }
      case 1: {
        const auto length = static_cast<uint32_t>(1 + random_.below(32));
        const auto offset = static_cast<uint32_t>(random_.below(kRandomContextSize - length + 1));
        add(ContextCopy{*place(length), offset, length});
        break;
      }
      default: {
        const bool is_relative = random_.chance(50);
        const uint32_t capacity = some_length(24);
        add(ContextString{*place(capacity), capacity, is_relative ? kRelativeLocation : kDataLocation, is_relative});
      }
    }
  }
  void add_builtin() {
    constexpr std::array kBuiltins = {Builtin::kPid, Builtin::kTid, Builtin::kUid, Builtin::kGid};
    if (random_.chance(40)) {
      add(ReadComm{*place(16)});
    } else {
      add(ReadBuiltin{kBuiltins.at(random_.below(kBuiltins.size()))});
    }
  }

  // An address from which LENGTH bytes can be read, computed; or, now and then, one from which none can.
  Temp address(uint32_t length) {
    if (options_.unreadable_address != 0 && random_.chance(20)) {
      return constant(static_cast<int64_t>(options_.unreadable_address));
    }
    const uint64_t room = options_.readable_size - length;
    const uint64_t offset = random_.below(room / 2 + 1);
    const Temp base = constant(static_cast<int64_t>(options_.readable_address + offset));
    if (random_.chance(50)) return base;
    const Temp index = any_temp();
    // 63 more is within the room, as the memory has at least 256 bytes.
    const Temp masked = add(Binary{BinaryOp::kAnd, index, constant(63)});
    return add(Binary{BinaryOp::kAdd, base, masked});
  }
  void add_memory() {
    switch (random_.below(3)) {
      case 0: {
        const auto length = static_cast<uint32_t>(1 + random_.below(40));
        const Temp from = address(length);
        add(ReadMemory{*place(length), length, from, AddressSpace::kUser});
        break;
      }
      case 1: {
        const uint32_t capacity = some_length(40);
        const Temp from = address(1);
        add(ReadString{*place(capacity), capacity, from, AddressSpace::kUser, false});
        break;
      }
      default: {
        const uint32_t capacity = some_length(32);
        const Temp length = any_temp();
        const Temp from = address(capacity);
        add(ReadBuffer{*place(8 + capacity), capacity, from, length, AddressSpace::kUser});
      }
    }
  }

  void add_plain_map() {
    const auto map = some_map([](const MapSpec& spec) { return !is_aggregation(spec); });
    if (!map) return;
    const uint32_t value_size = program_.maps[*map].value_size;
    const uint64_t kind = random_.below(value_size == 8 ? 3 : 2);
    if (kind == 2) {
      const Temp delta = any_temp();
      add(MapAdd{*map, key(*map), delta});
      return;
    }
    const auto value = place(value_size);
    if (!value) return;
    const Place at = key(*map, value->slot);
    if (kind == 0) {
      add(MapGet{*map, at, *value});
    } else {
      add(MapSet{*map, at, *value});
    }
  }
  void add_presence() {
    const auto map =
        some_map([this](const MapSpec& spec) { return spec.key_size != 0 || options_.scalar_map_presence; });
    if (!map) return;
    switch (random_.below(3)) {
      case 0:
        add(MapDelete{*map, key(*map)});
        break;
      case 1:
        add(MapHas{*map, key(*map)});
        break;
      default:
        add(MapLength{*map});
    }
  }
  void add_aggregation() {
    const bool reads = options_.aggregate_reads && random_.chance(20);
    const auto map = some_map([reads](const MapSpec& spec) {
      return is_aggregation(spec) && (!reads || spec.value.aggregation.kind <= AggregationKind::kAvg);
    });
    if (reads) {
      add(AggregateRead{*map, key(*map)});
    } else {
      const Temp value = any_temp();
      add(Aggregate{*map, key(*map), value});
    }
  }

  void add_emit() {
    const auto id = static_cast<EmitId>(random_.below(program_.emits.size()));
    Emit emit{id, {}};
    for (const Type& type : program_.emits[id].fields) {
      EmitField field;
      if (type.is_scalar()) {
        field.word = any_temp();
      } else {
        field.kind = type.is(TypeKind::kString) ? EmitField::Kind::kString : EmitField::Kind::kBytes;
        field.length = type.storage_size();
        field.from = *place(field.length);
      }
      emit.fields.push_back(field);
    }
    add(std::move(emit));
  }

  RandomSource random_;
  RandomProgramOptions options_;
  Program program_;
  Function function_;
  Block* block_ = nullptr;
  std::vector<Temp> temps_;  // of the current block
  MapLoopPlans map_loops_;
  bool in_map_loop_ = false;
  std::vector<SlotId> hidden_;  // loop counters
};

}  // namespace

Program random_program(uint64_t seed, const RandomProgramOptions& options) {
  return Generator(seed, options).generate();
}

}  // namespace polytap::test
