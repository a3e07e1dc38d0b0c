#include "core/symbol/dwarf_prototypes.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace polytap {
namespace {

// Typedefs, qualifiers and pointers of real programs nest a few levels; a damaged file must not hang us.
constexpr int kMaximumDepth = 32;

std::optional<Dwarf_Die> type_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formref_die(&attribute, &type) == nullptr) return std::nullopt;
  return type;
}

uint64_t unsigned_attribute(Dwarf_Die* die, unsigned name, uint64_t otherwise) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) {
    return otherwise;
  }
  return value;
}

// Languages that call by the platform's C ABI. Go and Rust have their own.
enum class Language : uint8_t { kC, kCpp, kOther };

Language language_of_unit(Dwarf_Die* unit) {
  switch (dwarf_srclang(unit)) {
    case DW_LANG_C89:
    case DW_LANG_C:
    case DW_LANG_C99:
    case DW_LANG_C11:
    case DW_LANG_ObjC:
    case 0x2c:  // DW_LANG_C17
    case 0x3e:  // DW_LANG_C23
      return Language::kC;
    case DW_LANG_C_plus_plus:
    case DW_LANG_C_plus_plus_03:
    case DW_LANG_C_plus_plus_11:
    case DW_LANG_C_plus_plus_14:
    case 0x2b:  // DW_LANG_C_plus_plus_17
    case 0x2f:  // DW_LANG_C_plus_plus_20
    case 0x3a:  // DW_LANG_C_plus_plus_23
      return Language::kCpp;
    default:
      return Language::kOther;
  }
}

Language language_of(Dwarf_Die* die) {
  Dwarf_Die unit;
  return dwarf_diecu(die, &unit, nullptr, nullptr) == nullptr ? Language::kOther : language_of_unit(&unit);
}

bool is_modifier(int tag) {
  switch (tag) {
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
      return true;
    default:
      return false;
  }
}

bool is_aggregate(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_pointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type ||
         tag == DW_TAG_ptr_to_member_type;
}

// Behind typedefs and qualifiers; NAME gets the last typedef's. Nullopt: void.
std::optional<Dwarf_Die> strip(std::optional<Dwarf_Die> type, std::string& name) {
  for (int depth = 0; type && is_modifier(dwarf_tag(&*type)) && depth < kMaximumDepth; ++depth) {
    if (const char* own = dwarf_tag(&*type) == DW_TAG_typedef ? dwarf_diename(&*type) : nullptr) name = own;
    type = type_of(&*type);
  }
  return type;
}

Type base_type(Dwarf_Die* die) {
  const auto size = static_cast<uint32_t>(unsigned_attribute(die, DW_AT_byte_size, 0));
  const uint64_t encoding = unsigned_attribute(die, DW_AT_encoding, DW_ATE_unsigned);
  if (encoding == DW_ATE_boolean && size == 1) return types::boolean();
  const bool is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
  return types::integer(size, is_signed);
}

std::string aggregate_name(Dwarf_Die* die, const std::string& alias) {
  const char* own = dwarf_diename(die);
  const std::string keyword = dwarf_tag(die) == DW_TAG_union_type ? "union" : "struct";
  return fmt::format("{} {}", keyword, own != nullptr ? own : (alias.empty() ? "(anonymous)" : alias));
}

PassedValue pass_base_type(Dwarf_Die* die) {
  PassedValue value;
  value.type = base_type(die);
  const uint64_t encoding = unsigned_attribute(die, DW_AT_encoding, DW_ATE_unsigned);
  const char* name = dwarf_diename(die);
  if (encoding == DW_ATE_float && value.type.size <= 8) value.as = PassedAs::kFloat;
  if (encoding == DW_ATE_float && value.type.size > 8) value.as = PassedAs::kLongDouble;
  // _Complex, __int128, decimal floating point: in pairs of registers.
  if (encoding == DW_ATE_complex_float || encoding == DW_ATE_decimal_float ||
      (value.as == PassedAs::kWord && (value.type.size == 0 || value.type.size > 8))) {
    value.as = PassedAs::kStruct;
  }
  if (value.as != PassedAs::kWord) value.spelling = name == nullptr ? "a large number" : name;
  return value;
}

PassedValue passed_value(const DwarfTypes& types, std::optional<Dwarf_Die> of) {
  PassedValue value;
  std::string alias;
  std::optional<Dwarf_Die> type = strip(of, alias);
  if (!type) {
    value.type = types::of_kind(TypeKind::kVoid);
    value.spelling = "void";
    return value;
  }
  Dwarf_Die* die = &*type;
  const int tag = dwarf_tag(die);
  const auto size = static_cast<uint32_t>(unsigned_attribute(die, DW_AT_byte_size, 0));
  if (tag == DW_TAG_ptr_to_member_type) {  // of a function: two words
    std::string ignored;
    std::optional<Dwarf_Die> member = strip(type_of(die), ignored);
    if (member && dwarf_tag(&*member) == DW_TAG_subroutine_type) {
      value.as = PassedAs::kStruct;
      value.type = types::structure("pointer to member function", 16);
      value.spelling = "pointer to member function";
      return value;
    }
    value.type = types::integer(8, true);
    return value;
  }
  if (is_pointer(tag)) {
    value.type = types.type(*type);
    return value;
  }
  if (tag == DW_TAG_base_type) return pass_base_type(die);
  if (tag == DW_TAG_enumeration_type) {
    value.type = types.type(*type);
    return value;
  }
  if (tag == DW_TAG_unspecified_type) {  // decltype(nullptr)
    value.type = types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kUser);
    return value;
  }
  const uint64_t convention = unsigned_attribute(die, DW_AT_calling_convention, DW_CC_normal);
  value.as = PassedAs::kStruct;
  if (convention == DW_CC_pass_by_reference) value.as = PassedAs::kReference;
  if (convention == DW_CC_normal && language_of(die) != Language::kC) value.as = PassedAs::kUnclear;
  value.spelling = is_aggregate(tag) ? aggregate_name(die, alias) : "a value that is not one word";
  value.type = types::structure(value.spelling, size);
  return value;
}

FunctionPrototype prototype_of(const DwarfTypes& types, Dwarf_Die* function) {
  FunctionPrototype prototype;
  prototype.result = passed_value(types, type_of(function));
  Dwarf_Die child;
  if (dwarf_child(function, &child) != 0) return prototype;
  do {
    if (dwarf_tag(&child) != DW_TAG_formal_parameter) continue;
    PassedValue parameter = passed_value(types, type_of(&child));
    const char* name = dwarf_diename(&child);
    parameter.name = name == nullptr ? "" : name;
    prototype.parameters.push_back(std::move(parameter));
  } while (dwarf_siblingof(&child, &child) == 0);
  return prototype;
}

class Search {
 public:
  Search(const DwarfTypes& types, const std::vector<uint64_t>& addresses) : types_(types), addresses_(addresses) {}

  std::map<uint64_t, FunctionPrototype> run() {
    Dwarf* dwarf = types_.handle();
    Dwarf_CU* unit = nullptr;
    Dwarf_CU* next = nullptr;
    Dwarf_Die die;
    while (found_.size() < addresses_.size() &&
           dwarf_get_units(dwarf, unit, &next, nullptr, nullptr, &die, nullptr) == 0) {
      unit = next;
      if (!holds_any(&die)) continue;
      Dwarf_Die whole = split_unit(&die).value_or(die);
      if (dwarf_tag(&whole) != DW_TAG_compile_unit || language_of_unit(&whole) == Language::kOther) continue;
      types_.prefer(whole);
      visit(&whole, 0);
    }
    return std::move(found_);
  }

 private:
  bool holds_any(Dwarf_Die* unit) const {
    Dwarf_Addr base = 0;
    Dwarf_Addr start = 0;
    Dwarf_Addr end = 0;
    for (ptrdiff_t at = 0; (at = dwarf_ranges(unit, at, &base, &start, &end)) > 0;) {
      const auto first = std::ranges::lower_bound(addresses_, start);
      if (first != addresses_.end() && *first < end) return true;
    }
    return false;
  }

  void visit(Dwarf_Die* parent, int depth) {
    Dwarf_Die child;
    if (depth > kMaximumDepth || dwarf_child(parent, &child) != 0) return;
    do {
      const int tag = dwarf_tag(&child);
      if (tag == DW_TAG_subprogram) {
        add(&child);
      } else if (tag == DW_TAG_namespace || tag == DW_TAG_module) {
        visit(&child, depth + 1);
      }
    } while (found_.size() < addresses_.size() && dwarf_siblingof(&child, &child) == 0);
  }

  void add(Dwarf_Die* function) {
    Dwarf_Addr address = 0;
    if (dwarf_hasattr(function, DW_AT_low_pc) != 0) {
      if (dwarf_lowpc(function, &address) != 0) return;
    } else if (dwarf_hasattr(function, DW_AT_ranges) == 0 || dwarf_entrypc(function, &address) != 0) {
      return;
    }
    if (!std::ranges::binary_search(addresses_, address) || found_.contains(address)) return;
    // LLVM marks so the functions whose parameters it changed.
    if (unsigned_attribute(function, DW_AT_calling_convention, DW_CC_normal) == DW_CC_nocall) return;
    found_.emplace(address, prototype_of(types_, function));
  }

  const DwarfTypes& types_;
  const std::vector<uint64_t>& addresses_;
  std::map<uint64_t, FunctionPrototype> found_;
};

}  // namespace

std::map<uint64_t, FunctionPrototype> dwarf_prototypes(const DwarfTypes& types,
                                                       const std::vector<uint64_t>& addresses) {
  if (types.handle() == nullptr || addresses.empty()) return {};
  return Search(types, addresses).run();
}

}  // namespace polytap
