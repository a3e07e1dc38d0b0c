#include "backends/ftrace/event_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "core/kernel/fetch_arguments.h"

namespace polytap::ftrace {
namespace {

constexpr size_t kLongest = 1000;   // of a filter's text
constexpr int kMostBlocks = 256;    // looked at in one function, all paths together
constexpr uint32_t kCommonPid = 4;  // offset of common_pid, the thread's id

// What must be true: never, always (or: cannot be said), or a text of the filter language.
struct Condition {
  enum class Kind : uint8_t { kNever, kAlways, kText };
  Kind kind = Kind::kAlways;
  std::string text;

  static Condition never() { return {Kind::kNever, {}}; }
  static Condition always() { return {Kind::kAlways, {}}; }
  static Condition of(std::string text) { return {Kind::kText, std::move(text)}; }
  bool is_text() const { return kind == Kind::kText; }
};

Condition both(const Condition& a, const Condition& b) {
  if (a.kind == Condition::Kind::kNever || b.kind == Condition::Kind::kAlways) return a;
  if (b.kind == Condition::Kind::kNever || a.kind == Condition::Kind::kAlways) return b;
  return Condition::of(fmt::format("({}) && ({})", a.text, b.text));
}

Condition either(const Condition& a, const Condition& b) {
  if (a.kind == Condition::Kind::kAlways || b.kind == Condition::Kind::kNever) return a;
  if (b.kind == Condition::Kind::kAlways || a.kind == Condition::Kind::kNever) return b;
  if (a.text == b.text) return a;
  return Condition::of(fmt::format("({}) || ({})", a.text, b.text));
}

// A word of the function, as far as it is known.
struct Unknown {};
struct Number {
  int64_t value = 0;
};
struct FieldValue {
  uint32_t offset = 0;
  uint8_t size = 8;
  bool is_signed = false;
  std::optional<uint64_t> mask;  // only these bits of it
};
struct CpuNumber {};
// A truth value, with what must hold when it is true and when it is false.
struct Truth {
  Condition if_true;
  Condition if_false;
};
using Value = std::variant<Unknown, Number, FieldValue, CpuNumber, Truth>;

// What is known of a frame region.
struct CommRegion {};
struct TextRegion {
  ir::StringId text = 0;
  uint32_t length = 0;
};
using Region = std::variant<std::monostate, CommRegion, TextRegion, Value>;

using ir::BinaryOp;

bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kSignedLessEqual; }

// a OP b is b MIRRORED a; the orders have no mirror among the operations, so it goes by text.
struct Relation {
  std::string_view text;  // between the field and the number
  std::string_view negated;
  bool ordered = false;
  bool is_signed = false;
};
Relation relation_of(BinaryOp op, bool field_is_left) {
  switch (op) {
    case BinaryOp::kEqual:
      return {"==", "!="};
    case BinaryOp::kNotEqual:
      return {"!=", "=="};
    case BinaryOp::kUnsignedLess:
    case BinaryOp::kSignedLess:
      if (field_is_left) return {"<", ">=", true, op == BinaryOp::kSignedLess};
      return {">", "<=", true, op == BinaryOp::kSignedLess};
    default:
      if (field_is_left) return {"<=", ">", true, op == BinaryOp::kSignedLessEqual};
      return {">=", "<", true, op == BinaryOp::kSignedLessEqual};
  }
}

// An event's field as the kernel's filter sees it.
struct KernelField {
  std::string name;
  uint32_t size = 8;
  bool is_signed = false;
};

bool is_scalar(const Type& type) {
  return type.kind == TypeKind::kInteger || type.kind == TypeKind::kEnum || type.kind == TypeKind::kPointer;
}

std::optional<KernelField> kernel_field(const ProbeSite& site, uint32_t offset) {
  if (site.context == ContextKind::kRegisters && offset != kCommonPid) {
    const std::string_view name = fetch_register(offset);
    // Fields of our own events are called like the registers: fetch_events.h.
    return name.empty() ? std::nullopt : std::optional(KernelField{std::string(name.substr(1)), 8, false});
  }
  if (offset == kCommonPid) return KernelField{"common_pid", 4, true};
  // The arguments of a system call are unsigned words, whatever their C types.
  const bool is_call = site.category == "syscalls" && offset >= 16;
  for (const ProbeArgument& argument : site.arguments) {
    if (argument.offset != offset || argument.form != ProbeArgument::Form::kInline) continue;
    // The kernel has its own meaning for these.
    if (argument.name == "cpu" || argument.name == "comm" || argument.name == "stacktrace") return std::nullopt;
    if (is_call && site.event.starts_with("sys_enter_")) return KernelField{argument.name, 8, false};
    if (!is_scalar(argument.type) || argument.type.size != argument.size) return std::nullopt;
    const bool is_pointer = argument.type.kind == TypeKind::kPointer;
    return KernelField{argument.name, argument.size, !is_pointer && argument.type.is_signed};
  }
  return std::nullopt;
}

std::string number_text(int64_t value, bool is_signed) {
  return is_signed ? fmt::format("{}", value) : fmt::format("{}", static_cast<uint64_t>(value));
}

// Whether an integer of SIZE bytes can be VALUE.
bool fits(int64_t value, uint32_t size, bool is_signed) {
  if (size == 8) return true;
  const auto bits = size * 8;
  if (is_signed) return value >= -(int64_t{1} << (bits - 1)) && value < int64_t{1} << (bits - 1);
  return value >= 0 && value < int64_t{1} << bits;
}

// The low SIZE bytes of the word NAME are VALUE: the filter language compares whole fields only, but tests bits.
std::string low_part_equals(std::string_view name, uint32_t size, uint64_t value) {
  const uint64_t all = (uint64_t{1} << (size * 8)) - 1;
  std::string text;
  const auto add = [&](const std::string& term) { text += text.empty() ? term : " && " + term; };
  if (const uint64_t clear = all & ~value; clear != 0) add(fmt::format("!({} & {:#x})", name, clear));
  for (uint64_t left = value & all; left != 0; left &= left - 1) {
    add(fmt::format("({} & {:#x})", name, uint64_t{1} << std::countr_zero(left)));
  }
  return text;
}

Truth unknown_truth() { return {Condition::always(), Condition::always()}; }

Truth test_bits(const KernelField& field, const FieldValue& value) {
  // A mask that reaches into what the sign was extended to would test another bit than the kernel does.
  if (value.size > field.size || (value.size < 8 && (*value.mask >> (value.size * 8)) != 0)) return unknown_truth();
  const std::string text = fmt::format("{} & {:#x}", field.name, *value.mask);
  return {Condition::of(text), Condition::of(fmt::format("!({})", text))};
}

// NAME, which the kernel compares without a sign, <op> NUMBER with one: by the sign bit first.
Condition compare_with_sign(std::string_view name, std::string_view op, int64_t number) {
  const std::string sign = fmt::format("{} & {:#x}", name, uint64_t{1} << 63);
  const Condition negative = Condition::of(sign);
  const Condition positive = Condition::of(fmt::format("!({})", sign));
  // Of the same sign, the words are in the order of the numbers.
  const Condition words = Condition::of(fmt::format("{} {} {}", name, op, static_cast<uint64_t>(number)));
  if (op.starts_with('<')) return number < 0 ? both(negative, words) : either(negative, words);
  return number < 0 ? either(positive, words) : both(positive, words);
}

// VALUE <op> NUMBER.
Truth compare_field(const ProbeSite& site, const FieldValue& value, const Relation& relation, int64_t number) {
  const std::optional<KernelField> field = kernel_field(site, value.offset);
  if (!field) return unknown_truth();
  if (value.mask) {
    if (number != 0 || relation.ordered) return unknown_truth();
    Truth truth = test_bits(*field, value);
    if (relation.text == "==") std::swap(truth.if_true, truth.if_false);
    return truth;
  }
  if (value.size < field->size && !relation.ordered) {
    if (!fits(number, value.size, value.is_signed)) return unknown_truth();
    const std::string same = low_part_equals(field->name, value.size, static_cast<uint64_t>(number));
    Truth truth{Condition::of(same), Condition::of(fmt::format("!({})", same))};
    if (relation.text == "!=") std::swap(truth.if_true, truth.if_false);
    return truth;
  }
  if (relation.ordered && relation.is_signed && !field->is_signed && value.size == 8 && field->size == 8) {
    return {compare_with_sign(field->name, relation.text, number),
            compare_with_sign(field->name, relation.negated, number)};
  }
  if (value.size != field->size || !fits(number, field->size, field->is_signed)) return unknown_truth();
  if (value.is_signed != field->is_signed && (relation.ordered || field->size < 8)) return unknown_truth();
  // Values of less than eight bytes were extended, so that only the word's own order can differ.
  if (relation.ordered && relation.is_signed != field->is_signed && (field->size == 8 || field->is_signed)) {
    return unknown_truth();
  }
  const std::string text = number_text(number, field->is_signed);
  return {Condition::of(fmt::format("{} {} {}", field->name, relation.text, text)),
          Condition::of(fmt::format("{} {} {}", field->name, relation.negated, text))};
}

Truth compare_cpu(const Relation& relation, int64_t number) {
  if (number < 0 || number > std::numeric_limits<int32_t>::max()) return unknown_truth();
  return {Condition::of(fmt::format("CPU {} {}", relation.text, number)),
          Condition::of(fmt::format("CPU {} {}", relation.negated, number))};
}

// Whether TEXT means itself between the quotes of a filter.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:+ ").find(c) != std::string_view::npos;
  });
}

// Goes along every path from a function's entry.
class Walk {
 public:
  Walk(const ir::Program& program, const ir::Function& function, const ProbeSite& site)
      : program_(program), function_(function), site_(site), on_path_(function.blocks.size(), false) {}

  using Regions = std::map<std::pair<ir::SlotId, uint32_t>, Region>;

  // When BLOCK or what follows it has an effect.
  Condition effect(ir::BlockId index, Regions regions) {
    if (on_path_[index] || ++visited_ > kMostBlocks) return Condition::always();
    const ir::Block& block = function_.blocks[index];
    values_.clear();
    for (const ir::Instruction& instruction : block.instructions) {
      if (has_effect(instruction.operation)) return Condition::always();
      Value value = evaluate(instruction.operation, regions);
      if (instruction.result != ir::kNoTemp) values_[instruction.result] = std::move(value);
    }
    on_path_[index] = true;
    Condition result = Condition::never();
    if (const auto* jump = std::get_if<ir::Jump>(&block.end)) {
      result = effect(jump->to, std::move(regions));
    } else if (const auto* branch = std::get_if<ir::Branch>(&block.end)) {
      const Truth truth = truth_of(value_of(branch->condition));
      const Condition then = effect(branch->if_true, regions);
      const Condition otherwise = effect(branch->if_false, std::move(regions));
      // c || (!c && x) is c || x: shorter, and never a condition that always holds in disguise.
      if (then.kind == Condition::Kind::kAlways) {
        result = either(truth.if_true, otherwise);
      } else if (otherwise.kind == Condition::Kind::kAlways) {
        result = either(truth.if_false, then);
      } else {
        result = either(both(truth.if_true, then), both(truth.if_false, otherwise));
      }
    }
    on_path_[index] = false;
    return result;
  }

 private:
  static bool has_effect(const ir::Operation& operation) {
    return std::holds_alternative<ir::MapSet>(operation) || std::holds_alternative<ir::MapAdd>(operation) ||
           std::holds_alternative<ir::MapDelete>(operation) || std::holds_alternative<ir::Aggregate>(operation) ||
           std::holds_alternative<ir::Emit>(operation) || std::holds_alternative<ir::Exit>(operation);
  }

  Value value_of(ir::Temp temp) const {
    const auto found = values_.find(temp);
    return found == values_.end() ? Value(Unknown{}) : found->second;
  }

  Truth truth_of(const Value& value) const {
    if (const auto* truth = std::get_if<Truth>(&value)) return *truth;
    if (const auto* number = std::get_if<Number>(&value)) {
      return number->value != 0 ? Truth{Condition::always(), Condition::never()}
                                : Truth{Condition::never(), Condition::always()};
    }
    if (const auto* field = std::get_if<FieldValue>(&value)) {
      return compare_field(site_, *field, relation_of(BinaryOp::kNotEqual, true), 0);
    }
    return unknown_truth();
  }

  Value binary(const ir::Binary& op) const {
    const Value left = value_of(op.left);
    const Value right = value_of(op.right);
    const auto* number = std::get_if<Number>(&right);
    const bool field_is_left = number != nullptr;
    if (number == nullptr) number = std::get_if<Number>(&left);
    if (number == nullptr) return Unknown{};
    const Value& other = field_is_left ? left : right;
    if (op.op == BinaryOp::kAnd) {
      const auto* field = std::get_if<FieldValue>(&other);
      if (field == nullptr || field->mask) return Unknown{};
      FieldValue masked = *field;
      masked.mask = static_cast<uint64_t>(number->value);
      return masked;
    }
    if (!is_comparison(op.op)) return Unknown{};
    const Relation relation = relation_of(op.op, field_is_left);
    if (const auto* field = std::get_if<FieldValue>(&other))
      return compare_field(site_, *field, relation, number->value);
    if (std::holds_alternative<CpuNumber>(other)) return compare_cpu(relation, number->value);
    const auto* truth = std::get_if<Truth>(&other);
    if (truth == nullptr || number->value != 0 || relation.ordered) return Unknown{};
    return relation.text == "==" ? Truth{truth->if_false, truth->if_true} : *truth;
  }

  Value compare_bytes(const ir::CompareBytes& op, const Regions& regions) const {
    if (op.length > 16) return Unknown{};
    const auto find = [&](ir::Place place) {
      const auto found = regions.find({place.slot, place.offset});
      return found == regions.end() ? Region() : found->second;
    };
    const Region left = find(op.left);
    const Region right = find(op.right);
    const auto* text = std::get_if<TextRegion>(&left);
    if (text == nullptr) text = std::get_if<TextRegion>(&right);
    if (text == nullptr || !(std::holds_alternative<CommRegion>(left) || std::holds_alternative<CommRegion>(right))) {
      return Unknown{};
    }
    // Compared up to the literal's NUL: it is the whole name.
    const std::string& name = program_.strings[text->text];
    if (!is_plain(name) || name.size() + 1 > op.length || name.size() + 1 > text->length) return Unknown{};
    return Truth{Condition::of(fmt::format("COMM != \"{}\"", name)),
                 Condition::of(fmt::format("COMM == \"{}\"", name))};
  }

  // Forgets what the LENGTH bytes at PLACE overlap.
  static void overwrite(Regions& regions, ir::Place place, uint32_t length) {
    std::erase_if(regions, [&](const auto& entry) {
      // No known region is longer than a name or a literal of 16 bytes that matter.
      return entry.first.first == place.slot && entry.first.second < place.offset + length &&
             place.offset < entry.first.second + 16;
    });
  }

  Value evaluate(const ir::Operation& operation, Regions& regions) {
    return std::visit(ir::Overloaded{
                          [](const ir::Const& op) { return Value(Number{op.value}); },
                          [](const ir::ContextLoad& op) {
                            return Value(FieldValue{op.offset, op.size, op.is_signed, {}});
                          },
                          [&](const ir::Binary& op) { return binary(op); },
                          [&](const ir::Extend& op) {
                            const Value value = value_of(op.value);
                            const auto* field = std::get_if<FieldValue>(&value);
                            if (field == nullptr || field->mask || field->size * 8 != op.bits) return Value(Unknown{});
                            return Value(FieldValue{field->offset, field->size, op.is_signed, {}});
                          },
                          [](const ir::ReadBuiltin& op) {
                            // common_pid is the thread's id; positive, so that its sign does not matter.
                            if (op.what == ir::Builtin::kTid) return Value(FieldValue{kCommonPid, 4, true, {}});
                            if (op.what == ir::Builtin::kCpu) return Value(CpuNumber{});
                            return Value(Unknown{});
                          },
                          [&](const ir::ReadComm& op) {
                            overwrite(regions, op.to, 16);
                            if (!op.of_process) regions[{op.to.slot, op.to.offset}] = CommRegion{};
                            return Value(Unknown{});
                          },
                          [&](const ir::SlotLiteral& op) {
                            overwrite(regions, op.to, op.length);
                            regions[{op.to.slot, op.to.offset}] = TextRegion{op.text, op.length};
                            return Value(Unknown{});
                          },
                          [&](const ir::SlotStore& op) {
                            overwrite(regions, op.to, op.size);
                            if (op.size == 8) regions[{op.to.slot, op.to.offset}] = value_of(op.value);
                            return Value(Unknown{});
                          },
                          [&](const ir::SlotLoad& op) {
                            const auto found = regions.find({op.from.slot, op.from.offset});
                            const auto* value = found == regions.end() ? nullptr : std::get_if<Value>(&found->second);
                            return op.size == 8 && value != nullptr ? *value : Value(Unknown{});
                          },
                          [&](const ir::CompareBytes& op) { return compare_bytes(op, regions); },
                          [&](const ir::SlotZero& op) { return forget(regions, op.to); },
                          [&](const ir::SlotCopy& op) { return forget(regions, op.to); },
                          [&](const ir::ContextCopy& op) { return forget(regions, op.to); },
                          [&](const ir::ContextString& op) { return forget(regions, op.to); },
                          [&](const ir::ReadMemory& op) { return forget(regions, op.to); },
                          [&](const ir::ReadString& op) { return forget(regions, op.to); },
                          [&](const ir::ReadBuffer& op) { return forget(regions, op.to); },
                          [&](const ir::ReadStack& op) { return forget(regions, op.to); },
                          [&](const ir::MapGet& op) { return forget(regions, op.to); },
                          [](const auto&) { return Value(Unknown{}); },
                      },
                      operation);
  }

  // The slot's contents are not followed any further.
  static Value forget(Regions& regions, ir::Place place) {
    std::erase_if(regions, [&](const auto& entry) { return entry.first.first == place.slot; });
    return Unknown{};
  }

  const ir::Program& program_;
  const ir::Function& function_;
  const ProbeSite& site_;
  std::map<ir::Temp, Value> values_;  // of the block at hand
  std::vector<bool> on_path_;
  int visited_ = 0;
};

}  // namespace

std::optional<std::string> pushed_condition(const ir::Program& program, const ir::Function& function,
                                            const ProbeSite& site) {
  const Condition condition = Walk(program, function, site).effect(0, {});
  if (!condition.is_text() || condition.text.size() > kLongest) return std::nullopt;
  return condition.text;
}

std::optional<std::string> event_filter(const ir::Program& program, std::span<const Hook> hooks) {
  Condition condition = Condition::never();
  for (const Hook& hook : hooks) {
    const auto pushed = pushed_condition(program, program.functions[hook.function], program.sites[hook.site]);
    if (!pushed) return std::nullopt;
    condition = either(condition, Condition::of(*pushed));
  }
  if (!condition.is_text() || condition.text.size() > kLongest) return std::nullopt;
  return condition.text;
}

std::optional<std::string> event_filter(const ir::Program& program, std::string_view category, std::string_view event) {
  std::vector<Hook> hooks;
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    for (const uint32_t index : program.functions[function].sites) {
      const ProbeSite& site = program.sites[index];
      if (site.category == category && site.event == event) hooks.push_back({function, index});
    }
  }
  return event_filter(program, hooks);
}

}  // namespace polytap::ftrace
