// Random IR programs that verify, end and give the same result wherever they run: for differential tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::test {

// Sebastiano Vigna's splitmix64: small, and the same everywhere, unlike the standard library's distributions.
class RandomSource {
 public:
  explicit RandomSource(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(uint32_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

struct RandomProgramOptions {
  uint32_t operations = 60;  // about how many
  uint32_t max_blocks = 8;
  bool context = true;              // ContextLoad, ContextCopy, ContextString
  bool builtins = true;             // those that stay the same within a process: pid, tid, uid, gid, comm
  bool plain_maps = true;           // MapGet, MapSet, MapAdd
  bool map_presence = true;         // MapDelete, MapHas, MapLength
  bool scalar_map_presence = true;  // these on scalar maps, too
  bool full_maps = false;           // one map is so small that it overflows
  bool aggregations = true;
  bool aggregate_reads = true;
  bool emits = true;
  bool loops = true;       // at most 4 times around, never nested
  bool map_loops = false;  // MapNext, up to three deep, over maps of one entry: the order of more is anyone's
  bool exits = true;
  // Memory to read in user space; its last byte must be NUL. 0: no memory reads. Its size must be at least 256.
  uint64_t readable_address = 0;
  uint32_t readable_size = 0;
  uint64_t unreadable_address = 0;  // every read there must fail; 0: none are tried
};

// The context of random programs: ContextKind::kTracepoint with kContextSize bytes.
inline constexpr uint32_t kRandomContextSize = 64;
// Where it holds data locations, and the strings they point to.
inline constexpr uint32_t kDataLocation = 40;
inline constexpr uint32_t kRelativeLocation = 44;
inline constexpr uint32_t kContextStrings = 48;

// One function on one site. Equal seeds and options give equal programs.
ir::Program random_program(uint64_t seed, const RandomProgramOptions& options);
// Random bytes with data locations in range where random programs look for them.
std::vector<std::byte> random_context(uint64_t seed);
// Random bytes and strings, NUL at the end, for readable memory.
void fill_readable(uint64_t seed, std::span<std::byte> memory);

// A smaller program for which FAILS (given verified programs only) still holds. It holds for PROGRAM.
ir::Program shrink(ir::Program program, const std::function<bool(const ir::Program&)>& fails);

}  // namespace polytap::test
