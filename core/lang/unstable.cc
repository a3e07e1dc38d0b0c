#include "core/lang/unstable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "core/lang/walk.h"

namespace polytap {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::set<std::string, std::less<>> refused_features(const ast::Script& script) {
  std::set<std::string, std::less<>> refused;
  for (const ast::TopLevel& item : script.items) {
    const auto* config = std::get_if<ast::ConfigBlock>(&item.node);
    if (config == nullptr) continue;
    for (const ast::ConfigBlock::Entry& entry : config->entries) {
      std::string name = lower_case(entry.name);
      if (name.starts_with("bpftrace_")) name = name.substr(9);
      if (name.starts_with("unstable_") && lower_case(entry.value) == "error") refused.insert(std::move(name));
    }
  }
  return refused;
}

// "" for what bpftrace never called unstable.
std::string_view feature_of(const ast::Expression& expression) {
  if (const auto* call = std::get_if<ast::Call>(&expression.node)) {
    if (call->name == "tseries") return "unstable_tseries";
    if (call->name == "dw_ustack") return "unstable_dw_ustack";
  }
  if (const auto* name = std::get_if<ast::Identifier>(&expression.node)) {
    if (name->name == "dw_ustack") return "unstable_dw_ustack";
  }
  const auto* unary = std::get_if<ast::Unary>(&expression.node);
  return unary != nullptr && unary->op == ast::UnaryOp::kAddress ? "unstable_addr" : "";
}

std::string_view feature_of(const ast::TopLevel& item) {
  if (std::holds_alternative<ast::MapDeclaration>(item.node)) return "unstable_map_decl";
  return std::holds_alternative<ast::Macro>(item.node) ? "unstable_macro" : "";
}

}  // namespace

void refuse_unstable(const ast::Script& script, Diagnostics& diagnostics) {
  const auto refused = refused_features(script);
  if (refused.empty()) return;
  const auto refuse = [&](Span span, std::string_view feature) {
    if (!refused.contains(feature)) return;
    diagnostics.error(span, fmt::format("The config of the script refuses this: {} = error", feature),
                      fmt::format("write {} = enable", feature));
  };
  const ExpressionVisitor visit = [&](const ast::Expression& expression) {
    refuse(expression.span, feature_of(expression));
  };
  for (const ast::TopLevel& item : script.items) {
    refuse(item.span, feature_of(item));
    if (const auto* probe = std::get_if<ast::Probe>(&item.node)) walk(*probe, visit);
    if (const auto* subprogram = std::get_if<ast::Subprogram>(&item.node)) walk(subprogram->body, visit);
  }
}

}  // namespace polytap
