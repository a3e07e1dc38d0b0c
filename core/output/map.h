// Maps to text and to JSON, sorted by value.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/ir/ir.h"
#include "core/output/renderer.h"
#include "core/output/value.h"

namespace polytap {

// Which part of a map print() shows.
struct MapExtract {
  uint64_t top = 0;      // the entries with the largest values; 0: all
  uint64_t divisor = 1;  // of the values; 0 counts as 1
};

// Sorts ENTRIES by value ascending, ties by key: integers by their sign, strings by their bytes, avg by the average,
// stats by the total, hist and lhist by how much they counted.
void sort_by_value(const ir::MapSpec& spec, std::vector<MapEntry>& entries);

// hist, lhist or tseries: shown on several lines.
bool is_histogram(const Type& type);

class MapRenderer {
 public:
  explicit MapRenderer(ValueRenderer& values) : values_(values) {}

  // ENTRIES in the order in which to show them; an unset scalar map shows as zero, a keyed map without entries not at
  // all.
  void text(std::string& out, const ir::MapSpec& spec, std::span<const MapEntry> entries, MapExtract extract);
  // One line: {"type": "map", "data": {"@m": ...}}, or of type stats or hist.
  void json(std::string& out, const ir::MapSpec& spec, std::span<const MapEntry> entries, MapExtract extract);

  // One map value, without name and key. DIVISOR: not 0.
  void value(std::string& out, const Type& type, Bytes bytes, uint64_t divisor, bool is_json);

 private:
  void stats(std::string& out, const Aggregation& aggregation, Bytes bytes, uint64_t divisor, bool is_json);
  void key(std::string& out, const ir::MapSpec& spec, Bytes bytes, bool is_json);

  ValueRenderer& values_;
};

}  // namespace polytap
