#include "core/run/map_store.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"

namespace polytap {
namespace {

std::string_view as_text(std::span<const std::byte> key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

uint64_t word(std::span<const std::byte> value, size_t index) {
  uint64_t result = 0;
  std::memcpy(&result, value.data() + 8 * index, 8);
  return result;
}

void set_word(std::span<std::byte> value, size_t index, uint64_t to) { std::memcpy(value.data() + 8 * index, &to, 8); }

void add(std::span<std::byte> value, size_t index, uint64_t delta) {
  set_word(value, index, word(value, index) + delta);
}

bool is_less(uint64_t a, uint64_t b, bool is_signed) {
  return is_signed ? static_cast<int64_t>(a) < static_cast<int64_t>(b) : a < b;
}

// Each interval has a place of its own until the one that comes `intervals` later takes it.
void take_into_series(const Aggregation& aggregation, std::span<std::byte> value, uint64_t taken, uint64_t now) {
  const uint64_t interval = now / aggregation.interval_ns;
  const size_t at = 3 * (interval % aggregation.intervals);
  if (word(value, at) != interval + 1) {
    set_word(value, at, interval + 1);
    set_word(value, at + 1, 0);
    set_word(value, at + 2, 0);
  }
  const uint64_t old = word(value, at + 1);
  switch (aggregation.each) {
    case SeriesKind::kLast:
      set_word(value, at + 1, taken);
      set_word(value, at + 2, now);
      return;
    case SeriesKind::kSum:
    case SeriesKind::kAvg:
      add(value, at + 1, taken);
      break;
    case SeriesKind::kMin:
    case SeriesKind::kMax: {
      const bool is_min = aggregation.each == SeriesKind::kMin;
      const bool is_better =
          is_min ? is_less(taken, old, aggregation.is_signed) : is_less(old, taken, aggregation.is_signed);
      if (word(value, at + 2) == 0 || is_better) set_word(value, at + 1, taken);
      break;
    }
  }
  add(value, at + 2, 1);
}

void take_in(const Aggregation& aggregation, std::span<std::byte> value, int64_t taken, uint64_t now) {
  const auto bits = static_cast<uint64_t>(taken);
  switch (aggregation.kind) {
    case AggregationKind::kCount:
      add(value, 0, 1);
      break;
    case AggregationKind::kSum:
      add(value, 0, bits);
      set_word(value, 1, 1);
      break;
    case AggregationKind::kMin:
    case AggregationKind::kMax: {
      const bool is_min = aggregation.kind == AggregationKind::kMin;
      const uint64_t old = word(value, 0);
      const bool is_better =
          is_min ? is_less(bits, old, aggregation.is_signed) : is_less(old, bits, aggregation.is_signed);
      if (word(value, 1) == 0 || is_better) set_word(value, 0, bits);
      set_word(value, 1, 1);
      break;
    }
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
      add(value, 0, 1);
      add(value, 1, bits);
      break;
    case AggregationKind::kHist:
      add(value, ir::hist_bucket(taken, aggregation.bits), 1);
      break;
    case AggregationKind::kLhist:
      add(value, ir::lhist_bucket(taken, aggregation), 1);
      break;
    case AggregationKind::kTseries:
      take_into_series(aggregation, value, bits, now);
      break;
  }
}

int64_t average(uint64_t count, uint64_t total, bool is_signed) {
  if (count == 0) return 0;
  // A count never reaches INT64_MAX, so the signed division cannot overflow.
  if (is_signed) return static_cast<int64_t>(total) / static_cast<int64_t>(count);
  return static_cast<int64_t>(total / count);
}

}  // namespace

MapStore::MapStore(const std::vector<ir::MapSpec>& specs) {
  maps_.reserve(specs.size());
  for (const ir::MapSpec& spec : specs) maps_.push_back({&spec, {}, {}});
}

void MapStore::touch(Map& map, Entry& entry) {
  if (map.spec->evicts) map.by_use.splice(map.by_use.begin(), map.by_use, entry.used);
}

std::span<std::byte> MapStore::find(ir::MapId map, std::span<const std::byte> key) {
  Map& target = maps_[map];
  const auto found = target.entries.find(as_text(key));
  if (found == target.entries.end()) return {};
  touch(target, found->second);
  return found->second.value;
}

std::span<std::byte> MapStore::find_or_insert(ir::MapId map, std::span<const std::byte> key) {
  Map& target = maps_[map];
  CHECK(key.size() == target.spec->key_size);
  if (const std::span<std::byte> value = find(map, key); !value.empty()) return value;
  if (target.entries.size() >= target.spec->max_entries) {
    if (!target.spec->evicts) {
      ++lost_updates_;
      return {};
    }
    const auto oldest = target.entries.find(*target.by_use.back());
    target.by_use.pop_back();
    target.entries.erase(oldest);
  }
  const auto made = target.entries.try_emplace(std::string(as_text(key))).first;
  made->second.value.resize(target.spec->value_size);
  if (target.spec->evicts) {
    target.by_use.push_front(&made->first);
    made->second.used = target.by_use.begin();
  }
  return made->second.value;
}

bool MapStore::erase(ir::MapId map, std::span<const std::byte> key) {
  Map& target = maps_[map];
  const auto found = target.entries.find(as_text(key));
  if (found == target.entries.end()) return false;
  if (target.spec->evicts) target.by_use.erase(found->second.used);
  target.entries.erase(found);
  return true;
}

size_t MapStore::size(ir::MapId map) const { return maps_[map].entries.size(); }

std::vector<std::string> MapStore::keys(ir::MapId map) const {
  std::vector<std::string> keys;
  keys.reserve(maps_[map].entries.size());
  for (const auto& [key, value] : maps_[map].entries) keys.push_back(key);
  return keys;
}

void MapStore::aggregate(ir::MapId map, std::span<const std::byte> key, int64_t value, uint64_t now) {
  const std::span<std::byte> entry = find_or_insert(map, key);
  if (!entry.empty()) take_in(maps_[map].spec->value.aggregation, entry, value, now);
}

int64_t MapStore::aggregate_read(ir::MapId map, std::span<const std::byte> key) {
  const std::span<const std::byte> entry = find(map, key);
  if (entry.empty()) return 0;
  const Aggregation& aggregation = maps_[map].spec->value.aggregation;
  switch (aggregation.kind) {
    case AggregationKind::kCount:
    case AggregationKind::kSum:
    case AggregationKind::kMin:
    case AggregationKind::kMax:
      return static_cast<int64_t>(word(entry, 0));
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
      return average(word(entry, 0), word(entry, 1), aggregation.is_signed);
    default:
      return 0;
  }
}

void MapStore::clear(ir::MapId map) {
  maps_[map].entries.clear();
  maps_[map].by_use.clear();
}

void MapStore::zero(ir::MapId map) {
  for (auto& [key, entry] : maps_[map].entries) std::ranges::fill(entry.value, std::byte{0});
}

void MapStore::snapshot(ir::MapId map, MapSink& sink) const {
  for (const auto& [key, entry] : maps_[map].entries) {
    sink.entry(map, std::as_bytes(std::span(key.data(), key.size())), entry.value);
  }
}

}  // namespace polytap
