#include "core/lang/named_clock.h"

namespace polytap {

std::string_view named_clock(const ast::Expression& e) {
  const auto* call = std::get_if<ast::Call>(&e.node);
  if (call == nullptr || call->name != "nsecs" || call->arguments.empty()) return {};
  const auto* clock = std::get_if<ast::Identifier>(&call->arguments[0]->node);
  return clock == nullptr ? std::string_view() : std::string_view(clock->name);
}

}  // namespace polytap
