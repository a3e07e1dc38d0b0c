// Functions of the script. Each call writes the body out: the kernel's verifier follows it either way, and a
// subprogram's own frame would leave less of the 512 bytes of stack.
#include <fmt/format.h>

#include <utility>

#include "core/lang/lowerer.h"

namespace polytap {
namespace {

// Functions that call each other twice grow exponentially.
constexpr uint32_t kMaxInlined = 500;

}  // namespace

const ast::Subprogram* Lowerer::called_subprogram(const ast::Call& call) const {
  const auto found = script_.subprograms.find(call.name);
  return found == script_.subprograms.end() ? nullptr : found->second.definition;
}

ir::Place Lowerer::result_place(const ast::Subprogram& subprogram) {
  const Type& type = function_.subprograms.at(&subprogram).result;
  const auto [found, is_new] = results_.try_emplace(&subprogram);
  if (is_new) found->second = build_.slot(std::max(8U, type.storage_size()), "result of " + subprogram.name);
  return {found->second, 0};
}

ir::Place Lowerer::inline_call(const ast::Call& call, const ast::Subprogram& subprogram) {
  const CheckedSubprogram& checked = function_.subprograms.at(&subprogram);
  const ir::Place result = result_place(subprogram);
  if (inlined_ >= kMaxInlined) {
    if (inlined_++ == kMaxInlined) {
      diagnostics_.error(
          call.name_span,
          fmt::format("The probe's calls of functions would be written out more than {} times", kMaxInlined));
    }
    return result;
  }
  ++inlined_;
  // All arguments, then the parameters: an argument may call the same function.
  std::vector<ir::Place> arguments;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const VariableInfo& parameter = function_.variables[checked.parameters[i]];
    arguments.emplace_back();
    if (parameter.target != nullptr) continue;  // a reference: followed where it is used
    arguments.back() = scratch_for(parameter.type);
    store(*call.arguments[i], arguments.back(), parameter.type);
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (function_.variables[checked.parameters[i]].target != nullptr) continue;
    const Type& type = function_.variables[checked.parameters[i]].type;
    build_.copy(variable_place(checked.parameters[i]), arguments[i], type.storage_size());
  }
  if (!checked.result.is(TypeKind::kVoid)) build_.zero(result, checked.result.storage_size());
  const ir::BlockId behind = build_.new_block();
  returns_.push_back({behind, result, checked.result});
  std::vector<Loop> loops = std::exchange(loops_, {});
  block(subprogram.body);
  loops_ = std::move(loops);
  returns_.pop_back();
  build_.jump(behind);
  build_.switch_to(behind);
  return result;
}

void Lowerer::return_statement(const ast::ReturnStatement& statement) {
  if (returns_.empty()) {
    build_.ret();
    return;
  }
  const Returns& returns = returns_.back();
  if (statement.value != nullptr) store(*statement.value, returns.result, returns.type);
  build_.jump(returns_.back().behind);
}

}  // namespace polytap
