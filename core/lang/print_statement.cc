#include <fmt/format.h>

#include "core/lang/printer.h"

namespace polytap {

void Printer::new_line() {
  put("\n");
  out_.append(indent_ * 2, ' ');
}

void Printer::next_comment(std::string_view separator) {
  put(separator);
  put(comments_.front().text);
  comments_ = comments_.subspan(1);
}

void Printer::comments_before(uint32_t end) {
  bool to_line_end = false;  // what was printed last is a comment that reaches to the end of its line
  while (!comments_.empty() && comments_.front().begin < end) {
    const bool next_line = comments_.front().own_line || to_line_end;
    to_line_end = comments_.front().text.starts_with("//");
    if (next_line) new_line();
    next_comment(next_line ? "" : " ");
  }
}

void Printer::block(const ast::Block& block_node) {
  const bool commented = !comments_.empty() && comments_.front().begin < block_node.span.end;
  if (block_node.statements.empty() && !block_node.value && !commented) {
    put("{ }");
    return;
  }
  put("{");
  ++indent_;
  for (const auto& each : block_node.statements) {
    comments_before(each->span.begin);
    new_line();
    statement(*each);
  }
  if (block_node.value) {
    comments_before(block_node.value->span.begin);
    new_line();
    expression(*block_node.value);
  }
  comments_before(block_node.span.end);
  --indent_;
  new_line();
  put("}");
}

void Printer::statement(const ast::Statement& each) {
  std::visit([this](const auto& n) { node(n); }, each.node);
}

void Printer::node(const ast::ExpressionStatement& each) {
  expression(*each.expression);
  put(";");
}

void Printer::node(const ast::Assignment& assignment) {
  expression(*assignment.target);
  put(fmt::format(" {}= ", assignment.op ? spelling(*assignment.op) : ""));
  expression(*assignment.value);
  put(";");
}

void Printer::node(const ast::Declaration& declaration) {
  put("let ");
  put(declaration.name);
  if (declaration.type) {
    put(": ");
    type(*declaration.type);
  }
  if (declaration.value) {
    put(" = ");
    expression(*declaration.value);
  }
  put(";");
}

void Printer::node(const ast::If& branch) {
  put("if ");
  expression(*branch.condition);
  put(" ");
  block(branch.then);
  if (!branch.otherwise) return;
  put(" else ");
  const auto& statements = branch.otherwise->statements;
  if (statements.size() == 1 && std::holds_alternative<ast::If>(statements[0]->node)) {
    statement(*statements[0]);
  } else {
    block(*branch.otherwise);
  }
}

void Printer::node(const ast::While& loop) {
  put("while ");
  expression(*loop.condition);
  put(" ");
  block(loop.body);
}

void Printer::node(const ast::ForMap& loop) {
  put(fmt::format("for ({} : ", loop.variable));
  expression(*loop.map, 1);
  put(") ");
  block(loop.body);
}

void Printer::node(const ast::ForRange& loop) {
  put(fmt::format("for ({} : ", loop.variable));
  expression(*loop.from, 1);
  put("..");
  expression(*loop.to, 1);
  put(") ");
  block(loop.body);
}

void Printer::node(const ast::Unroll& loop) {
  put("unroll ");
  expression(*loop.count);
  put(" ");
  block(loop.body);
}

void Printer::node(const ast::Break&) { put("break;"); }
void Printer::node(const ast::Continue&) { put("continue;"); }

void Printer::node(const ast::ReturnStatement& result) {
  put("return");
  if (result.value) {
    put(" ");
    expression(*result.value);
  }
  put(";");
}

void Printer::node(const ast::Discard& discard) {
  put("_ = ");
  expression(*discard.value);
  put(";");
}

void Printer::node(const ast::BlockStatement& each) { block(each.block); }

}  // namespace polytap
