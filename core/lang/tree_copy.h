// Copies of syntax trees, with new expression ids; what a pass replaces it overrides.
#pragma once

#include <string>
#include <vector>

#include "core/lang/ast.h"

namespace polytap {

class TreeCopy {
 public:
  // Ids are given out from NEXT_ID on.
  explicit TreeCopy(ast::ExpressionId next_id = 0) : next_id_(next_id) {}
  virtual ~TreeCopy() = default;

  ast::ExpressionId next_id() const { return next_id_; }

  virtual ast::ExpressionPtr expression(const ast::Expression& e);
  virtual ast::StatementPtr statement(const ast::Statement& s);
  ast::Block block(const ast::Block& from);
  ast::Probe probe(const ast::Probe& from);
  ast::CDefinition definition(const ast::CDefinition& from);

 protected:
  // The name that a variable or a map has in the copy.
  virtual std::string variable(const std::string& name) { return name; }
  virtual std::string map(const std::string& name) { return name; }
  // An expression with a new id, the rest as E has it.
  template <typename Node>
  ast::ExpressionPtr make(const ast::Expression& e, Node node) {
    auto made = std::make_unique<ast::Expression>();
    made->id = next_id_++;
    made->span = e.span;
    made->parenthesized = e.parenthesized;
    made->node = std::move(node);
    return made;
  }
  ast::ExpressionPtr optional(const ast::ExpressionPtr& e) { return e == nullptr ? nullptr : expression(*e); }
  std::vector<ast::ExpressionPtr> list(const std::vector<ast::ExpressionPtr>& from);
  ast::TypeName type(const ast::TypeName& from);
  std::optional<ast::TypeName> type(const std::optional<ast::TypeName>& from);

 private:
  ast::ExpressionId next_id_;
};

}  // namespace polytap
