#include "core/symbol/dwarf_types.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/types/type_names.h"

namespace polytap {
namespace {

// Typedefs, qualifiers, namespaces and nested classes of real programs go a few levels deep; a damaged file must not
// hang us.
constexpr int kMaximumDepth = 32;
constexpr uint64_t kMaxBytes = 1U << 28;
constexpr size_t kMaxMembers = 1U << 16;

std::optional<uint64_t> number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) {
    return std::nullopt;
  }
  return value;
}

uint32_t byte_size(Dwarf_Die* die) {
  const uint64_t size = number(die, DW_AT_byte_size).value_or(0);
  return size > kMaxBytes ? 0 : static_cast<uint32_t>(size);
}

bool flag(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  bool value = false;
  return dwarf_attr(die, name, &attribute) != nullptr && dwarf_formflag(&attribute, &value) == 0 && value;
}

std::optional<Dwarf_Die> type_of(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (dwarf_attr_integrate(die, DW_AT_type, &attribute) == nullptr) return std::nullopt;
  if (dwarf_formref_die(&attribute, &type) == nullptr) return std::nullopt;
  return type;
}

bool is_modifier(int tag) {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
         tag == DW_TAG_atomic_type || tag == DW_TAG_typedef;
}

bool is_aggregate(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_pointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

// Behind typedefs and qualifiers.
std::optional<Dwarf_Die> strip(std::optional<Dwarf_Die> type) {
  for (int depth = 0; type && is_modifier(dwarf_tag(&*type)); ++depth) {
    if (depth > kMaximumDepth) return std::nullopt;
    type = type_of(&*type);
  }
  return type;
}

// What the language has no values for: its bytes, under its name.
Type opaque(Dwarf_Die* die, uint32_t size) {
  Type type = types::array(types::integer(1, false), size);
  const char* name = dwarf_diename(die);
  type.name = name == nullptr ? "" : name;
  return type;
}

Type base_type(Dwarf_Die* die) {
  const uint32_t size = byte_size(die);
  const uint64_t encoding = number(die, DW_AT_encoding).value_or(DW_ATE_unsigned);
  if (encoding == DW_ATE_boolean && size == 1) return types::boolean();
  const bool is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
  const bool word = size == 1 || size == 2 || size == 4 || size == 8;
  if (!word || encoding == DW_ATE_float || encoding == DW_ATE_complex_float || encoding == DW_ATE_decimal_float) {
    return opaque(die, size);
  }
  return types::integer(size, is_signed);
}

std::optional<uint32_t> member_offset(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  if (dwarf_attr_integrate(die, DW_AT_data_member_location, &attribute) == nullptr) return 0;
  Dwarf_Word value = 0;
  if (dwarf_formudata(&attribute, &value) != 0) {
    // DWARF 2 and virtual base classes: an expression. That of a plain member adds a constant.
    Dwarf_Op* operations = nullptr;
    size_t count = 0;
    if (dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1) return std::nullopt;
    if (operations[0].atom != DW_OP_plus_uconst) return std::nullopt;
    value = operations[0].number;
  }
  return value > kMaxBytes ? std::nullopt : std::optional(static_cast<uint32_t>(value));
}

// Puts a bit field's place into FIELD, whose type is what it was declared with. False: it fits no unit.
bool place_bits(Dwarf_Die* die, uint64_t base, uint64_t width, uint32_t struct_size, Field& field) {
  uint64_t at = 0;
  if (const auto offset = number(die, DW_AT_data_bit_offset)) {
    at = base * 8 + *offset;
  } else if (const auto from_top = number(die, DW_AT_bit_offset)) {
    // Before DWARF 4: counted from the most significant bit of the storage unit.
    const uint64_t unit = number(die, DW_AT_byte_size).value_or(field.type.size) * 8;
    if (*from_top + width > unit) return false;
    at = (base + member_offset(die).value_or(0)) * 8 + unit - *from_top - width;
  } else {
    at = (base + member_offset(die).value_or(0)) * 8;
  }
  if (at > kMaxBytes * 8 || width == 0 || width > 64) return false;
  for (uint32_t unit = 1; unit <= 8; unit *= 2) {
    const uint64_t start = at / (unit * 8) * unit;
    if (start + unit > std::max(struct_size, 1U) || at + width > (start + unit) * 8) continue;
    field.offset = static_cast<uint32_t>(start);
    field.bit_offset = static_cast<uint8_t>(at - start * 8);
    field.bit_size = static_cast<uint8_t>(width);
    field.type.size = unit;
    return true;
  }
  return false;
}

}  // namespace

std::optional<Dwarf_Die> split_unit(Dwarf_Die* unit) {
  Dwarf_Die split;
  uint8_t type = 0;
  if (dwarf_cu_info(unit->cu, nullptr, &type, nullptr, &split, nullptr, nullptr, nullptr) != 0) return std::nullopt;
  return type == DW_UT_skeleton && split.addr != nullptr ? std::optional(split) : std::nullopt;
}

// Entries go by their place: the offset in their file's .debug_info, above kFileShift the number of the file.
struct DwarfTypes::Index {
  static constexpr unsigned kFileShift = 40;
  std::vector<Dwarf*> files = {nullptr};   // 0: the program's own; the others hold split units, libdw's
  std::set<Dwarf_Off> units;               // indexed
  std::optional<Dwarf_Off> next_unit = 0;  // where looking through all of them goes on; nullopt: at the end
  std::map<std::string, Dwarf_Off, std::less<>> tags;
  std::map<std::string, Dwarf_Off, std::less<>> aliases;  // typedefs
  std::unordered_map<Dwarf_Off, std::string> names;       // of what `tags` has, and of others of the same name
  std::map<std::string, std::pair<Dwarf_Off, int64_t>, std::less<>> enumerators;
  std::unordered_map<Dwarf_Off, std::unique_ptr<const StructDefinition>> structs;
  std::unordered_map<Dwarf_Off, std::unique_ptr<const EnumDefinition>> enums;
  std::unordered_map<std::string, std::unique_ptr<const Type>> types;
};

DwarfTypes::DwarfTypes(const ElfFile& file, uint32_t number)
    : number_(number),
      dwarf_(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr)),
      index_(std::make_unique<Index>()) {}
DwarfTypes::~DwarfTypes() = default;

void DwarfTypes::prefer(Dwarf_Die unit) const { index_unit(unit); }

Dwarf_Off DwarfTypes::place_of(Dwarf_Die* die) const {
  Dwarf* file = dwarf_cu_getdwarf(die->cu);
  size_t number = 0;
  if (file != dwarf_.get()) {
    const auto known = std::ranges::find(index_->files, file);
    number = static_cast<size_t>(known - index_->files.begin());
    if (known == index_->files.end()) index_->files.push_back(file);
  }
  return dwarf_dieoffset(die) | Dwarf_Off{number} << Index::kFileShift;
}

std::optional<Dwarf_Die> DwarfTypes::entry_at(Dwarf_Off place) const {
  const size_t number = place >> Index::kFileShift;
  if (dwarf_ == nullptr || number >= index_->files.size()) return std::nullopt;
  Dwarf* file = number == 0 ? dwarf_.get() : index_->files[number];
  Dwarf_Die die;
  constexpr Dwarf_Off kOffset = (Dwarf_Off{1} << Index::kFileShift) - 1;
  return dwarf_offdie(file, place & kOffset, &die) == nullptr ? std::nullopt : std::optional(die);
}

void DwarfTypes::index_unit(Dwarf_Die unit) const {
  if (auto split = split_unit(&unit)) unit = *split;
  if (index_->units.insert(place_of(&unit)).second) index_children(&unit, "", 0);
}

void DwarfTypes::index_children(Dwarf_Die* parent, const std::string& scope, int depth) const {
  Dwarf_Die child;
  if (depth > kMaximumDepth || dwarf_child(parent, &child) != 0) return;
  do {
    index_entry(&child, scope, depth);
  } while (dwarf_siblingof(&child, &child) == 0);
}

void DwarfTypes::index_entry(Dwarf_Die* die, const std::string& scope, int depth) const {
  const int tag = dwarf_tag(die);
  const char* own = dwarf_diename(die);
  if (tag == DW_TAG_namespace) {
    index_children(die, own == nullptr ? scope : fmt::format("{}{}::", scope, own), depth + 1);
    return;
  }
  const bool enumeration = tag == DW_TAG_enumeration_type;
  if (tag == DW_TAG_typedef && own != nullptr) {
    index_->aliases.emplace(scope + own, place_of(die));
    return;
  }
  if (!is_aggregate(tag) && !enumeration) return;
  if (enumeration) {
    Dwarf_Die child;
    if (dwarf_child(die, &child) == 0) {
      do {
        const char* name = dwarf_diename(&child);
        const auto value = number(&child, DW_AT_const_value);
        if (name == nullptr || dwarf_tag(&child) != DW_TAG_enumerator) continue;
        index_->enumerators.emplace(name, std::pair(place_of(die), static_cast<int64_t>(value.value_or(0))));
      } while (dwarf_siblingof(&child, &child) == 0);
    }
  }
  if (own == nullptr) {
    if (!enumeration) index_children(die, scope, depth + 1);
    return;
  }
  const std::string name = scope + own;
  const Dwarf_Off offset = place_of(die);
  if (!flag(die, DW_AT_declaration)) {
    const auto [first, is_new] = index_->tags.emplace(name, offset);
    std::string& unique = index_->names[offset];
    unique = name;
    // Every unit has its own copy; another struct of that name is kept apart.
    if (auto other = is_new ? std::nullopt : entry_at(first->second)) {
      const bool same = byte_size(&*other) == byte_size(die) &&
                        number(&*other, DW_AT_decl_line).value_or(0) == number(die, DW_AT_decl_line).value_or(0);
      if (!same) {
        unique += fmt::format("#{:x}", offset);
        index_->tags.emplace(unique, offset);
      }
    }
  }
  if (!enumeration) index_children(die, name + "::", depth + 1);
}

std::optional<Dwarf_Die> DwarfTypes::find(std::string_view name, bool alias) const {
  if (dwarf_ == nullptr) return std::nullopt;
  while (true) {
    const auto& table = alias ? index_->aliases : index_->tags;
    if (const auto found = table.find(name); found != table.end()) return entry_at(found->second);
    if (!index_->next_unit) return std::nullopt;
    Dwarf_Off next = 0;
    size_t header = 0;
    if (dwarf_nextcu(dwarf_.get(), *index_->next_unit, &next, &header, nullptr, nullptr, nullptr) != 0) {
      index_->next_unit.reset();
      return std::nullopt;
    }
    if (const auto unit = entry_at(*index_->next_unit + header)) index_unit(*unit);
    index_->next_unit = next;
  }
}

std::string DwarfTypes::name_of(Dwarf_Die* die) const {
  const int tag = dwarf_tag(die);
  const std::string_view keyword = tag == DW_TAG_union_type         ? "union"
                                   : tag == DW_TAG_enumeration_type ? "enum"
                                                                    : "struct";
  Dwarf_Die unit;
  if (dwarf_diecu(die, &unit, nullptr, nullptr) != nullptr) index_unit(unit);
  const Dwarf_Off offset = place_of(die);
  const auto known = index_->names.find(offset);
  const char* own = dwarf_diename(die);
  std::string name;
  if (known != index_->names.end()) {
    name = known->second;
  } else if (own != nullptr) {
    name = own;  // only declared here
  } else {
    name = fmt::format("(anonymous {:x})", offset);
  }
  return fmt::format("user {} {}@{}", keyword, name, number_);
}

Type DwarfTypes::array(Dwarf_Die* die, int depth) const {
  Type element = type(type_of(die), depth + 1);
  std::vector<uint32_t> counts;
  Dwarf_Die child;
  if (dwarf_child(die, &child) == 0) {
    do {
      if (dwarf_tag(&child) != DW_TAG_subrange_type) continue;
      std::optional<uint64_t> count = number(&child, DW_AT_count);
      if (const auto upper = number(&child, DW_AT_upper_bound); !count && upper) count = *upper + 1;
      counts.push_back(static_cast<uint32_t>(std::min<uint64_t>(count.value_or(0), kMaxBytes)));
    } while (counts.size() < kMaximumDepth && dwarf_siblingof(&child, &child) == 0);
  }
  if (counts.empty()) counts.push_back(0);
  for (auto count = counts.rbegin(); count != counts.rend(); ++count) {
    const bool fits = uint64_t{*count} * element.size <= kMaxBytes;
    element = types::array(std::move(element), fits ? *count : 0);
  }
  return element;
}

Type DwarfTypes::type(std::optional<Dwarf_Die> of, int depth) const {
  std::optional<Dwarf_Die> stripped = strip(of);
  if (!stripped || depth > kMaximumDepth) return types::of_kind(TypeKind::kVoid);
  Dwarf_Die* die = &*stripped;
  const int tag = dwarf_tag(die);
  if (is_pointer(tag)) return types::pointer(type(type_of(die), depth + 1), AddressSpace::kUser);
  if (is_aggregate(tag)) {
    uint32_t size = byte_size(die);
    if (flag(die, DW_AT_declaration)) size = 0;
    return types::structure(name_of(die), size);
  }
  if (tag == DW_TAG_enumeration_type) {
    const EnumDefinition* definition = enumeration(die);
    return types::enumeration(definition->name, definition->size, definition->is_signed);
  }
  if (tag == DW_TAG_base_type) return base_type(die);
  if (tag == DW_TAG_array_type) return array(die, depth);
  if (tag == DW_TAG_ptr_to_member_type) return types::integer(8, true);
  return types::of_kind(TypeKind::kVoid);
}

void DwarfTypes::add_member(Dwarf_Die* die, uint32_t base, StructDefinition& definition, int depth) const {
  if (flag(die, DW_AT_external) || flag(die, DW_AT_declaration)) return;  // a static member
  const auto offset = member_offset(die);
  const char* name = dwarf_diename(die);
  if (!offset) return;
  if (name == nullptr) {
    std::optional<Dwarf_Die> inner = strip(type_of(die));
    if (inner && is_aggregate(dwarf_tag(&*inner))) add_members(&*inner, base + *offset, definition, depth + 1);
    return;
  }
  Field field;
  field.name = name;
  field.type = type(type_of(die), depth);
  field.offset = base + *offset;
  const auto width = number(die, DW_AT_bit_size);
  if (width && (!field.type.is_integral() || !place_bits(die, base, *width, definition.size, field))) return;
  definition.fields.push_back(std::move(field));
}

void DwarfTypes::add_members(Dwarf_Die* die, uint32_t base, StructDefinition& definition, int depth) const {
  Dwarf_Die child;
  if (depth > kMaximumDepth || base > kMaxBytes || dwarf_child(die, &child) != 0) return;
  do {
    const int tag = dwarf_tag(&child);
    if (definition.fields.size() > kMaxMembers) return;
    if (tag == DW_TAG_member) {
      add_member(&child, base, definition, depth);
    } else if (tag == DW_TAG_inheritance) {
      const auto offset = member_offset(&child);
      std::optional<Dwarf_Die> parent = strip(type_of(&child));
      if (offset && parent && is_aggregate(dwarf_tag(&*parent))) {
        add_members(&*parent, base + *offset, definition, depth + 1);
      }
    }
  } while (dwarf_siblingof(&child, &child) == 0);
}

namespace {

// "point" of "struct point" and of "user struct point@3".
std::string_view tag_of(std::string_view name) {
  name = source_name(name);
  for (const std::string_view keyword : {"struct ", "class ", "union ", "enum "}) {
    if (name.starts_with(keyword)) return name.substr(keyword.size());
  }
  return name;
}

}  // namespace

const StructDefinition* DwarfTypes::find_struct(std::string_view name) const {
  const std::string_view tag = tag_of(name);
  std::optional<Dwarf_Die> die;
  if (constexpr std::string_view kAnonymous = "(anonymous "; tag.starts_with(kAnonymous)) {
    die = entry_at(std::strtoull(std::string(tag.substr(kAnonymous.size())).c_str(), nullptr, 16));
  } else {
    die = find(tag, false);
    // C's `typedef struct { ... } point;`
    if (!die) die = strip(find(tag, true));
  }
  if (!die || !is_aggregate(dwarf_tag(&*die))) return nullptr;
  auto& entry = index_->structs[place_of(&*die)];
  if (entry == nullptr) {
    auto definition = std::make_unique<StructDefinition>();
    definition->name = name_of(&*die);
    definition->size = byte_size(&*die);
    add_members(&*die, 0, *definition, 0);
    entry = std::move(definition);
  }
  return entry.get();
}

const EnumDefinition* DwarfTypes::enumeration(Dwarf_Die* die) const {
  auto& entry = index_->enums[place_of(die)];
  if (entry != nullptr) return entry.get();
  auto definition = std::make_unique<EnumDefinition>();
  definition->name = name_of(die);
  const uint32_t size = byte_size(die);
  definition->size = size == 1 || size == 2 || size == 8 ? size : 4;
  std::optional<Dwarf_Die> underlying = strip(type_of(die));
  if (underlying && dwarf_tag(&*underlying) == DW_TAG_base_type) {
    const uint64_t encoding = number(&*underlying, DW_AT_encoding).value_or(DW_ATE_unsigned);
    definition->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
  }
  Dwarf_Die child;
  if (dwarf_child(die, &child) == 0) {
    do {
      const char* name = dwarf_diename(&child);
      Dwarf_Attribute attribute;
      if (name == nullptr || dwarf_attr(&child, DW_AT_const_value, &attribute) == nullptr) continue;
      Dwarf_Sword value = 0;
      Dwarf_Word word = 0;
      if (definition->is_signed ? dwarf_formsdata(&attribute, &value) != 0 : dwarf_formudata(&attribute, &word) != 0) {
        continue;
      }
      definition->enumerators.push_back({name, definition->is_signed ? value : static_cast<int64_t>(word)});
    } while (definition->enumerators.size() < kMaxMembers && dwarf_siblingof(&child, &child) == 0);
  }
  entry = std::move(definition);
  return entry.get();
}

const EnumDefinition* DwarfTypes::find_enum(std::string_view name) const {
  const std::string_view tag = tag_of(name);
  std::optional<Dwarf_Die> die;
  if (constexpr std::string_view kAnonymous = "(anonymous "; tag.starts_with(kAnonymous)) {
    die = entry_at(std::strtoull(std::string(tag.substr(kAnonymous.size())).c_str(), nullptr, 16));
  } else {
    die = find(tag, false);
  }
  if (!die || dwarf_tag(&*die) != DW_TAG_enumeration_type) return nullptr;
  return enumeration(&*die);
}

const Type* DwarfTypes::find_type(std::string_view name) const {
  std::string key(name);
  if (const auto found = index_->types.find(key); found != index_->types.end()) return found->second.get();
  std::optional<Dwarf_Die> die = find(name, true);
  if (!die) die = find(name, false);  // C++ leaves the keyword out
  std::unique_ptr<const Type> found;
  if (die) found = std::make_unique<const Type>(type(die));
  return index_->types.emplace(std::move(key), std::move(found)).first->second.get();
}

TypeProvider::EnumValue DwarfTypes::find_enumerator(std::string_view name) const {
  find("", false);  // which no type is called: so all units are indexed
  const auto found = index_->enumerators.find(name);
  if (found == index_->enumerators.end()) return {};
  auto die = entry_at(found->second.first);
  if (!die) return {};
  const EnumDefinition* definition = enumeration(&*die);
  for (const EnumDefinition::Enumerator& each : definition->enumerators) {
    if (each.name == name) return {definition, each.value};
  }
  return {};
}

}  // namespace polytap
