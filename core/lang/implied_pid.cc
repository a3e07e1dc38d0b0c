#include "core/lang/implied_pid.h"

#include "core/probe/own_probes.h"

namespace polytap {
namespace {

bool is_pid(const ast::Expression& e) {
  if (const auto* name = std::get_if<ast::Identifier>(&e.node)) return name->name == "pid";
  const auto* call = std::get_if<ast::Call>(&e.node);
  return call != nullptr && call->name == "pid" && call->arguments.empty();
}

std::optional<int64_t> demanded_pid(const ast::Expression& e, const CheckedFunction& function) {
  const auto* binary = std::get_if<ast::Binary>(&e.node);
  if (binary == nullptr) return std::nullopt;
  if (binary->op == ast::BinaryOp::kLogicalAnd) {
    const auto left = demanded_pid(*binary->left, function);
    return left ? left : demanded_pid(*binary->right, function);
  }
  if (binary->op != ast::BinaryOp::kEqual) return std::nullopt;
  if (is_pid(*binary->left)) return function.at(*binary->right).constant;
  if (is_pid(*binary->right)) return function.at(*binary->left).constant;
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> implied_pid(const CheckedScript& script) {
  std::optional<int64_t> result;
  for (const CheckedFunction& function : script.functions) {
    if (is_own_probe(function.site())) continue;
    if (function.probe->predicate == nullptr) return std::nullopt;
    const auto pid = demanded_pid(*function.probe->predicate, function);
    if (!pid || *pid <= 0 || (result && *result != *pid)) return std::nullopt;
    result = pid;
  }
  return result;
}

}  // namespace polytap
