#include <algorithm>

#include "core/base/check.h"
#include "core/lang/builtins.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/lang/reference.h"

namespace polytap {

namespace {

// `args` or `args()`.
bool names_all_arguments(const ast::Expression& e) {
  if (const auto* call = std::get_if<ast::Call>(&e.node)) return call->name == "args";
  const auto* name = std::get_if<ast::Identifier>(&e.node);
  return name != nullptr && name->name == "args";
}

}  // namespace

ir::Place Lowerer::scratch_for(const Type& type) { return {build_.scratch(std::max(8U, type.storage_size())), 0}; }

std::optional<ir::Place> Lowerer::existing_region(const ast::Expression& e) {
  if (const ast::Expression* target = reference_target(e)) return existing_region(*target);
  if (program_variables(e)) return std::nullopt;
  if (std::holds_alternative<ast::Variable>(e.node)) return variable_place(*info(e).variable);
  if (const auto* reference = std::get_if<ast::MapReference>(&e.node)) return map_region(*reference);
  if (const auto* access = std::get_if<ast::Comptime>(&e.node)) return existing_region(*access->expression);
  // An element of a tuple or record.
  const ast::Expression* object = nullptr;
  size_t position = 0;
  if (const auto* field = std::get_if<ast::FieldAccess>(&e.node);
      field != nullptr && probe_argument(e) == nullptr && program_variable(e) == nullptr) {
    const Type& type = info(*field->object).type;
    if (type.is(TypeKind::kTuple)) {
      position = std::stoul(field->field);
    } else if (type.is(TypeKind::kRecord)) {
      const auto found = std::find(type.field_names.begin(), type.field_names.end(), field->field);
      position = static_cast<size_t>(found - type.field_names.begin());
    } else {
      return std::nullopt;
    }
    object = field->object.get();
  } else if (const auto* index = std::get_if<ast::Index>(&e.node);
             index != nullptr && info(*index->object).type.is(TypeKind::kTuple)) {
    object = index->object.get();
    position = static_cast<size_t>(*info(*index->index).constant);
  }
  if (object == nullptr) return std::nullopt;
  const Type& type = info(*object).type;
  ir::Place place = region(*object, type);
  for (size_t i = 0; i < position; ++i) place.offset += type.elements[i].storage_size();
  return place;
}

ir::Place Lowerer::region(const ast::Expression& e, const Type& want) {
  const Type own = value_type(e);
  const bool fits =
      own == want || (own.kind == want.kind && own.storage_size() == want.storage_size() &&
                      own.elements == want.elements && own.field_names == want.field_names && own.size <= want.size);
  if (fits && !own.is_scalar()) {
    if (const auto place = existing_region(e)) return *place;
  }
  const ir::Place place = scratch_for(want);
  store(e, place, want);
  return place;
}

void Lowerer::store(const ast::Expression& e, ir::Place to, const Type& want) {
  const Span before = build_.at(e.span);
  const Type own = value_type(e);
  if (store_directly(e, to, want)) {
    build_.at(before);
    return;
  }
  if (own.is_scalar() && (want.is_scalar() || want.is(TypeKind::kNone))) {
    build_.store(to, word_as(e, want));
  } else if (const auto place = existing_region(e)) {
    convert(*place, own, to, want);
  } else if (is_object(e)) {
    read_object(object(e), to, want.size);
  } else {
    const ir::Place place_of_own = scratch_for(own);
    CHECK(store_directly(e, place_of_own, own));
    convert(place_of_own, own, to, want);
  }
  build_.at(before);
}

// Builds what can be built in place; false for the rest.
bool Lowerer::store_directly(const ast::Expression& e, ir::Place to, const Type& want) {
  const ExpressionInfo& known = info(e);
  if (const auto* node = std::get_if<ast::Ternary>(&e.node)) {
    if (const auto constant = info(*node->condition).constant) {
      const ast::Expression* taken = *constant == 0 ? node->if_false.get() : node->if_true.get();
      store(taken == nullptr ? *node->condition : *taken, to, want);
    } else if (node->if_true == nullptr) {
      value_or(*node, to, want);
    } else {
      choose(
          *node->condition, [&] { store(*node->if_true, to, want); }, [&] { store(*node->if_false, to, want); });
    }
    return true;
  }
  if (const auto* node = std::get_if<ast::IfExpression>(&e.node)) {
    if (const auto constant = info(*node->condition).constant) {
      block_value(*constant != 0 ? node->if_true : node->if_false, to, want);
      return true;
    }
    choose(
        *node->condition, [&] { block_value(node->if_true, to, want); },
        [&] { block_value(node->if_false, to, want); });
    return true;
  }
  if (const auto* node = std::get_if<ast::BlockExpression>(&e.node)) {
    block_value(node->block, to, want);
    return true;
  }
  if (want.is(TypeKind::kString) && known.text) {
    literal(known.text->substr(0, want.size - 1), to, want.storage_size());
    return true;
  }
  if (const auto* node = std::get_if<ast::TupleLiteral>(&e.node)) {
    std::vector<const ast::Expression*> elements;
    for (const auto& element : node->elements) elements.push_back(element.get());
    store_elements(elements, to, want);
    return true;
  }
  if (const auto* node = std::get_if<ast::RecordLiteral>(&e.node)) {
    std::vector<const ast::Expression*> elements(want.elements.size());
    for (const auto& element : node->elements) {
      const auto at = find_element(want, element.name);
      CHECK(at.has_value());
      elements[*at] = element.value.get();
    }
    store_elements(elements, to, want);
    return true;
  }
  if (want.is(TypeKind::kString) && is_text(known.type) && is_object(e)) {
    object_string(object(e), to, want.storage_size());
    return true;
  }
  if (const ProbeArgument* argument = probe_argument(e);
      argument != nullptr && want.is(TypeKind::kString) && known.type.is(TypeKind::kString)) {
    argument_string(*argument, to, want.storage_size());
    return true;
  }
  if (const auto* node = std::get_if<ast::Cast>(&e.node); node != nullptr && want.is(TypeKind::kString)) {
    store(*node->operand, to, want);
    cut(to, std::min(want.size, known.type.size));
    return true;
  } else if (node != nullptr && want.is(TypeKind::kArray) && value_type(*node->operand).is_scalar()) {
    build_.store(to, build_.extend(word(*node->operand), want.size, false));
    if (want.storage_size() > 8) build_.zero({to.slot, to.offset + 8}, want.storage_size() - 8);
    return true;
  } else if (node != nullptr && !want.is_scalar()) {
    store(*node->operand, to, want);
    return true;
  }
  if (const auto set = program_variables(e)) {
    if (!(known.type == want)) return false;
    store_variables(*set, to, want);
    return true;
  }
  if (names_all_arguments(e)) {
    if (!(known.type == want)) return false;
    store_arguments(to, want);
    return true;
  }
  if (const auto* name = std::get_if<ast::Identifier>(&e.node)) {
    const ast::Call bare{name->name, e.span, {}};
    return store_call(bare, e, to, want);
  }
  if (const auto* call = std::get_if<ast::Call>(&e.node)) return store_call(*call, e, to, want);
  return false;
}

// `a ?: b`: the condition is taken once.
void Lowerer::value_or(const ast::Ternary& node, ir::Place to, const Type& want) {
  const ir::BlockId yes = build_.new_block();
  const ir::BlockId no = build_.new_block();
  const ir::BlockId after = build_.new_block();
  const ir::Temp value = word(*node.condition);
  build_.branch(value, yes, no);
  build_.switch_to(yes);
  build_.store(to, convert_word(value, value_type(*node.condition), want));
  build_.jump(after);
  build_.switch_to(no);
  store(*node.if_false, to, want);
  build_.jump(after);
  build_.switch_to(after);
}

void Lowerer::block_value(const ast::Block& node, ir::Place to, const Type& want) {
  block(node);
  if (node.value != nullptr) store(*node.value, to, want);
}

void Lowerer::store_elements(std::span<const ast::Expression* const> elements, ir::Place to, const Type& want) {
  CHECK(elements.size() == want.elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    store(*elements[i], to, want.elements[i]);
    to.offset += want.elements[i].storage_size();
  }
}

bool Lowerer::store_call(const ast::Call& call, const ast::Expression& e, ir::Place to, const Type& want) {
  const Type& own = info(e).type;
  if (const ast::Subprogram* subprogram = called_subprogram(call)) {
    convert(inline_call(call, *subprogram), own, to, want);
    return true;
  }
  const auto builtin = find_builtin(call.name);
  if (builtin && builtin->form == BuiltinForm::kCommand && call.arguments.empty()) {
    build_.run(ir::ReadComm{to, builtin->of_process});
    const uint32_t size = want.storage_size();
    if (size > 16) build_.zero({to.slot, to.offset + 16}, size - 16);
    return true;
  }
  const FunctionSignature* function = find_function(call.name);
  if (function == nullptr) return false;
  switch (function->id) {
    case FunctionId::kUstack:
    case FunctionId::kKstack: {
      const AddressSpace space = own.is(TypeKind::kUserStack) ? AddressSpace::kUser : AddressSpace::kKernel;
      build_.run(ir::ReadStack{to, own.count, space});
      if (want.count > own.count) build_.zero({to.slot, to.offset + own.storage_size()}, 8 * (want.count - own.count));
      return true;
    }
    case FunctionId::kStr:
      read_string(call, e, to, want);
      return true;
    case FunctionId::kBuf:
      // Behind the bytes of a shorter buffer zeros follow.
      store_buffer(call, to, own);
      if (want.storage_size() > own.storage_size()) {
        build_.zero({to.slot, to.offset + own.storage_size()}, want.storage_size() - own.storage_size());
      }
      return true;
    case FunctionId::kUsym:
      build_.store(to, build_.add(ir::ReadBuiltin{ir::Builtin::kPid}));
      build_.store({to.slot, to.offset + 8}, word(*call.arguments[0]));
      return true;
    case FunctionId::kStrConcat:
      join_texts(call, to, want);
      return true;
    case FunctionId::kDecode:
      build_.run(ir::DecodeCall{to, want.storage_size()});
      if (want.size % 8 != 0) cut(to, want.size);
      return true;
    case FunctionId::kPcomm:
      process_name_of(call, to, want);
      return true;
    case FunctionId::kNtop:
      store_inet(call, to);
      return true;
    case FunctionId::kPton:
      store_address(*info(*call.arguments[0]).text, to);
      return true;
    case FunctionId::kMacaddr: {
      build_.zero(to, 8);
      const ast::Expression& argument = *call.arguments[0];
      if (info(argument).type.is(TypeKind::kPointer)) {
        Object target = pointed_to(argument);
        build_.run(ir::ReadMemory{to, 6, object_address(target), target.space});
      } else if (value_type(argument).is_integral()) {
        const bool user = function_.reads_user_memory();
        build_.run(ir::ReadMemory{to, 6, word(argument), user ? AddressSpace::kUser : AddressSpace::kKernel});
      } else {
        read_object(object(argument), to, 6);
      }
      return true;
    }
    default:
      return false;
  }
}

void Lowerer::copy_padded(ir::Place from, uint32_t from_size, ir::Place to, uint32_t to_size) {
  const uint32_t common = std::min(from_size, to_size);
  build_.copy(to, from, common);
  if (to_size > common) build_.zero({to.slot, to.offset + common}, to_size - common);
}

void Lowerer::convert(ir::Place from, const Type& from_type, ir::Place to, const Type& want) {
  if (from == to) return;
  if (from_type == want) {
    build_.copy(to, from, want.storage_size());
    return;
  }
  if (want.is_scalar()) {
    build_.store(to, convert_word(build_.load(from), from_type, want));
    return;
  }
  if (want.is(TypeKind::kTuple) || want.is(TypeKind::kRecord)) {
    CHECK(want.elements.size() == from_type.elements.size());
    for (size_t i = 0; i < want.elements.size(); ++i) {
      const size_t at = want.field_names.empty() ? i : *find_element(from_type, want.field_names[i]);
      ir::Place element = from;
      for (size_t before = 0; before < at; ++before) element.offset += from_type.elements[before].storage_size();
      convert(element, from_type.elements[at], to, want.elements[i]);
      to.offset += want.elements[i].storage_size();
    }
    return;
  }
  copy_padded(from, from_type.storage_size(), to, want.storage_size());
  if (want.is(TypeKind::kString) && want.size < from_type.size) cut(to, want.size);
  if (want.is(TypeKind::kBuffer) && want.size < from_type.size) {
    // The count must not go beyond what is there.
    const ir::Temp count = build_.load(to);
    const ir::BlockId cut_it = build_.new_block();
    const ir::BlockId after = build_.new_block();
    build_.branch(build_.binary(ir::BinaryOp::kUnsignedLess, constant(want.size), count), cut_it, after);
    build_.switch_to(cut_it);
    build_.store(to, constant(want.size));
    build_.jump(after);
    build_.switch_to(after);
  }
}

}  // namespace polytap
