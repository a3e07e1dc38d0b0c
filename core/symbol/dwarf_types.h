// The types of one program, from its debugging information.
#pragma once

#include <elfutils/libdw.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/symbol/elf_file.h"
#include "core/types/type.h"

namespace polytap {

// Definitions are read one at a time when asked for and live as long as this. A struct, class or union goes by
// "user struct NAME@NUMBER" (a union by "user union ..."), an enum by "user enum ...": other programs and the kernel
// may have another of that name. Questions may also name them as the source does: "struct point", "class ns::shape",
// "shape". Pointers lead to user memory. Base classes' members are among a class's own, but for those of virtual ones.
// Damaged information gives no types, or types without what is damaged.
// What UNIT, a skeleton, was split into (-gsplit-dwarf): a unit in a .dwo file. Nullopt: it is no skeleton, or the file
// is missing. Packages (.dwp) are not read here.
std::optional<Dwarf_Die> split_unit(Dwarf_Die* unit);

class DwarfTypes final : public TypeProvider {
 public:
  // FILE must outlive this.
  DwarfTypes(const ElfFile& file, uint32_t number);
  ~DwarfTypes() override;
  DwarfTypes(const DwarfTypes&) = delete;
  DwarfTypes& operator=(const DwarfTypes&) = delete;

  // Null: FILE has no debugging information.
  Dwarf* handle() const { return dwarf_.get(); }
  // The type at DIE, an entry of handle(); nullopt stands for void.
  Type type(std::optional<Dwarf_Die> die, int depth = 0) const;
  // UNIT's types are looked through before those of others: a probed function is in it.
  void prefer(Dwarf_Die unit) const;

  const StructDefinition* find_struct(std::string_view name) const override;
  const EnumDefinition* find_enum(std::string_view name) const override;
  const Type* find_type(std::string_view name) const override;
  EnumValue find_enumerator(std::string_view name) const override;

 private:
  struct DwarfCloser {
    void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
  };
  struct Index;

  std::optional<Dwarf_Die> find(std::string_view name, bool alias) const;
  std::string name_of(Dwarf_Die* die) const;
  Dwarf_Off place_of(Dwarf_Die* die) const;
  std::optional<Dwarf_Die> entry_at(Dwarf_Off place) const;
  void index_unit(Dwarf_Die unit) const;
  void index_children(Dwarf_Die* parent, const std::string& scope, int depth) const;
  void index_entry(Dwarf_Die* die, const std::string& scope, int depth) const;
  void add_members(Dwarf_Die* die, uint32_t base, StructDefinition& definition, int depth) const;
  void add_member(Dwarf_Die* die, uint32_t base, StructDefinition& definition, int depth) const;
  Type array(Dwarf_Die* die, int depth) const;
  const EnumDefinition* enumeration(Dwarf_Die* die) const;

  uint32_t number_;
  std::unique_ptr<Dwarf, DwarfCloser> dwarf_;
  std::unique_ptr<Index> index_;
};

}  // namespace polytap
