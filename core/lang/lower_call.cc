#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/lang/builtins.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/lang/named_clock.h"
#include "core/lang/reference.h"
#include "core/probe/registers.h"

namespace polytap {

using ir::Temp;

Temp Lowerer::call_word(const ast::Call& call, const ast::Expression& e) {
  const auto builtin = find_builtin(call.name);
  if (builtin && call.arguments.empty()) return identifier(call.name);
  if (const ast::Subprogram* own = called_subprogram(call)) return build_.load(inline_call(call, *own));
  const FunctionSignature* function = find_function(call.name);
  CHECK(function != nullptr);
  const auto argument = [&](size_t i) -> const ast::Expression& { return *call.arguments[i]; };
  switch (function->id) {
    case FunctionId::kNsecs: {
      const std::string& mode = std::get<ast::Identifier>(argument(0).node).name;
      if (mode == "sw_tai") {
        // How far the clocks are apart changes by leap seconds only.
        const Temp now = build_.add(ir::ReadBuiltin{ir::Builtin::kNsecsMonotonic});
        const auto distance =
            static_cast<int64_t>(clock_ns(CLOCK_TAI)) - static_cast<int64_t>(clock_ns(CLOCK_MONOTONIC));
        return build_.binary(ir::BinaryOp::kAdd, now, constant(distance));
      }
      return build_.add(ir::ReadBuiltin{mode == "monotonic" ? ir::Builtin::kNsecsMonotonic
                                        : mode == "tai"     ? ir::Builtin::kNsecsTai
                                                            : ir::Builtin::kNsecsBoot});
    }
    case FunctionId::kKsym:
    case FunctionId::kStrerror:
    case FunctionId::kSignalName:
    case FunctionId::kSyscallName:
    case FunctionId::kComm:
    case FunctionId::kCgroupPath:
    case FunctionId::kKptr:
    case FunctionId::kUptr:
      return word(argument(0));
    case FunctionId::kStrftime:
      // The same moment, on the clock that timestamps have.
      if (named_clock(argument(1)).ends_with("tai")) return build_.add(ir::ReadBuiltin{ir::Builtin::kNsecsBoot});
      return word(argument(1));
    case FunctionId::kDelete:
      return remove(call);
    case FunctionId::kLen:
      if (const auto* map = named_map(argument(0)); map != nullptr && !map->has_key) {
        return build_.add(ir::MapLength{map_id(*map)});
      }
      return stack_length(argument(0));
    case FunctionId::kHasKey: {
      const ir::MapId id = map_id(*named_map(argument(0)));
      const ir::Place at = key_of(id, argument(1));
      return build_.add(ir::MapHas{id, at});
    }
    case FunctionId::kStrlen: {
      const Text string = text(argument(0));
      return build_.add(ir::StringLength{string.place, string.capacity});
    }
    case FunctionId::kStrncmp: {
      const auto length = static_cast<uint32_t>(std::clamp<int64_t>(*info(argument(2)).constant, 1, INT32_MAX));
      return compare_texts(argument(0), argument(1), length);
    }
    case FunctionId::kReg:
      return load_context(register_offset(*info(argument(0)).text).value_or(0), 8, false);
    case FunctionId::kStrcontains:
      return build_.binary(ir::BinaryOp::kSignedLessEqual, constant(0), find_text(argument(0), argument(1)));
    case FunctionId::kStrstr:
      return find_text(argument(0), argument(1));
    case FunctionId::kMemcmp:
      return compare_memory(call);
    case FunctionId::kPercpuKaddr:
      return percpu_address(call);
    case FunctionId::kUaddr:
      return user_address(call);
    case FunctionId::kPid:
      return build_.add(ir::ReadBuiltin{ir::Builtin::kPid});
    case FunctionId::kTid:
      return build_.add(ir::ReadBuiltin{ir::Builtin::kTid});
    case FunctionId::kContainerOf:
      return build_.binary(ir::BinaryOp::kSub, word(argument(0)), constant(*info(argument(2)).constant));
    case FunctionId::kPpid:
      return parent_of(call);
    case FunctionId::kSocketCookie:
      return socket_cookie(call);
    case FunctionId::kSkboutput:
      return skboutput(call);
    case FunctionId::kWriteUser:
      return write_user(call);
    case FunctionId::kBswap:
      return byte_swap(word(argument(0)), info(e).type.size);
    default:
      break;
  }
  CHECK(false);
  return ir::kNoTemp;
}

Temp Lowerer::stack_length(const ast::Expression& e) {
  const Type& type = info(e).type;
  const ir::Place stack = region(e, type);
  Temp frames = constant(0);
  for (uint32_t i = 0; i < type.count; ++i) {
    const Temp frame = build_.load({stack.slot, stack.offset + 8 + 8 * i});
    frames = build_.binary(ir::BinaryOp::kAdd, frames, build_.truth(frame));
  }
  return frames;
}

Temp Lowerer::byte_swap(Temp value, uint32_t size) {
  Temp result = constant(0);
  for (uint32_t i = 0; i < size; ++i) {
    const Temp shifted = build_.binary(ir::BinaryOp::kLogicalShiftRight, value, constant(8 * i));
    const Temp byte = build_.binary(ir::BinaryOp::kAnd, shifted, constant(0xff));
    const Temp placed = build_.binary(ir::BinaryOp::kShiftLeft, byte, constant(8 * (size - 1 - i)));
    result = build_.binary(ir::BinaryOp::kOr, result, placed);
  }
  return result;
}

void Lowerer::store_address(const std::string& text, ir::Place to) {
  uint64_t words[2] = {};
  const bool is_v4 = inet_pton(AF_INET, text.c_str(), words) == 1;
  if (!is_v4) CHECK(inet_pton(AF_INET6, text.c_str(), words) == 1);
  build_.store(to, constant(static_cast<int64_t>(words[0])));
  if (!is_v4) build_.store({to.slot, to.offset + 8}, constant(static_cast<int64_t>(words[1])));
}

void Lowerer::store_inet(const ast::Call& call, ir::Place to) {
  const ast::Expression& address = *call.arguments.back();
  const Type& type = info(address).type;
  const ir::Place bytes{to.slot, to.offset + 8};
  uint32_t size = 4;
  const bool pointer = type.is(TypeKind::kPointer);
  const bool bytes_themselves = type.is(TypeKind::kArray) || type.is(TypeKind::kString);
  if (bytes_themselves) size = type.size;
  if (pointer) size = type.element->size;
  build_.zero(bytes, 16);
  if (pointer) {
    const Object target = pointed_to(address);
    build_.run(ir::ReadMemory{bytes, std::min(size, 16U), object_address(target), target.space});
  } else if (bytes_themselves) {
    if (is_object(address)) {
      const Object from = object(address);
      if (from.where == Object::Where::kSlot) {
        copy_bytes(from.slot, from.offset, bytes, size);
      } else {
        read_object(from, bytes, size);
      }
    } else {
      build_.copy(bytes, region(address, type), round_to_words(size));
    }
  } else {
    build_.store(bytes, build_.extend(word(address), 4, false));
  }
  if (call.arguments.size() > 1) {
    build_.store(to, word(*call.arguments[0]));
  } else {
    build_.store(to, constant(size == 16 ? AF_INET6 : AF_INET));
  }
}

void Lowerer::store_buffer(const ast::Call& call, ir::Place to, const Type& type) {
  const ast::Expression& source = *call.arguments[0];
  const ExpressionInfo& from = info(source);
  const uint32_t capacity = round_to_words(type.size);
  const bool dynamic = call.arguments.size() > 1 && !info(*call.arguments[1]).constant;
  const ir::Place bytes{to.slot, to.offset + 8};
  if (from.type.is(TypeKind::kPointer) || from.type.is(TypeKind::kInteger)) {
    const bool user =
        from.type.space == AddressSpace::kUser ||
        (!from.type.is(TypeKind::kPointer) && from.type.space == AddressSpace::kNone && function_.reads_user_memory());
    Temp length = constant(type.size);
    if (call.arguments.size() > 1) length = word(*call.arguments[1]);
    const Temp address = word(source);
    build_.run(ir::ReadBuffer{to, capacity, address, length, user ? AddressSpace::kUser : AddressSpace::kKernel});
    return;
  }
  // Bytes that are here already: an array, or a string with all that it holds.
  if (from.text) {
    uint64_t packed = 0;
    for (uint32_t at = 0; at < capacity; at += 8) {
      packed = 0;
      const size_t left = from.text->size() > at ? std::min<size_t>(8, from.text->size() - at) : 0;
      std::memcpy(&packed, from.text->data() + std::min<size_t>(at, from.text->size()), left);
      build_.store({bytes.slot, bytes.offset + at}, constant(static_cast<int64_t>(packed)));
    }
  } else if (is_object(source)) {
    read_object(object(source), bytes, type.size);
  } else {
    copy_padded(region(source, from.type), from.type.storage_size(), bytes, capacity);
  }
  Temp length = constant(type.size);
  if (dynamic) {
    const Temp wanted = word(*call.arguments[1]);
    const ir::Place place{build_.scratch(8), 0};
    build_.store(place, wanted);
    const ir::BlockId cut_it = build_.new_block();
    const ir::BlockId after = build_.new_block();
    build_.branch(build_.binary(ir::BinaryOp::kUnsignedLess, length, wanted), cut_it, after);
    build_.switch_to(cut_it);
    build_.store(place, constant(type.size));
    build_.jump(after);
    build_.switch_to(after);
    length = build_.load(place);
  }
  build_.store(to, length);
}

}  // namespace polytap
