#include <dlfcn.h>
#include <signal.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/symbol/unwind_expression.h"
#include "core/symbol/unwind_rows.h"
#include "core/symbol/unwind_stack.h"
#include "gtest/gtest.h"

namespace polytap {
namespace {

using namespace std::string_literals;

struct Snapshot {
  UnwindValues values{};
  std::vector<std::byte> stack;
  std::vector<uint64_t> expected;      // return addresses, by libgcc's unwinder
  std::vector<uint64_t> by_libunwind;  // the same by another; empty where libunwind is not installed
};

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* frames) {
  const uint64_t address = _Unwind_GetIP(context);  // 0 behind the last
  if (address != 0) static_cast<std::vector<uint64_t>*>(frames)->push_back(address);
  return _URC_NO_REASON;
}

void fill(const ucontext_t& context, Snapshot& snapshot) {
  constexpr int kOrder[kUnwindRegisters] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                            REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                            REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  for (uint32_t i = 0; i < kUnwindRegisters; ++i) {
    snapshot.values[i] = static_cast<uint64_t>(context.uc_mcontext.gregs[kOrder[i]]);
  }
}

// Up to the stack's end.
void copy_stack(Snapshot& snapshot, size_t bytes) {
  snapshot.stack.resize(bytes);
  iovec to{snapshot.stack.data(), bytes};
  iovec from{reinterpret_cast<void*>(snapshot.values[kDwarfRsp]), bytes};
  const ssize_t got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
  snapshot.stack.resize(got > 0 ? static_cast<size_t>(got) : 0);
}

// libunwind's, a second opinion; null where it is not installed.
using Backtrace = int (*)(void** frames, int size);
Backtrace libunwind_backtrace() {
  static const Backtrace found = [] {
    void* library = ::dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    return library == nullptr ? nullptr : reinterpret_cast<Backtrace>(::dlsym(library, "unw_backtrace"));
  }();
  return found;
}

[[gnu::noinline]] int take(Snapshot& snapshot) {
  ucontext_t context;
  getcontext(&context);
  fill(context, snapshot);
  copy_stack(snapshot, 16384);
  _Unwind_Backtrace(add_frame, &snapshot.expected);
  if (const Backtrace backtrace = libunwind_backtrace()) {
    static void* frames[200];  // off the stack that is looked at
    const int count = backtrace(frames, 200);
    for (int i = 0; i < count; ++i) snapshot.by_libunwind.push_back(reinterpret_cast<uint64_t>(frames[i]));
    while (!snapshot.by_libunwind.empty() && snapshot.by_libunwind.back() == 0) snapshot.by_libunwind.pop_back();
  }
  return static_cast<int>(snapshot.stack.size());
}

Snapshot* wanted = nullptr;
int compare(const void* left, const void* right) {
  if (wanted->expected.empty()) take(*wanted);
  return *static_cast<const int*>(left) - *static_cast<const int*>(right);
}

class UnwindTest : public testing::Test {
 protected:
  void SetUp() override {
    libunwind_backtrace();  // not for the first time in a signal handler
    ASSERT_TRUE(maps.read_from_proc(getpid()).ok());
  }
  Unwinder::Walk walk(const Snapshot& snapshot, std::span<uint64_t> frames) {
    UnwindMemory memory(snapshot.values[kDwarfRsp], std::span<const std::byte>(snapshot.stack));
    return unwinder.walk(getpid(), snapshot.values, memory, frames);
  }
  // From the second frame on: the innermost ones are at different places of take().
  void expect_equal(const Snapshot& snapshot) {
    std::vector<uint64_t> frames(200);
    const Unwinder::Walk result = walk(snapshot, frames);
    EXPECT_EQ(result.end, UnwindEnd::kOutermost) << why_unwinding_ended(result.end);
    frames.resize(result.frames);
    ASSERT_EQ(frames.size(), snapshot.expected.size());
    EXPECT_TRUE(std::equal(frames.begin() + 1, frames.end(), snapshot.expected.begin() + 1));
    if (libunwind_backtrace() == nullptr) return;
    ASSERT_EQ(frames.size(), snapshot.by_libunwind.size());
    EXPECT_TRUE(std::equal(frames.begin() + 1, frames.end(), snapshot.by_libunwind.begin() + 1));
  }

  ProcessMaps maps;
  Unwinder unwinder{maps, std::make_shared<UnwindFiles>()};
};

TEST_F(UnwindTest, ASnapshotGivesTheFramesOfLibgcc) {
  Snapshot snapshot;
  take(snapshot);
  ASSERT_GE(snapshot.expected.size(), 8U);
  expect_equal(snapshot);
  expect_equal(snapshot);  // from the cache
}

TEST_F(UnwindTest, ThroughLibc) {
  Snapshot snapshot;
  wanted = &snapshot;
  int numbers[] = {3, 1, 2};
  qsort(numbers, 3, sizeof numbers[0], compare);
  expect_equal(snapshot);
}

TEST_F(UnwindTest, ThroughASignalHandler) {
  static Snapshot snapshot;
  snapshot = {};
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { take(snapshot); };
  ASSERT_EQ(sigaction(SIGUSR2, &action, &before), 0);
  raise(SIGUSR2);
  sigaction(SIGUSR2, &before, nullptr);
  expect_equal(snapshot);
}

TEST_F(UnwindTest, EndsWhereTheSnapshotDoes) {
  Snapshot snapshot;
  take(snapshot);
  snapshot.stack.resize(2048);
  std::vector<uint64_t> frames(200);
  const Unwinder::Walk result = walk(snapshot, frames);
  EXPECT_EQ(result.end, UnwindEnd::kMemory);
  EXPECT_GE(result.frames, 2U);
  EXPECT_LT(result.frames, snapshot.expected.size());
  EXPECT_EQ(walk(snapshot, std::span(frames).first(2)).end, UnwindEnd::kLimit);
}

TEST_F(UnwindTest, GarbageEndsToo) {
  Snapshot snapshot;
  take(snapshot);
  std::vector<uint64_t> frames(200);
  for (size_t i = 0; i + 8 <= snapshot.stack.size(); i += 8) {
    const uint64_t garbage = i * 0x9e3779b97f4a7c15;
    std::memcpy(snapshot.stack.data() + i, &garbage, 8);
  }
  EXPECT_LT(walk(snapshot, frames).frames, 3U);
  snapshot.values.fill(0);
  EXPECT_EQ(walk(snapshot, frames).frames, 1U);
  // Return addresses that lead around in circles at one place of the stack.
  snapshot.values[kDwarfReturnAddress] = ~uint64_t{0};
  EXPECT_LE(walk(snapshot, frames).frames, 2U);
}

// The rows for programs in the kernel say what the full rows say, at every row of the files that this test has mapped.
TEST_F(UnwindTest, RowsForTheKernelAreTheFullOnes) {
  UnwindFiles files;
  size_t compared = 0;
  size_t other = 0;
  for (const Mapping& mapping : maps.mappings(getpid())) {
    const auto file = files.open(getpid(), mapping);
    if (!file || mapping.path.find(".so") == std::string::npos) continue;
    const std::vector<UnwindRowWord> rows = unwind_rows(*file);
    ASSERT_TRUE(std::is_sorted(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.begin < b.begin; }));
    for (const UnwindRowWord& row : rows) {
      const auto full = file->find(row.begin);
      const UnwindRule rule = full ? reduce(*full) : UnwindRule();
      EXPECT_EQ(rule.packed(), row.rule) << mapping.path << " " << std::hex << row.begin;
      compared++;
      other += rule.cfa == CfaRule::kOther ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 20'000U);
  EXPECT_LT(other * 50, compared);  // nearly all code can be unwound in the kernel
}

TEST(UnwindExpression, ProcedureLinkageTable) {
  // rsp + 8 + ((rip & 15) >= 11) * 8: how far the entry has pushed.
  const std::string expression = "\x77\x08\x80\x00\x3f\x1a\x3b\x2a\x33\x24\x22"s;
  UnwindMemory memory(0, std::span<const std::byte>());
  UnwindValues values{};
  values[kDwarfRsp] = 1000;
  values[kDwarfReturnAddress] = 0x401020;
  EXPECT_EQ(evaluate_expression(expression, values, memory, {}), 1008U);
  values[kDwarfReturnAddress] = 0x40102b;
  EXPECT_EQ(evaluate_expression(expression, values, memory, {}), 1016U);
}

TEST(UnwindExpression, BadOnesGiveNothing) {
  UnwindMemory memory(0, std::span<const std::byte>());
  const UnwindValues values{};
  const std::string loop = "\x2f\xfd\xff"s;  // skip back to itself
  EXPECT_FALSE(evaluate_expression(loop, values, memory, {}));
  EXPECT_FALSE(evaluate_expression("", values, memory, {}));
  EXPECT_FALSE(evaluate_expression("\x22", values, memory, {}));          // plus of nothing
  EXPECT_FALSE(evaluate_expression("\x30\x30\x1b", values, memory, {}));  // 0 / 0
  EXPECT_FALSE(evaluate_expression("\x77", values, memory, {}));          // cut off
  EXPECT_FALSE(evaluate_expression("\x30\x06", values, memory, {}));      // memory that is not there
  EXPECT_EQ(evaluate_expression("\x23\x05", values, memory, 3), 8U);
}

}  // namespace
}  // namespace polytap
