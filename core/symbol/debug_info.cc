#include "core/symbol/debug_info.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <utility>

namespace polytap {
namespace {

// An origin, a specification, and an import or two; a damaged file may go in circles.
constexpr int kMaxHops = 16;

}  // namespace

struct DebugInfo::Other {
  explicit Other(ElfFile other, const UnitParts* parts = nullptr)
      : file(std::move(other)), sections(DwarfSections::of(file, parts)), units(sections) {}

  ElfFile file;
  DwarfSections sections;
  DwarfUnits units;
};

DebugInfo::DebugInfo(ElfFile file, DebugFileSearch search)
    : file_(std::move(file)), search_(std::move(search)), sections_(DwarfSections::of(file_)), units_(sections_) {}

DebugInfo::~DebugInfo() = default;

std::unique_ptr<DebugInfo> DebugInfo::open(ElfFile file, DebugFileSearch search, std::string& why) {
  std::unique_ptr<DebugInfo> info(new DebugInfo(std::move(file), std::move(search)));
  const DwarfSections& sections = info->sections_;
  if (!sections.unreadable.empty()) {
    why = sections.unreadable;
  } else if (sections.info.empty() || sections.abbrev.empty()) {
    why = "no DWARF";
  } else {
    return info;
  }
  return nullptr;
}

bool DebugInfo::miss(std::string why) {
  why_ = std::move(why);
  return false;
}

DwarfLines* DebugInfo::lines_of(DwarfUnit& unit) {
  if (unit.lines) return unit.lines.get();
  const DwarfValue list = unit.root[DwarfAttribute::kStmtList];
  if (!list) return nullptr;
  unit.lines = std::make_unique<DwarfLines>(
      unit.sections->line, list.number, unit.string(unit.root[DwarfAttribute::kName], alternate_sections()),
      unit.string(unit.root[DwarfAttribute::kCompDir], alternate_sections()), unit.encoding.address_size,
      LineStrings{&unit.sections->line_str, &unit.sections->str});
  return unit.lines.get();
}

std::string_view DebugInfo::path_of(DwarfUnit& unit, DwarfLines& lines, uint64_t file) {
  constexpr uint64_t kMaxFile = 1 << 20;
  if (file >= kMaxFile || unit.lines.get() != &lines) return {};
  auto& paths = paths_[&lines];
  if (paths.size() <= file) paths.resize(file + 1);
  if (!paths[file]) paths[file] = std::make_unique<const std::string>(lines.file_path(file));
  return *paths[file];
}

std::string_view DebugInfo::name_of(const Place& entry) {
  const auto [it, is_new] = names_.try_emplace(entry.unit->sections->info.data() + entry.offset);
  if (is_new) it->second = name_at(entry, 0);
  return it->second;
}

// The linkage name where there is one, on the way from an inlined or concrete function to its declaration.
std::string_view DebugInfo::name_at(const Place& at, int hops) {
  DwarfCursor cursor = at.unit->cursor(at.offset);
  DwarfEntry entry;
  if (hops > kMaxHops || !at.unit->abbreviations->read(cursor, entry)) return {};
  const std::string_view linkage = at.unit->string(entry[DwarfAttribute::kLinkageName], alternate_sections());
  if (!linkage.empty()) return linkage;
  const std::string_view name = at.unit->string(entry[DwarfAttribute::kName], alternate_sections());
  const auto target = follow(at, entry[DwarfAttribute::kOrigin]);
  const std::string_view origin = target ? name_at(*target, hops + 1) : std::string_view();
  return origin.empty() ? name : origin;
}

std::optional<DebugInfo::Place> DebugInfo::follow(const Place& from, DwarfValue value) {
  const auto reference = from.unit->reference(value);
  if (!reference) return std::nullopt;
  Place to{from.units, from.unit, reference->offset};
  const bool same = !reference->alternate && to.offset >= from.unit->first_entry && to.offset < from.unit->end;
  if (same) return to;
  if (reference->alternate) {
    if (alternate() == nullptr) return std::nullopt;
    to.units = &alternate()->units;
  }
  to.unit = to.units->around(to.offset);
  if (to.unit == nullptr || !to.unit->read_root()) return std::nullopt;
  return to;
}

DwarfSections* DebugInfo::alternate_sections() {
  Other* other = alternate();
  return other == nullptr ? nullptr : &other->sections;
}

DebugInfo::Other* DebugInfo::alternate() {
  if (looked_for_alternate_ || sections_.alternate_path.empty()) return alternate_.get();
  looked_for_alternate_ = true;
  if (auto file = find_alternate_file(sections_.alternate_path, sections_.alternate_id, search_)) {
    alternate_ = std::make_unique<Other>(std::move(*file));
  }
  return alternate_.get();
}

std::unique_ptr<DebugInfo::Other> DebugInfo::open_split(const DwarfUnit& unit) {
  const std::string_view name = unit.string(unit.root[DwarfAttribute::kDwoName], nullptr);
  const std::string_view directory = unit.string(unit.root[DwarfAttribute::kCompDir], nullptr);
  if (auto file = find_split_file(name, directory, search_)) return std::make_unique<Other>(std::move(*file));
  auto package = find_package(search_);
  if (!package) return nullptr;
  DwarfSections sections = DwarfSections::of(*package);
  const auto parts = find_packaged_unit(sections.cu_index, unit.id);
  return parts ? std::make_unique<Other>(std::move(*package), &*parts) : nullptr;
}

// The split unit of a skeleton; null when it is none, or when its file is missing.
DwarfUnit* DebugInfo::split_of(DwarfUnit& unit) {
  if (unit.looked_for_split) return unit.split;
  unit.looked_for_split = true;
  if (!unit.root.has(DwarfAttribute::kDwoName)) return nullptr;
  if (auto other = open_split(unit)) {
    for (const uint64_t offset : other->units.offsets()) {
      DwarfUnit* candidate = other->units.at(offset);
      if (candidate == nullptr || candidate->is_types) continue;
      candidate->skeleton = &unit;
      if (candidate->read_root() && candidate->id == unit.id) unit.split = candidate;
    }
    if (unit.split != nullptr) others_.push_back(std::move(other));
  }
  return unit.split;
}

// Where the functions of a unit are: in its split unit, if it has one.
DebugInfo::Place DebugInfo::code_of(DwarfUnit& unit) {
  DwarfUnit* split = split_of(unit);
  if (split == nullptr) return {&units_, &unit, 0};
  for (const auto& other : others_) {
    if (&other->sections == split->sections) return {&other->units, split, 0};
  }
  return {&units_, &unit, 0};
}

bool DebugInfo::find(uint64_t address, bool inlines, std::vector<SourceFrame>& frames) {
  why_.clear();
  DwarfUnit* unit = units_.with_address(address);
  if (unit == nullptr) return miss("its DWARF has no unit with that address");
  if (!unit->read_root()) return miss("its DWARF is damaged there");
  Place code = code_of(*unit);
  DwarfLines* lines = lines_of(*unit);
  const auto place = lines != nullptr ? lines->find(address) : std::nullopt;
  if (!code.unit->functions) code.unit->functions = std::make_unique<DwarfFunctions>(*code.unit);
  const auto function = code.unit->functions->find(address);
  if (!function && unit->root.has(DwarfAttribute::kDwoName) && unit->split == nullptr) {
    why_ = fmt::format("its split DWARF, {}, is missing", unit->string(unit->root[DwarfAttribute::kDwoName], nullptr));
  } else if (!place && !function) {
    why_ = lines != nullptr && !lines->damaged().empty() ? std::string(lines->damaged())
                                                         : "its DWARF has neither a function nor a line there";
  }
  if (!place && !function) return false;
  SourceFrame frame;
  if (place) frame = {{}, path_of(*unit, *lines, place->file), place->line, place->column};
  if (!function) {
    frames.push_back(frame);
    return true;
  }
  code.offset = *function;
  calls_.clear();
  if (inlines) code.unit->functions->inlines(*function).find(address, calls_);
  for (; !calls_.empty(); calls_.pop_back()) {
    const DwarfInlines::Call& call = *calls_.back();
    const auto origin = follow(code, call.origin);
    frame.function = origin ? name_of(*origin) : std::string_view();
    frames.push_back(frame);
    frame = {{}, lines != nullptr ? path_of(*unit, *lines, call.file) : std::string_view(), call.line, call.column};
  }
  frame.function = name_of(code);
  frames.push_back(frame);
  return true;
}

}  // namespace polytap
