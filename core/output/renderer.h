// Records and maps to what the user reads: text as bpftrace prints it, or JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ir/ir.h"
#include "core/output/benchmarks.h"
#include "core/probe/backend.h"

namespace polytap {

class Symbolizer;

enum class OutputFormat : uint8_t { kText, kJson };

// Where text goes. Standard output is buffered; flush() is called when nothing more is waiting.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void out(std::string_view text) = 0;    // the answer
  virtual void error(std::string_view text) = 0;  // our own messages
  virtual void flush() = 0;
  // Whether the answer can no longer be written (the reader has gone, the disk is full): the run is best ended.
  virtual bool failed() const { return false; }
};

// Key and value bytes of one map entry, in the layout of core/ir/ir.h.
struct MapEntry {
  std::vector<std::byte> key;
  std::vector<std::byte> value;
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  // printf, print(value), time, join, cat, errorf, warnf, print(@m[k]). Not the kinds that need a map's snapshot.
  virtual void record(const EmittedRecord& record) = 0;
  // print(@m, top, divisor) and the maps at the end; top 0: all; divisor 0 or 1: none. Sorts by value as bpftrace does.
  // A scalar map without an entry shows as 0 here, as print() of an unset map does; at the end such maps are left out
  // by the caller.
  virtual void map(ir::MapId map, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) = 0;
  // print(@m[k]) of what no single word tells.
  virtual void map_entry(ir::MapId map, MapEntry entry) { this->map(map, {std::move(entry)}, 0, 1); }
  // Once, behind the last record and before the maps at the end (also when there are none): the empty lines that
  // bpftrace sets them apart by.
  virtual void end_of_run() = 0;
  virtual void attached_probes(uint64_t count) = 0;
  virtual void benchmarks(std::span<const BenchmarkTime> times) { (void)times; }
  // --no-warnings: warnf() and failed reads are not shown.
  virtual void mute_warnings() {}
  // At the end.
  virtual void losses(const Losses& losses) = 0;
  // During the run, when there are more than the last time.
  virtual void losses_so_far(const Losses& losses) { (void)losses; }
};

// All must outlive the renderer. SOURCE: places of errorf and warnf. TYPES: names of enums and fields of structs; null:
// enums show as numbers, structs as their bytes.
std::unique_ptr<Renderer> make_renderer(OutputFormat format, const ir::Program& program, const Source& source,
                                        Symbolizer& symbolizer, ByteSink& sink, const TypeProvider* types = nullptr);

}  // namespace polytap
