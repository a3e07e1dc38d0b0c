// The writer behind print(): one object per text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/lang/ast.h"

namespace polytap {

class Printer {
 public:
  std::string take() { return std::move(out_); }

  void script(const ast::Script& script);
  void type(const ast::TypeName& type);
  // Parenthesized where it was, and where it binds weaker than LEAST.
  void expression(const ast::Expression& expression, int least = 0);

 private:
  // print_expression.cc
  void node(const ast::IntegerLiteral& literal);
  void node(const ast::BoolLiteral& literal);
  void node(const ast::StringLiteral& literal);
  void node(const ast::Identifier& identifier);
  void node(const ast::Variable& variable);
  void node(const ast::MapReference& map);
  void node(const ast::PositionalParameter& parameter);
  void node(const ast::ParameterCount& count);
  void node(const ast::Call& call);
  void node(const ast::Unary& unary);
  void node(const ast::Binary& binary);
  void node(const ast::Ternary& ternary);
  void node(const ast::FieldAccess& access);
  void node(const ast::Index& index);
  void node(const ast::Cast& cast);
  void node(const ast::TupleLiteral& tuple);
  void node(const ast::RecordLiteral& record);
  void node(const ast::SizeOf& size);
  void node(const ast::OffsetOf& offset);
  void node(const ast::IfExpression& branch);
  void node(const ast::BlockExpression& block);
  void node(const ast::Comptime& comptime);
  void node(const ast::TypeExpression& expression);
  void list(const std::vector<ast::ExpressionPtr>& elements);
  // What takes a type or an expression.
  void operand(const std::optional<ast::TypeName>& type, const ast::ExpressionPtr& expression);

  // print_statement.cc
  void block(const ast::Block& block);
  void statement(const ast::Statement& statement);
  void node(const ast::ExpressionStatement& statement);
  void node(const ast::Assignment& assignment);
  void node(const ast::Declaration& declaration);
  void node(const ast::If& branch);
  void node(const ast::While& loop);
  void node(const ast::ForMap& loop);
  void node(const ast::ForRange& loop);
  void node(const ast::Unroll& loop);
  void node(const ast::Break& jump);
  void node(const ast::Continue& jump);
  void node(const ast::ReturnStatement& result);
  void node(const ast::Discard& discard);
  void node(const ast::BlockStatement& statement);

  // print.cc
  void node(const ast::Probe& probe);
  void node(const ast::Preprocessor& line);
  void node(const ast::CDefinition& definition);
  void node(const ast::ConfigBlock& config);
  void node(const ast::MapDeclaration& declaration);
  void node(const ast::Macro& macro);
  void node(const ast::Subprogram& subprogram);
  void node(const ast::Import& import);
  void c_body(const ast::CDefinition& definition);
  void c_attributes(bool packed, uint32_t aligned);
  void c_fields(const std::vector<ast::CField>& fields);
  void c_specifiers(const ast::CField& field);
  void c_declarator(const ast::CField& field, const std::string& name);

  void put(std::string_view text) { out_ += text; }
  void new_line();
  // The comments in front of END within a block: behind what was printed last, or on lines of their own.
  void comments_before(uint32_t end);
  // The same between items: what stands behind the last item on its line, then whole lines.
  void trailing_comments(uint32_t end);
  void lines_of_comments(uint32_t end);
  void next_comment(std::string_view separator);

  std::string out_;
  unsigned indent_ = 0;
  std::span<const ast::Comment> comments_;  // still to be printed
};

// "+", "<<" ...: as written between operands, and before `=`.
std::string_view spelling(ast::BinaryOp op);

}  // namespace polytap
