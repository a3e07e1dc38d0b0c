#include "core/lang/lowerer.h"
#include "core/lang/walk.h"

namespace polytap {

void Lowerer::block(const ast::Block& block) {
  for (const ast::StatementPtr& each : block.statements) statement(*each);
}

void Lowerer::statement(const ast::Statement& statement) {
  const Span before = build_.at(statement.span);
  const size_t mark = build_.scratch_mark();
  statement_body(statement);
  build_.release_scratch(mark);
  build_.at(before);
}

void Lowerer::statement_body(const ast::Statement& statement) {
  std::visit(ir::Overloaded{
                 [&](const ast::ExpressionStatement& s) { expression_statement(*s.expression); },
                 [&](const ast::Assignment& s) { assignment(s); },
                 [&](const ast::Declaration& s) {
                   const VariableId id = function_.declarations.at(&s);
                   const Type& type = function_.variables[id].type;
                   if (type.storage_size() == 0 || function_.variables[id].target != nullptr) return;
                   if (s.value != nullptr) {
                     store(*s.value, variable_place(id), type);
                   } else {
                     build_.zero(variable_place(id), type.storage_size());
                   }
                 },
                 [&](const ast::If& s) { if_statement(s); },
                 [&](const ast::Unroll& s) { unroll(s); },
                 [&](const ast::While& s) { while_loop(s); },
                 [&](const ast::ForRange& s) { for_range(s); },
                 [&](const ast::Break&) { build_.jump(loops_.back().behind); },
                 [&](const ast::Continue&) { build_.jump(loops_.back().next_round); },
                 [&](const ast::BlockStatement& s) { block(s.block); },
                 [&](const ast::Discard& s) {
                   const Type type = value_type(*s.value);
                   if (type.is_scalar()) {
                     word(*s.value);
                   } else if (type.storage_size() != 0) {
                     region(*s.value, type);
                   }
                 },
                 [&](const ast::ReturnStatement& s) { return_statement(s); },
                 [&](const ast::ForMap& s) { for_map(s); },
             },
             statement.node);
}

void Lowerer::expression_statement(const ast::Expression& e) {
  const auto* call = std::get_if<ast::Call>(&e.node);
  const auto* choice = std::get_if<ast::Ternary>(&e.node);
  const FunctionSignature* function = call == nullptr ? nullptr : find_function(call->name);
  const ast::Subprogram* own = call == nullptr ? nullptr : called_subprogram(*call);
  if (own != nullptr) {
    inline_call(*call, *own);
  } else if (function != nullptr && function->use == FunctionUse::kStatement) {
    statement_call(*call);
  } else if (choice != nullptr && info(e).type.is(TypeKind::kNone)) {
    if (const auto known = info(*choice->condition).constant) {
      expression_statement(*known != 0 ? *choice->if_true : *choice->if_false);
      return;
    }
    choose(
        *choice->condition, [&] { expression_statement(*choice->if_true); },
        [&] { expression_statement(*choice->if_false); });
  } else if (info(e).target != nullptr) {
    // A reference alone does nothing.
  } else if (info(e).type.is_scalar()) {
    word(e);
  } else {
    region(e, value_type(e));
  }
}

void Lowerer::if_statement(const ast::If& statement) {
  if (const auto known = info(*statement.condition).constant) {
    if (*known != 0) {
      block(statement.then);
    } else if (statement.otherwise) {
      block(*statement.otherwise);
    }
    return;
  }
  choose(
      *statement.condition, [&] { block(statement.then); },
      [&] {
        if (statement.otherwise) block(*statement.otherwise);
      });
}

ir::Place Lowerer::variable_place(VariableId id) {
  if (!variables_[id]) {
    const VariableInfo& variable = function_.variables[id];
    variables_[id] = build_.slot(variable.type.storage_size(), variable.name);
  }
  return {*variables_[id], 0};
}

void Lowerer::assignment(const ast::Assignment& statement) {
  const ast::Expression* meant = reference_target(*statement.target);
  const ast::Expression& target = meant == nullptr ? *statement.target : *meant;
  if (const auto* reference = std::get_if<ast::MapReference>(&target.node)) {
    assign_map(*reference, statement);
  } else {
    assign_variable(*info(target).variable, statement);
  }
}

void Lowerer::assign_variable(VariableId id, const ast::Assignment& statement) {
  if (function_.variables[id].target != nullptr) return;  // a reference: followed where it is used
  const Type& type = function_.variables[id].type;
  const ir::Place place = variable_place(id);
  if (statement.op) {
    const ir::Temp before = build_.load(place);
    const ir::Temp value = arithmetic(*statement.op, before, {type, {}}, word(*statement.value),
                                      {value_type(*statement.value), info(*statement.value).constant});
    build_.store(place, convert_word(value, types::integer(8, true), type));
    return;
  }
  // `$x = f($x)`: what is read from the variable must be read before it is written.
  const bool is_word = type.is_scalar();
  if (is_word) {
    build_.store(place, word_as(*statement.value, type));
    return;
  }
  bool reads_itself = false;
  walk(*statement.value, [&](const ast::Expression& e) {
    const ast::Expression* meant = reference_target(e);
    reads_itself = reads_itself || info(e).variable == id || (meant != nullptr && info(*meant).variable == id);
  });
  const bool simple = !reads_itself && (std::holds_alternative<ast::Call>(statement.value->node) ||
                                        std::holds_alternative<ast::StringLiteral>(statement.value->node) ||
                                        std::holds_alternative<ast::Identifier>(statement.value->node));
  if (simple) {
    store(*statement.value, place, type);
  } else {
    convert(region(*statement.value, type), type, place, type);
  }
}

}  // namespace polytap
