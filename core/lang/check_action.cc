#include <fmt/format.h>

#include "core/lang/checker.h"
#include "core/syscall/constants.h"

namespace polytap {
namespace {

constexpr int64_t kLastSignal = 64;

}  // namespace

bool Checker::has_process(const ast::Call& call) {
  const ProbeType type = function_.site().type;
  if (type != ProbeType::kBegin && type != ProbeType::kEnd && type != ProbeType::kInterval) return true;
  diagnostics_.error(call.name_span, fmt::format("{}() acts on the process that a probe fires in, and {} fires in none",
                                                 call.name, function_.site().name));
  return false;
}

void Checker::signal(const ast::Call& call) {
  has_process(call);
  const ExpressionInfo& number = expression(*call.arguments[0]);
  if (number.type.is(TypeKind::kNone)) return;
  if (number.text) {
    if (signal_number(*number.text) != 0) return;
    diagnostics_.error(call.arguments[0]->span, fmt::format("There is no signal '{}'", *number.text),
                       "write SIGKILL, SIGTERM, SIGUSR1 ... or a number");
  } else if (!is_number(number.type)) {
    wrong_argument(call, 0, "a number or a signal's name");
  } else if (number.constant && (*number.constant < 1 || *number.constant > kLastSignal)) {
    wrong_argument(call, 0, fmt::format("a number from 1 to {}", kLastSignal));
  }
}

void Checker::override_result(const ast::Call& call) {
  integer_argument(call, 0);
  has_process(call);
}

void Checker::delay(const ast::Call& call) {
  const ExpressionInfo& duration = integer_argument(call, 0);
  if (duration.constant && *duration.constant < 0) wrong_argument(call, 0, "a duration like 100ms or 2s");
  has_process(call);
}

// The bytes of a literal are written without a NUL behind them.
void Checker::poke(const ast::Call& call) {
  if (!has_process(call)) return;
  const Type pointer = expression(*call.arguments[0]).type;
  const ExpressionInfo& bytes = expression(*call.arguments[1]);
  if (pointer.is(TypeKind::kNone) || bytes.type.is(TypeKind::kNone)) return;
  if (!pointer.is(TypeKind::kPointer) || pointer.space == AddressSpace::kKernel) {
    wrong_argument(call, 0, "an argument that points to memory of the process");
  } else if (!is_text(bytes.type) && !bytes.type.is(TypeKind::kArray)) {
    wrong_argument(call, 1, "a string or an array", "write_user() writes integers");
  }
}

ExpressionInfo Checker::write_user(const ast::Call& call) {
  ExpressionInfo info{types::boolean(), {}, {}, {}};
  if (!has_process(call)) return info;
  const Type pointer = expression(*call.arguments[0]).type;
  const Type value = expression(*call.arguments[1]).type;
  if (pointer.is(TypeKind::kNone) || value.is(TypeKind::kNone)) return info;
  if (!pointer.is(TypeKind::kPointer) || pointer.space == AddressSpace::kKernel) {
    wrong_argument(call, 0, "a pointer to user memory", "write uptr((type *)x) around the address");
    return info;
  }
  const bool plain = value.is_integral() || value.is(TypeKind::kPointer) || is_text(value) ||
                     value.is(TypeKind::kArray) || value.is(TypeKind::kStruct);
  if (!plain) wrong_argument(call, 1, "an integer, a string, an array or a struct");
  const bool sized = pointer.element != nullptr && pointer.element->size != 0;
  if (plain && !sized && (value.is_integral() || value.is(TypeKind::kPointer))) {
    wrong_argument(call, 0, "a pointer whose type tells how many bytes to write", "cast it: (int32 *)x");
  }
  return info;
}

}  // namespace polytap
