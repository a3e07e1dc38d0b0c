#include <algorithm>

#include "core/base/check.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"

namespace polytap {

using ir::Temp;

ir::StringId Lowerer::intern(std::string text) {
  const auto found = std::find(program_.strings.begin(), program_.strings.end(), text);
  if (found != program_.strings.end()) return static_cast<ir::StringId>(found - program_.strings.begin());
  program_.strings.push_back(std::move(text));
  return static_cast<ir::StringId>(program_.strings.size() - 1);
}

void Lowerer::literal(const std::string& text, ir::Place to, uint32_t capacity) {
  build_.run(ir::SlotLiteral{to, capacity, intern(text.substr(0, text.find('\0')))});
}

void Lowerer::cut(ir::Place place, uint32_t size) {
  CHECK(size != 0);
  const uint32_t end = round_to_words(size);
  const Temp zero = constant(0);
  for (uint32_t at = size - 1; at < end;) {
    uint32_t step = 8;
    while (at % step != 0 || at + step > end) step /= 2;
    build_.store({place.slot, place.offset + at}, zero, step);
    at += step;
  }
}

Lowerer::Text Lowerer::text(const ast::Expression& e) {
  const ExpressionInfo& known = info(e);
  Text result;
  const Type type = types::string(known.type.size);
  result.capacity = type.storage_size();
  result.place = region(e, type);
  // Only what was copied from an array of exactly that size may lack its NUL.
  result.terminated = known.text.has_value() || known.type.size % 8 != 0 || known.type.size == 16;
  return result;
}

Temp Lowerer::compare_texts(const ast::Expression& left, const ast::Expression& right, uint32_t limit) {
  Text a = text(left);
  Text b = text(right);
  if (a.capacity > b.capacity) std::swap(a, b);
  const uint32_t length = std::min(limit, a.capacity);
  const Temp difference = build_.add(ir::CompareBytes{a.place, b.place, length});
  // Strings are padded with zeros: when the shorter one ends within its region, so does the other.
  if (limit <= a.capacity || a.capacity == b.capacity || a.terminated) return difference;
  const Temp next = build_.load({b.place.slot, b.place.offset + a.capacity}, 1, false);
  return build_.binary(ir::BinaryOp::kOr, difference, next);
}

Temp Lowerer::find_text(const ast::Expression& where, const ast::Expression& what) {
  const Text haystack = text(where);
  const Text needle = text(what);
  return build_.add(ir::FindText{haystack.place, haystack.capacity, needle.place, needle.capacity});
}

void Lowerer::join_texts(const ast::Call& call, ir::Place to, const Type& want) {
  const Text left = text(*call.arguments[0]);
  const Text right = text(*call.arguments[1]);
  build_.run(ir::JoinTexts{to, want.storage_size(), left.place, left.capacity, right.place, right.capacity});
  if (want.size % 8 != 0) cut(to, want.size);
}

// The first word that differs decides, by its first byte that does: the words as numbers with that byte first.
Temp Lowerer::compare_memory(const ast::Call& call) {
  const auto length = static_cast<uint32_t>(*info(*call.arguments[2]).constant);
  ir::Place places[2];
  for (size_t i = 0; i < 2; ++i) {
    const ast::Expression& e = *call.arguments[i];
    const Type type = value_type(e);
    if (is_object(e)) {
      places[i] = scratch_for(type);
      read_object(object(e), places[i], type.size);
    } else {
      places[i] = region(e, type);
    }
    if (type.is(TypeKind::kBuffer)) places[i].offset += 8;
  }
  Temp result = constant(0);
  for (uint32_t at = (length - 1) / 8 * 8 + 8; at != 0;) {
    at -= 8;
    Temp words[2];
    for (size_t i = 0; i < 2; ++i) {
      words[i] = byte_swap(build_.load({places[i].slot, places[i].offset + at}), 8);
      const uint32_t behind = at + 8 > length ? 8 * (at + 8 - length) : 0;
      words[i] = build_.binary(ir::BinaryOp::kLogicalShiftRight, words[i], constant(behind));
    }
    const Temp differs = build_.binary(ir::BinaryOp::kNotEqual, words[0], words[1]);
    const Temp less = build_.binary(ir::BinaryOp::kUnsignedLess, words[0], words[1]);
    const Temp sign = build_.binary(ir::BinaryOp::kSub, differs, build_.binary(ir::BinaryOp::kMul, less, constant(2)));
    const Temp same = build_.binary(ir::BinaryOp::kEqual, words[0], words[1]);
    result = build_.binary(ir::BinaryOp::kAdd, sign, build_.binary(ir::BinaryOp::kMul, same, result));
  }
  return result;
}

void Lowerer::argument_string(const ProbeArgument& argument, ir::Place to, uint32_t capacity) {
  if (argument.form == ProbeArgument::Form::kInline) {
    Object object;
    object.where = Object::Where::kContext;
    object.offset = argument.offset;
    object.type = argument.type;
    object_string(object, to, capacity);
    return;
  }
  const bool relative = argument.form == ProbeArgument::Form::kRelativeLocation;
  build_.run(ir::ContextString{to, capacity, argument.offset, relative});
}

// The characters of an array.
void Lowerer::object_string(const Object& object, ir::Place to, uint32_t capacity) {
  if (object.where == Object::Where::kMemory) {
    // Up to the NUL; one byte less than the array holds when that is what the words leave.
    // Of no length: `char name[]`.
    const uint32_t own = object.type.size == 0 ? capacity : std::min(capacity, round_to_words(object.type.size));
    build_.run(ir::ReadString{to, own, object_address(object), object.space, false});
    if (object.type.size % 8 != 0 && object.type.size < own) cut(to, object.type.size + 1);
    if (capacity > own) build_.zero({to.slot, to.offset + own}, capacity - own);
    return;
  }
  const uint32_t size = std::min(capacity, object.type.size);
  read_object(object, to, size);
  const uint32_t written = round_to_words(size);
  if (capacity > written) build_.zero({to.slot, to.offset + written}, capacity - written);
}

void Lowerer::read_string(const ast::Call& call, const ast::Expression& e, ir::Place to, const Type& want) {
  const ExpressionInfo& known = info(e);
  const ast::Expression& source = *call.arguments[0];
  const Type& from = info(source).type;
  const uint32_t capacity = want.storage_size();
  const uint32_t size = std::min(want.size, known.type.size);
  const bool has_length = call.arguments.size() > 1;
  if (is_text(from) && !from.is(TypeKind::kPointer)) {
    store(source, to, types::string(want.size));
    if (size < from.size) cut(to, size);
    return;
  }
  const AddressSpace space =
      from.space == AddressSpace::kUser ||
              (!from.is(TypeKind::kPointer) && from.space == AddressSpace::kNone && function_.reads_user_memory())
          ? AddressSpace::kUser
          : AddressSpace::kKernel;
  const Temp address = from.is(TypeKind::kArray) ? object_address(object(source)) : word(source);
  if (has_length && !info(*call.arguments[1]).constant) {
    // A length that is known only now: bytes behind their count, and a NUL at least in the last word.
    const ir::Place buffer{build_.scratch(8 + capacity), 0};
    if (capacity > 8) {
      build_.run(ir::ReadBuffer{buffer, capacity - 8, address, word(*call.arguments[1]), space});
      build_.copy(to, {buffer.slot, 8}, capacity - 8);
    }
    build_.zero({to.slot, to.offset + capacity - 8}, 8);
    return;
  }
  const uint32_t own = std::min(capacity, round_to_words(known.type.size));
  build_.run(ir::ReadString{to, own, address, space, false});
  if (size < own) cut(to, size);
  if (capacity > own) build_.zero({to.slot, to.offset + own}, capacity - own);
}

}  // namespace polytap
