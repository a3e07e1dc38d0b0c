// Probes in functions of this very program, by the eBPF backend.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <utility>

#include "backends/ebpf/probe_pmu.h"
#include "core/base/unique_fd.h"
#include "core/probe/registers.h"
#include "tests/diff/hand_built.h"

// outer() calls middle(), which calls the function that it is given: all with frames. framed() makes one as well, by
// the instruction that kernels know; bare() makes none.
asm(R"(
  .text
  .p2align 4
  .globl polytap_test_outer, polytap_test_middle, polytap_test_framed, polytap_test_bare
polytap_test_outer:
  push %rbp
  mov %rsp, %rbp
  call polytap_test_middle
  nop
  pop %rbp
  ret
polytap_test_middle:
  push %rbp
  mov %rsp, %rbp
  call *%rsi
  nop
  pop %rbp
  ret
polytap_test_framed:
  push %rbp
  mov %rsp, %rbp
  lea 2(%rdi), %rax
  pop %rbp
  ret
polytap_test_bare:
  lea 1(%rdi), %rax
  ret
)");

extern "C" {
using TestFunction = long (*)(long);
long polytap_test_outer(long value, TestFunction function);
long polytap_test_middle(long value, TestFunction function);
long polytap_test_framed(long value);
long polytap_test_bare(long value);
}

namespace polytap {
namespace {

// A place in this program as a probe site.
ProbeSite site_at(ProbeType type, const void* address, const std::string& name) {
  ProbeSite site;
  site.type = type;
  site.name = (type == ProbeType::kUprobe ? "uprobe:self:" : "uretprobe:self:") + name;
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  site.function = name;
  std::array<char, 4096> path{};
  site.module = std::string(path.data(), static_cast<size_t>(readlink("/proc/self/exe", path.data(), path.size())));
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    unsigned long offset = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx", &begin, &end, &offset) != 3) continue;
    const auto at = reinterpret_cast<uint64_t>(address);
    if (at >= begin && at < end) site.file_offset = at - begin + offset;
  }
  EXPECT_NE(site.file_offset, 0U);
  return site;
}

const void* address_of(TestFunction function) { return reinterpret_cast<const void*>(function); }

uint32_t add(Builder& b, ProbeSite site) {
  b.program.sites.push_back(std::move(site));
  return static_cast<uint32_t>(b.program.sites.size() - 1);
}

Target self() {
  Target target;
  target.pids = {getpid()};
  return target;
}

TEST(EbpfFunctions, ReadsArgumentsAndResults) {
  Builder b;
  const uint32_t entry = add(b, site_at(ProbeType::kUprobe, address_of(polytap_test_bare), "bare"));
  const uint32_t exit = add(b, site_at(ProbeType::kUretprobe, address_of(polytap_test_bare), "bare"));
  const ir::EmitId emit = b.emit({types::int64(), types::int64()});
  for (const auto& [site, offset] : {std::pair{entry, registers::kDi}, std::pair{exit, registers::kResult}}) {
    b.function({site});
    const ir::Temp index = b.op(ir::ReadBuiltin{ir::Builtin::kSiteIndex});
    const ir::Temp value = b.op(ir::ContextLoad{offset, 8, false});
    b.run(ir::Emit{emit, {word(index), word(value)}});
  }
  auto session = prepare(b.program, self());
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (long i = 0; i < 100; ++i) polytap_test_bare(10 * i);
  expect_ok(session->stop());
  polytap_test_bare(1);
  Collector collector;
  expect_ok(session->drain(collector));
  ASSERT_EQ(collector.records.size(), 200U);
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(collector.records[2 * i].word(0), entry);
    EXPECT_EQ(collector.records[2 * i].word(1), 10 * i);
    EXPECT_EQ(collector.records[2 * i + 1].word(0), exit);
    EXPECT_EQ(collector.records[2 * i + 1].word(1), 10 * i + 1);
  }
  EXPECT_EQ(*session->events(), 200U);
  EXPECT_FALSE(session->losses().any());
}

// The whole context, as the kernel lays it out, at the offsets that core/probe/registers.h names.
TEST(EbpfFunctions, CopiesTheRegisters) {
  Builder b;
  b.function({add(b, site_at(ProbeType::kUprobe, address_of(polytap_test_framed), "framed"))});
  const ir::SlotId copy = b.slot(registers::kSize);
  const ir::EmitId emit = b.emit({types::array(types::uint64(), registers::kSize / 8)});
  b.run(ir::ContextCopy{{copy, 0}, 0, registers::kSize});
  b.run(ir::Emit{emit, {{ir::EmitField::Kind::kBytes, ir::kNoTemp, {copy, 0}, registers::kSize}}});
  auto session = prepare(b.program, self());
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  polytap_test_framed(0x1234);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  ASSERT_EQ(collector.records.size(), 1U);
  const auto& record = collector.records[0];
  EXPECT_EQ(record.word(registers::kDi / 8), 0x1234U);
  EXPECT_EQ(record.word(registers::kIp / 8), reinterpret_cast<uint64_t>(&polytap_test_framed));
  EXPECT_EQ(record.word(registers::kCs / 8), 0x33U);
}

std::vector<uint64_t> stack_at(ProbeSite site, TestFunction function) {
  constexpr uint32_t kDepth = 6;
  Builder b;
  b.function({add(b, std::move(site))});
  const ir::SlotId stack = b.slot(8 + 8 * kDepth);
  const ir::EmitId emit = b.emit({types::user_stack(kDepth, StackMode::kRaw)});
  b.run(ir::ReadStack{{stack, 0}, kDepth, AddressSpace::kUser});
  b.run(ir::Emit{emit, {{ir::EmitField::Kind::kBytes, ir::kNoTemp, {stack, 0}, 8 + 8 * kDepth}}});
  auto session = prepare(b.program, self());
  if (session == nullptr) return {};
  expect_ok(session->start());
  polytap_test_outer(1, function);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  EXPECT_EQ(collector.records.size(), 1U);
  std::vector<uint64_t> frames;
  for (uint32_t i = 0; !collector.records.empty() && i < kDepth; ++i) {
    frames.push_back(collector.records[0].word(1 + i));
  }
  return frames;
}

// Whether ADDRESS lies in FUNCTION, whose code is shorter than 16 bytes.
bool within(uint64_t address, const void* function) {
  const auto begin = reinterpret_cast<uint64_t>(function);
  return address >= begin && address < begin + 16;
}

TEST(EbpfFunctions, StacksAtFirstInstructionsHaveTheCaller) {
  for (const auto& [function, name] : {std::pair<TestFunction, const char*>{polytap_test_framed, "framed"},
                                       std::pair<TestFunction, const char*>{polytap_test_bare, "bare"}}) {
    const auto frames = stack_at(site_at(ProbeType::kUprobe, address_of(function), name), function);
    ASSERT_GE(frames.size(), 4U);
    EXPECT_EQ(frames[0], reinterpret_cast<uint64_t>(function)) << name;
    EXPECT_TRUE(within(frames[1], reinterpret_cast<const void*>(polytap_test_middle))) << name;
    EXPECT_TRUE(within(frames[2], reinterpret_cast<const void*>(polytap_test_outer))) << name;
    EXPECT_FALSE(within(frames[3], reinterpret_cast<const void*>(polytap_test_outer))) << name;
  }
}

TEST(EbpfFunctions, StacksAtReturnsBeginInTheCaller) {
  const auto frames =
      stack_at(site_at(ProbeType::kUretprobe, address_of(polytap_test_framed), "framed"), polytap_test_framed);
  ASSERT_GE(frames.size(), 2U);
  EXPECT_TRUE(within(frames[0], reinterpret_cast<const void*>(polytap_test_middle)));
  EXPECT_TRUE(within(frames[1], reinterpret_cast<const void*>(polytap_test_outer)));
}

template <int N>
[[gnu::noinline]] void numbered() {
  asm volatile("" : : "i"(N));
}
template <int... Ns>
std::vector<void (*)()> numbered_functions(std::integer_sequence<int, Ns...>) {
  return {&numbered<Ns>...};
}

// COUNT places, by links for many places or by one perf event each.
void tell_places_apart(int count, bool multi) {
  constexpr int kMost = 300;
  const auto functions = numbered_functions(std::make_integer_sequence<int, kMost>());
  Builder b;
  std::vector<uint32_t> sites;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    sites.push_back(add(b, site_at(ProbeType::kUprobe, reinterpret_cast<const void*>(functions[i]), "numbered")));
  }
  b.function(sites);
  const ir::MapId counts = b.map("@", {types::int64()}, count_type());
  const ir::SlotId key = b.slot(8);
  b.run(ir::SlotStore{{key, 0}, 8, b.op(ir::ReadBuiltin{ir::Builtin::kSiteIndex})});
  b.run(ir::Aggregate{counts, {key, 0}, b.constant(1)});
  auto session = prepare(b.program, self(), {.uprobe_multi = multi});
  ASSERT_NE(session, nullptr);
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  expect_ok(session->start());
  const auto started = Clock::now();
  for (int i = 0; i < count; ++i) {
    for (int times = 0; times < i % 5; ++times) functions[static_cast<size_t>(i)]();
  }
  const auto stopping = Clock::now();
  expect_ok(session->stop());
  struct ByNumber : MapSink {
    std::map<int64_t, uint64_t> counts;
    void entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) override {
      int64_t number = 0;
      std::memcpy(&number, key.data(), 8);
      std::memcpy(&counts[number], value.data(), 8);
    }
  } sink;
  expect_ok(session->snapshot(counts, sink));
  for (int i = 0; i < count; ++i) EXPECT_EQ(sink.counts[i], static_cast<uint64_t>(i % 5)) << i;
  session.reset();
  const auto milliseconds = [](auto span) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
  };
  std::printf("%d places: %lld ms to attach, %lld ms to detach\n", count,
              static_cast<long long>(milliseconds(started - began)),
              static_cast<long long>(milliseconds(Clock::now() - stopping)));
}

TEST(EbpfFunctions, TellsHundredsOfPlacesApart) { tell_places_apart(300, true); }
TEST(EbpfFunctions, TellsPlacesWithOwnEventsApart) { tell_places_apart(3, false); }

// Stacks are put together in scratch memory: every run must find some, on any number of threads.
TEST(EbpfFunctions, ThreadsDoNotShareScratchMemory) {
  constexpr uint64_t kThreads = 8;
  constexpr uint64_t kCalls = 2000;
  Builder b;
  b.function({add(b, site_at(ProbeType::kUprobe, address_of(polytap_test_bare), "bare"))});
  const ir::MapId counts = b.map("@", {types::array(types::uint64(), 128), types::int64()}, count_type());
  const ir::SlotId key = b.slot(8 + 8 * 127 + 8);
  b.run(ir::ReadStack{{key, 0}, 127, AddressSpace::kUser});
  b.run(ir::SlotStore{{key, 8 + 8 * 127}, 8, b.op(ir::ContextLoad{registers::kDi, 8, false})});
  b.run(ir::Aggregate{counts, {key, 0}, b.constant(1)});
  auto session = prepare(b.program, self());
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([i] {
      for (uint64_t call = 0; call < kCalls; ++call) polytap_test_outer(static_cast<long>(i), polytap_test_bare);
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect_ok(session->stop());
  struct ByThread : MapSink {
    std::map<uint64_t, uint64_t> counts;
    void entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) override {
      std::array<uint64_t, 129> words{};
      std::memcpy(words.data(), key.data(), key.size());
      EXPECT_EQ(words[0], static_cast<uint64_t>(getpid()));
      EXPECT_EQ(words[1], reinterpret_cast<uint64_t>(&polytap_test_bare));
      uint64_t count = 0;
      std::memcpy(&count, value.data(), 8);
      counts[words[128]] += count;
    }
  } sink;
  expect_ok(session->snapshot(counts, sink));
  for (uint64_t i = 0; i < kThreads; ++i) EXPECT_EQ(sink.counts[i], kCalls) << i;
  EXPECT_FALSE(session->losses().any());
}

TEST(EbpfFunctions, FollowsChildrenAndNobodyElse) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  const pid_t root = fork();
  ASSERT_GE(root, 0);
  if (root == 0) {
    char byte = 0;
    if (read(gate[0], &byte, 1) != 1) _exit(1);
    for (long i = 0; i < 10; ++i) polytap_test_bare(i);
    const pid_t child = fork();
    for (long i = 0; i < 10; ++i) polytap_test_bare(i);
    if (child > 0) waitpid(child, nullptr, 0);
    _exit(0);
  }
  Builder b;
  b.function({add(b, site_at(ProbeType::kUprobe, address_of(polytap_test_bare), "bare"))});
  const ir::MapId counts = b.map("@", {types::string(16)}, count_type());
  const ir::SlotId key = b.slot(16);
  b.run(ir::ReadComm{{key, 0}});
  b.run(ir::Aggregate{counts, {key, 0}, b.constant(1)});
  Target target;
  target.pids = {root};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (long i = 0; i < 100; ++i) polytap_test_bare(i);  // not the target
  ASSERT_EQ(write(gate[1], "x", 1), 1);
  waitpid(root, nullptr, 0);
  expect_ok(session->stop());
  EXPECT_EQ(*session->events(), 30U);
  close(gate[0]);
  close(gate[1]);
}

TEST(EbpfFunctions, SaysWhatIsWrongWithAPlace) {
  Builder b;
  ProbeSite site = site_at(ProbeType::kUprobe, address_of(polytap_test_bare), "bare");
  site.module = "/no/such/file";
  b.function({add(b, site)});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  const Status started = session->start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("/no/such/file"), std::string::npos) << started.error().message();
  EXPECT_NE(started.error().message().find("No such file"), std::string::npos) << started.error().message();
}

ProbeSite kernel_site(ProbeType type, const std::string& function) {
  ProbeSite site;
  site.type = type;
  site.name = (type == ProbeType::kKprobe ? "kprobe:" : "kretprobe:") + function;
  site.function = function;
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  return site;
}

TEST(EbpfFunctions, ReadsArgumentsAndResultsOfKernelFunctions) {
  if (!ebpf::read_probe_pmu("kprobe").ok()) GTEST_SKIP() << "this kernel has no kprobes";
  Builder b;
  const uint32_t entry = add(b, kernel_site(ProbeType::kKprobe, "vfs_read"));
  const uint32_t exit = add(b, kernel_site(ProbeType::kKretprobe, "vfs_read"));
  const ir::EmitId emit = b.emit({types::int64(), types::int64()});
  for (const auto& [site, offset] : {std::pair{entry, registers::kDx}, std::pair{exit, registers::kResult}}) {
    b.function({site});
    const ir::Temp index = b.op(ir::ReadBuiltin{ir::Builtin::kSiteIndex});
    const ir::Temp value = b.op(ir::ContextLoad{offset, 8, false});
    b.run(ir::Emit{emit, {word(index), word(value)}});
  }
  const UniqueFd file(open("/dev/zero", O_RDONLY));
  auto session = prepare(b.program, self());
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  std::array<char, 100> bytes{};
  for (size_t i = 1; i <= bytes.size(); ++i) ASSERT_EQ(read(file.get(), bytes.data(), i), static_cast<ssize_t>(i));
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  ASSERT_EQ(collector.records.size(), 200U);
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(collector.records[2 * i].word(0), entry);
    EXPECT_EQ(collector.records[2 * i].word(1), i + 1);
    EXPECT_EQ(collector.records[2 * i + 1].word(0), exit);
    EXPECT_EQ(collector.records[2 * i + 1].word(1), i + 1);
  }
  EXPECT_FALSE(session->losses().any());
}

TEST(EbpfFunctions, SaysWhichKernelFunctionIsMissing) {
  if (!ebpf::read_probe_pmu("kprobe").ok()) GTEST_SKIP() << "this kernel has no kprobes";
  Builder b;
  b.function({add(b, kernel_site(ProbeType::kKprobe, "no_such_function"))});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  const Status started = session->start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("kprobe:no_such_function: the kernel has no such function"),
            std::string::npos)
      << started.error().message();
}

TEST(EbpfFunctions, SaysThatTheKernelHasNoKprobes) {
  if (ebpf::read_probe_pmu("kprobe").ok()) GTEST_SKIP() << "this kernel has kprobes";
  Builder b;
  b.function({add(b, kernel_site(ProbeType::kKprobe, "vfs_read"))});
  const Verdict verdict = make_ebpf_backend()->can_run(b.program, {});
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("CONFIG_KPROBES"), std::string::npos) << verdict.reason;
}

}  // namespace
}  // namespace polytap
