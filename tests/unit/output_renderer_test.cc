#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/base/unique_fd.h"
#include "core/output/fd_sink.h"
#include "core/output/renderer.h"
#include "tests/support/rendered.h"

namespace polytap {
namespace {

using test::Encoded;
using test::Payload;
using test::Rendered;

constexpr auto kText = OutputFormat::kText;
constexpr auto kJson = OutputFormat::kJson;

// A directory of its own, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory() : path_("/tmp/polytap-output-XXXXXX") { EXPECT_NE(::mkdtemp(path_.data()), nullptr); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(OutputRenderer, AttachedProbes) {
  Rendered text(kText);
  text.renderer().attached_probes(1);
  text.renderer().attached_probes(4);
  EXPECT_EQ(text.sink.errors, "Attached 1 probe\nAttached 4 probes\n");
  EXPECT_EQ(text.take(), "");
  Rendered json(kJson);
  json.renderer().attached_probes(4);
  EXPECT_EQ(json.take(), "{\"type\": \"attached_probes\", \"count\": 4, \"data\": {\"probes\": 4}}\n");
  EXPECT_EQ(json.sink.errors, "");
}

TEST(OutputRenderer, EndOfRun) {
  Rendered text(kText);
  text.renderer().end_of_run();
  EXPECT_EQ(text.take(), "\n\n");
  Rendered json(kJson);
  json.renderer().end_of_run();
  EXPECT_EQ(json.take(), "");
}

TEST(OutputRenderer, Losses) {
  Rendered text(kText);
  text.renderer().losses({});
  EXPECT_EQ(text.sink.errors, "");
  text.renderer().losses({.records = 3, .updates = 1, .faults = 9, .missed = 2});
  EXPECT_EQ(text.sink.errors,
            "Lost 3 events: the buffer to user space was full\n"
            "Lost 1 map update: the map was full; raise max_map_keys\n"
            "Missed 2 events: the backend could not run the probe\n");
  Rendered large(kText);
  large.renderer().losses({.updates = 2, .entries_on_demand = true});
  EXPECT_NE(
      large.sink.errors.find("Lost 2 map updates: a map was full (raise max_map_keys), or the kernel had no memory"),
      std::string::npos)
      << large.sink.errors;
  Rendered json(kJson);
  json.renderer().losses({.records = 3, .updates = 1, .faults = 0, .missed = 2});
  EXPECT_EQ(json.take(),
            "{\"type\": \"lost_events\", \"count\": 3, \"data\": {\"events\": 3, \"map_updates\": 1, "
            "\"missed_probes\": 2}}\n");
}

TEST(OutputRenderer, LossesWhileItRuns) {
  Rendered text(kText);
  text.program.sites.resize(2);
  text.program.sites[0].name = "tracepoint:a:b";
  text.program.sites[1].name = "kprobe:f";
  Losses losses{.records = 3, .updates = 0, .faults = 0, .missed = 0, .sites = {{0, 3, 0}}};
  text.renderer().losses_so_far(losses);
  losses = {.records = 5, .updates = 0, .faults = 0, .missed = 2, .sites = {{0, 4, 0}, {1, 1, 2}}};
  text.renderer().losses(losses);
  EXPECT_EQ(text.sink.errors,
            "Lost 3 events so far: the buffer to user space is full; raise perf_rb_pages\n"
            "Lost 5 events: the buffer to user space was full\n"
            "Missed 2 events: the backend could not run the probe\n"
            "  tracepoint:a:b: lost 4\n"
            "  kprobe:f: lost 1, missed 2\n");
  // JSON: what has come since the last object.
  Rendered json(kJson);
  json.program.sites = text.program.sites;
  json.renderer().losses_so_far({.records = 3, .updates = 0, .faults = 0, .missed = 0, .sites = {{0, 3, 0}}});
  json.renderer().losses(losses);
  json.renderer().losses(losses);
  EXPECT_EQ(json.take(),
            "{\"type\": \"lost_events\", \"count\": 3, \"data\": {\"events\": 3, \"map_updates\": 0, "
            "\"missed_probes\": 0, \"probes\": {\"tracepoint:a:b\": 3}}}\n"
            "{\"type\": \"lost_events\", \"count\": 2, \"data\": {\"events\": 2, \"map_updates\": 0, "
            "\"missed_probes\": 2, \"probes\": {\"tracepoint:a:b\": 1, \"kprobe:f\": 3}}}\n");
}

TEST(OutputRenderer, ErrorfAndWarnfNameTheirPlace) {
  const std::string script =
      R"(BEGIN { time("%Y\n"); cat("/etc/hostname"); errorf("bad %d", 1); warnf("warn %d", 2); exit(); })";
  const auto run = [&](OutputFormat format) {
    Rendered rendered(format, script);
    const auto error = rendered.add_emit(ir::EmitKind::kErrorf, "bad %d", {types::int64()});
    const auto warning = rendered.add_emit(ir::EmitKind::kWarnf, "warn %d", {types::int64()});
    rendered.program.emits[error].span = {44, 63};
    rendered.program.emits[warning].span = {65, 84};
    rendered.record(error, Payload().word(1));
    rendered.record(warning, Payload().word(2));
    return rendered.take() + "|" + rendered.sink.errors;
  };
  EXPECT_EQ(run(kText), "|stdin:1:45-64: ERROR: bad 1\nstdin:1:66-85: WARNING: warn 2\n");
  EXPECT_EQ(run(kJson),
            "{\"type\": \"errorf\", \"msg\": \"bad 1\", \"filename\": \"stdin\", \"line\": 1, \"col\": 45}\n"
            "{\"type\": \"warnf\", \"msg\": \"warn 2\", \"filename\": \"stdin\", \"line\": 1, \"col\": 66}\n|");
}

TEST(OutputRenderer, TimeIsTheEvents) {
  Rendered rendered(kJson);
  const auto emit = rendered.add_emit(ir::EmitKind::kTime, "%s\n", {});
  timespec monotonic = {};
  ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
  const uint64_t ago = static_cast<uint64_t>(monotonic.tv_sec - 5) * 1'000'000'000;
  rendered.record(emit, Payload(), ago);
  const std::string line = rendered.take();
  const std::string start = "{\"type\": \"time\", \"data\": \"";
  ASSERT_EQ(line.substr(0, start.size()), start);
  EXPECT_NEAR(std::stod(line.substr(start.size())), static_cast<double>(std::time(nullptr) - 5), 2);
  rendered.record(emit, Payload());
  EXPECT_NEAR(std::stod(rendered.take().substr(start.size())), static_cast<double>(std::time(nullptr)), 2);
}

TEST(OutputRenderer, Join) {
  for (const auto format : {kText, kJson}) {
    Rendered rendered(format);
    const auto emit = rendered.add_emit(ir::EmitKind::kJoin, ",",
                                        {types::string(16), types::string(16), types::string(16), types::string(16)});
    rendered.record(emit, Payload().string("ls").string("").string("-l").string(""));
    EXPECT_EQ(rendered.take(), format == kText ? "ls,,-l\n" : "{\"type\": \"join\", \"data\": \"ls,,-l\"}\n");
  }
}

TEST(OutputRenderer, CatShowsTheStartOfAFile) {
  const ScratchDirectory scratch;
  std::ofstream(scratch.file("7")) << "myhost\n";
  std::ofstream(scratch.file("large")) << std::string(20000, 'x');
  Rendered rendered(kJson, "cat(\"x\")");
  const auto emit = rendered.add_emit(ir::EmitKind::kCat, scratch.file("%d"), {types::int64()});
  rendered.record(emit, Payload().word(7));
  EXPECT_EQ(rendered.take(), "{\"type\": \"cat\", \"data\": \"myhost\\n\"}\n");
  Rendered text(kText, "cat(\"x\")");
  const auto large = text.add_emit(ir::EmitKind::kCat, scratch.file("large"), {});
  const auto missing = text.add_emit(ir::EmitKind::kCat, "/nowhere/%s", {types::string(8)});
  text.program.emits[missing].span = {0, 8};
  text.record(large, Payload());
  EXPECT_EQ(text.take(), std::string(10240, 'x'));
  text.record(missing, Payload().string("else"));
  EXPECT_EQ(text.sink.errors, "stdin:1:1-9: ERROR: cat: open /nowhere/else: No such file or directory\n");
}

TEST(OutputRenderer, SystemRunsACommand) {
  for (const auto format : {kText, kJson}) {
    Rendered rendered(format);
    const auto emit = rendered.add_emit(ir::EmitKind::kSystem, "echo hi %d; exit 3", {types::int64()});
    rendered.record(emit, Payload().word(5));
    EXPECT_EQ(rendered.take(), format == kText ? "hi 5\n" : "{\"type\": \"syscall\", \"data\": \"hi 5\\n\"}\n");
  }
}

TEST(OutputRenderer, PrintsOneEntryOfAMap) {
  Aggregation hist;
  hist.kind = AggregationKind::kHist;
  Rendered rendered(kText);
  const auto map = rendered.add_map("@h", {types::string(2)}, types::aggregation(hist));
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintMapValue, "", {types::string(2), types::aggregation(hist)});
  const auto plain = rendered.add_emit(ir::EmitKind::kPrintMapValue, "", {types::int64(), types::int64()});
  rendered.program.emits[emit].map = map;
  Encoded counts = Encoded().pad(ir::map_value_size(types::aggregation(hist)));
  std::vector<std::byte> bytes = counts;
  bytes[8 * 3] = std::byte{2};
  // The layout that the program's Emit says: the key as a string, the value as bytes.
  ir::Emit operation;
  operation.emit = emit;
  operation.fields = {
      {.kind = ir::EmitField::Kind::kString, .word = 0, .from = {}, .length = 8},
      {.kind = ir::EmitField::Kind::kBytes, .word = 0, .from = {}, .length = static_cast<uint32_t>(bytes.size())}};
  ir::Block block;
  block.instructions.push_back({ir::kNoTemp, operation, {}});
  rendered.program.functions.emplace_back();
  rendered.program.functions[0].blocks.push_back(block);
  rendered.record(emit, Payload().string("k").bytes(Encoded().raw(bytes.data(), bytes.size())));
  EXPECT_EQ(rendered.take(), "@h[k]:\n[2, 4)                 2 |" + std::string(52, '@') + "|\n\n");
  rendered.record(plain, Payload().word(1).word(0));
  EXPECT_EQ(rendered.take(), "0\n");
}

TEST(OutputFdSink, BuffersAndWritesAFile) {
  const ScratchDirectory scratch;
  const std::string path = scratch.file("answer");
  std::string expected;
  {
    auto sink = FdSink::create_file(path, STDERR_FILENO);
    ASSERT_TRUE(sink.ok());
    (*sink)->out("first\n");
    EXPECT_EQ(contents(path), "");
    (*sink)->flush();
    EXPECT_EQ(contents(path), "first\n");
    expected = "first\n";
    for (int i = 0; i < 20000; ++i) {
      const std::string line = std::to_string(i) + "\n";
      (*sink)->out(line);
      expected += line;
    }
    const std::string large(100000, 'x');
    (*sink)->out(large);
    expected += large;
    (*sink)->out("last\n");
    expected += "last\n";
    EXPECT_FALSE((*sink)->failed());
  }
  EXPECT_EQ(contents(path), expected);
  const auto refused = FdSink::create_file(scratch.file("no/such/place"), STDERR_FILENO);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ENOENT);
}

TEST(OutputFdSink, ReportsFullDisksAndClosedPipes) {
  const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  FdSink no_space(full.get(), STDERR_FILENO);
  no_space.out("x");
  EXPECT_FALSE(no_space.failed());
  no_space.flush();
  ASSERT_TRUE(no_space.failed());
  EXPECT_EQ(no_space.failure().error().code(), ENOSPC);

  auto* const before = std::signal(SIGPIPE, SIG_IGN);
  std::array<int, 2> ends = {};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ::close(ends[0]);
  const UniqueFd write_end(ends[1]);
  FdSink closed(write_end.get(), STDERR_FILENO);
  closed.out("x");
  closed.flush();
  closed.out("y");
  closed.flush();
  ASSERT_TRUE(closed.failed());
  EXPECT_EQ(closed.failure().error().code(), EPIPE);
  EXPECT_EQ(closed.failure().error().message(), "write to standard output: Broken pipe");
  std::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace polytap
