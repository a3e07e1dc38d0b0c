// Types that the script itself defines (struct, union, enum, typedef) and those of the headers that it includes, beside
// the machine's.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/source.h"
#include "core/c/headers.h"
#include "core/lang/ast.h"
#include "core/lang/type_name.h"
#include "core/types/struct_layout.h"
#include "core/types/type.h"

namespace polytap {

// What the script defines comes first. Headers come next when one of them is not the kernel's; when all are, the
// running kernel's own types do, and the headers (which may not be installed) fill in what it does not know.
// Definitions live as long as this.
class ScriptTypes : public ScriptTypeProvider {
 public:
  // BASE (may be null, not owned) answers for the machine, USER (the same) for the types of programs, by the names that
  // it gave them.
  ScriptTypes(const ast::Script& script, const TypeProvider* base, Diagnostics& diagnostics,
              HeaderOptions header_options = {}, const TypeProvider* user = nullptr);

  const StructDefinition* find_struct(std::string_view name) const override;
  const EnumDefinition* find_enum(std::string_view name) const override;
  const Type* find_type(std::string_view name) const override;
  EnumValue find_enumerator(std::string_view name) const override;
  std::optional<int64_t> find_constant(std::string_view text) const override;
  std::string why_unknown(std::string_view name) const override;

  // Whether the script, or a header that is not the kernel's, defines it.
  bool defines_struct(std::string_view name) const;
  bool defines_enum(std::string_view name) const;
  bool defines_type(std::string_view name) const;
  // A constant that the script itself defines: an enumerator of its own.
  EnumValue find_own_enumerator(std::string_view name) const;
  // A macro that stands for a string.
  std::optional<std::string> find_text(std::string_view name) const;
  // The headers, for what is told about them at the end, and what of them was not understood.
  const Headers& headers() const { return headers_; }
  std::vector<std::string> header_notes() const;

 private:
  Type define(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics);
  Type define_struct(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics);
  Type define_enum(const ast::CDefinition& definition, Diagnostics& diagnostics);
  void add_field(StructLayout& layout, const ast::CField& field, Diagnostics& diagnostics);
  uint32_t alignment(const Type& type) const;
  bool headers_first() const { return headers_.any_of_users(); }
  const StructDefinition* header_struct(std::string_view name) const;
  const EnumDefinition* header_enum(std::string_view name) const;
  EnumValue header_enumerator(std::string_view name) const;

  const TypeProvider* base_;
  const TypeProvider* user_;
  mutable Headers headers_;  // read by the first question that needs them
  std::map<std::string, StructDefinition, std::less<>> structs_;
  std::map<std::string, uint32_t, std::less<>> alignments_;
  std::map<std::string, EnumDefinition, std::less<>> enums_;
  std::map<std::string, Type, std::less<>> typedefs_;
  std::map<std::string, uint32_t, std::less<>> typedef_alignments_;  // of those whose attributes say so
  std::map<const ast::CDefinition*, Type> nested_;                   // defined in place, by where
  uint32_t anonymous_ = 0;
};

// The integer that EXPRESSION is when it is made of literals and TYPES' enumerators only.
std::optional<int64_t> constant_value(const ast::Expression& expression, const ScriptTypeProvider& types);

}  // namespace polytap
