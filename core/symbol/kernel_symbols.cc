#include "core/symbol/kernel_symbols.h"

#include <algorithm>
#include <limits>

namespace polytap {
namespace {

// kallsyms tells no sizes. Behind the last function of a module, or of the kernel, comes unused space: an address there
// is not a far-off part of that function.
constexpr uint64_t kMaxSizeBeforeGap = 16384;

// Text in upper case is global. Data has other letters.
std::optional<uint8_t> rank_of(char type) {
  switch (type) {
    case 'T':
      return 0;
    case 'W':
    case 'w':
      return 1;
    case 't':
      return 2;
    default:
      return std::nullopt;
  }
}

// Labels at the end of a text section: what follows them is not code.
bool ends_text(std::string_view name) { return name == "_etext" || name == "_einittext"; }

}  // namespace

uint16_t KernelSymbols::module_number(std::string_view module) {
  if (module.empty()) return 0;
  // The lines of a module stand together.
  if (modules_.back() != module && modules_.size() < std::numeric_limits<uint16_t>::max())
    modules_.emplace_back(module);
  return static_cast<uint16_t>(modules_.size() - 1);
}

// "ffffffff81000000 T _stext" or "ffffffffc0201000 t name\t[module]"
void KernelSymbols::add_line(std::string_view line) {
  uint64_t address = 0;
  size_t i = 0;
  for (; i < line.size() && line[i] != ' '; ++i) {
    const char c = line[i];
    const auto digit = static_cast<uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    if (digit > 15) return;
    address = address << 4 | digit;
  }
  if (i + 3 >= line.size() || address == 0) return;
  const auto rank = rank_of(line[i + 1]);
  if (!rank) return;
  std::string_view name = line.substr(i + 3);
  std::string_view module;
  if (line.back() == ']') {
    const size_t tab = name.find('\t');
    if (tab == std::string_view::npos || tab + 3 > name.size()) return;
    module = name.substr(tab + 2, name.size() - tab - 3);
    name = name.substr(0, tab);
  }
  if (name.size() > std::numeric_limits<uint16_t>::max()) return;
  if (module.empty() && name == "_stext") stext_ = address;
  symbols_.push_back({address, static_cast<uint32_t>(names_.size()), static_cast<uint16_t>(name.size()),
                      module_number(module), *rank});
  names_.append(name);
}

void KernelSymbols::sort() {
  const auto name_of = [this](const Entry& e) { return std::string_view(names_).substr(e.name, e.length); };
  const auto before = [&](const Entry& a, const Entry& b) {
    if (a.start != b.start) return a.start < b.start;
    if (a.rank != b.rank) return a.rank < b.rank;
    if (a.length != b.length) return a.length < b.length;
    return name_of(a) < name_of(b);
  };
  if (!std::is_sorted(symbols_.begin(), symbols_.end(), before)) std::sort(symbols_.begin(), symbols_.end(), before);
  const auto same = [](const Entry& a, const Entry& b) { return a.start == b.start; };
  symbols_.erase(std::unique(symbols_.begin(), symbols_.end(), same), symbols_.end());
  symbols_.shrink_to_fit();
}

KernelSymbols KernelSymbols::parse(std::string_view text) {
  constexpr size_t kTypicalLine = 40;
  KernelSymbols result;
  result.symbols_.reserve(text.size() / kTypicalLine);
  result.names_.reserve(text.size() / 2);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    result.add_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  result.names_.shrink_to_fit();
  result.sort();
  return result;
}

std::optional<KernelSymbols::Hit> KernelSymbols::find(uint64_t address) const {
  const auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                      [](uint64_t value, const Entry& entry) { return value < entry.start; });
  if (after == symbols_.begin()) return std::nullopt;
  const Entry& entry = *std::prev(after);
  const std::string_view name = std::string_view(names_).substr(entry.name, entry.length);
  if (ends_text(name)) return std::nullopt;
  const bool before_gap = after == symbols_.end() || after->module != entry.module;
  if (before_gap && address - entry.start >= kMaxSizeBeforeGap) return std::nullopt;
  return Hit{name, modules_[entry.module], entry.start};
}

}  // namespace polytap
