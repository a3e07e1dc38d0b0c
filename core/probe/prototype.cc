#include "core/probe/prototype.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/probe/registers.h"

namespace polytap {
namespace {

constexpr uint32_t kVectorRegisters = 8;  // xmm0..7
constexpr uint32_t kTwoWords = 16;        // larger structs go through memory

ProbeArgument elsewhere(const PassedValue& value) {
  ProbeArgument argument;
  argument.name = value.name;
  argument.type = value.type.is(TypeKind::kVoid) ? value.type : types::none();
  argument.type.name = value.spelling;
  argument.form = ProbeArgument::Form::kElsewhere;
  return argument;
}

// Hands out registers and stack words in the order of the parameters.
class Placement {
 public:
  explicit Placement(const PassedValue& result) {
    // The caller says in the first one where a large result goes; small objects may travel either way.
    const bool object = result.as == PassedAs::kStruct || result.as == PassedAs::kUnclear;
    const bool large = object && result.type.size > kTwoWords;
    if (result.as == PassedAs::kReference || large) words_ = 1;
    lost_ = result.as == PassedAs::kUnclear && !large;
  }

  ProbeArgument place(const PassedValue& value) {
    ProbeArgument argument;
    argument.name = value.name;
    argument.type = value.type;
    switch (value.as) {
      case PassedAs::kWord:
        if (lost_) break;
        return word(std::move(argument));
      case PassedAs::kReference:
        if (lost_) break;
        argument.type = types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kUser);
        return word(std::move(argument));
      case PassedAs::kFloat:
        if (vectors_++ >= kVectorRegisters) stack_ += 8;
        break;
      case PassedAs::kUnclear:
        lost_ = true;
        break;
      case PassedAs::kLongDouble:
        stack_ = (stack_ + 15) / 16 * 16 + 16;
        break;
      case PassedAs::kStruct:
        // Through memory, of which the registers know nothing; or in registers whose number hangs on its fields.
        if (value.type.size > kTwoWords) {
          stack_ += (value.type.size + 7) / 8 * 8;
        } else {
          lost_ = value.type.size != 0;
        }
        break;
    }
    PassedValue refused = value;
    if (refused.spelling.empty()) refused.spelling = to_string(value.type);
    return elsewhere(refused);
  }

 private:
  ProbeArgument word(ProbeArgument argument) {
    argument.size = std::clamp(argument.type.size, 1U, 8U);
    if (words_ < std::size(registers::kArguments)) {
      argument.offset = registers::kArguments[words_++];
      return argument;
    }
    argument.form = ProbeArgument::Form::kStack;
    argument.offset = registers::stack_argument(std::size(registers::kArguments)) + stack_;
    stack_ += 8;
    return argument;
  }

  uint32_t words_ = 0;
  uint32_t vectors_ = 0;
  uint32_t stack_ = 0;  // bytes of the arguments there
  bool lost_ = false;
};

}  // namespace

std::vector<ProbeArgument> arguments_of(const FunctionPrototype& prototype, bool at_return) {
  std::vector<ProbeArgument> arguments;
  if (at_return) {
    PassedValue result = prototype.result;
    result.name = "ret";
    if (result.as != PassedAs::kWord || result.type.is(TypeKind::kVoid)) {
      arguments.push_back(elsewhere(result));
      return arguments;
    }
    ProbeArgument argument{"ret", result.type, registers::kResult, std::clamp(result.type.size, 1U, 8U)};
    arguments.push_back(std::move(argument));
    return arguments;
  }
  Placement placement(prototype.result);
  for (size_t i = 0; i < prototype.parameters.size(); ++i) {
    ProbeArgument argument = placement.place(prototype.parameters[i]);
    if (argument.name.empty()) argument.name = fmt::format("arg{}", i);
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

}  // namespace polytap
