#include <algorithm>

#include "core/base/check.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/syscall/constants.h"

namespace polytap {

using ir::Temp;

void Lowerer::signal(const ast::Call& call, bool to_thread) {
  const ast::Expression& number = *call.arguments[0];
  const auto& name = info(number).text;
  build_.run(ir::SendSignal{name ? constant(signal_number(*name)) : word(number), to_thread});
}

// An integer as wide as what the pointer points to; of a text what it holds, its NUL included.
Temp Lowerer::write_user(const ast::Call& call) {
  const ast::Expression& value = *call.arguments[1];
  const Type type = value_type(value);
  const Temp address = word(*call.arguments[0]);
  const ir::Place place = scratch_for(type);
  if (type.is_scalar()) {
    const Type& pointer = info(*call.arguments[0]).type;
    build_.store(place, word(value));
    return build_.add(ir::WriteMemory{address, place, std::clamp(pointer.element->size, 1U, 8U)});
  }
  store(value, place, type);
  return build_.add(ir::WriteMemory{address, place, type.size});
}

void Lowerer::poke(const ast::Call& call) {
  const ast::Expression& bytes = *call.arguments[1];
  const Type type = value_type(bytes);
  const auto& literal = info(bytes).text;
  const Temp address = word(*call.arguments[0]);
  const ir::Place place = scratch_for(type);
  store(bytes, place, type);
  const auto length = literal ? static_cast<uint32_t>(literal->size()) : type.size;
  if (length != 0) build_.add(ir::WriteMemory{address, place, length});
}

void Lowerer::unwatch(const ast::Call& call) {
  ir::EmitSpec spec;
  spec.kind = ir::EmitKind::kUnwatch;
  spec.fields = {types::uint64()};
  spec.control = true;
  spec.span = call.name_span;
  ir::EmitField field;
  field.word = word(*call.arguments[0]);
  emit(std::move(spec), {field});
}

}  // namespace polytap
