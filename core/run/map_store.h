// User-space maps: what the interpreter counts into on the backends that run it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/ir/ir.h"
#include "core/probe/backend.h"

namespace polytap {

// Values are kept in the merged layout of core/ir/ir.h. Not synchronized: the owner locks.
class MapStore {
 public:
  // SPECS must outlive the store and stay where they are.
  explicit MapStore(const std::vector<ir::MapSpec>& specs);

  // Keys have the map's key_size; a scalar map's key is empty.
  // The value under KEY; empty span when absent. Valid until its entry is removed.
  std::span<std::byte> find(ir::MapId map, std::span<const std::byte> key);
  // The value under KEY, made of zeros when absent; empty span when the map is full (counted in lost_updates()).
  std::span<std::byte> find_or_insert(ir::MapId map, std::span<const std::byte> key);
  bool erase(ir::MapId map, std::span<const std::byte> key);
  size_t size(ir::MapId map) const;
  std::vector<std::string> keys(ir::MapId map) const;
  // Takes VALUE into the aggregation that map MAP holds. NOW: CLOCK_MONOTONIC, for tseries.
  void aggregate(ir::MapId map, std::span<const std::byte> key, int64_t value, uint64_t now = 0);
  // 0 when absent, and for the aggregations that are no single number (hist, lhist).
  int64_t aggregate_read(ir::MapId map, std::span<const std::byte> key);

  void clear(ir::MapId map);
  void zero(ir::MapId map);
  void snapshot(ir::MapId map, MapSink& sink) const;
  uint64_t lost_updates() const { return lost_updates_; }

 private:
  // Finds without making a std::string of the key.
  struct KeyHash {
    using is_transparent = void;
    size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  struct Entry {
    std::vector<std::byte> value;
    std::list<const std::string*>::iterator used;  // in Map::by_use, of maps that evict
  };
  struct Map {
    const ir::MapSpec* spec = nullptr;
    std::unordered_map<std::string, Entry, KeyHash, std::equal_to<>> entries;
    std::list<const std::string*> by_use;  // keys, what was used last in front; only of maps that evict
  };
  static void touch(Map& map, Entry& entry);
  std::vector<Map> maps_;
  uint64_t lost_updates_ = 0;
};

}  // namespace polytap
