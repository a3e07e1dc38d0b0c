// Programs built by hand, and what their sessions deliver, for tests of the eBPF backend.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backends/ebpf/ebpf_backend.h"
#include "core/ir/verify.h"

namespace polytap {

using Bytes = std::vector<std::byte>;

struct Collector : EventSink, MapSink {
  struct Record {
    ir::EmitId emit;
    uint32_t site;
    uint64_t time_ns;
    Bytes payload;
    uint64_t word(size_t index) const {
      uint64_t value = 0;
      std::memcpy(&value, payload.data() + 8 * index, 8);
      return value;
    }
  };
  std::vector<Record> records;
  std::vector<int> exits;
  std::map<std::string, std::vector<uint64_t>> entries;

  void record(const EmittedRecord& r) override {
    records.push_back({r.emit, r.site, r.time_ns, {r.payload.begin(), r.payload.end()}});
  }
  void exit_requested(int code) override { exits.push_back(code); }
  void entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) override {
    std::vector<uint64_t> words(value.size() / 8);
    std::memcpy(words.data(), value.data(), value.size());
    const std::string raw(reinterpret_cast<const char*>(key.data()), key.size());
    entries[raw.substr(0, raw.find('\0'))] = words;
  }
};

// Puts a program together.
class Builder {
 public:
  ir::Program program;

  uint32_t site(ProbeType type, const std::string& category = "", const std::string& event = "") {
    ProbeSite site;
    site.type = type;
    site.category = category;
    site.event = event;
    site.name = category + ":" + event;
    if (type == ProbeType::kTracepoint) {
      site.context = ContextKind::kTracepoint;
      site.context_size = 24;
    }
    program.sites.push_back(site);
    return static_cast<uint32_t>(program.sites.size() - 1);
  }
  void function(std::vector<uint32_t> sites) {
    ir::Function function;
    function.name = program.sites[sites[0]].name;
    function.sites = std::move(sites);
    function.blocks.resize(1);
    program.functions.push_back(function);
  }
  ir::Temp op(ir::Operation operation, bool result = true) {
    ir::Function& function = program.functions.back();
    const ir::Temp temp = result ? function.temps++ : ir::kNoTemp;
    function.blocks[block].instructions.push_back({temp, std::move(operation), {}});
    return temp;
  }
  void run(ir::Operation operation) { op(std::move(operation), false); }
  ir::Temp constant(int64_t value) { return op(ir::Const{value}); }
  ir::SlotId slot(uint32_t size) {
    program.functions.back().slots.push_back({"", size});
    return static_cast<ir::SlotId>(program.functions.back().slots.size() - 1);
  }
  ir::MapId map(const std::string& name, std::vector<Type> key, Type value) {
    ir::MapSpec spec;
    spec.name = name;
    for (const Type& type : key) spec.key_size += type.storage_size();
    spec.key = std::move(key);
    spec.value = value;
    spec.value_size = ir::map_value_size(value);
    program.maps.push_back(spec);
    return static_cast<ir::MapId>(program.maps.size() - 1);
  }
  ir::EmitId emit(std::vector<Type> fields, bool control = false) {
    ir::EmitSpec spec;
    spec.fields = std::move(fields);
    spec.control = control;
    program.emits.push_back(spec);
    return static_cast<ir::EmitId>(program.emits.size() - 1);
  }
  ir::BlockId block = 0;
};

inline ir::EmitField word(ir::Temp temp) { return {ir::EmitField::Kind::kWord, temp, {}, 0}; }
inline ir::EmitField string(ir::Place from, uint32_t capacity) {
  return {ir::EmitField::Kind::kString, ir::kNoTemp, from, capacity};
}

inline Type count_type() { return types::aggregation({.kind = AggregationKind::kCount}); }

inline std::unique_ptr<Session> prepare(const ir::Program& program, Target target = {}, EbpfOptions options = {}) {
  const Status verified = ir::verify(program);
  EXPECT_TRUE(verified.ok()) << (verified.ok() ? "" : verified.error().message());
  target.counts_events = true;
  auto backend = make_ebpf_backend(options);
  const Verdict verdict = backend->can_run(program, target);
  EXPECT_TRUE(verdict.possible) << verdict.reason;
  auto session = backend->prepare(program, target);
  EXPECT_TRUE(session.ok()) << (session.ok() ? "" : session.error().message());
  return session.ok() ? std::move(*session) : nullptr;
}

inline void expect_ok(const Status& status) { EXPECT_TRUE(status.ok()) << status.error().message(); }

}  // namespace polytap
