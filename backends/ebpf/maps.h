// The script's maps as kernel maps: their forms, and reading them back merged.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/ir/ir.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

// How a map is kept in the kernel.
struct MapForm {
  bool keyed = false;        // a hash map; else a one-entry array
  bool aggregation = false;  // the value is an aggregation
  bool per_cpu = false;      // one value per CPU, merged when read
  uint32_t seen = 0;         // scalar maps: offset of the word behind the value that tells whether it was ever written
  uint32_t value_size = 0;   // in the kernel, that word included
};
MapForm map_form(const ir::MapSpec& spec);

// Adds PART (one CPU's value) into TOTAL; both in the merged layout of core/ir/ir.h.
void merge_aggregation(const Aggregation& parameters, std::span<uint64_t> total, std::span<const uint64_t> part);

class Maps {
 public:
  static Result<Maps> create(const ir::Program& program);

  int fd(ir::MapId map) const { return maps_[map].fd.get(); }
  const MapForm& form(ir::MapId map) const { return maps_[map].form; }
  const ir::MapSpec& spec(ir::MapId map) const { return (*specs_)[map]; }
  // The largest value that programs insert as zeros.
  static uint32_t zeros_needed(const ir::Program& program);

  // kTake removes what is delivered, entry by entry under the kernel's lock: what programs add meanwhile is either
  // delivered or stays. (A program that was adding to an entry at that very moment adds to what is gone; a map without
  // keys has a microsecond between reading and emptying.)
  enum class Reading { kKeep, kTake };
  Status read(ir::MapId map, MapSink& sink, Reading reading);
  Status clear(ir::MapId map);
  Status zero(ir::MapId map);

 private:
  struct Map {
    UniqueFd fd;
    MapForm form;
  };
  struct Entries {
    std::vector<std::byte> keys;
    std::vector<std::byte> values;
    size_t count = 0;
  };
  // The kernel's value of one entry: every CPU's parts behind each other.
  size_t raw_value_size(const Map& map) const;
  Result<Entries> read_all(ir::MapId map, Reading reading) const;
  Result<bool> read_in_batches(ir::MapId map, Reading reading, Entries& entries) const;
  Status read_one_by_one(ir::MapId map, Reading reading, Entries& entries) const;
  Status remove(ir::MapId map, const Entries& entries) const;
  Status write_scalar(ir::MapId map, bool seen);
  bool merge(ir::MapId map, std::span<const std::byte> raw, std::vector<uint64_t>& merged) const;

  const std::vector<ir::MapSpec>* specs_ = nullptr;
  std::vector<Map> maps_;
  uint32_t cpus_ = 1;
};

}  // namespace polytap::ebpf
