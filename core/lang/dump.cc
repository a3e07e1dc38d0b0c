#include "core/lang/dump.h"

#include <fmt/format.h>

#include "core/lang/literal.h"
#include "core/lang/printer.h"

namespace polytap {
namespace {

class Dumper {
 public:
  std::string take() { return std::move(out_); }

  void expression(const ast::Expression& expression) {
    if (expression.parenthesized) open("paren");
    std::visit([this](const auto& n) { node(n); }, expression.node);
    if (expression.parenthesized) close();
  }

  void item(const ast::TopLevel& item) {
    std::visit([this](const auto& n) { node(n); }, item.node);
    out_ += '\n';
  }

 private:
  void open(std::string_view name) {
    if (!out_.empty() && out_.back() != '\n') out_ += ' ';
    out_ += '(';
    out_ += name;
  }
  void close() { out_ += ')'; }
  void text(std::string_view value) { out_ += ' ' + quote(value); }
  void number(uint64_t value) { out_ += fmt::format(" {}", value); }
  void optional_expression(const ast::ExpressionPtr& value) {
    if (value) {
      expression(*value);
    } else {
      out_ += " -";
    }
  }
  void expressions(const std::vector<ast::ExpressionPtr>& elements) {
    for (const auto& element : elements) expression(*element);
  }

  void type(const ast::TypeName& name) {
    open("type");
    text(name.name);
    for (const auto& element : name.elements) type(element);
    if (name.of) expression(*name.of);
    for (const auto& suffix : name.suffixes) {
      const bool pointer = suffix.kind == ast::TypeName::Suffix::Kind::kPointer;
      out_ += pointer        ? " *"
              : suffix.count ? fmt::format(" [{}]", *suffix.count)
                             : fmt::format(" [{}]", suffix.constant);
    }
    close();
  }
  void operand(const std::optional<ast::TypeName>& type_name, const ast::ExpressionPtr& value) {
    if (type_name) {
      type(*type_name);
    } else {
      expression(*value);
    }
  }

  void block(const ast::Block& each) {
    open("block");
    for (const auto& statement : each.statements) std::visit([this](const auto& n) { node(n); }, statement->node);
    if (each.value) {
      open("value");
      expression(*each.value);
      close();
    }
    close();
  }

  void node(const ast::IntegerLiteral& n) {
    open("int");
    number(n.value);
    text(n.text);
    out_ += fmt::format(" {:d}{:d}{:d}", n.is_unsigned, n.is_long, n.is_duration);
    close();
  }
  void node(const ast::BoolLiteral& n) { open(n.value ? "true)" : "false)"); }
  void node(const ast::StringLiteral& n) { leaf("string", n.value); }
  void node(const ast::Identifier& n) { leaf("name", n.name); }
  void node(const ast::Variable& n) { leaf("variable", n.name); }
  void leaf(std::string_view kind, std::string_view value) {
    open(kind);
    text(value);
    close();
  }
  void node(const ast::MapReference& n) {
    open(n.has_key ? "element" : "map");
    text(n.name);
    expressions(n.key);
    close();
  }
  void node(const ast::PositionalParameter& n) { open(fmt::format("parameter {})", n.index)); }
  void node(const ast::ParameterCount&) { open("parameters)"); }
  void node(const ast::Call& n) {
    open("call");
    text(n.name);
    expressions(n.arguments);
    close();
  }
  void node(const ast::Unary& n) {
    open(fmt::format("unary {}", static_cast<int>(n.op)));
    expression(*n.operand);
    close();
  }
  void node(const ast::Binary& n) {
    open(spelling(n.op));
    expression(*n.left);
    expression(*n.right);
    close();
  }
  void node(const ast::Ternary& n) {
    open("?");
    expression(*n.condition);
    optional_expression(n.if_true);
    expression(*n.if_false);
    close();
  }
  void node(const ast::FieldAccess& n) {
    open(n.arrow ? "->" : ".");
    expression(*n.object);
    text(n.field);
    close();
  }
  void node(const ast::Index& n) {
    open("index");
    expression(*n.object);
    expression(*n.index);
    close();
  }
  void node(const ast::Cast& n) {
    open("cast");
    type(n.type);
    expression(*n.operand);
    close();
  }
  void node(const ast::TupleLiteral& n) {
    open("tuple");
    expressions(n.elements);
    close();
  }
  void node(const ast::RecordLiteral& n) {
    open("record");
    for (const auto& element : n.elements) {
      text(element.name);
      expression(*element.value);
    }
    close();
  }
  void node(const ast::SizeOf& n) {
    open("sizeof");
    operand(n.type, n.expression);
    close();
  }
  void node(const ast::OffsetOf& n) {
    open("offsetof");
    operand(n.type, n.expression);
    for (const auto& name : n.path) text(name);
    close();
  }
  void node(const ast::IfExpression& n) {
    open("if-value");
    expression(*n.condition);
    block(n.if_true);
    block(n.if_false);
    close();
  }
  void node(const ast::BlockExpression& n) {
    open("block-value");
    block(n.block);
    close();
  }
  void node(const ast::Comptime& n) {
    open("comptime");
    expression(*n.expression);
    close();
  }
  void node(const ast::TypeExpression& n) { type(n.type); }

  void node(const ast::ExpressionStatement& n) { expression(*n.expression); }
  void node(const ast::Assignment& n) {
    open(fmt::format("set{}", n.op ? spelling(*n.op) : ""));
    expression(*n.target);
    expression(*n.value);
    close();
  }
  void node(const ast::Declaration& n) {
    open("let");
    text(n.name);
    if (n.type) type(*n.type);
    optional_expression(n.value);
    close();
  }
  void node(const ast::If& n) {
    open("if");
    expression(*n.condition);
    block(n.then);
    if (n.otherwise) block(*n.otherwise);
    close();
  }
  void node(const ast::While& n) {
    open("while");
    expression(*n.condition);
    block(n.body);
    close();
  }
  void node(const ast::ForMap& n) {
    open("for-map");
    text(n.variable);
    expression(*n.map);
    block(n.body);
    close();
  }
  void node(const ast::ForRange& n) {
    open("for-range");
    text(n.variable);
    expression(*n.from);
    expression(*n.to);
    block(n.body);
    close();
  }
  void node(const ast::Unroll& n) {
    open("unroll");
    expression(*n.count);
    block(n.body);
    close();
  }
  void node(const ast::Break&) { open("break)"); }
  void node(const ast::Continue&) { open("continue)"); }
  void node(const ast::ReturnStatement& n) {
    open("return");
    optional_expression(n.value);
    close();
  }
  void node(const ast::Discard& n) {
    open("discard");
    expression(*n.value);
    close();
  }
  void node(const ast::BlockStatement& n) { block(n.block); }

  void node(const ast::Probe& n) {
    open("probe");
    text(n.name);
    for (const auto& point : n.attach_points) {
      open("at");
      text(point.text);
      text(point.provider);
      for (const auto& part : point.parts) text(part);
      close();
    }
    optional_expression(n.predicate);
    block(n.body);
    close();
  }
  void node(const ast::Preprocessor& n) { leaf("line", n.text); }
  void node(const ast::CDefinition& n) {
    open(fmt::format("c {} {:d}{:d}{}", static_cast<int>(n.kind), n.forward, n.packed,
                     n.aligned == 0 ? "" : fmt::format(" {}", n.aligned)));
    text(n.name);
    for (const auto& field : n.fields) {
      open("field");
      text(field.name);
      type(field.type);
      if (field.bits) number(*field.bits);
      if (field.packed) text("packed");
      if (field.aligned != 0) number(field.aligned);
      if (field.nested) node(*field.nested);
      close();
    }
    for (const auto& enumerator : n.enumerators) {
      text(enumerator.name);
      optional_expression(enumerator.value);
    }
    close();
  }
  void node(const ast::ConfigBlock& n) {
    open("config");
    for (const auto& entry : n.entries) {
      text(entry.name);
      text(entry.value);
      number(entry.quoted ? 1 : 0);
    }
    close();
  }
  void node(const ast::MapDeclaration& n) {
    open("let");
    text(n.name);
    text(n.kind);
    optional_expression(n.entries);
    close();
  }
  void node(const ast::Macro& n) {
    open("macro");
    text(n.name);
    for (const auto& parameter : n.parameters) text(parameter.name);
    block(n.body);
    close();
  }
  void node(const ast::Subprogram& n) {
    open("fn");
    text(n.name);
    for (const auto& parameter : n.parameters) {
      text(parameter.name);
      type(parameter.type);
    }
    type(n.result);
    block(n.body);
    close();
  }
  void node(const ast::Import& n) { leaf("import", n.path); }

  std::string out_;
};

}  // namespace

std::string dump(const ast::Script& script) {
  Dumper dumper;
  for (const auto& item : script.items) dumper.item(item);
  return dumper.take();
}

std::string dump(const ast::Expression& expression) {
  Dumper dumper;
  dumper.expression(expression);
  return dumper.take();
}

}  // namespace polytap
