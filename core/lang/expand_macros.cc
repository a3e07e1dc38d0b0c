#include "core/lang/expand_macros.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/ir/ir.h"
#include "core/lang/program_variables.h"
#include "core/lang/tree_copy.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

// Macros that call each other twice grow exponentially.
constexpr ast::ExpressionId kMaxExpressions = 200'000;
constexpr size_t kMaxDepth = 100;

struct Definition {
  const ast::Macro* macro = nullptr;
  Span span;
};

enum class ParameterKind { kVariable, kMap, kExpression };

ParameterKind kind_of(const ast::Macro::Parameter& parameter) {
  if (parameter.name.starts_with('$')) return ParameterKind::kVariable;
  return parameter.name.starts_with('@') ? ParameterKind::kMap : ParameterKind::kExpression;
}

bool takes(const ast::Macro::Parameter& parameter, const ast::Expression& argument) {
  switch (kind_of(parameter)) {
    case ParameterKind::kVariable:
      return std::holds_alternative<ast::Variable>(argument.node);
    case ParameterKind::kMap: {
      const auto* map = std::get_if<ast::MapReference>(&argument.node);
      return map != nullptr && !map->has_key;
    }
    case ParameterKind::kExpression:
      break;
  }
  return true;
}

std::string_view what_it_takes(ParameterKind kind) { return kind == ParameterKind::kVariable ? "variable" : "map"; }

std::string_view what_it_is(const ast::Expression& argument) {
  if (std::holds_alternative<ast::Variable>(argument.node)) return "a variable";
  if (const auto* map = std::get_if<ast::MapReference>(&argument.node)) {
    return map->has_key ? "an entry of a map" : "a map";
  }
  return "an expression";
}

ast::StatementPtr make_statement(decltype(ast::Statement::node) node, Span span) {
  auto made = std::make_unique<ast::Statement>();
  made->span = span;
  made->node = std::move(node);
  return made;
}

// Makes a block's value its last statement.
ast::StatementPtr as_statement(ast::ExpressionPtr value, Span span);
ast::Block without_value(ast::Block block) {
  if (block.value == nullptr) return block;
  const Span span = block.value->span;
  block.statements.push_back(as_statement(std::move(block.value), span));
  return block;
}

ast::StatementPtr as_statement(ast::ExpressionPtr value, Span span) {
  if (auto* body = std::get_if<ast::BlockExpression>(&value->node)) {
    return make_statement(ast::BlockStatement{without_value(std::move(body->block))}, span);
  }
  if (auto* branch = std::get_if<ast::IfExpression>(&value->node)) {
    return make_statement(ast::If{std::move(branch->condition), without_value(std::move(branch->if_true)),
                                  without_value(std::move(branch->if_false))},
                          span);
  }
  return make_statement(ast::ExpressionStatement{std::move(value)}, span);
}

class Expander : public TreeCopy {
 public:
  Expander(const ast::Script& script, Diagnostics& diagnostics) : script_(script), diagnostics_(diagnostics) {}

  ExpandedScript run() {
    collect();
    for (const ast::TopLevel& item : script_.items) copy_item(item);
    result_.script.comments = script_.comments;
    result_.script.expressions = next_id();
    return std::move(result_);
  }

  ast::ExpressionPtr expression(const ast::Expression& e) override {
    if (const auto* name = std::get_if<ast::Identifier>(&e.node)) {
      if (const ast::Expression* argument = bound(name->name)) return substitute(*argument);
      if (const Definition* definition = without_arguments(name->name)) return expand(*definition, {}, e);
    }
    if (const auto* call = std::get_if<ast::Call>(&e.node)) {
      if (macros_.contains(call->name)) return call_expression(*call, e);
    }
    return TreeCopy::expression(e);
  }

  // A macro that stands alone need not have a value.
  ast::StatementPtr statement(const ast::Statement& s) override {
    ast::StatementPtr copy = TreeCopy::statement(s);
    auto* alone = std::get_if<ast::ExpressionStatement>(&copy->node);
    return alone == nullptr ? std::move(copy) : as_statement(std::move(alone->expression), s.span);
  }

 private:
  // One macro that is being expanded.
  struct Frame {
    const Definition* definition = nullptr;
    std::vector<const ast::Expression*> arguments;
    uint32_t number = 0;
    size_t caller = 0;  // the frame, plus one, in which the arguments are written; 0: in the script
  };

  void collect() {
    for (const ast::TopLevel& item : script_.items) {
      const auto* macro = std::get_if<ast::Macro>(&item.node);
      if (macro == nullptr) continue;
      for (size_t i = 0; i < macro->parameters.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          if (macro->parameters[i].name != macro->parameters[j].name) continue;
          diagnostics_.error(macro->parameters[i].span,
                             fmt::format("The parameter {} is there twice", macro->parameters[i].name));
        }
      }
      check_maps(*macro);
      std::vector<Definition>& named = macros_[macro->name];
      for (const Definition& other : named) {
        if (!std::ranges::equal(other.macro->parameters, macro->parameters, {}, kind_of, kind_of)) continue;
        diagnostics_.error(item.span,
                           fmt::format("The macro {}() was already defined with such parameters", macro->name));
        diagnostics_.note(other.span, "it was defined here");
      }
      named.push_back({macro, item.span});
    }
  }

  void check_maps(const ast::Macro& macro) {
    walk(macro.body, [&](const ast::Expression& e) {
      const auto* map = std::get_if<ast::MapReference>(&e.node);
      if (map == nullptr || std::ranges::count(macro.parameters, map->name, &ast::Macro::Parameter::name) != 0) return;
      diagnostics_.error(e.span, fmt::format("Unhygienic access to map: {}", map->name),
                         fmt::format("pass it: macro {}({}{}) {{ ... }}", macro.name, map->name,
                                     macro.parameters.empty() ? "" : ", ..."));
    });
  }

  void copy_item(const ast::TopLevel& item) {
    ast::TopLevel copy;
    copy.span = item.span;
    const bool kept = std::visit(ir::Overloaded{
                                     [](const ast::Macro&) { return false; },
                                     [&](const ast::Probe& n) {
                                       copy.node = probe(n);
                                       return true;
                                     },
                                     [&](const ast::CDefinition& n) {
                                       copy.node = definition(n);
                                       return true;
                                     },
                                     [&](const ast::MapDeclaration& n) {
                                       copy.node = ast::MapDeclaration{n.name, n.kind, optional(n.entries)};
                                       return true;
                                     },
                                     [&](const ast::Subprogram& n) {
                                       ast::Subprogram made;
                                       made.name = n.name;
                                       for (const auto& parameter : n.parameters) {
                                         made.parameters.push_back({parameter.name, type(parameter.type)});
                                       }
                                       made.result = type(n.result);
                                       made.body = block(n.body);
                                       copy.node = std::move(made);
                                       return true;
                                     },
                                     [&](const auto& n) {
                                       copy.node = n;
                                       return true;
                                     },
                                 },
                                 item.node);
    if (kept) result_.script.items.push_back(std::move(copy));
  }

  const Frame* frame() const { return at_ == 0 ? nullptr : &frames_[at_ - 1]; }

  const ast::Expression* bound(std::string_view name) const {
    if (frame() == nullptr) return nullptr;
    const auto& parameters = frame()->definition->macro->parameters;
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (parameters[i].name == name) return frame()->arguments[i];
    }
    return nullptr;
  }

  // ARGUMENT as its caller means it.
  ast::ExpressionPtr substitute(const ast::Expression& argument) {
    const size_t here = std::exchange(at_, frame()->caller);
    ast::ExpressionPtr copy = expression(argument);
    at_ = here;
    return copy;
  }

  std::string variable(const std::string& name) override {
    const Frame* inside = frame();
    if (inside == nullptr || program_variables(name)) return name;
    if (const ast::Expression* argument = bound(name)) {
      const std::string& passed = std::get<ast::Variable>(argument->node).name;
      const size_t here = std::exchange(at_, inside->caller);
      std::string meant = variable(passed);
      at_ = here;
      return meant;
    }
    const std::string& macro = inside->definition->macro->name;
    if (inside->number == 0) return fmt::format("{} of {}()", name, macro);
    return fmt::format("{} of {}(), {}", name, macro, inside->number + 1);
  }

  std::string map(const std::string& name) override {
    const Frame* inside = frame();
    if (inside == nullptr) return name;
    const ast::Expression* argument = bound(name);
    if (argument == nullptr) return name;
    const size_t here = std::exchange(at_, inside->caller);
    std::string meant = map(std::get<ast::MapReference>(argument->node).name);
    at_ = here;
    return meant;
  }

  const Definition* without_arguments(const std::string& name) const {
    const auto found = macros_.find(name);
    if (found == macros_.end()) return nullptr;
    for (const Definition& definition : found->second) {
      if (definition.macro->parameters.empty()) return &definition;
    }
    return nullptr;
  }

  ast::ExpressionPtr nothing(const ast::Expression& e) { return make(e, ast::BlockExpression{}); }

  ast::ExpressionPtr call_expression(const ast::Call& call, const ast::Expression& e) {
    const std::vector<Definition>& named = macros_.at(call.name);
    const Definition* closest = nullptr;
    for (const Definition& definition : named) {
      const auto& parameters = definition.macro->parameters;
      if (parameters.size() != call.arguments.size()) continue;
      closest = &definition;
      bool fits = true;
      for (size_t i = 0; i < parameters.size(); ++i) fits = fits && takes(parameters[i], *call.arguments[i]);
      if (fits) return expand(definition, call.arguments, e);
    }
    if (closest == nullptr) {
      diagnostics_.error(
          e.span,
          fmt::format("{}() takes {} argument{} ({} provided)", call.name, named.front().macro->parameters.size(),
                      named.front().macro->parameters.size() == 1 ? "" : "s", call.arguments.size()));
      diagnostics_.note(named.front().span, "the macro is defined here");
      return nothing(e);
    }
    diagnostics_.error(e.span, fmt::format("Call to {}() has arguments that do not match any definition", call.name));
    const auto& parameters = closest->macro->parameters;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const ast::Expression& argument = *call.arguments[i];
      if (takes(parameters[i], argument)) continue;
      diagnostics_.note(argument.span,
                        fmt::format("Mismatched arg. {}() expects a {} for arg {} but got {}", call.name,
                                    what_it_takes(kind_of(parameters[i])), parameters[i].name, what_it_is(argument)));
      diagnostics_.note(parameters[i].span, "This is the argument in the closest definition");
    }
    return nothing(e);
  }

  // Whether one more expansion is possible; says why not.
  bool may_expand(const Definition& definition, Span call) {
    std::string chain = definition.macro->name;
    size_t depth = 0;
    for (size_t at = at_; at != 0; at = frames_[at - 1].caller) {
      const Definition* outer = frames_[at - 1].definition;
      chain = fmt::format("{} > {}", outer->macro->name, chain);
      if (outer == &definition) {
        diagnostics_.error(call, fmt::format("Recursive macro call detected. Call chain: {}", chain));
        too_much_ = true;
        return false;
      }
      if (++depth < kMaxDepth) continue;
      return too_much(call, fmt::format("Macros call each other more than {} deep", kMaxDepth));
    }
    if (depth_ >= kMaxDepth) return too_much(call, fmt::format("Macros are nested more than {} deep", kMaxDepth));
    if (next_id() <= kMaxExpressions) return true;
    return too_much(call, fmt::format("The macros expand to more than {} expressions", kMaxExpressions));
  }

  bool too_much(Span call, std::string message) {
    if (!std::exchange(too_much_, true)) diagnostics_.error(call, std::move(message));
    return false;
  }

  ast::ExpressionPtr expand(const Definition& definition, const std::vector<ast::ExpressionPtr>& arguments,
                            const ast::Expression& e) {
    if (too_much_ || !may_expand(definition, e.span)) return nothing(e);
    const Span outer_call = outermost_;
    if (at_ == 0) outermost_ = e.span;
    result_.expansions.push_back({definition.span, outermost_});
    Frame made;
    made.definition = &definition;
    for (const ast::ExpressionPtr& argument : arguments) made.arguments.push_back(argument.get());
    made.number = expanded_[&definition]++;
    made.caller = at_;
    frames_.push_back(std::move(made));
    const size_t here = std::exchange(at_, frames_.size());
    ++depth_;
    ast::ExpressionPtr body = make(e, ast::BlockExpression{block(definition.macro->body)});
    --depth_;
    at_ = here;
    outermost_ = outer_call;
    return body;
  }

  const ast::Script& script_;
  Diagnostics& diagnostics_;
  ExpandedScript result_;
  std::map<std::string, std::vector<Definition>, std::less<>> macros_;
  std::map<const Definition*, uint32_t> expanded_;
  std::vector<Frame> frames_;
  size_t at_ = 0;     // the frame, plus one, whose text is being copied; 0: the script's
  size_t depth_ = 0;  // of expansions inside of each other, arguments included
  Span outermost_;    // the script's call that led here
  bool too_much_ = false;
};

}  // namespace

bool has_macros(const ast::Script& script) {
  return std::ranges::any_of(script.items,
                             [](const ast::TopLevel& item) { return std::holds_alternative<ast::Macro>(item.node); });
}

ExpandedScript expand_macros(const ast::Script& script, Diagnostics& diagnostics) {
  return Expander(script, diagnostics).run();
}

Diagnostics ExpandedScript::with_calls(const Diagnostics& found) const {
  Diagnostics out;
  for (const Diagnostic& each : found.all()) {
    if (each.severity == Severity::kError) out.error(each.span, each.message, each.hint);
    if (each.severity == Severity::kWarning) out.warning(each.span, each.message, each.hint);
    if (each.severity == Severity::kNote) out.note(each.span, each.message);
    const auto inside = std::ranges::find_if(expansions, [&](const Expansion& expansion) {
      return each.span.begin >= expansion.macro.begin && each.span.end <= expansion.macro.end;
    });
    if (inside != expansions.end() && each.severity != Severity::kNote) out.note(inside->call, "it is called here");
  }
  return out;
}

}  // namespace polytap
