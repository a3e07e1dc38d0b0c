// The types that a probe in a program sees: the script's, then the program's own, then the machine's.
#pragma once

#include "core/lang/script_types.h"

namespace polytap {

class ModuleTypes final : public ScriptTypeProvider {
 public:
  // Both outlive this. MODULE may be null.
  ModuleTypes(const ScriptTypes& script, const TypeProvider* module) : script_(script), module_(module) {}

  const StructDefinition* find_struct(std::string_view name) const override;
  const EnumDefinition* find_enum(std::string_view name) const override;
  const Type* find_type(std::string_view name) const override;
  EnumValue find_enumerator(std::string_view name) const override;
  std::optional<int64_t> find_constant(std::string_view text) const override { return script_.find_constant(text); }
  std::string why_unknown(std::string_view name) const override { return script_.why_unknown(name); }

 private:
  const ScriptTypes& script_;
  const TypeProvider* module_;
};

}  // namespace polytap
