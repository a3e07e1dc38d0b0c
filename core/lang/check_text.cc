#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/lang/checker.h"

namespace polytap {
namespace {

// More than one value of this size is no key or record any more.
constexpr uint32_t kMaxJoined = 1U << 16;

}  // namespace

bool Checker::is_text_argument(const ast::Call& call, size_t index) {
  const Type& type = expression(*call.arguments[index]).type;
  if (type.is(TypeKind::kNone)) return false;
  if (is_text(type)) return true;
  wrong_argument(call, index, "a string", type.is(TypeKind::kPointer) ? "write str(...) around the pointer" : "");
  return false;
}

// strcontains() and strstr().
ExpressionInfo Checker::find_text(const ast::Call& call, FunctionId id) {
  ExpressionInfo info{id == FunctionId::kStrstr ? types::int64() : types::boolean(), {}, {}, {}};
  const bool texts = is_text_argument(call, 0) & is_text_argument(call, 1);
  if (!texts) return info;
  const auto& haystack = function_.at(*call.arguments[0]).text;
  const auto& needle = function_.at(*call.arguments[1]).text;
  if (!haystack || !needle) return info;
  const size_t found = haystack->find(*needle);
  const bool is_there = found != std::string::npos;
  if (id == FunctionId::kStrstr) {
    info.constant = is_there ? static_cast<int64_t>(found) : -1;
  } else {
    info.constant = is_there ? 1 : 0;
  }
  return info;
}

bool Checker::is_assigned(const ast::Expression& e) const {
  if (assigned_ == nullptr) return false;
  const auto* variable = std::get_if<ast::Variable>(&e.node);
  const auto* target = std::get_if<ast::Variable>(&assigned_->node);
  if (variable != nullptr && target != nullptr) return variable->name == target->name;
  const auto* map = std::get_if<ast::MapReference>(&e.node);
  const auto* target_map = std::get_if<ast::MapReference>(&assigned_->node);
  return map != nullptr && target_map != nullptr && map->name == target_map->name;
}

ExpressionInfo Checker::join_texts(const ast::Call& call) {
  ExpressionInfo info;
  const bool texts = is_text_argument(call, 0) & is_text_argument(call, 1);
  if (!texts) return info;
  const ExpressionInfo& left = function_.at(*call.arguments[0]);
  const ExpressionInfo& right = function_.at(*call.arguments[1]);
  if (left.text && right.text) {
    info.text = *left.text + *right.text;
    info.type = types::string(static_cast<uint32_t>(info.text->size() + 1));
    return info;
  }
  const auto length = [](const Type& type) { return type.is(TypeKind::kString) ? type.size - 1 : type.size; };
  uint32_t limit = kMaxJoined;
  // `$s = str_concat($s, ...)` would never be long enough.
  if (is_assigned(*call.arguments[0]) || is_assigned(*call.arguments[1])) limit = script_.settings.max_string;
  info.type = types::string(std::min(limit, length(left.type) + length(right.type) + 1));
  return info;
}

ExpressionInfo Checker::capacity(const ast::Call& call) {
  ExpressionInfo info{types::int64(), {}, {}, {}};
  if (is_text_argument(call, 0)) info.constant = function_.at(*call.arguments[0]).type.size;
  return info;
}

ExpressionInfo Checker::memcmp(const ast::Call& call) {
  ExpressionInfo info{types::integer(4, true), {}, {}, {}};
  const auto length = constant_argument(call, 2);
  if (length && *length < 1) wrong_argument(call, 2, "a length of at least 1");
  for (size_t i = 0; i < 2; ++i) {
    const Type& type = expression(*call.arguments[i]).type;
    if (type.is(TypeKind::kNone)) continue;
    if (!is_text(type) && !type.is(TypeKind::kArray) && !type.is(TypeKind::kBuffer) && !type.is(TypeKind::kStruct)) {
      wrong_argument(call, i, "a string, an array, a buffer or a struct",
                     type.is(TypeKind::kPointer) ? "write buf(pointer, length)" : "");
    } else if (length && *length > int64_t{type.size}) {
      diagnostics_.error(call.arguments[2]->span,
                         fmt::format("memcmp() of {} bytes, and argument {} has {}", *length, i + 1, type.size));
    }
  }
  return info;
}

}  // namespace polytap
