#include "core/symbol/source_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "core/symbol/dwarf_types.h"

namespace polytap {
namespace {

struct DwarfCloser {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

bool path_ends_in(std::string_view path, std::string_view end) {
  if (!path.ends_with(end)) return false;
  return path.size() == end.size() || end.starts_with('/') || path[path.size() - end.size() - 1] == '/';
}

// The innermost function, or call of an inlined one, around ADDRESS, by the place of its DIE.
uint64_t function_around(Dwarf_Die* unit, uint64_t address) {
  Dwarf_Die* scopes = nullptr;
  const int count = dwarf_getscopes(unit, address, &scopes);
  const std::unique_ptr<Dwarf_Die, decltype(&free)> owner(scopes, free);
  for (int i = 0; i < count; ++i) {
    const int tag = dwarf_tag(&scopes[i]);
    if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) return dwarf_dieoffset(&scopes[i]);
  }
  return 0;
}

class LineSearch {
 public:
  LineSearch(std::string_view name, uint32_t line, uint32_t column) : name_(name), line_(line), column_(column) {}

  SourcePlaces run(Dwarf* dwarf) {
    Dwarf_CU* unit = nullptr;
    Dwarf_CU* next = nullptr;
    Dwarf_Die die;
    while (dwarf_get_units(dwarf, unit, &next, nullptr, nullptr, &die, nullptr) == 0) {
      unit = next;
      const int tag = dwarf_tag(&die);
      if (tag == DW_TAG_compile_unit || tag == DW_TAG_skeleton_unit) look(&die);
    }
    places_.files.assign(files_.begin(), files_.end());
    if (files_.size() > 1) return std::move(places_);
    for (const auto& [function, address] : lowest_) places_.addresses.push_back(address);
    std::ranges::sort(places_.addresses);
    const auto repeated = std::ranges::unique(places_.addresses);
    places_.addresses.erase(repeated.begin(), repeated.end());
    if (places_.addresses.empty()) places_.next_line = next_;
    return std::move(places_);
  }

 private:
  void look(Dwarf_Die* unit) {
    Dwarf_Lines* lines = nullptr;
    size_t count = 0;
    if (dwarf_getsrclines(unit, &lines, &count) != 0) return;
    places_.has_lines = places_.has_lines || count != 0;
    const char* last = nullptr;  // files come in runs, and a file's name is one string
    bool wanted = false;
    for (size_t i = 0; i < count; ++i) {
      Dwarf_Line* entry = dwarf_onesrcline(lines, i);
      const char* source = dwarf_linesrc(entry, nullptr, nullptr);
      if (source == nullptr) continue;
      if (source != last) {
        wanted = path_ends_in(source, name_);
        last = source;
        if (wanted) files_.insert(source);
      }
      if (wanted) take(unit, entry);
    }
  }

  void take(Dwarf_Die* unit, Dwarf_Line* entry) {
    bool statement = false;
    bool end = false;
    int line = 0;
    int column = 0;
    Dwarf_Addr address = 0;
    if (dwarf_linebeginstatement(entry, &statement) != 0 || !statement || dwarf_lineendsequence(entry, &end) != 0 ||
        end || dwarf_lineno(entry, &line) != 0 || dwarf_lineaddr(entry, &address) != 0) {
      return;
    }
    const auto number = static_cast<uint32_t>(line);
    if (number > line_ && (!next_ || number < *next_)) next_ = number;
    if (number != line_) return;
    if (column_ != 0 && (dwarf_linecol(entry, &column) != 0 || static_cast<uint32_t>(column) != column_)) return;
    Dwarf_Die whole = split_unit(unit).value_or(*unit);
    const std::pair<Dwarf_Off, uint64_t> function(dwarf_dieoffset(unit), function_around(&whole, address));
    const auto [known, is_new] = lowest_.emplace(function, address);
    if (!is_new) known->second = std::min(known->second, address);
  }

  std::string_view name_;
  uint32_t line_;
  uint32_t column_;
  SourcePlaces places_;
  std::set<std::string> files_;
  std::map<std::pair<Dwarf_Off, uint64_t>, uint64_t> lowest_;
  std::optional<uint32_t> next_;
};

}  // namespace

SourcePlaces find_source_line(const ElfFile& file, std::string_view name, uint32_t line, uint32_t column) {
  const std::unique_ptr<Dwarf, DwarfCloser> dwarf(dwarf_begin_elf(file.handle(), DWARF_C_READ, nullptr));
  if (dwarf == nullptr) return {};
  return LineSearch(name, line, column).run(dwarf.get());
}

}  // namespace polytap
