// Which backend is chosen, and programs that are split among several.
#include "core/plan/plan.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/ir/verify.h"
#include "core/plan/composed_backend.h"
#include "core/plan/split.h"
#include "tests/support/compiled.h"

namespace polytap {
namespace {

// What the sessions of a test did, by backend.
using Log = std::vector<std::string>;

class FakeSession : public Session {
 public:
  FakeSession(std::string name, Log& log, std::vector<EmittedRecord> records, std::optional<int> exit_code)
      : name_(std::move(name)), log_(log), records_(std::move(records)), exit_code_(exit_code) {}
  Status start() override { return note("start"); }
  Status stop() override { return note("stop"); }
  Status fire(uint32_t function, uint32_t) override { return note("fire " + std::to_string(function)); }
  int poll_fd() const override { return -1; }
  Status drain(EventSink& sink) override {
    for (const EmittedRecord& record : std::exchange(records_, {})) sink.record(record);
    if (const auto code = std::exchange(exit_code_, std::nullopt)) sink.exit_requested(*code);
    return {};
  }
  Status snapshot(ir::MapId map, MapSink&) override { return note("snapshot " + std::to_string(map)); }
  Status clear(ir::MapId map) override { return note("clear " + std::to_string(map)); }
  Status zero(ir::MapId map) override { return note("zero " + std::to_string(map)); }
  Status take(ir::MapId map, MapSink&) override { return note("take " + std::to_string(map)); }
  bool finished() const override { return false; }
  Losses losses() const override { return {.records = 1, .updates = 0, .faults = 2, .missed = 3}; }
  std::optional<uint64_t> events() const override { return 10; }

 private:
  Status note(const std::string& what) {
    log_.push_back(name_ + ": " + what);
    return {};
  }
  std::string name_;
  Log& log_;
  std::vector<EmittedRecord> records_;
  std::optional<int> exit_code_;
};

// Can run sites of events whose name begins with one of PREFIXES.
class FakeBackend : public Backend {
 public:
  FakeBackend(std::string name, std::vector<std::string> prefixes, double cost, Log& log, std::string fidelity = {})
      : name_(std::move(name)),
        prefixes_(std::move(prefixes)),
        cost_(cost),
        log_(log),
        fidelity_(std::move(fidelity)) {}

  std::string_view name() const override { return name_; }
  Verdict can_run(const ir::Program& program, const Target&) const override {
    Verdict verdict;
    verdict.possible = true;
    verdict.cost_ns = cost_;
    verdict.fidelity = fidelity_;
    for (const ir::Function& function : program.functions) {
      for (const uint32_t site : function.sites) {
        if (program.sites[site].type != ProbeType::kTracepoint || knows(program.sites[site].event)) continue;
        verdict.possible = false;
        verdict.reason = name_ + " does not know " + program.sites[site].event;
      }
    }
    return verdict;
  }
  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target&) override {
    EXPECT_TRUE(ir::verify(program).ok()) << ir::verify(program).error().message();
    return std::unique_ptr<Session>(std::make_unique<FakeSession>(name_, log_, records, exit_code));
  }

  std::vector<EmittedRecord> records;
  std::optional<int> exit_code;

 private:
  bool knows(std::string_view event) const {
    return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const auto& p) { return event.starts_with(p); });
  }
  std::string name_;
  std::vector<std::string> prefixes_;
  double cost_;
  Log& log_;
  std::string fidelity_;
};

class PlanTest : public testing::Test {
 protected:
  FakeBackend& add(const std::string& name, std::vector<std::string> prefixes, double cost, std::string fidelity = {}) {
    auto backend = std::make_unique<FakeBackend>(name, std::move(prefixes), cost, log_, std::move(fidelity));
    FakeBackend& added = *backend;
    backends_.push_back(std::move(backend));
    return added;
  }
  const ir::Program& compile(const std::string& script) {
    compiled_ = test::compile_text(script);
    EXPECT_TRUE(compiled_.compiled) << compiled_.diagnostics;
    return compiled_.compiled->program;
  }
  Plan plan(const std::string& script, std::string_view demanded = {}) {
    return make_plan(backends_, compile(script), Target{}, demanded);
  }
  static std::string chosen(const Plan& plan) {
    return plan.chosen ? std::string(plan.candidates[*plan.chosen].backend->name()) : "none";
  }

  Log log_;
  std::vector<std::unique_ptr<Backend>> backends_;
  test::CompiledText compiled_;
};

constexpr const char* kEnter = "tracepoint:syscalls:sys_enter_openat { @a = count(); }";
constexpr const char* kBoth =
    "tracepoint:syscalls:sys_enter_openat { @a = count(); } tracepoint:syscalls:sys_exit_openat { @b = count(); }";

TEST_F(PlanTest, TheCheapestThatAnswersInFullIsChosen) {
  add("dear", {"sys_"}, 100);
  add("cheap", {"sys_"}, 10);
  add("cheapest_but_poor", {"sys_"}, 1, "no names");
  const Plan made = plan(kEnter);
  EXPECT_EQ(chosen(made), "cheap");
  EXPECT_EQ(made.why, "the cheapest that answers in full");
  EXPECT_EQ(made.candidates.size(), 3U);
}

TEST_F(PlanTest, AQuickPlanChoosesTheSameAndAsksNoMoreThanItNeeds) {
  add("dear", {"sys_"}, 100);
  add("cheap", {"sys_"}, 10);
  add("cheapest_but_poor", {"sys_"}, 1, "no names");
  const ir::Program& program = compile(kEnter);
  const auto quick = [&](std::string_view demanded) { return quick_plan(backends_, program, Target{}, demanded); };
  ASSERT_TRUE(quick(""));
  EXPECT_EQ(chosen(*quick("")), "cheap");
  EXPECT_EQ(chosen(*quick("dear")), "dear");
  EXPECT_EQ(quick("dear")->candidates.size(), 1U);
  EXPECT_EQ(chosen(*quick("cheapest_but_poor")), "cheapest_but_poor");
  EXPECT_FALSE(quick("unknown"));
  EXPECT_FALSE(quick("dear,cheap"));
}

TEST_F(PlanTest, ADemandedBackendThatCannotSaysWhy) {
  add("one", {"sys_"}, 1);
  add("two", {"none"}, 1);
  EXPECT_EQ(chosen(plan(kEnter, "one")), "one");
  const Plan made = plan(kEnter, "two");
  EXPECT_EQ(chosen(made), "none");
  EXPECT_EQ(made.why, "backend two cannot answer this: two does not know sys_enter_openat");
  EXPECT_EQ(plan(kEnter, "three").why, "there is no backend called 'three'; there are: one, two");
}

TEST_F(PlanTest, ProbesThatShareNoMapsAreSplitWhenNobodyCanDoAll) {
  add("enters", {"sys_enter"}, 5);
  add("exits", {"sys_exit"}, 7);
  const Plan made = plan(kBoth);
  EXPECT_EQ(chosen(made), "enters+exits");
  const Verdict& verdict = made.candidates.back().verdict;
  EXPECT_EQ(verdict.cost_ns, 7);
  ASSERT_GE(verdict.notes.size(), 2U);
  EXPECT_EQ(verdict.notes[0], "enters: tracepoint:syscalls:sys_enter_openat");
  EXPECT_EQ(verdict.notes[1], "exits: tracepoint:syscalls:sys_exit_openat");
  // Several names allow a split among these, one name allows none.
  EXPECT_EQ(chosen(plan(kBoth, "enters,exits")), "enters+exits");
  EXPECT_EQ(chosen(plan(kBoth, "enters")), "none");
}

TEST_F(PlanTest, NothingIsSplitWhenOneAnswersInFull) {
  add("enters", {"sys_enter"}, 5);
  add("exits", {"sys_exit"}, 7);
  add("all", {"sys_"}, 1000);
  EXPECT_EQ(chosen(plan(kBoth)), "all");
}

TEST_F(PlanTest, ProbesThatShareAMapAreNotSplitAndTheMapIsNamed) {
  add("enters", {"sys_enter"}, 5);
  add("exits", {"sys_exit"}, 7);
  const Plan made = plan(
      "tracepoint:syscalls:sys_enter_openat { @start[tid] = nsecs; } "
      "tracepoint:syscalls:sys_exit_openat /@start[tid]/ { delete(@start[tid]); }");
  EXPECT_EQ(chosen(made), "none");
  EXPECT_NE(made.why.find("they share @start"), std::string::npos) << made.why;
}

TEST_F(PlanTest, WhatFiresByItselfGoesWithTheMapsItUses) {
  const ir::Program& program = compile(
      "BEGIN { printf(\"go\\n\"); } tracepoint:syscalls:sys_enter_openat { @a = count(); } "
      "tracepoint:syscalls:sys_exit_openat { @b = count(); } interval:s:1 { print(@b); clear(@b); } END { clear(@a); "
      "}");
  const auto groups = independent_groups(program);
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0], (FunctionGroup{0, 1, 4}));
  EXPECT_EQ(groups[1], (FunctionGroup{2, 3}));
}

TEST_F(PlanTest, APartKeepsTheNumbersAndVerifies) {
  const ir::Program& program = compile(kBoth);
  const ir::Program part = part_of(program, {1});
  EXPECT_TRUE(ir::verify(part).ok());
  ASSERT_EQ(part.functions.size(), program.functions.size());
  EXPECT_TRUE(part.functions[0].sites.empty());
  EXPECT_EQ(part.functions[1].sites, program.functions[1].sites);
  EXPECT_EQ(part.sites.size(), program.sites.size());
  EXPECT_EQ(part.sites[program.functions[1].sites[0]].event, "sys_exit_openat");
  EXPECT_EQ(part.maps[1].value_size, program.maps[1].value_size);
}

class Sink : public EventSink, public MapSink {
 public:
  void record(const EmittedRecord& record) override { times.push_back(record.time_ns); }
  void exit_requested(int code) override { exits.push_back(code); }
  void entry(ir::MapId, std::span<const std::byte>, std::span<const std::byte>) override {}
  std::vector<uint64_t> times;
  std::vector<int> exits;
};

TEST_F(PlanTest, AComposedSessionIsOneSession) {
  FakeBackend& enters = add("enters", {"sys_enter"}, 5);
  FakeBackend& exits = add("exits", {"sys_exit"}, 7);
  enters.records = {{.emit = 0, .site = 0, .time_ns = 10, .payload = {}},
                    {.emit = 0, .site = 0, .time_ns = 30, .payload = {}}};
  exits.records = {{.emit = 0, .site = 1, .time_ns = 20, .payload = {}}};
  exits.exit_code = 4;
  const Plan made = plan(kBoth);
  ASSERT_TRUE(made.chosen);
  auto session = made.candidates[*made.chosen].backend->prepare(compiled_.compiled->program, Target{});
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE((*session)->start().ok());
  ASSERT_TRUE((*session)->fire(1, 1).ok());
  Sink sink;
  ASSERT_TRUE((*session)->drain(sink).ok());
  EXPECT_EQ(sink.times, (std::vector<uint64_t>{10, 20, 30}));
  EXPECT_EQ(sink.exits, std::vector<int>{4});
  ASSERT_TRUE((*session)->snapshot(0, sink).ok());
  ASSERT_TRUE((*session)->clear(1).ok());
  EXPECT_EQ((*session)->events(), 20U);
  EXPECT_EQ((*session)->losses().missed, 6U);
  const Log expected{"enters: start", "exits: start",       "exits: fire 1", "enters: stop",
                     "exits: stop",   "enters: snapshot 0", "exits: clear 1"};
  EXPECT_EQ(log_, expected);
}

}  // namespace
}  // namespace polytap
