#include "core/lang/print.h"

#include <fmt/format.h>

#include <limits>
#include <optional>

#include "core/lang/literal.h"
#include "core/lang/printer.h"

namespace polytap {

std::string print(const ast::Script& script) {
  Printer printer;
  printer.script(script);
  return printer.take();
}

std::string print(const ast::Expression& expression) {
  Printer printer;
  printer.expression(expression);
  return printer.take();
}

std::string print(const ast::TypeName& type) {
  Printer printer;
  printer.type(type);
  return printer.take();
}

void Printer::script(const ast::Script& script) {
  comments_ = script.comments;
  std::optional<size_t> previous;
  for (const ast::TopLevel& item : script.items) {
    const size_t kind = item.node.index();
    const bool is_line = std::holds_alternative<ast::Preprocessor>(item.node) ||
                         std::holds_alternative<ast::MapDeclaration>(item.node) ||
                         std::holds_alternative<ast::Import>(item.node);
    if (previous) {
      trailing_comments(item.span.begin);
      put(is_line && previous == kind ? "\n" : "\n\n");
    }
    previous = kind;
    lines_of_comments(item.span.begin);
    std::visit([this](const auto& n) { node(n); }, item.node);
  }
  if (!previous) return;
  constexpr uint32_t kEnd = std::numeric_limits<uint32_t>::max();
  trailing_comments(kEnd);
  put(comments_.empty() ? "\n" : "\n\n");
  lines_of_comments(kEnd);
}

void Printer::trailing_comments(uint32_t end) {
  bool to_line_end = false;
  while (!comments_.empty() && !comments_.front().own_line && comments_.front().begin < end && !to_line_end) {
    to_line_end = comments_.front().text.starts_with("//");
    next_comment(" ");
  }
}

void Printer::lines_of_comments(uint32_t end) {
  while (!comments_.empty() && comments_.front().begin < end) {
    const bool blank_after = comments_.front().blank_after;
    next_comment("");
    put(blank_after ? "\n\n" : "\n");
  }
}

void Printer::node(const ast::Probe& probe) {
  if (!probe.name.empty()) put(fmt::format("{} = ", probe.name));
  bool first = true;
  for (const auto& point : probe.attach_points) {
    if (!std::exchange(first, false)) put(",\n");
    put(point.text);
  }
  if (probe.predicate) {
    put(" /");
    const size_t begin = out_.size();
    expression(*probe.predicate);
    // "/*" would begin a comment.
    if (out_[begin] == '*') out_.insert(begin, 1, ' ');
    put("/");
  }
  put(" ");
  block(probe.body);
}

void Printer::node(const ast::Preprocessor& line) { put(line.text); }

void Printer::node(const ast::CDefinition& definition) {
  if (definition.kind == ast::CDefinition::Kind::kTypedef) {
    put("typedef ");
    const ast::CField& field = definition.fields.front();
    c_specifiers(field);
    put(" ");
    c_declarator(field, definition.name);
  } else {
    c_body(definition);
  }
  put(";");
}

void Printer::c_body(const ast::CDefinition& definition) {
  using Kind = ast::CDefinition::Kind;
  put(definition.kind == Kind::kEnum ? "enum" : definition.kind == Kind::kUnion ? "union" : "struct");
  if (!definition.name.empty()) put(" " + definition.name);
  if (definition.forward) return;
  put(" {");
  ++indent_;
  c_fields(definition.fields);
  for (const auto& enumerator : definition.enumerators) {
    new_line();
    put(enumerator.name);
    if (enumerator.value) {
      put(" = ");
      expression(*enumerator.value);
    }
    put(",");
  }
  --indent_;
  new_line();
  put("}");
  c_attributes(definition.packed, definition.aligned);
}

void Printer::c_attributes(bool packed, uint32_t aligned) {
  if (packed && aligned != 0) {
    put(fmt::format(" __attribute__((packed, aligned({})))", aligned));
  } else if (packed) {
    put(" __attribute__((packed))");
  } else if (aligned != 0) {
    put(fmt::format(" __attribute__((aligned({})))", aligned));
  }
}

void Printer::c_fields(const std::vector<ast::CField>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    const ast::CField& field = fields[i];
    // `struct x { ... } a, b;` defines x once.
    if (i != 0 && field.nested && field.nested == fields[i - 1].nested) {
      put(", ");
      c_declarator(field, field.name);
    } else {
      if (i != 0) put(";");
      new_line();
      c_specifiers(field);
      if (!field.name.empty() || field.bits || !field.type.suffixes.empty()) put(" ");
      c_declarator(field, field.name);
    }
  }
  if (!fields.empty()) put(";");
}

void Printer::c_specifiers(const ast::CField& field) {
  if (field.nested) {
    c_body(*field.nested);
  } else {
    put(field.type.name);
  }
}

// C's declarators read from the name outwards; the suffixes are in the order of the type, so the last stands innermost.
void Printer::c_declarator(const ast::CField& field, const std::string& name) {
  using Kind = ast::TypeName::Suffix::Kind;
  std::string text = name;
  const auto& suffixes = field.type.suffixes;
  for (size_t end = suffixes.size(); end > 0;) {
    if (suffixes[end - 1].kind == Kind::kPointer) {
      text.insert(0, 1, '*');
      --end;
      continue;
    }
    size_t begin = end;
    while (begin > 0 && suffixes[begin - 1].kind == Kind::kArray) --begin;
    if (text.starts_with('*')) text = fmt::format("({})", text);
    for (size_t i = begin; i < end; ++i) {
      text += suffixes[i].count ? fmt::format("[{}]", *suffixes[i].count) : fmt::format("[{}]", suffixes[i].constant);
    }
    end = begin;
  }
  put(text);
  if (field.bits) put(fmt::format("{}: {}", field.name.empty() ? "" : " ", *field.bits));
  c_attributes(field.packed, field.aligned);
}

void Printer::node(const ast::ConfigBlock& config) {
  put("config = {");
  for (const auto& entry : config.entries) {
    put(fmt::format("\n  {} = {};", entry.name, entry.quoted ? quote(entry.value) : entry.value));
  }
  put("\n}");
}

void Printer::node(const ast::MapDeclaration& declaration) {
  put(fmt::format("let {} = {}(", declaration.name, declaration.kind));
  if (declaration.entries) expression(*declaration.entries);
  put(");");
}

void Printer::node(const ast::Macro& macro) {
  put(fmt::format("macro {}(", macro.name));
  bool first = true;
  for (const auto& parameter : macro.parameters) {
    put(fmt::format("{}{}", std::exchange(first, false) ? "" : ", ", parameter.name));
  }
  put(") ");
  block(macro.body);
}

void Printer::node(const ast::Subprogram& subprogram) {
  put(fmt::format("fn {}(", subprogram.name));
  bool first = true;
  for (const auto& parameter : subprogram.parameters) {
    put(fmt::format("{}{}: ", std::exchange(first, false) ? "" : ", ", parameter.name));
    type(parameter.type);
  }
  put("): ");
  type(subprogram.result);
  put(" ");
  block(subprogram.body);
}

void Printer::node(const ast::Import& import) { put(fmt::format("import {};", quote(import.path))); }

}  // namespace polytap
