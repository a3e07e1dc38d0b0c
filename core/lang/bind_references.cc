#include "core/lang/bind_references.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/ir/ir.h"
#include "core/lang/reference.h"
#include "core/lang/tree_copy.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

constexpr size_t kMaxCopies = 500;

bool takes_pointer(const ast::Subprogram::Parameter& parameter) {
  using Kind = ast::TypeName::Suffix::Kind;
  const auto& suffixes = parameter.type.suffixes;
  // typeof(&$x) may be one.
  return parameter.type.of != nullptr || (!suffixes.empty() && suffixes.back().kind == Kind::kPointer);
}

// Whether an argument is a reference, or may be a variable that keeps one.
bool may_be_reference(const ast::Expression& argument) {
  if (std::holds_alternative<ast::Variable>(argument.node)) return true;
  const ast::Expression* operand = referenced(argument);
  return operand != nullptr && (std::holds_alternative<ast::Variable>(operand->node) || named_map(argument) != nullptr);
}

class Binder : public TreeCopy {
 public:
  Binder(const ast::Script& script, Diagnostics& diagnostics) : script_(script), diagnostics_(diagnostics) {
    for (const ast::TopLevel& item : script.items) {
      if (const auto* n = std::get_if<ast::Subprogram>(&item.node)) subprograms_.emplace(n->name, &item);
    }
  }

  bool is_needed() const {
    bool needed = false;
    const auto look = [&](const ast::Expression& e) {
      const auto* call = std::get_if<ast::Call>(&e.node);
      needed = needed || (call != nullptr && copied_function(*call) != nullptr);
    };
    for (const ast::TopLevel& item : script_.items) {
      if (const auto* probe = std::get_if<ast::Probe>(&item.node)) walk(*probe, look);
      if (const auto* n = std::get_if<ast::Subprogram>(&item.node)) walk(n->body, look);
    }
    return needed;
  }

  ast::Script run() {
    for (const ast::TopLevel& item : script_.items) {
      if (!std::holds_alternative<ast::Subprogram>(item.node)) add(item);
    }
    // Originals of which all calls have copies are left out; one that is kept may call others as they are written.
    std::set<std::string, std::less<>> kept;
    for (bool more = true; std::exchange(more, false);) {
      for (const ast::TopLevel& item : script_.items) {
        const auto* n = std::get_if<ast::Subprogram>(&item.node);
        if (n == nullptr || (copied_.contains(n->name) && !called_.contains(n->name))) continue;
        if (!kept.insert(n->name).second) continue;
        active_.push_back({n->name, n->name});
        result_.items.push_back({item.span, subprogram(*n)});
        active_.pop_back();
        more = true;
      }
    }
    for (ast::TopLevel& copy : copies_) result_.items.push_back(std::move(copy));
    result_.comments = script_.comments;
    result_.expressions = next_id();
    return std::move(result_);
  }

  ast::ExpressionPtr expression(const ast::Expression& e) override {
    if (const auto* variable = std::get_if<ast::Variable>(&e.node)) {
      const auto map = maps_.find(variable->name);
      if (map == maps_.end()) return TreeCopy::expression(e);
      ast::ExpressionPtr operand = make(e, ast::MapReference{map->second, {}, false});
      return make(e, ast::Unary{ast::UnaryOp::kAddress, std::move(operand)});
    }
    const auto* call = std::get_if<ast::Call>(&e.node);
    if (call == nullptr) return TreeCopy::expression(e);
    ast::Call made{call->name, call->name_span, list(call->arguments)};
    const auto active = std::ranges::find(active_, call->name, &Copy::function);
    if (active != active_.end()) {
      // It calls itself, which the checker refuses.
      made.name = active->name;
    } else if (const ast::TopLevel* function = copied_function(*call); function != nullptr && may_copy(*call)) {
      made.name = copy_for(*function, made.arguments);
    } else {
      called_.insert(call->name);
    }
    return make(e, std::move(made));
  }

 private:
  // The function that a call needs a copy of; null for none.
  const ast::TopLevel* copied_function(const ast::Call& call) const {
    const auto found = subprograms_.find(call.name);
    if (found == subprograms_.end()) return nullptr;
    const auto& parameters = std::get<ast::Subprogram>(found->second->node).parameters;
    if (parameters.size() != call.arguments.size()) return nullptr;
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (takes_pointer(parameters[i]) && may_be_reference(*call.arguments[i])) return found->second;
    }
    return nullptr;
  }

  bool may_copy(const ast::Call& call) {
    if (copies_made_ < kMaxCopies) return true;
    if (copies_made_++ == kMaxCopies) {
      diagnostics_.error(call.name_span,
                         fmt::format("Functions that take references are called in more than {} places", kMaxCopies),
                         "each of them is written out");
    }
    return false;
  }

  std::string copy_for(const ast::TopLevel& item, const std::vector<ast::ExpressionPtr>& arguments) {
    const auto& function = std::get<ast::Subprogram>(item.node);
    copied_.insert(function.name);
    std::map<std::string, std::string, std::less<>> maps;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const ast::MapReference* map = referenced(*arguments[i]) == nullptr ? nullptr : named_map(*arguments[i]);
      if (map != nullptr) maps.emplace(function.parameters[i].name, map->name);
    }
    std::string name = fmt::format("{}#{}", function.name, ++copies_made_);
    active_.push_back({function.name, name});
    const auto outer = std::exchange(maps_, std::move(maps));
    ast::Subprogram copy = subprogram(function);
    maps_ = outer;
    active_.pop_back();
    copy.name = name;
    copies_.push_back({item.span, std::move(copy)});
    return name;
  }

  ast::Subprogram subprogram(const ast::Subprogram& from) {
    ast::Subprogram copy;
    copy.name = from.name;
    for (const auto& parameter : from.parameters) copy.parameters.push_back({parameter.name, type(parameter.type)});
    copy.result = type(from.result);
    copy.body = block(from.body);
    return copy;
  }

  void add(const ast::TopLevel& item) {
    ast::TopLevel copy;
    copy.span = item.span;
    std::visit(ir::Overloaded{
                   [&](const ast::Probe& n) { copy.node = probe(n); },
                   [&](const ast::CDefinition& n) { copy.node = definition(n); },
                   [&](const ast::MapDeclaration& n) {
                     copy.node = ast::MapDeclaration{n.name, n.kind, optional(n.entries)};
                   },
                   [](const ast::Subprogram&) {},
                   [](const ast::Macro&) {},
                   [&](const auto& n) { copy.node = n; },
               },
               item.node);
    result_.items.push_back(std::move(copy));
  }

  const ast::Script& script_;
  Diagnostics& diagnostics_;
  ast::Script result_;
  std::vector<ast::TopLevel> copies_;
  std::map<std::string, const ast::TopLevel*, std::less<>> subprograms_;
  std::map<std::string, std::string, std::less<>> maps_;  // parameters of the copy being made that stand for maps
  struct Copy {
    std::string function;
    std::string name;  // of the copy
  };
  std::vector<Copy> active_;  // that are being made, outermost first
  std::set<std::string, std::less<>> copied_;
  std::set<std::string, std::less<>> called_;  // as they are written
  size_t copies_made_ = 0;
};

}  // namespace

std::optional<ast::Script> bind_references(const ast::Script& script, Diagnostics& diagnostics) {
  Binder binder(script, diagnostics);
  if (!binder.is_needed()) return std::nullopt;
  return binder.run();
}

std::string_view written_name(std::string_view function) { return function.substr(0, function.find('#')); }

}  // namespace polytap
