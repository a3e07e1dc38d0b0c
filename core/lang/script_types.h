// Types that the script itself defines (struct, union, enum, typedef), in front of the machine's.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/types/type.h"

namespace polytap {

// Laid out by C's rules on x86-64, bit fields and packed structs included. Definitions live as long as this.
class ScriptTypes : public TypeProvider {
 public:
  // BASE (may be null, not owned) answers what the script does not define.
  ScriptTypes(const ast::Script& script, const TypeProvider* base, Diagnostics& diagnostics);

  const StructDefinition* find_struct(std::string_view name) const override;
  const EnumDefinition* find_enum(std::string_view name) const override;
  const Type* find_type(std::string_view name) const override;
  EnumValue find_enumerator(std::string_view name) const override;

 private:
  struct Layout;
  Type define(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics);
  Type define_struct(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics);
  Type define_enum(const ast::CDefinition& definition, Diagnostics& diagnostics);
  void add_field(Layout& layout, const ast::CField& field, Diagnostics& diagnostics);
  uint32_t alignment(const Type& type) const;

  const TypeProvider* base_;
  std::map<std::string, StructDefinition, std::less<>> structs_;
  std::map<std::string, uint32_t, std::less<>> alignments_;
  std::map<std::string, EnumDefinition, std::less<>> enums_;
  std::map<std::string, Type, std::less<>> typedefs_;
  uint32_t anonymous_ = 0;
};

// The integer that EXPRESSION is when it is made of literals and TYPES' enumerators only.
std::optional<int64_t> constant_value(const ast::Expression& expression, const TypeProvider& types);

}  // namespace polytap
