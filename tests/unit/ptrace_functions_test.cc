// Function probes of the ptrace backend: breakpoints in commands that it launches and in running processes.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/ptrace_backend.h"
#include "backends/ptrace/relocate.h"
#include "backends/ptrace/return_frames.h"
#include "core/ir/verify.h"
#include "core/probe/registers.h"
#include "core/symbol/read_whole_file.h"
#include "tests/support/function_scenarios.h"
#include "tests/support/questions.h"
#include "tests/support/scenarios.h"
#include "tests/support/target_process.h"

namespace polytap::test {
namespace {

constexpr int kThree = 3 << 8;  // exit status 3: the scenario found everything right

ProbeSite entry_of(const void* function, const std::string& name = "f") {
  return function_site(ProbeType::kUprobe, function, name);
}
ProbeSite return_of(const void* function, const std::string& name = "f") {
  return function_site(ProbeType::kUretprobe, function, name);
}

Answer run(const Question& question, const std::vector<std::string>& command) {
  const Status verified = ir::verify(question.program);
  if (!verified.ok()) return {verified.error().message(), {}, {}, {}, {}, 0};
  const auto backend = make_ptrace_backend();
  return run_command(*backend, question.program, command);
}

TEST(PtraceFunctions, CountsCallsAndSeesTheirRegisters) {
  Question question;
  question.count(entry_of(leaf_function()));
  question.last(entry_of(leaf_function()), registers::kDi, 8);
  question.count(return_of(leaf_function()));
  question.last(return_of(leaf_function()), registers::kAx, 8);
  Answer answer = run(question, scenario("calls", {"500"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{500, 499, 500, 500}));
  EXPECT_EQ(answer.status, std::optional(kThree));
  EXPECT_EQ(answer.events, 2000);
}

TEST(PtraceFunctions, ThreadsShareABreakpoint) {
  Question question;
  question.count(entry_of(leaf_function()));
  question.count(return_of(leaf_function()));
  Answer answer = run(question, scenario("calling-threads", {"25000"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{100'000, 100'000}));
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, ChildrenInheritBreakpoints) {
  Question question;
  question.count(entry_of(leaf_function()));
  question.count(return_of(leaf_function()));
  Answer answer = run(question, scenario("calling-children", {"200"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{200, 200}));
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, FollowsExec) {
  Question question;
  question.count(entry_of(leaf_function()));
  // The shell is another program; what it executes is the one with the function.
  std::string words;
  std::vector<std::string> command = scenario("calls", {"10"});
  command[0] = function_site(ProbeType::kUprobe, leaf_function(), "").module;
  for (const std::string& word : command) words += word + " ";
  Answer answer = run(question, {"/bin/sh", "-c", "for i in 1 2 3; do " + words + "; done; exit 3"});
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, std::vector<int64_t>{30});
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, EveryRecursionReturns) {
  Question question;
  question.count(return_of(recursive_function()));
  question.last(return_of(recursive_function()), registers::kAx, 8);
  question.count(entry_of(recursive_function()));
  Answer answer = run(question, scenario("recursion", {"300"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{301, 301, 301}));
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, CallsLeftByLongjmpDoNotReturn) {
  Question question;
  question.count(entry_of(leaving_function()));
  question.count(return_of(leaving_function()));
  Answer answer = run(question, scenario("leaving-calls", {"1000"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{1000, 500}));
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, ExceptionsPassThrough) {
  Question question;
  question.count(entry_of(throwing_function()));
  question.count(return_of(throwing_function()));
  Answer answer = run(question, scenario("exceptions", {"100"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, (std::vector<int64_t>{100, 0}));
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, SignalsDoNotCountTwice) {
  Question question;
  const uint32_t count = question.count(entry_of(leaf_function()));
  question.last(entry_of(leaf_function()), registers::kDi, 8);
  Answer answer = run(question, scenario("calls-with-signals", {"30"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_GE(answer.words.at(count), 60'000);
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, WorksWhereSigtrapIsBlocked) {
  Question question;
  question.count(entry_of(leaf_function()));
  Answer answer = run(question, scenario("calls-with-blocked-signals", {"1000"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, std::vector<int64_t>{1000});
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, LeavesTheProgramsOwnTrapsAlone) {
  Question question;
  question.count(entry_of(leaf_function()));
  Answer answer = run(question, scenario("own-sigtrap", {"50"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(answer.words, std::vector<int64_t>{50});
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, MovesEveryKindOfInstruction) {
  Question question;
  const std::vector<const void*> places = delicate_instructions();
  for (const void* place : places) question.count(entry_of(place));
  Answer answer = run(question, scenario("delicate", {"50"}));
  EXPECT_EQ(answer.error, "");
  ASSERT_EQ(answer.words.size(), places.size());
  for (size_t i = 0; i < places.size(); i++)
    EXPECT_EQ(answer.words[i], i + 1 == 9 ? 150 : 50) << "instruction " << i + 1;
  EXPECT_EQ(answer.status, std::optional(kThree));
}

TEST(PtraceFunctions, RefusesWhatIsNoInstructionByName) {
  Question question;
  ProbeSite site = entry_of(leaf_function(), "no_such_place");
  site.file_offset = uint64_t{1} << 40;
  question.count(site);
  Target target;
  target.will_launch = true;
  const Verdict verdict = make_ptrace_backend()->can_run(question.program, target);
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("no_such_place"), std::string::npos) << verdict.reason;
  EXPECT_NE(verdict.reason.find("no byte at offset"), std::string::npos) << verdict.reason;
}

// --- running processes

uint64_t mapped_places(pid_t pid) {
  const Result<std::string> maps = read_whole_file("/proc/" + std::to_string(pid) + "/maps");
  return maps.ok() ? static_cast<uint64_t>(std::ranges::count(maps.value(), '\n')) : 0;
}

TEST(PtraceFunctionsAttach, FiftyTimesAndNothingStays) {
  Process target(scenario("calls-until-signal", {"3"}));
  target.wait_for_output();
  const uint64_t traps_handled = uint64_t{1} << (SIGTRAP - 1);
  const uint64_t before = mapped_places(target.pid());
  Question question;
  question.count(entry_of(leaf_function()));
  question.count(return_of(recursive_function()));
  const auto backend = make_ptrace_backend();
  for (int round = 0; round < 50; round++) {
    auto session = backend->prepare(question.program, target_of(target.pid()));
    ASSERT_TRUE(session.ok());
    Status started = session.value()->start();
    ASSERT_TRUE(started.ok()) << started.error().message();
    EXPECT_TRUE(eventually([&] { return map_word(*session.value(), 0) > 200 && map_word(*session.value(), 1) > 20; }));
    ASSERT_TRUE(session.value()->stop().ok());
    EXPECT_EQ(session.value()->losses().missed, 0);
    EXPECT_EQ(read_status_value(target.pid(), "SigCgt", 0, 16).value_or(~0ULL) & traps_handled, 0);
  }
  EXPECT_EQ(mapped_places(target.pid()), before);
  kill(target.pid(), SIGUSR1);
  std::optional<int> status;
  EXPECT_TRUE(eventually([&] { return (status = target.try_wait()).has_value(); }));
  EXPECT_EQ(status, std::optional(kThree));
}

TEST(PtraceFunctionsAttach, TargetsLiveOnWhenTheTracerIsKilled) {
  Process target(scenario("calls-until-signal", {"3"}));
  target.wait_for_output();
  Question question;
  question.count(entry_of(leaf_function()));
  question.count(return_of(recursive_function()));
  for (int round = 0; round < 30; round++) {
    const pid_t tracer = fork();
    if (tracer == 0) {
      auto session = make_ptrace_backend()->prepare(question.program, target_of(target.pid()));
      if (!session.ok() || !session.value()->start().ok()) _exit(1);
      for (;;) pause();
    }
    usleep(static_cast<useconds_t>(round * 997));
    kill(tracer, SIGKILL);
    int status = 0;
    waitpid(tracer, &status, 0);
    EXPECT_EQ(status, SIGKILL);
    ASSERT_FALSE(target.try_wait());
  }
  // The next one finds what they left, and counts right.
  auto session = make_ptrace_backend()->prepare(question.program, target_of(target.pid()));
  ASSERT_TRUE(session.ok());
  Status started = session.value()->start();
  ASSERT_TRUE(started.ok()) << started.error().message();
  EXPECT_TRUE(eventually([&] { return map_word(*session.value(), 0) > 200 && map_word(*session.value(), 1) > 20; }))
      << map_word(*session.value(), 0) << " and " << map_word(*session.value(), 1);
  ASSERT_TRUE(session.value()->stop().ok());
  kill(target.pid(), SIGUSR1);
  std::optional<int> status;
  EXPECT_TRUE(eventually([&] { return (status = target.try_wait()).has_value(); }));
  EXPECT_EQ(status, std::optional(kThree));
}

// --- its parts

std::string bytes_text(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// The slot lies 0x1000 behind the instruction.
std::string relocated(std::vector<uint8_t> bytes, uint64_t slot = 0x11000) {
  bytes.resize(kLongestInstruction, 0x90);
  const Result<RelocatedInstruction> moved = relocate_instruction(bytes, 0x10000, slot);
  return moved.ok() ? bytes_text(std::span(moved->code).first(moved->size)) : moved.error().message();
}

TEST(PtraceRelocate, KeepsWhatDoesNotDependOnThePlace) {
  EXPECT_EQ(relocated({0xf3, 0x0f, 0x1e, 0xfa}),
            "f30f1efa"
            "e9fbefffff");
  EXPECT_EQ(relocated({0x55}),
            "55"
            "e9fbefffff");
  EXPECT_EQ(relocated({0x48, 0x83, 0xec, 0x18}),
            "4883ec18"
            "e9fbefffff");
}

TEST(PtraceRelocate, AdjustsDistances) {
  // mov rax, [rip+0x10]; cmp dword [rip+0x10], 7
  EXPECT_EQ(relocated({0x48, 0x8b, 0x05, 0x10, 0, 0, 0}),
            "488b0510f0ffff"
            "e9fbefffff");
  EXPECT_EQ(relocated({0x83, 0x3d, 0x10, 0, 0, 0, 7}),
            "833d10f0ffff07"
            "e9fbefffff");
  // jne +0x20, jmp -2
  EXPECT_EQ(relocated({0x75, 0x20}),
            "0f851cf0ffff"
            "e9f7efffff");
  EXPECT_EQ(relocated({0xeb, 0xfe}),
            "e9fbefffff"
            "e9f8efffff");
}

TEST(PtraceRelocate, PushesTheReturnAddressOfCalls) {
  const std::string push =
      "6805000100"
      "c744240400000000";
  EXPECT_EQ(relocated({0xe8, 0, 1, 0, 0}), push +
                                               "e9f3f0ffff"
                                               "e9eeefffff");
  EXPECT_EQ(relocated({0xff, 0xd0, 0x90, 0x90, 0x90}).substr(0, 2), "68");
  EXPECT_EQ(relocated({0xff, 0xd4}), "it calls through the stack pointer");
}

TEST(PtraceRelocate, RefusesWhatCannotBeMoved) {
  EXPECT_EQ(relocated({0xcc}), "there is a breakpoint instruction already");
  EXPECT_EQ(relocated({0x06}), "no valid instruction begins there");
  EXPECT_NE(relocated({0x48, 0x8b, 0x05, 0, 0, 0, 0x80}).find("2 GiB"), std::string::npos);
  EXPECT_EQ(relocated({0xc7, 0xf8, 0, 0, 0, 0}), "it is a relative branch of a kind that cannot be moved");  // xbegin
}

TEST(PtraceReturns, MatchByAddressAndStack) {
  const FunctionPlace* const f = reinterpret_cast<const FunctionPlace*>(8);
  const FunctionPlace* const g = reinterpret_cast<const FunctionPlace*>(16);
  ReturnFrames frames;
  frames.push({0x10, 0x8000, f});
  frames.push({0x20, 0x7f00, g});
  EXPECT_TRUE(frames.pop(0x20, 0x7f10).empty());  // past there without a return from there, so it was left
  EXPECT_TRUE(frames.pop(0x20, 0x7f00).empty());
  EXPECT_EQ(frames.pop(0x10, 0x8000), std::vector<const FunctionPlace*>{f});
  EXPECT_EQ(frames.size(), 0U);

  // f jumps to g: both return at once, the inner one first.
  frames.push({0x10, 0x8000, f});
  frames.push({0x10, 0x8000, g});
  EXPECT_EQ(frames.pop(0x10, 0x8000), (std::vector<const FunctionPlace*>{g, f}));

  // Left by longjmp and called again.
  frames.push({0x10, 0x8000, f});
  frames.push({0x10, 0x8000, f});
  EXPECT_EQ(frames.pop(0x10, 0x8000).size(), 1U);

  // Another stack, far away.
  frames.push({0x10, 0x8000, f});
  frames.push({0x20, 0x7000'0000, g});
  frames.push({0x30, 0x7fe0, g});
  EXPECT_EQ(frames.pop(0x20, 0x7000'0000).size(), 1U);
  EXPECT_EQ(frames.pop(0x30, 0x7fe0).size(), 1U);
  EXPECT_EQ(frames.pop(0x10, 0x8000).size(), 1U);
}

}  // namespace
}  // namespace polytap::test
