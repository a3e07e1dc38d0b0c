// The eBPF backend against the running kernel, with hand-built programs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "backends/ebpf/capabilities.h"
#include "backends/ebpf/loader.h"
#include "core/symbol/process_maps.h"
#include "tests/diff/hand_built.h"

namespace polytap {
namespace {

// The thread's name while it lives.
struct CommName {
  explicit CommName(const char* name) { pthread_setname_np(pthread_self(), name); }
  ~CommName() { pthread_setname_np(pthread_self(), "diff_tests"); }
};

// tracepoint:syscalls:sys_enter_getppid { @[comm] = count(); printf(..., pid) }
Builder count_getppid(bool records) {
  Builder b;
  const uint32_t site = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  b.function({site});
  const ir::MapId counts = b.map("@", {types::string(16)}, count_type());
  const ir::SlotId key = b.slot(16);
  b.run(ir::ReadComm{{key, 0}});
  b.run(ir::Aggregate{counts, {key, 0}, b.constant(1)});
  if (records) {
    const ir::EmitId emit = b.emit({types::uint64(), types::string(16)});
    const ir::Temp pid = b.op(ir::ReadBuiltin{ir::Builtin::kPid});
    b.run(ir::Emit{emit, {word(pid), string({key, 0}, 16)}});
  }
  return b;
}

TEST(EbpfSession, CountsAndRecordsOwnCalls) {
  const CommName name("pt-count");
  Builder b = count_getppid(true);
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (int i = 0; i < 1000; ++i) syscall(SYS_getppid);
  expect_ok(session->stop());
  syscall(SYS_getppid);
  Collector collector;
  expect_ok(session->drain(collector));
  expect_ok(session->snapshot(0, collector));
  ASSERT_EQ(collector.entries.count("pt-count"), 1U);
  EXPECT_EQ(collector.entries["pt-count"][0], 1000U);
  size_t own = 0;
  uint64_t last = 0;
  for (const auto& record : collector.records) {
    EXPECT_LE(last, record.time_ns);
    last = record.time_ns;
    if (record.word(0) != static_cast<uint64_t>(getpid())) continue;
    ++own;
    ASSERT_EQ(record.payload.size(), 16U + 8);
    EXPECT_EQ(record.word(1), 8U);
    EXPECT_EQ(std::memcmp(record.payload.data() + 16, "pt-count", 8), 0);
  }
  EXPECT_EQ(own, 1000U);
  EXPECT_FALSE(session->losses().any());
  EXPECT_GE(*session->events(), 1000U);
}

// A record's payload is a running number; each is followed, now and then, by a control record with the same number.
TEST(EbpfSession, KeepsControlRecordsBehindEarlierData) {
  Builder b;
  const uint32_t site = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  b.function({site});
  const ir::MapId numbers = b.map("@n", {}, types::int64());
  const ir::EmitId data = b.emit({types::int64()});
  const ir::EmitId control = b.emit({types::int64()}, true);
  const ir::Temp number = b.op(ir::MapAdd{numbers, {}, b.constant(1)});
  b.run(ir::Emit{data, {word(number)}});
  b.run(ir::Emit{control, {word(number)}});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  Collector collector;
  for (int i = 0; i < 3000; ++i) {
    syscall(SYS_getppid);
    if (i % 100 == 0) expect_ok(session->drain(collector));
  }
  expect_ok(session->stop());
  expect_ok(session->drain(collector));
  expect_ok(session->drain(collector));
  std::map<uint64_t, size_t> data_position;
  size_t controls = 0;
  for (size_t i = 0; i < collector.records.size(); ++i) {
    const auto& record = collector.records[i];
    if (record.emit == data) {
      data_position[record.word(0)] = i;
    } else {
      ++controls;
      EXPECT_EQ(data_position.count(record.word(0)), 1U) << "control record " << record.word(0) << " came first";
    }
  }
  EXPECT_GE(controls, 3000U);
  EXPECT_EQ(controls, data_position.size());
}

TEST(EbpfSession, CountsEveryRecordThatATinyRingLoses) {
  Builder b = count_getppid(true);
  auto session = prepare(b.program, {}, {.data_ring_bytes = 4096});
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (int i = 0; i < 5000; ++i) syscall(SYS_getppid);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  EXPECT_GT(session->losses().records, 4000U);
  EXPECT_EQ(session->losses().records + collector.records.size(), *session->events());
}

TEST(EbpfSession, CountsUpdatesThatAFullMapLoses) {
  Builder b;
  const uint32_t site = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  b.function({site});
  const ir::MapId numbers = b.map("@n", {}, types::int64());
  const ir::MapId full = b.map("@full", {types::int64()}, count_type());
  b.program.maps[full].max_entries = 10;
  const ir::SlotId key = b.slot(8);
  const ir::Temp number = b.op(ir::MapAdd{numbers, {}, b.constant(1)});
  b.run(ir::SlotStore{{key, 0}, 8, number});
  b.run(ir::Aggregate{full, {key, 0}, b.constant(1)});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (int i = 0; i < 100; ++i) syscall(SYS_getppid);
  expect_ok(session->stop());
  EXPECT_EQ(session->losses().updates, *session->events() - 10);
}

// Runs BODY in a child and waits for it.
void in_child(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(0);
  }
  ASSERT_GT(child, 0);
  waitpid(child, nullptr, 0);
}

TEST(EbpfSession, FollowsTheTargetsChildrenAndNobodyElse) {
  const CommName name("pt-tree");
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  const pid_t root = fork();
  ASSERT_GE(root, 0);
  if (root == 0) {
    char byte = 0;
    if (read(gate[0], &byte, 1) != 1) _exit(1);
    for (int i = 0; i < 10; ++i) syscall(SYS_getppid);
    std::thread([] {
      for (int i = 0; i < 10; ++i) syscall(SYS_getppid);
    }).join();
    in_child([] {
      for (int i = 0; i < 10; ++i) syscall(SYS_getppid);
      in_child([] {
        for (int i = 0; i < 10; ++i) syscall(SYS_getppid);
      });
    });
    _exit(0);
  }
  Builder b = count_getppid(false);
  Target target;
  target.pids = {root};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  EXPECT_FALSE(session->finished());
  expect_ok(session->start());
  EXPECT_FALSE(session->finished());
  for (int i = 0; i < 100; ++i) syscall(SYS_getppid);  // not the target
  ASSERT_EQ(write(gate[1], "x", 1), 1);
  waitpid(root, nullptr, 0);
  // The kernel lets go of the process a grace period after it was waited for.
  for (int tries = 0; tries < 200 && !session->finished(); ++tries) usleep(10'000);
  EXPECT_TRUE(session->finished());
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->snapshot(0, collector));
  EXPECT_EQ(collector.entries["pt-tree"][0], 40U);
  EXPECT_EQ(*session->events(), 40U);
  close(gate[0]);
  close(gate[1]);
}

TEST(EbpfSession, TellsSitesApart) {
  Builder b;
  const uint32_t begin = b.site(ProbeType::kBegin);
  const uint32_t enter = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  const uint32_t exit = b.site(ProbeType::kTracepoint, "syscalls", "sys_exit_getppid");
  const uint32_t raw = b.site(ProbeType::kRawTracepoint, "", "sched_process_fork");
  const ir::MapId counts = b.map("@", {types::int64()}, count_type());
  const ir::EmitId emit = b.emit({types::int64()});
  const std::vector<std::vector<uint32_t>> groups = {{begin}, {enter, exit}, {raw}};
  for (const auto& sites : groups) {
    b.function(sites);
    const ir::SlotId key = b.slot(8);
    const ir::Temp index = b.op(ir::ReadBuiltin{ir::Builtin::kSiteIndex});
    b.run(ir::SlotStore{{key, 0}, 8, index});
    b.run(ir::Aggregate{counts, {key, 0}, b.constant(1)});
    b.run(ir::Emit{emit, {word(index)}});
  }
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  expect_ok(session->fire(0, begin));
  expect_ok(session->start());
  for (int i = 0; i < 7; ++i) syscall(SYS_getppid);
  in_child([] {});
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  std::map<uint32_t, int> seen;
  for (const auto& record : collector.records) {
    EXPECT_EQ(record.site, record.word(0));
    ++seen[record.site];
  }
  EXPECT_EQ(seen, (std::map<uint32_t, int>{{begin, 1}, {enter, 7}, {exit, 7}, {raw, 1}}));
}

// As many single calls as are dispatched by number from one attachment.
TEST(EbpfSession, DispatchesManySystemCalls) {
  Builder b;
  std::vector<uint32_t> enters;
  std::vector<uint32_t> exits;
  for (const char* call : {"getppid", "getuid", "getgid", "geteuid", "newuname", "alarm"}) {
    enters.push_back(b.site(ProbeType::kTracepoint, "syscalls", std::string("sys_enter_") + call));
    exits.push_back(b.site(ProbeType::kTracepoint, "syscalls", std::string("sys_exit_") + call));
  }
  std::vector<uint32_t> all = enters;
  all.insert(all.end(), exits.begin(), exits.end());
  b.function(all);
  const ir::EmitId emit = b.emit({types::int64(), types::int64()});
  const ir::Temp number = b.op(ir::ContextLoad{8, 4, true});
  const ir::Temp argument = b.op(ir::ContextLoad{16, 8, false});
  b.run(ir::Emit{emit, {word(number), word(argument)}});
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  syscall(SYS_alarm, 0);
  syscall(SYS_getuid);
  syscall(SYS_getpid);  // not asked for
  syscall(SYS_getppid);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  std::vector<std::pair<uint32_t, uint64_t>> seen;
  for (const auto& record : collector.records) seen.emplace_back(record.site, record.word(0));
  EXPECT_EQ(seen, (std::vector<std::pair<uint32_t, uint64_t>>{{enters[5], SYS_alarm},
                                                              {exits[5], SYS_alarm},
                                                              {enters[1], SYS_getuid},
                                                              {exits[1], SYS_getuid},
                                                              {enters[0], SYS_getppid},
                                                              {exits[0], SYS_getppid}}));
  EXPECT_EQ(collector.records.back().word(1), static_cast<uint64_t>(getppid()));
  EXPECT_EQ(*session->events(), 6U);
}

TEST(EbpfSession, ExitStopsCountingAtOnceButEndStillRuns) {
  Builder b;
  const uint32_t enter = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  const uint32_t end = b.site(ProbeType::kEnd);
  const uint32_t interval = b.site(ProbeType::kInterval);
  const ir::MapId counts = b.map("@", {}, count_type());
  const ir::EmitId emit = b.emit({types::int64()});
  b.function({enter});
  b.run(ir::Aggregate{counts, {}, b.constant(1)});
  b.run(ir::Exit{b.constant(7)});
  for (const uint32_t site : {end, interval}) {
    b.function({site});
    b.run(ir::Emit{emit, {word(b.constant(site))}});
  }
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (int i = 0; i < 5; ++i) syscall(SYS_getppid);
  expect_ok(session->fire(2, interval));
  Collector collector;
  expect_ok(session->drain(collector));
  EXPECT_EQ(collector.exits, std::vector<int>{7});
  EXPECT_TRUE(collector.records.empty());
  expect_ok(session->stop());
  expect_ok(session->fire(1, end));
  expect_ok(session->drain(collector));
  EXPECT_EQ(collector.records.size(), 1U);
  expect_ok(session->snapshot(0, collector));
  EXPECT_EQ(collector.entries[""][0], 1U);
}

TEST(EbpfSession, ZeroKeepsKeysAndClearRemovesThem) {
  const CommName name("pt-zero");
  Builder b = count_getppid(false);
  b.map("@never", {}, count_type());
  const ir::MapId scalar = b.map("@scalar", {}, count_type());
  b.run(ir::Aggregate{scalar, {}, b.constant(1)});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  syscall(SYS_getppid);
  expect_ok(session->stop());
  const auto entries = [&](ir::MapId map) {
    Collector collector;
    expect_ok(session->snapshot(map, collector));
    return collector.entries;
  };
  using Entries = std::map<std::string, std::vector<uint64_t>>;
  EXPECT_EQ(entries(1), Entries{});
  EXPECT_GE(entries(2)[""][0], 1U);
  expect_ok(session->zero(0));
  expect_ok(session->zero(1));
  expect_ok(session->zero(2));
  EXPECT_EQ(entries(0)["pt-zero"], std::vector<uint64_t>{0});
  EXPECT_EQ(entries(1), Entries{});
  EXPECT_EQ(entries(2), (Entries{{"", {0}}}));
  expect_ok(session->clear(0));
  expect_ok(session->clear(2));
  EXPECT_EQ(entries(0), Entries{});
  EXPECT_EQ(entries(2), Entries{});
}

[[gnu::noinline]] void call_getppid() {
  syscall(SYS_getppid);
  asm volatile("");
}

TEST(EbpfSession, TakesUserStacksAndRecordsMappings) {
  Builder b;
  const uint32_t site = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  b.function({site});
  const Type stack = types::user_stack(32, StackMode::kBpftrace);
  const ir::EmitId emit = b.emit({stack});
  const ir::SlotId slot = b.slot(stack.storage_size());
  b.run(ir::ReadStack{{slot, 0}, 32, AddressSpace::kUser});
  b.run(ir::Emit{emit, {{ir::EmitField::Kind::kBytes, ir::kNoTemp, {slot, 0}, stack.storage_size()}}});
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  call_getppid();
  pid_t dead = fork();
  if (dead == 0) {
    execl("/bin/true", "true", nullptr);
    _exit(1);
  }
  waitpid(dead, nullptr, 0);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  ASSERT_EQ(collector.records.size(), 1U);
  EXPECT_EQ(collector.records[0].word(0), static_cast<uint64_t>(getpid()));
  EXPECT_NE(collector.records[0].word(1), 0U);
  ASSERT_NE(session->process_maps(), nullptr);
  EXPECT_TRUE(session->process_maps()->knows(dead));
}

// Strings as long as a path may be: in scratch memory, as key, value, compared, measured and emitted.
TEST(EbpfSession, LongStrings) {
  constexpr uint32_t kCapacity = 4096;
  Builder b;
  const uint32_t site = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_openat");
  b.program.sites[site].context_size = 48;
  b.function({site});
  const ir::MapId by_path = b.map("@", {types::string(kCapacity)}, count_type());
  const ir::MapId last = b.map("@last", {}, types::string(kCapacity));
  const ir::EmitId emit = b.emit({types::string(kCapacity), types::int64(), types::int64(), types::string(16)});
  const ir::SlotId path = b.slot(kCapacity);
  const ir::SlotId copy = b.slot(kCapacity);
  const ir::SlotId comm = b.slot(16);
  const ir::Temp address = b.op(ir::ContextLoad{24, 8, false});
  const ir::Temp length = b.op(ir::ReadString{{path, 0}, kCapacity, address, AddressSpace::kUser, false});
  b.run(ir::MapSet{last, {}, {path, 0}});
  b.op(ir::MapGet{last, {}, {copy, 0}});
  b.run(ir::Aggregate{by_path, {path, 0}, length});
  const ir::Temp measured = b.op(ir::StringLength{{copy, 0}, kCapacity});
  const ir::Temp differs = b.op(ir::CompareBytes{{path, 0}, {copy, 0}, kCapacity});
  b.run(ir::ReadComm{{comm, 0}});
  b.run(ir::Emit{emit, {string({path, 0}, kCapacity), word(measured), word(differs), string({comm, 0}, 16)}});
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  const std::string name = "/nowhere/" + std::string(3000, 'x');
  expect_ok(session->start());
  EXPECT_EQ(syscall(SYS_openat, AT_FDCWD, name.c_str(), O_RDONLY), -1);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  ASSERT_EQ(collector.records.size(), 1U);
  const auto& record = collector.records[0];
  EXPECT_EQ(record.word(0), name.size());
  EXPECT_EQ(record.word(1), name.size());
  EXPECT_EQ(record.word(2), 0U);
  EXPECT_EQ(record.word(3), std::strlen("diff_tests"));
  const std::string text(reinterpret_cast<const char*>(record.payload.data()) + 32, record.payload.size() - 32);
  EXPECT_EQ(text, name + "diff_tests");
  expect_ok(session->snapshot(by_path, collector));
  EXPECT_EQ(collector.entries[name][0], 1U);
}

// A loop that the verifier cannot prove to end.
TEST(EbpfSession, LoopsThatDependOnData) {
  Builder b;
  const uint32_t begin = b.site(ProbeType::kBegin);
  b.function({begin});
  const ir::MapId limit = b.map("@limit", {}, types::int64());
  const ir::MapId rounds = b.map("@rounds", {}, count_type());
  const ir::SlotId counter = b.slot(8);
  const ir::SlotId value = b.slot(8);
  b.program.functions[0].blocks.resize(3);
  b.run(ir::SlotStore{{value, 0}, 8, b.constant(1000)});
  b.run(ir::MapSet{limit, {}, {value, 0}});
  b.program.functions[0].blocks[0].end = ir::Jump{1};
  b.block = 1;
  b.run(ir::Aggregate{rounds, {}, b.constant(1)});
  const ir::Temp next = b.op(ir::Binary{ir::BinaryOp::kAdd, b.op(ir::SlotLoad{{counter, 0}, 8, true}), b.constant(1)});
  b.run(ir::SlotStore{{counter, 0}, 8, next});
  b.op(ir::MapGet{limit, {}, {value, 0}});
  const ir::Temp more = b.op(ir::Binary{ir::BinaryOp::kSignedLess, next, b.op(ir::SlotLoad{{value, 0}, 8, true})});
  b.program.functions[0].blocks[1].end = ir::Branch{more, 1, 2};
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  expect_ok(session->fire(0, begin));
  Collector collector;
  expect_ok(session->snapshot(rounds, collector));
  EXPECT_EQ(collector.entries[""][0], 1000U);
}

// What the verifier refuses is told with its place in the script.
TEST(EbpfSession, RefusalsNameThePlaceInTheScript) {
  ebpf::Assembler code;
  code.set_span({3, 9});
  code.move(ebpf::Reg::k0, 0);
  code.set_span({10, 20});
  code.load(8, ebpf::Reg::k1, ebpf::Reg::k0, 0);  // no pointer
  code.exit();
  ebpf::CompiledFunction function;
  auto finished = code.finish();
  ASSERT_TRUE(finished.ok());
  function.code = *finished;
  const auto loaded = ebpf::load_program({ebpf::ProgramKind::kTracepoint, "GPL", "tracepoint:a:b"}, function);
  ASSERT_FALSE(loaded.ok());
  const std::string& message = loaded.error().message();
  EXPECT_NE(message.find("the eBPF program for tracepoint:a:b: "), std::string::npos) << message;
  ASSERT_TRUE(loaded.error().place().has_value());
  EXPECT_EQ(loaded.error().place()->begin, 10U);
  EXPECT_EQ(loaded.error().place()->end, 20U);
  // The report has the program, and what the verifier says of it.
  const size_t path = message.find("with the file ");
  ASSERT_NE(path, std::string::npos) << message;
  const std::string file = message.substr(path + 14);
  std::ifstream report(file);
  const std::string text((std::istreambuf_iterator<char>(report)), {});
  EXPECT_NE(text.find("(script 10-20)"), std::string::npos) << text;
  EXPECT_NE(text.find("mem access"), std::string::npos) << text;
  EXPECT_EQ(unlink(file.c_str()), 0);
}

// Loops are refused where the kernel has none, and not left to its verifier.
TEST(EbpfSession, LoopsNeedAKernelThatHasThem) {
  Builder b;
  b.function({b.site(ProbeType::kBegin)});
  b.program.functions[0].blocks[0].end = ir::Jump{0};
  const Verdict verdict = make_ebpf_backend({.loops = false})->can_run(b.program, {});
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("Linux 5.17"), std::string::npos) << verdict.reason;
  EXPECT_TRUE(make_ebpf_backend()->can_run(b.program, {}).possible);
}

// Losses are counted for each site, whether the program knows its site or asks for it.
TEST(EbpfSession, CountsLossesBySite) {
  Builder b;
  const auto enter = b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_getppid");
  const auto leave = b.site(ProbeType::kTracepoint, "syscalls", "sys_exit_getppid");
  b.function({enter, leave});
  const ir::EmitId emit = b.emit({types::uint64()});
  b.run(ir::Emit{emit, {word(b.op(ir::ReadBuiltin{ir::Builtin::kPid}))}});
  Target target;
  target.pids = {getpid()};
  auto session = prepare(b.program, target, {.data_ring_bytes = 4096});
  ASSERT_NE(session, nullptr);
  expect_ok(session->start());
  for (int i = 0; i < 5000; ++i) syscall(SYS_getppid);
  expect_ok(session->stop());
  Collector collector;
  expect_ok(session->drain(collector));
  std::map<uint32_t, uint64_t> shown;
  for (const auto& record : collector.records) ++shown[record.site];
  const Losses losses = session->losses();
  ASSERT_EQ(losses.sites.size(), 2U);
  for (const SiteLosses& site : losses.sites) EXPECT_EQ(site.records + shown[site.site], 5000U) << site.site;
}

TEST(EbpfSession, NamesAProcessThatIsNotThere) {
  Builder b = count_getppid(false);
  const pid_t dead = fork();
  if (dead == 0) _exit(0);
  waitpid(dead, nullptr, 0);
  Target target;
  target.pids = {dead};
  auto session = prepare(b.program, target);
  ASSERT_NE(session, nullptr);
  const Status started = session->start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message(), "there is no process " + std::to_string(dead));
}

TEST(EbpfSession, MissingTracepointIsAnError) {
  Builder b;
  b.function({b.site(ProbeType::kTracepoint, "syscalls", "sys_enter_nothing")});
  auto session = prepare(b.program);
  ASSERT_NE(session, nullptr);
  const Status started = session->start();
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message().find("sys_enter_nothing"), std::string::npos) << started.error().message();
}

}  // namespace
}  // namespace polytap
