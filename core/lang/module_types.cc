#include "core/lang/module_types.h"

#include "core/kernel/c_type.h"

namespace polytap {

const StructDefinition* ModuleTypes::find_struct(std::string_view name) const {
  if (module_ == nullptr || script_.defines_struct(name)) return script_.find_struct(name);
  const StructDefinition* found = module_->find_struct(name);
  return found != nullptr ? found : script_.find_struct(name);
}

const EnumDefinition* ModuleTypes::find_enum(std::string_view name) const {
  if (module_ == nullptr || script_.defines_enum(name)) return script_.find_enum(name);
  const EnumDefinition* found = module_->find_enum(name);
  return found != nullptr ? found : script_.find_enum(name);
}

const Type* ModuleTypes::find_type(std::string_view name) const {
  // The common ones are the same everywhere; looking for them would mean reading all debugging information.
  const bool common = parse_c_type(name, AddressSpace::kNone).has_value();
  if (module_ == nullptr || common || script_.defines_type(name)) return script_.find_type(name);
  const Type* found = module_->find_type(name);
  return found != nullptr ? found : script_.find_type(name);
}

TypeProvider::EnumValue ModuleTypes::find_enumerator(std::string_view name) const {
  const EnumValue found = script_.find_enumerator(name);
  return found.definition != nullptr || module_ == nullptr ? found : module_->find_enumerator(name);
}

}  // namespace polytap
