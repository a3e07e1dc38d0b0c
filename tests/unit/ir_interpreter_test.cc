#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>

#include "core/ir/interpreter.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"
#include "tests/support/test_machine.h"

namespace polytap::test {
namespace {

constexpr const char* kHead = R"(
settings cut_trailer="..", license="GPL"
site tracepoint, "tracepoint:a:b", context=tracepoint, context_size=32
map "@n", key=[int64], key_size=8, value=int64, value_size=8, max_entries=2
map "@s", value=string[16], value_size=16
map "@c", key=[int64], key_size=8, value=aggregation(signed, size=8, of=(count)), value_size=8
record printf, fields=[int64]
record printf, fields=[string[16], int64, tuple(size=16, elements=[int64, int64]), string[8]]
string "hello world"
string ""
function "f", sites=[0], temps=100
  slot name="$a", size=8
  slot name="$s", size=16
  slot name="$t", size=16
  slot name="$l", size=48
)";

// Runs BODY (blocks) and gives the words that it emitted as record 0.
class InterpreterTest : public testing::Test {
 protected:
  const ir::Program& load(const std::string& body) {
    Result<ir::Program> parsed = ir::parse_text(kHead + body);
    if (!parsed.ok()) {
      ADD_FAILURE() << parsed.error().message();
      return program_;
    }
    program_ = std::move(*parsed);
    const Status status = ir::verify(program_);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message());
    machine_ = std::make_unique<TestMachine>(program_);
    machine_->set_context(Bytes(32));
    return program_;
  }
  void run() {
    ir::Interpreter interpreter(program_);
    interpreter.run(program_.functions.at(0), *machine_);
  }
  std::vector<int64_t> words() const {
    std::vector<int64_t> words;
    for (const auto& [emit, payload] : machine_->emitted()) {
      if (emit != 0) continue;
      int64_t word = 0;
      std::memcpy(&word, payload.data(), 8);
      words.push_back(word);
    }
    return words;
  }
  std::vector<int64_t> run_straight(const std::string& operations) {
    load("b0:\n" + operations + "\nreturn");
    run();
    return words();
  }
  int64_t evaluate(const std::string& op, int64_t left, int64_t right) {
    const auto result = run_straight(
        fmt::format("%0 = const {}\n%1 = const {}\n%2 = {} %0, %1\nemit #0, fields=[(word, %2)]", left, right, op));
    return result.empty() ? -12345 : result[0];
  }

  ir::Program program_;
  std::unique_ptr<TestMachine> machine_;
};

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST_F(InterpreterTest, ArithmeticIsTotal) {
  EXPECT_EQ(evaluate("add", kMax, 1), kMin);
  EXPECT_EQ(evaluate("mul", kMin, -1), kMin);
  EXPECT_EQ(evaluate("sdiv", 7, 0), 0);
  EXPECT_EQ(evaluate("udiv", 7, 0), 0);
  EXPECT_EQ(evaluate("smod", 7, 0), 0);
  EXPECT_EQ(evaluate("umod", 7, 0), 0);
  EXPECT_EQ(evaluate("sdiv", kMin, -1), kMin);
  EXPECT_EQ(evaluate("smod", kMin, -1), 0);
  EXPECT_EQ(evaluate("sdiv", -7, 2), -3);
  EXPECT_EQ(evaluate("smod", -7, 3), -1);
  EXPECT_EQ(evaluate("udiv", -1, 2), kMax);
  EXPECT_EQ(evaluate("shl", 1, 65), 2);
  EXPECT_EQ(evaluate("shr", -1, 63), 1);
  EXPECT_EQ(evaluate("sar", -8, 1), -4);
  EXPECT_EQ(evaluate("ult", 1, -1), 1);
  EXPECT_EQ(evaluate("slt", 1, -1), 0);
  EXPECT_EQ(evaluate("ule", 4, 4), 1);
  EXPECT_EQ(evaluate("sle", kMin, kMax), 1);
}

TEST_F(InterpreterTest, ExtendsAndPartialWords) {
  EXPECT_EQ(run_straight(R"(
    %0 = const 511
    %1 = extend %0, bits=8, signed
    %2 = extend %0, bits=8
    slot_store $a+2, %0, size=2
    %3 = slot_load $a+0, size=8
    %4 = slot_load $a+2, size=1, signed
    emit #0, fields=[(word, %1)]
    emit #0, fields=[(word, %2)]
    emit #0, fields=[(word, %3)]
    emit #0, fields=[(word, %4)])"),
            (std::vector<int64_t>{-1, 255, 511 << 16, -1}));
}

TEST_F(InterpreterTest, LiteralsAreCutAndPadded) {
  EXPECT_EQ(run_straight(R"(
    %0 = const -1
    slot_store $s+8, %0, size=8
    slot_literal $s+0, text=#0, length=16
    %1 = string_length $s+0, capacity=16
    slot_literal $a+0, text=#0, length=8
    %2 = string_length $a+0, capacity=8
    %3 = compare_bytes $a+0, $s+0, length=7
    %4 = compare_bytes $a+0, $s+0, length=8
    emit #0, fields=[(word, %1)]
    emit #0, fields=[(word, %2)]
    emit #0, fields=[(word, %3)]
    emit #0, fields=[(word, %4)])"),
            (std::vector<int64_t>{11, 7, 0, 1}));
}

TEST_F(InterpreterTest, RecordsPackStringsBehindTheFixedPart) {
  run_straight(R"(
    slot_literal $s+0, text=#0, length=16
    %0 = const 7
    slot_store $t+8, %0, size=8
    emit #1, fields=[(string, $s+0, length=16), (word, %0), (bytes, $t+0, length=16), (string, $a+0, length=8)])");
  ASSERT_EQ(machine_->emitted().size(), 1U);
  const Bytes& payload = machine_->emitted()[0].second;
  EXPECT_EQ(hex(payload),
            "0b 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 "
            "00 00 00 00 00 00 00 00 68 65 6c 6c 6f 20 77 6f 72 6c 64");
}

TEST_F(InterpreterTest, Context) {
  load(R"(b0:
    %0 = context_load offset=2, size=2, signed
    emit #0, fields=[(word, %0)]
    context_copy to=$s+0, offset=1, length=3
    %1 = slot_load $s+0, size=8
    emit #0, fields=[(word, %1)]
    %2 = context_string to=$s+0, offset=8, capacity=16
    emit #0, fields=[(word, %2)]
    %3 = context_string to=$t+0, offset=12, capacity=8, relative
    emit #0, fields=[(word, %3)]
    %4 = slot_load $t+0, size=1
    emit #0, fields=[(word, %4)]
    return)");
  Bytes context(32 + 20, std::byte{'x'});
  const std::array<uint8_t, 16> fixed = {0, 1, 0xfe, 0xff, 0, 0, 0, 0, 32, 0, 5, 0, 18, 0, 20, 0};
  std::memcpy(context.data(), fixed.data(), fixed.size());
  context[32 + 3] = std::byte{0};
  context[34] = std::byte{'y'};
  machine_->set_context(context);
  run();
  EXPECT_EQ(words(), (std::vector<int64_t>{-2, 0xfffe01, 3, 1, 'y'}));
  EXPECT_EQ(machine_->faults(), 0U);
}

TEST_F(InterpreterTest, AContextStringOutsideTheContextIsAFault) {
  load(R"(b0:
    %0 = const -1
    slot_store $s+8, %0, size=8
    %2 = context_string to=$s+0, offset=8, capacity=16
    %1 = slot_load $s+8, size=8
    emit #0, fields=[(word, %1)]
    return)");
  Bytes context(32);
  context[8] = std::byte{33};
  context[10] = std::byte{4};
  machine_->set_context(context);
  run();
  EXPECT_EQ(words(), (std::vector<int64_t>{0}));
  EXPECT_EQ(machine_->faults(), 1U);
}

TEST_F(InterpreterTest, MemoryReadsAndFaults) {
  const std::string text = "a string of text";
  const auto address = reinterpret_cast<uint64_t>(text.data());
  load(fmt::format(R"(b0:
    %0 = const {}
    %1 = const 8
    %2 = read_memory user, %0, to=$s+0, length=3
    %3 = slot_load $s+0, size=8
    %4 = read_memory user, %1, to=$s+0, length=3
    %5 = slot_load $s+0, size=8
    %6 = read_string user, %0, to=$a+0, capacity=8
    %7 = slot_load $a+7, size=1
    %8 = read_string user, %1, to=$a+0, capacity=8
    %9 = const 5
    read_buffer user, %0, length=%9, to=$l+0, capacity=8
    %10 = slot_load $l+0, size=8
    %11 = slot_load $l+12, size=4
    read_buffer user, %1, length=%9, to=$l+0, capacity=8
    %12 = slot_load $l+0, size=8
    emit #0, fields=[(word, %2)]
    emit #0, fields=[(word, %3)]
    emit #0, fields=[(word, %4)]
    emit #0, fields=[(word, %5)]
    emit #0, fields=[(word, %6)]
    emit #0, fields=[(word, %7)]
    emit #0, fields=[(word, %8)]
    emit #0, fields=[(word, %10)]
    emit #0, fields=[(word, %11)]
    emit #0, fields=[(word, %12)]
    return)",
                   address));
  machine_->add_memory(std::as_bytes(std::span(text.data(), text.size() + 1)));
  run();
  EXPECT_EQ(words(), (std::vector<int64_t>{1, 'a' | ' ' << 8 | 's' << 16, 0, 0, 7, 0, 0, 5, 'r', 0}));
  EXPECT_EQ(machine_->faults(), 3U);
}

TEST_F(InterpreterTest, Stacks) {
  load(R"(b0:
    %0 = const -1
    slot_store $l+32, %0, size=8
    read_stack user, to=$l+0, depth=4
    %1 = slot_load $l+0, size=8
    %2 = slot_load $l+16, size=8
    %3 = slot_load $l+32, size=8
    emit #0, fields=[(word, %1)]
    emit #0, fields=[(word, %2)]
    emit #0, fields=[(word, %3)]
    return)");
  machine_->set_frames({10, 20});
  machine_->set_builtin(ir::Builtin::kPid, 42);
  run();
  EXPECT_EQ(words(), (std::vector<int64_t>{42, 20, 0}));
}

TEST_F(InterpreterTest, Maps) {
  EXPECT_EQ(run_straight(R"(
    %0 = const 5
    slot_store $a+0, %0, size=8
    %1 = map_add @n, key=$a+0, %0
    %2 = map_add @n, key=$a+0, %0
    %3 = map_get @n, key=$a+0, to=$s+8
    %4 = slot_load $s+8, size=8
    %5 = map_has @n, key=$t+0
    %6 = map_length @n
    %7 = map_delete @n, key=$a+0
    %8 = map_get @n, key=$a+0, to=$s+8
    %9 = slot_load $s+8, size=8
    aggregate @c, key=$a+0, %0
    aggregate @c, key=$a+0, %0
    %10 = aggregate_read @c, key=$a+0
    emit #0, fields=[(word, %1)]
    emit #0, fields=[(word, %2)]
    emit #0, fields=[(word, %3)]
    emit #0, fields=[(word, %4)]
    emit #0, fields=[(word, %5)]
    emit #0, fields=[(word, %6)]
    emit #0, fields=[(word, %7)]
    emit #0, fields=[(word, %8)]
    emit #0, fields=[(word, %9)]
    emit #0, fields=[(word, %10)])"),
            (std::vector<int64_t>{0, 5, 1, 10, 0, 1, 1, 0, 0, 2}));
}

TEST_F(InterpreterTest, ScalarMapsIgnoreTheKey) {
  EXPECT_EQ(run_straight(R"(
    %0 = map_has @s, key=s0+0
    slot_literal $s+0, text=#0, length=16
    map_set @s, key=s0+0, from=$s+0
    %1 = map_get @s, key=s0+0, to=$t+0
    %2 = compare_bytes $s+0, $t+0, length=16
    emit #0, fields=[(word, %0)]
    emit #0, fields=[(word, %1)]
    emit #0, fields=[(word, %2)])"),
            (std::vector<int64_t>{0, 1, 0}));
}

TEST_F(InterpreterTest, LoopsAndSlotsAcrossBlocks) {
  load(R"(
    b0:
      jump b1
    b1:
      %0 = slot_load $a+0, size=8
      %1 = const 1
      %2 = add %0, %1
      slot_store $a+0, %2, size=8
      %3 = const 10
      %4 = ult %2, %3
      branch %4, b1, b2
    b2:
      %5 = slot_load $a+0, size=8
      emit #0, fields=[(word, %5)]
      return)");
  ir::Interpreter interpreter(program_);
  interpreter.run(program_.functions[0], *machine_);
  interpreter.run(program_.functions[0], *machine_);
  EXPECT_EQ(words(), (std::vector<int64_t>{10, 10})) << "slots are zero at every entry";
}

TEST_F(InterpreterTest, EndlessLoopsAreCut) {
  load("b0:\n jump b1\n b1:\n jump b1");
  run();
}

TEST_F(InterpreterTest, ExitLetsTheFunctionEnd) {
  EXPECT_EQ(run_straight("%0 = const 3\nexit %0\nemit #0, fields=[(word, %0)]"), (std::vector<int64_t>{3}));
  EXPECT_EQ(machine_->exit_code(), 3);
}

}  // namespace
}  // namespace polytap::test
