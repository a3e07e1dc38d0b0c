// A Machine for tests: this process's own builtins and memory windows, everything that a program does recorded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/ir/interpreter.h"
#include "core/ir/ir.h"
#include "core/run/map_store.h"

namespace polytap::test {

using Bytes = std::vector<std::byte>;

class TestMachine : public ir::Machine {
 public:
  // PROGRAM must outlive the machine.
  explicit TestMachine(const ir::Program& program) : maps_(program.maps) {}

  void set_context(Bytes context) { context_ = std::move(context); }
  // Memory (user and kernel) that reads find at its own address; all other reads fail.
  void add_memory(std::span<const std::byte> memory) { windows_.push_back(memory); }
  void set_builtin(ir::Builtin what, uint64_t value) { builtins_[what] = value; }
  void set_frames(std::vector<uint64_t> frames) { frames_ = std::move(frames); }

  const std::vector<std::pair<ir::EmitId, Bytes>>& emitted() const { return emitted_; }
  std::optional<int> exit_code() const { return exit_code_; }
  uint64_t faults() const { return faults_; }

  std::span<const std::byte> context() override { return context_; }
  // What was set; for pid, tid, uid and gid otherwise this process's; else 0.
  uint64_t builtin(ir::Builtin what) override;
  void comm(std::span<char, 16> out) override;
  bool read_memory(AddressSpace space, uint64_t address, std::span<std::byte> out) override;
  // Leaves rubbish behind the string, as nothing promises otherwise.
  int64_t read_string(AddressSpace space, uint64_t address, std::span<char> out) override;
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;
  MapStore& maps() override { return maps_; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override;
  void exit(int code) override { exit_code_ = code; }
  void fault() override { ++faults_; }

 private:
  // The readable bytes from ADDRESS on; empty: none.
  std::span<const std::byte> memory_at(uint64_t address) const;

  MapStore maps_;
  Bytes context_;
  std::vector<std::span<const std::byte>> windows_;
  std::map<ir::Builtin, uint64_t> builtins_;
  std::vector<uint64_t> frames_;
  std::vector<std::pair<ir::EmitId, Bytes>> emitted_;
  std::optional<int> exit_code_;
  uint64_t faults_ = 0;
};

// A map's entries in order of key, to compare and to print.
class MapContents : public MapSink {
 public:
  void entry(ir::MapId map, std::span<const std::byte> key, std::span<const std::byte> value) override;
  // By map, then key.
  const std::map<std::pair<ir::MapId, Bytes>, Bytes>& entries() const { return entries_; }
  friend bool operator==(const MapContents& a, const MapContents& b) { return a.entries_ == b.entries_; }

 private:
  std::map<std::pair<ir::MapId, Bytes>, Bytes> entries_;
};

MapContents contents_of(const MapStore& store, size_t maps);

// "de ad be ef"
std::string hex(std::span<const std::byte> bytes);

}  // namespace polytap::test
