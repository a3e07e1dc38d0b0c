#include "core/lang/tree_copy.h"

#include <utility>

#include "core/ir/ir.h"

namespace polytap {

using ir::Overloaded;

std::vector<ast::ExpressionPtr> TreeCopy::list(const std::vector<ast::ExpressionPtr>& from) {
  std::vector<ast::ExpressionPtr> copies;
  for (const ast::ExpressionPtr& each : from) copies.push_back(optional(each));
  return copies;
}

ast::TypeName TreeCopy::type(const ast::TypeName& from) {
  ast::TypeName copy;
  copy.name = from.name;
  for (const ast::TypeName& element : from.elements) copy.elements.push_back(type(element));
  copy.of = optional(from.of);
  copy.suffixes = from.suffixes;
  copy.span = from.span;
  return copy;
}

std::optional<ast::TypeName> TreeCopy::type(const std::optional<ast::TypeName>& from) {
  if (!from) return std::nullopt;
  return type(*from);
}

ast::Block TreeCopy::block(const ast::Block& from) {
  ast::Block copy;
  for (const ast::StatementPtr& each : from.statements) copy.statements.push_back(statement(*each));
  copy.value = optional(from.value);
  copy.span = from.span;
  return copy;
}

ast::Probe TreeCopy::probe(const ast::Probe& from) {
  return {from.name, from.attach_points, optional(from.predicate), block(from.body), from.span};
}

ast::CDefinition TreeCopy::definition(const ast::CDefinition& from) {
  ast::CDefinition copy;
  copy.kind = from.kind;
  copy.name = from.name;
  for (const ast::CField& field : from.fields) {
    copy.fields.push_back(
        {type(field.type), field.name, field.bits, field.nested, field.packed, field.aligned, field.span});
  }
  for (const ast::CEnumerator& each : from.enumerators) copy.enumerators.push_back({each.name, optional(each.value)});
  copy.forward = from.forward;
  copy.packed = from.packed;
  copy.aligned = from.aligned;
  return copy;
}

ast::ExpressionPtr TreeCopy::expression(const ast::Expression& e) {
  return std::visit(
      Overloaded{
          [&](const ast::Variable& n) { return make(e, ast::Variable{variable(n.name)}); },
          [&](const ast::MapReference& n) {
            return make(e, ast::MapReference{map(n.name), list(n.key), n.has_key});
          },
          [&](const ast::Call& n) {
            return make(e, ast::Call{n.name, n.name_span, list(n.arguments)});
          },
          [&](const ast::Unary& n) {
            return make(e, ast::Unary{n.op, optional(n.operand)});
          },
          [&](const ast::Binary& n) {
            return make(e, ast::Binary{n.op, optional(n.left), optional(n.right)});
          },
          [&](const ast::Ternary& n) {
            return make(e, ast::Ternary{optional(n.condition), optional(n.if_true), optional(n.if_false)});
          },
          [&](const ast::FieldAccess& n) {
            return make(e, ast::FieldAccess{optional(n.object), n.field, n.field_span, n.arrow});
          },
          [&](const ast::Index& n) {
            return make(e, ast::Index{optional(n.object), optional(n.index)});
          },
          [&](const ast::Cast& n) {
            return make(e, ast::Cast{type(n.type), optional(n.operand)});
          },
          [&](const ast::TupleLiteral& n) { return make(e, ast::TupleLiteral{list(n.elements)}); },
          [&](const ast::RecordLiteral& n) {
            ast::RecordLiteral copy;
            for (const auto& element : n.elements) copy.elements.push_back({element.name, optional(element.value)});
            return make(e, std::move(copy));
          },
          [&](const ast::SizeOf& n) {
            return make(e, ast::SizeOf{type(n.type), optional(n.expression)});
          },
          [&](const ast::OffsetOf& n) {
            return make(e, ast::OffsetOf{type(n.type), optional(n.expression), n.path});
          },
          [&](const ast::IfExpression& n) {
            return make(e, ast::IfExpression{optional(n.condition), block(n.if_true), block(n.if_false)});
          },
          [&](const ast::BlockExpression& n) { return make(e, ast::BlockExpression{block(n.block)}); },
          [&](const ast::Comptime& n) { return make(e, ast::Comptime{optional(n.expression)}); },
          [&](const ast::TypeExpression& n) { return make(e, ast::TypeExpression{type(n.type)}); },
          // What has nothing below it.
          [&](const auto& n) { return make(e, n); },
      },
      e.node);
}

ast::StatementPtr TreeCopy::statement(const ast::Statement& s) {
  auto copy = std::make_unique<ast::Statement>();
  copy->span = s.span;
  std::visit(
      Overloaded{
          [&](const ast::ExpressionStatement& n) { copy->node = ast::ExpressionStatement{optional(n.expression)}; },
          [&](const ast::Assignment& n) {
            copy->node = ast::Assignment{optional(n.target), n.op, optional(n.value)};
          },
          [&](const ast::Declaration& n) {
            copy->node = ast::Declaration{variable(n.name), n.name_span, type(n.type), optional(n.value)};
          },
          [&](const ast::If& n) {
            ast::If made{optional(n.condition), block(n.then), std::nullopt};
            if (n.otherwise) made.otherwise = block(*n.otherwise);
            copy->node = std::move(made);
          },
          [&](const ast::While& n) {
            copy->node = ast::While{optional(n.condition), block(n.body)};
          },
          [&](const ast::ForMap& n) {
            copy->node = ast::ForMap{variable(n.variable), n.variable_span, optional(n.map), block(n.body)};
          },
          [&](const ast::ForRange& n) {
            copy->node =
                ast::ForRange{variable(n.variable), n.variable_span, optional(n.from), optional(n.to), block(n.body)};
          },
          [&](const ast::Unroll& n) {
            copy->node = ast::Unroll{optional(n.count), block(n.body)};
          },
          [&](const ast::ReturnStatement& n) { copy->node = ast::ReturnStatement{optional(n.value)}; },
          [&](const ast::Discard& n) { copy->node = ast::Discard{optional(n.value)}; },
          [&](const ast::BlockStatement& n) { copy->node = ast::BlockStatement{block(n.block)}; },
          [&](const auto& n) { copy->node = n; },
      },
      s.node);
  return copy;
}

}  // namespace polytap
