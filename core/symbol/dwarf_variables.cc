#include "core/symbol/dwarf_variables.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "core/symbol/dwarf_location.h"

namespace polytap {
namespace {

using Scopes = std::vector<Dwarf_Die>;

Scopes take(Dwarf_Die* scopes, int count) {
  const std::unique_ptr<Dwarf_Die, decltype(&free)> owner(scopes, free);
  return count > 0 ? Scopes(scopes, scopes + count) : Scopes();
}

bool is_function(Dwarf_Die* die) {
  const int tag = dwarf_tag(die);
  return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

std::optional<Dwarf_Die> unit_around(Dwarf* dwarf, uint64_t address) {
  Dwarf_CU* unit = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Die die;
  while (dwarf_get_units(dwarf, unit, &next, nullptr, nullptr, &die, nullptr) == 0) {
    unit = next;
    if (dwarf_tag(&die) == DW_TAG_compile_unit && dwarf_haspc(&die, address) == 1) return die;
  }
  return std::nullopt;
}

// The entries around ADDRESS, innermost first, up to the unit: as they lie, not as the source has them.
Scopes scopes_around(Dwarf_Die* unit, uint64_t address) {
  Dwarf_Die* found = nullptr;
  const int count = dwarf_getscopes(unit, address, &found);
  Scopes innermost = take(found, count);
  if (innermost.empty()) return {};
  Dwarf_Die* parents = nullptr;
  const int depth = dwarf_getscopes_die(innermost.data(), &parents);
  return take(parents, depth);
}

std::optional<uint64_t> number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) return std::nullopt;
  return value;
}

// The rule of the canonical frame address at a place: .eh_frame's of the program, else .debug_frame's.
class FrameAddress {
 public:
  FrameAddress(Dwarf* dwarf, Elf* program, uint64_t address) : own_(dwarf_getcfi_elf(program)) {
    if (own_ == nullptr || !look(own_.get(), address)) {
      if (Dwarf_CFI* of_debug = dwarf_getcfi(dwarf)) look(of_debug, address);  // belongs to DWARF
    }
  }
  std::span<const Dwarf_Op> operations() const { return {operations_, count_}; }

 private:
  struct CfiCloser {
    void operator()(Dwarf_CFI* cfi) const { dwarf_cfi_end(cfi); }
  };
  bool look(Dwarf_CFI* cfi, uint64_t address) {
    Dwarf_Frame* frame = nullptr;
    if (dwarf_cfi_addrframe(cfi, address, &frame) != 0) return false;
    frame_.reset(frame);
    if (dwarf_frame_cfa(frame, &operations_, &count_) == 0 && count_ != 0) return true;
    count_ = 0;
    return false;
  }

  std::unique_ptr<Dwarf_CFI, CfiCloser> own_;
  std::unique_ptr<Dwarf_Frame, decltype(&free)> frame_{nullptr, free};
  Dwarf_Op* operations_ = nullptr;
  size_t count_ = 0;
};

class Collector {
 public:
  Collector(const DwarfTypes& types, const ElfFile& program, uint64_t address)
      : types_(types), frame_address_(types.handle(), program.handle(), address) {
    place_.address = address;
    place_.frame_address = frame_address_.operations();
  }

  std::optional<std::vector<ProbeVariable>> run(uint32_t line) {
    std::optional<Dwarf_Die> unit = unit_around(types_.handle(), place_.address);
    if (!unit) return std::nullopt;
    Scopes scopes = scopes_around(&*unit, place_.address);
    const auto begin = first_scope(scopes, line);
    const auto function = std::find_if(begin, scopes.end(), [](Dwarf_Die& die) { return is_function(&die); });
    // In the program's own code, around all that was inlined.
    const auto physical =
        std::find_if(function, scopes.end(), [](Dwarf_Die& die) { return dwarf_tag(&die) == DW_TAG_subprogram; });
    if (physical == scopes.end()) return std::nullopt;
    if (dwarf_attr_integrate(&*physical, DW_AT_frame_base, &frame_base_) != nullptr) place_.frame_base = &frame_base_;
    Dwarf_Addr entry = 0;
    place_.at_entry = dwarf_entrypc(&*physical, &entry) == 0 && entry == place_.address;
    in_prologue_ = function == physical && is_in_prologue(&*unit, &*physical);
    types_.prefer(*unit);
    for (auto scope = begin; scope != function + 1; ++scope) add_scope(&*scope);
    return std::move(variables_);
  }

 private:
  // Skips calls in LINE that were inlined here, and are not entered yet.
  Scopes::iterator first_scope(Scopes& scopes, uint32_t line) const {
    auto begin = scopes.begin();
    for (auto scope = scopes.begin(); line != 0 && scope != scopes.end(); ++scope) {
      if (dwarf_tag(&*scope) == DW_TAG_subprogram) break;
      Dwarf_Addr entry = 0;
      if (dwarf_tag(&*scope) != DW_TAG_inlined_subroutine) continue;
      if (number(&*scope, DW_AT_call_line) != line) break;
      if (dwarf_entrypc(&*scope, &entry) != 0 || entry != place_.address) break;
      begin = scope + 1;
    }
    return begin;
  }

  // Before what the compiler says is the prologue's end, or, as gdb has it, before the function's second line.
  bool is_in_prologue(Dwarf_Die* unit, Dwarf_Die* function) const {
    Dwarf_Lines* lines = nullptr;
    size_t count = 0;
    Dwarf_Addr entry = 0;
    if (dwarf_entrypc(function, &entry) != 0 || dwarf_getsrclines(unit, &lines, &count) != 0) return false;
    std::optional<uint64_t> second;
    for (size_t i = 0; i < count; ++i) {
      Dwarf_Line* row = dwarf_onesrcline(lines, i);
      Dwarf_Addr address = 0;
      bool ends_prologue = false;
      if (dwarf_lineaddr(row, &address) != 0 || dwarf_haspc(function, address) != 1) continue;
      if (dwarf_lineprologueend(row, &ends_prologue) == 0 && ends_prologue) return place_.address < address;
      if (address > entry && (!second || address < *second)) second = address;
    }
    return second && place_.address < *second;
  }

  void add_scope(Dwarf_Die* scope) {
    Dwarf_Die child;
    std::set<Dwarf_Off> origins;
    if (dwarf_child(scope, &child) == 0) {
      do {
        Dwarf_Attribute attribute;
        Dwarf_Die origin;
        if (dwarf_attr(&child, DW_AT_abstract_origin, &attribute) != nullptr &&
            dwarf_formref_die(&attribute, &origin) != nullptr) {
          origins.insert(dwarf_dieoffset(&origin));
        }
        add(&child);
      } while (dwarf_siblingof(&child, &child) == 0);
    }
    // What the source has and this copy of it has not.
    Dwarf_Attribute attribute;
    Dwarf_Die abstract;
    if (dwarf_attr(scope, DW_AT_abstract_origin, &attribute) == nullptr ||
        dwarf_formref_die(&attribute, &abstract) == nullptr || dwarf_child(&abstract, &child) != 0) {
      return;
    }
    do {
      if (!origins.contains(dwarf_dieoffset(&child))) add(&child);
    } while (dwarf_siblingof(&child, &child) == 0);
  }

  void add(Dwarf_Die* die) {
    const int tag = dwarf_tag(die);
    const char* name = dwarf_diename(die);
    if ((tag != DW_TAG_formal_parameter && tag != DW_TAG_variable) || name == nullptr) return;
    Dwarf_Attribute attribute;
    const bool located = dwarf_attr_integrate(die, DW_AT_location, &attribute) != nullptr;
    if (!located && dwarf_hasattr_integrate(die, DW_AT_declaration) != 0) return;  // another unit's
    if (!names_.emplace(name).second) return;
    ProbeVariable variable;
    variable.name = name;
    variable.is_parameter = tag == DW_TAG_formal_parameter;
    Dwarf_Attribute type;
    Dwarf_Die of;
    if (dwarf_attr_integrate(die, DW_AT_type, &type) == nullptr || dwarf_formref_die(&type, &of) == nullptr) return;
    variable.type = types_.type(of);
    DwarfLocation location(place_);
    Dwarf_Attribute constant;
    if (located) {
      const bool list = dwarf_whatform(&attribute) == DW_FORM_sec_offset ||
                        dwarf_whatform(&attribute) == DW_FORM_data4 || dwarf_whatform(&attribute) == DW_FORM_data8 ||
                        dwarf_whatform(&attribute) == DW_FORM_loclistx;
      const bool found = location.translate(&attribute, variable.type.size, variable);
      variable.missing = location.why();
      // What holds for the whole function holds from where the function has set up its frame.
      if (found && !list && in_prologue_ && location.needs_frame()) {
        variable.pieces.clear();
        variable.missing = "the function has not put it into its frame yet";
      }
    } else if (dwarf_attr_integrate(die, DW_AT_const_value, &constant) != nullptr) {
      location.translate_constant(&constant, variable.type.size, variable);
      variable.missing = location.why();
    } else {
      variable.missing = "optimized out";
    }
    variables_.push_back(std::move(variable));
  }

  const DwarfTypes& types_;
  FrameAddress frame_address_;
  Dwarf_Attribute frame_base_{};
  DwarfLocation::Place place_;
  bool in_prologue_ = false;
  std::set<std::string> names_;
  std::vector<ProbeVariable> variables_;
};

}  // namespace

std::optional<std::vector<ProbeVariable>> dwarf_variables(const DwarfTypes& types, const ElfFile& program,
                                                          uint64_t address, uint32_t line) {
  if (types.handle() == nullptr) return std::nullopt;
  return Collector(types, program, address).run(line);
}

}  // namespace polytap
