// Events of our own: what the kernel is told to fetch, and what is made of the records; stacks and their events.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/fetch_events.h"
#include "backends/ftrace/stack_join.h"
#include "core/ir/ir.h"
#include "core/probe/registers.h"

namespace polytap::ftrace {
namespace {

ProbeSite kernel_site(ProbeType type, const std::string& function) {
  ProbeSite site;
  site.type = type;
  site.name = fmt::format("{}:{}", type == ProbeType::kKprobe ? "kprobe" : "kretprobe", function);
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  site.function = function;
  return site;
}

// A function on SITE that loads the words at OFFSETS; a string from the first one when READS; runs on only if the first
// one is more than 7.
ir::Program program_of(const ProbeSite& site, const std::vector<uint32_t>& offsets, bool reads) {
  ir::Program program;
  program.sites = {site};
  ir::Function function;
  function.name = site.name;
  function.sites = {0};
  function.slots = {{"", 64}};
  ir::Block head;
  ir::Block body;
  ir::Temp temp = 0;
  for (const uint32_t offset : offsets) head.instructions.push_back({temp++, ir::ContextLoad{offset, 8, false}, {}});
  if (reads) {
    ir::ReadString read;
    read.capacity = 64;
    read.address = 0;
    read.space = AddressSpace::kKernel;
    head.instructions.push_back({ir::kNoTemp, read, {}});
  }
  head.instructions.push_back({temp, ir::Const{7}, {}});
  head.instructions.push_back({temp + 1, ir::Binary{ir::BinaryOp::kUnsignedLess, temp, 0}, {}});
  head.end = ir::Branch{temp + 1, 1, 2};
  body.instructions.push_back({ir::kNoTemp, ir::Emit{}, {}});
  body.end = ir::Return{};
  function.temps = temp + 2;
  function.blocks = {head, body, ir::Block{{}, ir::Return{}, {}}};
  program.functions = {function};
  return program;
}

TEST(FtraceFetch, ExactlyTheRegistersThatAreLookedAt) {
  const auto site = kernel_site(ProbeType::kKprobe, "vfs_read");
  const ir::Program program = program_of(site, {registers::kDx, registers::kDi}, false);
  const auto places = fetch_places(program);
  ASSERT_EQ(places.size(), 1U);
  EXPECT_EQ(places[0].event.definition("g", "e"), "p:g/e vfs_read dx=%dx:x64 di=%di:x64");
  EXPECT_FALSE(places[0].event.check());
}

std::string definition_of(const ir::Program& program) {
  return fetch_places(program).front().event.definition("g", "e");
}

TEST(FtraceFetch, PlacesAndResults) {
  auto site = kernel_site(ProbeType::kKretprobe, "vfs_read");
  EXPECT_EQ(definition_of(program_of(site, {registers::kAx}, false)), "r512:g/e vfs_read ax=$retval:x64");
  site = kernel_site(ProbeType::kKprobe, "some");
  site.module = "mod";
  site.function_offset = 12;
  EXPECT_EQ(definition_of(program_of(site, {registers::kAx}, false)), "p:g/e mod:some+12 ax=%ax:x64");
  site.address = 0xffffffff81000010;
  EXPECT_EQ(definition_of(program_of(site, {registers::kAx}, false)), "p:g/e 0xffffffff81000010 ax=%ax:x64");
}

TEST(FtraceFetch, ReadsThroughPointers) {
  const auto site = kernel_site(ProbeType::kKprobe, "vfs_read");
  const ir::Program program = program_of(site, {registers::kSi}, true);
  const auto places = fetch_places(program);
  EXPECT_EQ(places[0].event.arguments(), "si=%si:x64 c0s=+0(%si):string c0b=+0(%si):u8");
  EXPECT_EQ(places[0].event.captures().size(), 1U);
}

TEST(FtraceFetch, WhatCannotBeFetchedIsRefused) {
  const auto site = kernel_site(ProbeType::kKprobe, "vfs_read");
  const ir::Program program = program_of(site, {registers::kOrigAx}, true);
  const auto places = fetch_places(program);
  const auto refusal = places[0].event.check();
  ASSERT_TRUE(refusal);
  EXPECT_NE(refusal->reason.find("register"), std::string::npos) << refusal->reason;
}

TEST(FtraceFetch, RegistersAreFieldsOfTheFilter) {
  const auto site = kernel_site(ProbeType::kKprobe, "vfs_read");
  const ir::Program program = program_of(site, {registers::kDx}, false);
  const auto places = fetch_places(program);
  EXPECT_EQ(event_filter(program, places[0].hooks), "dx > 7");
}

// retval OP NUMBER, compared as signed words; the kernel has no sign in registers' fields.
std::optional<std::string> signed_filter(ir::BinaryOp op, int64_t number) {
  const auto site = kernel_site(ProbeType::kKretprobe, "vfs_read");
  ir::Program program = program_of(site, {registers::kAx}, false);
  std::vector<ir::Instruction>& code = program.functions[0].blocks[0].instructions;
  code[code.size() - 2].operation = ir::Const{number};
  code.back().operation = ir::Binary{op, 0, 1};
  return event_filter(program, fetch_places(program)[0].hooks);
}

TEST(FtraceFetch, ComparesWithASign) {
  const std::string negative = "ax & 0x8000000000000000";
  EXPECT_EQ(signed_filter(ir::BinaryOp::kSignedLess, 0), fmt::format("({}) || (ax < 0)", negative));
  EXPECT_EQ(signed_filter(ir::BinaryOp::kSignedLess, 5), fmt::format("({}) || (ax < 5)", negative));
  EXPECT_EQ(signed_filter(ir::BinaryOp::kSignedLessEqual, -2),
            fmt::format("({}) && (ax <= 18446744073709551614)", negative));
}

TEST(FtraceFetch, CountsWhatDidNotFire) {
  const std::string profile =
      "  e0_1_k                                                  10               3\n"
      "  other                                                    1              50\n"
      "  e1_1_k                                                   0               4\n";
  EXPECT_EQ(missed_probes(profile, {"e0_1_k", "e1_1_k"}), 7U);
  EXPECT_EQ(missed_probes("", {"e0_1_k"}), 0U);
  EXPECT_EQ(missed_probes("nonsense", {"nonsense"}), 0U);
}

class FtraceStacks : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "polytap-stacks-XXXXXX";
    root_ = mkdtemp(name.data());
    const std::string folder = root_ + "/events/ftrace/kernel_stack";
    std::filesystem::create_directories(folder);
    std::ofstream(folder + "/format") << "name: kernel_stack\nID: 4\nformat:\n"
                                      << kCommonFieldLines
                                      << "\n\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n"
                                         "\tfield:unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;\n"
                                         "\nprint fmt: \"\"\n";
    const auto tracefs = Tracefs::open_at(root_);
    ASSERT_TRUE(tracefs) << tracefs.error().message();
    auto join = StackJoin::create(*tracefs);
    ASSERT_TRUE(join) << join.error().message();
    join_.emplace(std::move(join).value());
  }
  ~FtraceStacks() override { std::filesystem::remove_all(root_); }

  // A record's bytes; of an event when FRAMES is empty.
  static std::vector<std::byte> record(uint8_t flags, pid_t tid, std::vector<uint64_t> frames = {}) {
    std::vector<std::byte> data(16 + frames.size() * 8);
    const uint16_t id = frames.empty() ? 300 : 4;
    const auto count = static_cast<uint32_t>(frames.size());
    std::memcpy(data.data(), &id, 2);
    std::memcpy(data.data() + 2, &flags, 1);
    std::memcpy(data.data() + 4, &tid, 4);
    std::memcpy(data.data() + 8, &count, 4);
    if (!frames.empty()) std::memcpy(data.data() + 16, frames.data(), frames.size() * 8);
    return data;
  }
  // True: a stack was joined.
  bool see(int cpu, uint64_t time, const std::vector<std::byte>& data) {
    const CpuRecord record{cpu, {time, data}};
    const bool joined = join_->see(record, joined_);
    uint16_t id = 0;
    std::memcpy(&id, data.data(), 2);
    if (id != 4) join_->wait(record);
    return joined;
  }

  std::string root_;
  std::optional<StackJoin> join_;
  StackJoin::Joined joined_;
};

TEST_F(FtraceStacks, FollowTheirEvents) {
  EXPECT_FALSE(see(0, 10, record(0, 7)));
  EXPECT_FALSE(see(1, 11, record(0, 8)));
  ASSERT_TRUE(see(0, 12, record(0, 7, {0x111, 0x222})));
  EXPECT_EQ(joined_.record.raw.time, 10U);
  EXPECT_EQ(joined_.frames, (std::vector<uint64_t>{0x111, 0x222}));
  ASSERT_TRUE(see(1, 13, record(0, 8, {0x333})));
  EXPECT_EQ(joined_.record.cpu, 1);
  EXPECT_EQ(joined_.record.raw.time, 11U);
  EXPECT_EQ(join_->lonely(), 0U);
}

TEST_F(FtraceStacks, AnInterruptComesBetween) {
  constexpr uint8_t kHardirq = 8;
  see(0, 10, record(0, 7));
  see(0, 11, record(kHardirq, 7));
  ASSERT_TRUE(see(0, 12, record(kHardirq, 7, {0x111})));
  EXPECT_EQ(joined_.record.raw.time, 11U);
  ASSERT_TRUE(see(0, 13, record(0, 7, {0x222})));
  EXPECT_EQ(joined_.record.raw.time, 10U);
}

TEST_F(FtraceStacks, AStackThatWasLostIsNotTakenFromTheNext) {
  see(0, 10, record(0, 7));
  see(0, 11, record(0, 7));
  ASSERT_TRUE(see(0, 12, record(0, 7, {0x111})));
  EXPECT_EQ(joined_.record.raw.time, 11U);
  EXPECT_EQ(join_->lonely(), 1U);
  // A stack of which no event is known.
  EXPECT_FALSE(see(0, 13, record(0, 7, {0x222})));
}

}  // namespace
}  // namespace polytap::ftrace
