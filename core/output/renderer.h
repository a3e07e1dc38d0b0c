// Records and maps to what the user reads: text as bpftrace prints it, or JSON lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/ir.h"
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
  virtual void map(ir::MapId map, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) = 0;
  // Called once before the first of the maps that are printed at the end (text: two newlines).
  virtual void final_maps() = 0;
  virtual void attached_probes(uint64_t count) = 0;
  virtual void losses(const Losses& losses) = 0;
};

// PROGRAM, SYMBOLIZER and SINK must outlive the renderer. SOURCE: places of errorf and warnf.
std::unique_ptr<Renderer> make_renderer(OutputFormat format, const ir::Program& program, const Source& source,
                                        Symbolizer& symbolizer, ByteSink& sink);

}  // namespace polytap
