#include "core/symbol/symbol_index.h"

#include <algorithm>
#include <limits>

namespace polytap {
namespace {

constexpr uint32_t kNoSymbol = std::numeric_limits<uint32_t>::max();

uint64_t end_of(uint64_t start, uint64_t size, uint64_t limit) {
  const uint64_t end = start + size < start ? std::numeric_limits<uint64_t>::max() : start + size;
  return limit > start ? std::min(end, limit) : end;
}

}  // namespace

void SymbolIndex::add(std::string_view name, uint64_t start, uint64_t size, uint64_t limit, SymbolBinding binding) {
  if (names_.size() + name.size() >= kNoSymbol) return;  // 4 GB of names: no such file is real
  candidates_.push_back(
      {start, size, limit, static_cast<uint32_t>(names_.size()), static_cast<uint32_t>(name.size()), binding});
  names_.append(name);
}

bool SymbolIndex::preferred(const Candidate& a, const Candidate& b) const {
  if ((a.size == 0) != (b.size == 0)) return a.size != 0;
  if (a.binding != b.binding) return a.binding < b.binding;
  if (a.length != b.length) return a.length < b.length;
  return name_of(a.name, a.length) < name_of(b.name, b.length);
}

// One symbol for each start, and how far each reaches.
std::vector<SymbolIndex::Extent> SymbolIndex::choose() {
  std::sort(candidates_.begin(), candidates_.end(), [this](const Candidate& a, const Candidate& b) {
    return a.start != b.start ? a.start < b.start : preferred(a, b);
  });
  std::vector<Extent> extents;
  for (size_t i = 0; i < candidates_.size();) {
    const Candidate& best = candidates_[i];
    uint64_t end = best.start;
    size_t next = i;
    for (; next < candidates_.size() && candidates_[next].start == best.start; ++next) {
      end = std::max(end, end_of(best.start, candidates_[next].size, candidates_[next].limit));
    }
    if (best.size == 0) {
      const uint64_t following =
          next < candidates_.size() ? candidates_[next].start : std::numeric_limits<uint64_t>::max();
      end = best.limit > best.start ? std::min(following, best.limit) : following;
      if (end == std::numeric_limits<uint64_t>::max()) end = best.start + 1;  // nothing says where it ends
    }
    extents.push_back({end, static_cast<uint32_t>(symbols_.size())});
    symbols_.push_back({best.start, best.name, best.length});
    i = next;
  }
  return extents;
}

void SymbolIndex::begin_range(uint64_t start, uint32_t symbol) {
  if (!range_starts_.empty() && range_starts_.back() == start) {
    range_symbols_.back() = symbol;
    return;
  }
  range_starts_.push_back(start);
  range_symbols_.push_back(symbol);
}

// Symbols may nest (a part of a function with a name of its own): behind the inner one's end the outer one goes on.
void SymbolIndex::flatten(const std::vector<Extent>& extents) {
  std::vector<Extent> open;
  const auto close_until = [&](uint64_t address) {
    while (!open.empty() && open.back().end <= address) {
      const uint64_t end = open.back().end;
      while (!open.empty() && open.back().end <= end) open.pop_back();
      begin_range(end, open.empty() ? kNoSymbol : open.back().symbol);
    }
  };
  for (const Extent& extent : extents) {
    close_until(symbols_[extent.symbol].start);
    begin_range(symbols_[extent.symbol].start, extent.symbol);
    open.push_back(extent);
  }
  close_until(std::numeric_limits<uint64_t>::max());
}

void SymbolIndex::finish() {
  flatten(choose());
  candidates_ = {};
  names_.shrink_to_fit();
  symbols_.shrink_to_fit();
  range_starts_.shrink_to_fit();
  range_symbols_.shrink_to_fit();
}

std::optional<SymbolIndex::Hit> SymbolIndex::find(uint64_t address) const {
  const auto after = std::upper_bound(range_starts_.begin(), range_starts_.end(), address);
  if (after == range_starts_.begin()) return std::nullopt;
  const uint32_t symbol = range_symbols_[static_cast<size_t>(after - range_starts_.begin()) - 1];
  if (symbol == kNoSymbol) return std::nullopt;
  const Entry& entry = symbols_[symbol];
  return Hit{name_of(entry.name, entry.length), entry.start};
}

}  // namespace polytap
