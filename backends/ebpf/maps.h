// The script's maps as kernel maps: their forms, and reading them back merged.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/ir/ir.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

// The kernel hashes whole keys, and texts and stacks, which the language allows a thousand bytes, are short mostly.
// Keys that end with one are kept in two hash maps: those that are zero from the byte KEY_SIZE on under their first
// KEY_SIZE bytes, the others whole.
struct ShortKeys {
  uint32_t key_size = 0;  // 0: there is one map only
  // Texts and stacks of the kernel have nothing behind their first zero: this byte or word tells.
  uint32_t last_offset = 0;
  uint32_t last_size = 0;
};
ShortKeys short_keys(const ir::MapSpec& spec);

// How a map is kept in the kernel.
struct MapForm {
  bool keyed = false;        // a hash map; else a one-entry array
  bool aggregation = false;  // the value is an aggregation
  bool per_cpu = false;      // one value per CPU, merged when read
  uint32_t seen = 0;         // scalar maps: offset of the word behind the value that tells whether it was ever written
  uint32_t value_size = 0;   // in the kernel, that word included
  ShortKeys short_keys;      // none where programs walk through the map or count its entries
};
MapForm map_form(const ir::MapSpec& spec);

// Adds PART (one CPU's value) into TOTAL; both in the merged layout of core/ir/ir.h.
void merge_aggregation(const Aggregation& parameters, std::span<uint64_t> total, std::span<const uint64_t> part);

class Maps {
 public:
  // RARELY: entries come at a sampling clock's rate at most.
  static Result<Maps> create(const ir::Program& program, bool rarely);

  // Some maps are too large to have their entries beforehand: an update may find no memory.
  bool on_demand() const { return on_demand_; }

  int fd(ir::MapId map) const { return maps_[map].fd.get(); }
  int short_fd(ir::MapId map) const { return maps_[map].short_fd.get(); }  // -1: none
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
    UniqueFd short_fd;
    MapForm form;
  };
  // One of the hash maps that a map of the script is kept in.
  struct Part {
    ir::MapId map = 0;
    int fd = -1;
    size_t key_size = 0;
  };
  struct Entries {
    std::vector<std::byte> keys;
    std::vector<std::byte> values;
    size_t count = 0;
  };
  Result<UniqueFd> create_one(const ir::MapSpec& spec, const MapForm& form, uint32_t key_size, uint64_t entry);
  std::vector<Part> parts(ir::MapId map) const;
  // The kernel's value of one entry: every CPU's parts behind each other.
  size_t raw_value_size(const Map& map) const;
  Result<Entries> read_all(const Part& part, Reading reading) const;
  Result<bool> read_in_batches(const Part& part, Reading reading, Entries& entries) const;
  Status read_one_by_one(const Part& part, Reading reading, Entries& entries) const;
  Status remove(const Part& part, const Entries& entries) const;
  Status write_scalar(ir::MapId map, bool seen);
  bool merge(ir::MapId map, std::span<const std::byte> raw, std::vector<uint64_t>& merged) const;

  const std::vector<ir::MapSpec>* specs_ = nullptr;
  std::vector<Map> maps_;
  uint32_t cpus_ = 1;
  bool rarely_ = false;
  bool on_demand_ = false;
};

}  // namespace polytap::ebpf
