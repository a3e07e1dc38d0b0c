#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "backends/ebpf/frame_layout.h"
#include "backends/ebpf/maps.h"
#include "backends/ebpf/register_allocator.h"
#include "backends/ebpf/rejection.h"
#include "backends/ebpf/ring.h"
#include "core/ir/operands.h"
#include "tests/support/random_program.h"

namespace polytap::ebpf {
namespace {

ir::Program one_block(std::vector<uint32_t> slots, std::vector<ir::Instruction> instructions, ir::Temp temps) {
  ir::Program program;
  ir::Function function;
  for (const uint32_t size : slots) function.slots.push_back({"", size});
  function.blocks.resize(1);
  function.blocks[0].instructions = std::move(instructions);
  function.temps = temps;
  program.functions.push_back(function);
  return program;
}

TEST(EbpfFrameLayout, ZeroesOnlyWhatIsReadBeforeItIsWritten) {
  const ir::Program program = one_block({16, 8},
                                        {{ir::kNoTemp, ir::SlotZero{{0, 0}, 8}, {}},
                                         {0, ir::SlotLoad{{0, 0}, 8, false}, {}},
                                         {1, ir::SlotLoad{{0, 8}, 4, false}, {}},
                                         {ir::kNoTemp, ir::SlotStore{{1, 0}, 4, 0}, {}},
                                         {2, ir::SlotLoad{{1, 0}, 8, false}, {}}},
                                        3);
  const auto ranges = words_to_zero(program, program.functions[0]);
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].slot, 0U);
  EXPECT_EQ(ranges[0].offset, 8U);
  EXPECT_EQ(ranges[0].length, 8U);
  EXPECT_EQ(ranges[1].slot, 1U);  // written in part only
}

TEST(EbpfFrameLayout, LargeSlotsLiveInScratch) {
  const ir::Program program = one_block({8, 64, 72, 4096}, {}, 0);
  const FrameLayout layout = lay_out_frame(program, program.functions[0], {});
  EXPECT_FALSE(layout.slots[0].in_scratch);
  EXPECT_FALSE(layout.slots[1].in_scratch);
  EXPECT_TRUE(layout.slots[2].in_scratch);
  EXPECT_TRUE(layout.slots[3].in_scratch);
  EXPECT_GE(layout.scratch_size, 72U + 4096);
}

TEST(EbpfFrameLayout, StackHoldsWhatFitsAndNothingOverlaps) {
  const ir::Program program = one_block(std::vector<uint32_t>(40, 24), {}, 0);
  const FrameLayout layout = lay_out_frame(program, program.functions[0], {});
  std::set<std::pair<bool, int32_t>> starts;
  for (const Location& location : layout.slots) {
    EXPECT_TRUE(starts.insert({location.in_scratch, location.offset}).second);
    if (!location.in_scratch) {
      EXPECT_GE(location.offset, -static_cast<int32_t>(kStackBytes));
    }
  }
}

// In random programs no two temporaries that live at the same time share a home.
TEST(EbpfRegisterAllocator, HomesOfLivingTemporariesDiffer) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ir::Program program = test::random_program(seed, {});
    const ir::Function& function = program.functions[0];
    const Allocation allocation = allocate_registers(function);
    for (const ir::Block& block : function.blocks) {
      std::map<ir::Temp, size_t> last_use;
      for (size_t i = 0; i < block.instructions.size(); ++i) {
        ir::for_each_operand(block.instructions[i].operation, [&](ir::Temp temp) { last_use[temp] = i; });
      }
      if (const auto* branch = std::get_if<ir::Branch>(&block.end)) {
        last_use[branch->condition] = block.instructions.size();
      }
      std::vector<ir::Temp> living;
      for (size_t i = 0; i < block.instructions.size(); ++i) {
        std::erase_if(living, [&](ir::Temp temp) { return last_use[temp] <= i; });
        const bool clobbers = clobbers_registers(block.instructions[i].operation);
        for (const ir::Temp temp : living) {
          const Home& home = allocation.homes[temp];
          EXPECT_FALSE(clobbers && home.kind == Home::Kind::kRegister && home.reg < Reg::k7) << "seed " << seed;
        }
        const ir::Temp result = block.instructions[i].result;
        if (result == ir::kNoTemp || last_use.count(result) == 0) continue;
        const Home& home = allocation.homes[result];
        for (const ir::Temp other : living) {
          const Home& theirs = allocation.homes[other];
          if (home.kind != theirs.kind || home.kind == Home::Kind::kConstant) continue;
          const bool same = home.kind == Home::Kind::kSpill ? home.spill == theirs.spill : home.reg == theirs.reg;
          EXPECT_FALSE(same) << "seed " << seed;
        }
        living.push_back(result);
      }
    }
  }
}

std::vector<uint64_t> times(const std::vector<RingRecord>& records) {
  std::vector<uint64_t> result;
  for (const RingRecord& record : records) result.push_back(record.time_ns);
  return result;
}

TEST(EbpfRing, SortsNearlySortedRecordsAndFindsCuts) {
  std::vector<RingRecord> records;
  for (const uint64_t time : {1, 3, 2, 5, 4, 6}) {
    RingRecord record;
    record.time_ns = time;
    record.start_ns = time;
    record.end = 8 * (records.size() + 1);
    records.push_back(record);
  }
  std::vector<size_t> cuts;
  sort_by_time(records, cuts);
  EXPECT_EQ(times(records), (std::vector<uint64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(cuts, (std::vector<size_t>{1, 3, 5, 6}));
  EXPECT_EQ(records[2].end, 24U);
}

// Two CPUs whose firings begin in the same nanosecond, or one nanosecond apart, and a third that emits one record only.
TEST(EbpfRing, KeepsTheRecordsOfAFiringTogether) {
  std::vector<RingRecord> records;
  const auto add = [&](uint32_t cpu, uint64_t start, uint64_t time) {
    RingRecord record;
    record.cpu = cpu;
    record.start_ns = start;
    record.time_ns = time;
    record.end = 8 * (records.size() + 1);
    records.push_back(record);
  };
  add(1, 100, 100);
  add(2, 100, 100);
  add(1, 100, 101);
  add(0, 101, 101);
  add(2, 100, 101);
  add(1, 100, 102);
  add(3, 102, 102);
  std::vector<size_t> cuts;
  sort_by_time(records, cuts);
  std::vector<uint32_t> cpus;
  for (const RingRecord& record : records) cpus.push_back(record.cpu);
  EXPECT_EQ(cpus, (std::vector<uint32_t>{1, 1, 1, 2, 2, 0, 3}));
  EXPECT_EQ(times(records), (std::vector<uint64_t>{100, 101, 102, 100, 101, 101, 102}));
  EXPECT_EQ(cuts, (std::vector<size_t>{1, 6, 7}));
}

TEST(EbpfLoader, FindsTheComplaintInAVerifierLog) {
  const VerifierVerdict verdict = read_verifier_log(
      "0: R1=ctx() R10=fp0\n0: (b7) r0 = 0\n17: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'scalar'\n"
      "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n");
  EXPECT_EQ(verdict.instruction, 17U);
  EXPECT_EQ(verdict.reason, "R0 invalid mem access 'scalar'");
}

TEST(EbpfLoader, ARejectionHasItsPlaceAndAReport) {
  Bytecode code;
  code.instructions.resize(3);
  code.spans = {{0, 5}, {10, 20}, {30, 40}};
  const Error error =
      rejection({"BEGIN", "0: R1=ctx()\n1: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'scalar'\n", EACCES}, code);
  ASSERT_TRUE(error.place().has_value());
  EXPECT_EQ(error.place()->begin, 10U);
  EXPECT_EQ(error.place()->end, 20U);
  EXPECT_EQ(error.code(), EACCES);
  const std::string& message = error.message();
  EXPECT_NE(message.find("BEGIN: R0 invalid mem access 'scalar'"), std::string::npos) << message;
  const size_t path = message.find("/polytap-rejected-");
  ASSERT_NE(path, std::string::npos) << message;
  const std::string file = message.substr(message.rfind(' ', path) + 1);
  std::ifstream report(file);
  const std::string text{std::istreambuf_iterator<char>(report), {}};
  EXPECT_NE(text.find("R0 invalid mem access 'scalar'"), std::string::npos) << text;
  EXPECT_NE(text.find("10-20"), std::string::npos) << "the script's place of each instruction: " << text;
  std::filesystem::remove(file);
}

TEST(EbpfMaps, MergesPartsOfCpus) {
  std::vector<uint64_t> total = {0, 0};
  const Aggregation least{.kind = AggregationKind::kMin};
  merge_aggregation(least, total, std::vector<uint64_t>{0, 0});  // a CPU that saw nothing
  EXPECT_EQ(total, (std::vector<uint64_t>{0, 0}));
  merge_aggregation(least, total, std::vector<uint64_t>{5, 1});
  merge_aggregation(least, total, std::vector<uint64_t>{static_cast<uint64_t>(-3), 1});
  EXPECT_EQ(total, (std::vector<uint64_t>{static_cast<uint64_t>(-3), 1}));
  const Aggregation most{.kind = AggregationKind::kMax, .is_signed = false};
  merge_aggregation(most, total, std::vector<uint64_t>{7, 1});
  EXPECT_EQ(total[0], static_cast<uint64_t>(-3));
}

}  // namespace
}  // namespace polytap::ebpf
