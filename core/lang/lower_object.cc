#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "core/lang/builtins.h"
#include "core/lang/lowerer.h"
#include "core/lang/reference.h"
#include "core/probe/registers.h"

namespace polytap {

using ir::Temp;

namespace {

// `ctx`, or a cast of it: what it points to is the context, whose address the program does not learn.
bool is_context_pointer(const ast::Expression& e) {
  if (const auto* cast = std::get_if<ast::Cast>(&e.node)) return is_context_pointer(*cast->operand);
  const auto* name = std::get_if<ast::Identifier>(&e.node);
  return name != nullptr && name->name == "ctx";
}

}  // namespace

const ProbeArgument* Lowerer::probe_argument(const ast::Expression& e) const {
  const auto* access = std::get_if<ast::FieldAccess>(&e.node);
  if (access == nullptr) return nullptr;
  const auto* object = std::get_if<ast::Identifier>(&access->object->node);
  const ProbeSite& site = function_.site();
  if (object == nullptr || !names_arguments(object->name, site)) return nullptr;
  return access->field == "retval" ? site.find_result() : site.find_argument(access->field);
}

bool Lowerer::is_object(const ast::Expression& e) const {
  if (const ProbeArgument* argument = probe_argument(e)) {
    return argument->form == ProbeArgument::Form::kInline || argument->form == ProbeArgument::Form::kStack;
  }
  if (program_variable(e) != nullptr) return true;
  if (const ast::Expression* pointer = dereferenced(e)) return info(*pointer).target == nullptr;
  if (const auto* access = std::get_if<ast::FieldAccess>(&e.node)) {
    const Type& type = info(*access->object).type;
    return type.is(TypeKind::kStruct) || type.is(TypeKind::kPointer);
  }
  if (const auto* access = std::get_if<ast::Index>(&e.node)) {
    const Type& type = info(*access->object).type;
    return type.is(TypeKind::kArray) || type.is(TypeKind::kPointer) || type.is(TypeKind::kString);
  }
  return false;
}

Lowerer::Object Lowerer::argument_object(const ProbeArgument& argument) {
  Object result;
  result.where = Object::Where::kContext;
  result.offset = argument.offset;
  result.type = argument.type;
  if (argument.form == ProbeArgument::Form::kStack) {
    result.where = Object::Where::kMemory;
    result.address = load_context(registers::kSp, 8, false);
    result.space = function_.site().is_user_function() ? AddressSpace::kUser : AddressSpace::kKernel;
  }
  // The record may hold less than the C type says.
  if (result.type.is_scalar()) result.type.size = std::min(result.type.size, argument.size);
  return result;
}

Lowerer::Object Lowerer::object(const ast::Expression& e) {
  if (const ProbeArgument* argument = probe_argument(e); argument != nullptr && is_object(e)) {
    return argument_object(*argument);
  }
  if (const ProbeVariable* variable = program_variable(e)) return variable_object(*variable);
  if (is_object(e)) {
    if (const auto* access = std::get_if<ast::FieldAccess>(&e.node)) return field_object(*access);
    if (const auto* access = std::get_if<ast::Index>(&e.node)) return index_object(*access);
    return pointed_to(*std::get<ast::Unary>(e.node).operand);
  }
  Object result;
  result.type = info(e).type;
  const ir::Place place = region(e, result.type);
  result.slot = place.slot;
  result.offset = place.offset;
  return result;
}

Lowerer::Object Lowerer::pointed_to(const ast::Expression& pointer) {
  const Type& type = info(pointer).type;
  Object result;
  if (is_context_pointer(pointer)) {
    result.where = Object::Where::kContext;
    result.type = *type.element;
    return result;
  }
  if (type.is(TypeKind::kInteger)) {
    const bool user =
        type.space == AddressSpace::kUser || (type.space == AddressSpace::kNone && function_.reads_user_memory());
    result.where = Object::Where::kMemory;
    result.address = word(pointer);
    result.space = user ? AddressSpace::kUser : AddressSpace::kKernel;
    result.type = types::uint64();
    return result;
  }
  CHECK(type.is(TypeKind::kPointer) && type.element != nullptr);
  result.where = Object::Where::kMemory;
  result.address = word(pointer);
  result.space = type.space == AddressSpace::kUser ? AddressSpace::kUser : AddressSpace::kKernel;
  result.type = *type.element;
  return result;
}

Lowerer::Object Lowerer::field_object(const ast::FieldAccess& node) {
  const Type& type = info(*node.object).type;
  Object result = type.is(TypeKind::kPointer) ? pointed_to(*node.object) : object(*node.object);
  const StructDefinition* definition = script_.types->find_struct(result.type.name);
  const Field* field = definition == nullptr ? nullptr : definition->find(node.field);
  CHECK(field != nullptr);
  result.offset += field->offset;
  result.bit_offset = field->bit_offset;
  result.bit_size = field->bit_size;
  result.type = field->type;
  return result;
}

Lowerer::Object Lowerer::index_object(const ast::Index& node) {
  const Type& type = info(*node.object).type;
  Object result;
  uint32_t count = 0;  // 0: not known
  if (type.is(TypeKind::kPointer)) {
    result = pointed_to(*node.object);
  } else {
    result = object(*node.object);
    if (result.type.is(TypeKind::kString)) result.type = types::array(types::integer(1, true), result.type.size);
    CHECK(result.type.element != nullptr);
    count = result.type.count;
    result.type = Type(*result.type.element);
  }
  const auto known = info(*node.index).constant;
  const uint32_t size = std::max(1U, result.type.size);
  if (known && *known >= 0 && *known < int64_t{1} << 24) {
    result.offset += static_cast<uint32_t>(*known) * size;
  } else if (result.where == Object::Where::kMemory) {
    const Temp index = word(*node.index);
    const Temp scaled = build_.binary(ir::BinaryOp::kMul, index, constant(size));
    result.address = build_.binary(ir::BinaryOp::kAdd, result.address, scaled);
    if (count != 0) {
      // Nothing is at address 0: outside of the array is a read that fails.
      const Temp inside = build_.binary(ir::BinaryOp::kUnsignedLess, index, constant(count));
      result.address = build_.binary(ir::BinaryOp::kMul, object_address(result), inside);
      result.offset = 0;
    }
  } else if (result.type.is_scalar() && count != 0) {
    // A copy whose elements lie from the start of a word on.
    const uint32_t bytes = round_to_words(count * size);
    ir::Place from{result.slot, result.offset};
    if (result.where != Object::Where::kSlot || result.offset % 8 != 0) {
      from = {build_.scratch(bytes), 0};
      Object whole = result;
      read_object(whole, from, count * size);
    }
    const ir::Place element{build_.scratch(8), 0};
    build_.store(element, build_.add(ir::SlotLoadAt{from, count, static_cast<uint8_t>(size), result.type.is_signed,
                                                    word(*node.index)}));
    result.where = Object::Where::kSlot;
    result.slot = element.slot;
    result.offset = 0;
  } else {
    diagnostics_.error(node.index->span, "The index of a copied array of structs must be a constant",
                       "index the array where it lies: pointer->array[i]");
  }
  return result;
}

Temp Lowerer::object_address(const Object& object) {
  CHECK(object.where == Object::Where::kMemory);
  if (object.offset == 0) return object.address;
  return build_.binary(ir::BinaryOp::kAdd, object.address, constant(object.offset));
}

const ast::Expression* Lowerer::reference_target(const ast::Expression& e) const {
  const ast::Expression* reference = dereferenced(e);
  return reference == nullptr ? nullptr : info(*reference).target;
}

Temp Lowerer::address_of(const ast::Expression& e) {
  const Object target = object(e);
  if (target.where == Object::Where::kMemory && target.bit_size == 0) return object_address(target);
  diagnostics_.error(e.span,
                     target.bit_size != 0 ? "A bit field has no address" : "The probe's context has no address");
  return constant(0);
}

Temp Lowerer::load_object(const Object& object) {
  const uint32_t size = std::clamp(object.type.size, 1U, 8U);
  const bool is_signed = object.type.is_signed && object.bit_size == 0;
  Temp value = ir::kNoTemp;
  if (!inside_context(object, size)) return constant(0);
  switch (object.where) {
    case Object::Where::kContext:
      value = load_context(object.offset, size, is_signed);
      break;
    case Object::Where::kSlot:
      value = load_slot(object.slot, object.offset, size, is_signed);
      break;
    case Object::Where::kMemory: {
      const ir::Place place{build_.scratch(8), 0};
      build_.run(ir::ReadMemory{place, size, object_address(object), object.space});
      value = build_.load(place, size, is_signed);
      break;
    }
  }
  if (object.bit_size == 0) return value;
  // Up to the top, and down again with the sign or with zeros.
  const uint32_t up = 64U - object.bit_offset - object.bit_size;
  value = build_.binary(ir::BinaryOp::kShiftLeft, value, constant(up));
  return build_.binary(object.type.is_signed ? ir::BinaryOp::kArithmeticShiftRight : ir::BinaryOp::kLogicalShiftRight,
                       value, constant(64U - object.bit_size));
}

Temp Lowerer::load_context(uint32_t offset, uint32_t size, bool is_signed) {
  if (offset % size == 0) return build_.add(ir::ContextLoad{offset, static_cast<uint8_t>(size), is_signed});
  Temp value = constant(0);
  for (uint32_t i = 0; i < size; ++i) {
    const Temp byte = build_.add(ir::ContextLoad{offset + i, 1, false});
    value = build_.binary(ir::BinaryOp::kOr, value, build_.binary(ir::BinaryOp::kShiftLeft, byte, constant(i * 8)));
  }
  return build_.extend(value, size, is_signed);
}

Temp Lowerer::load_slot(ir::SlotId slot, uint32_t offset, uint32_t size, bool is_signed) {
  if (offset % size == 0) return build_.load({slot, offset}, size, is_signed);
  Temp value = constant(0);
  for (uint32_t i = 0; i < size; ++i) {
    const Temp byte = build_.load({slot, offset + i}, 1, false);
    value = build_.binary(ir::BinaryOp::kOr, value, build_.binary(ir::BinaryOp::kShiftLeft, byte, constant(i * 8)));
  }
  return build_.extend(value, size, is_signed);
}

void Lowerer::copy_bytes(ir::SlotId from, uint32_t offset, ir::Place to, uint32_t size) {
  if (offset % 8 == 0 && to.offset % 8 == 0 && size % 8 == 0) {
    build_.copy(to, {from, offset}, size);
    return;
  }
  for (uint32_t at = 0; at < size;) {
    uint32_t step = 8;
    while (step > size - at || (offset + at) % step != 0 || (to.offset + at) % step != 0) step /= 2;
    build_.store({to.slot, to.offset + at}, build_.load({from, offset + at}, step, false), step);
    at += step;
  }
}

bool Lowerer::inside_context(const Object& object, uint32_t size) {
  const ProbeSite& site = function_.site();
  if (object.where != Object::Where::kContext || object.offset + uint64_t{size} <= site.context_size) return true;
  diagnostics_.error(build_.place(), fmt::format("This lies outside of what the probe sees: its context has {} bytes",
                                                 site.context_size));
  return false;
}

void Lowerer::store_arguments(ir::Place to, const Type& want) {
  for (size_t i = 0; i < want.elements.size(); ++i) {
    const Type& type = want.elements[i];
    const ProbeArgument* argument = function_.site().find_argument(want.field_names[i]);
    CHECK(argument != nullptr);
    if (type.is(TypeKind::kString)) {
      argument_string(*argument, to, type.storage_size());
    } else if (const Object object = argument_object(*argument); type.is_scalar()) {
      build_.store(to, convert_word(load_object(object), object.type, type));
    } else {
      read_object(object, to, type.size);
    }
    to.offset += type.storage_size();
  }
}

void Lowerer::read_object(const Object& object, ir::Place to, uint32_t size) {
  if (size == 0 || !inside_context(object, size)) return;  // an array that only the program knows the length of
  if (size % 8 != 0) build_.zero({to.slot, to.offset + size / 8 * 8}, 8);
  switch (object.where) {
    case Object::Where::kContext:
      build_.run(ir::ContextCopy{to, object.offset, size});
      break;
    case Object::Where::kSlot:
      copy_bytes(object.slot, object.offset, to, size);
      break;
    case Object::Where::kMemory:
      build_.run(ir::ReadMemory{to, size, object_address(object), object.space});
      break;
  }
}

}  // namespace polytap
