// What of a script's predicates becomes an event's filter, and what is refused.
#include <unistd.h>

#include <optional>
#include <string>

#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/instance.h"
#include "backends/ftrace/program_check.h"
#include "core/kernel/tracefs.h"
#include "core/kernel/tracepoint_catalog.h"
#include "core/lang/compile.h"
#include "core/lang/parse.h"
#include "gtest/gtest.h"

namespace polytap::ftrace {
namespace {

std::optional<Compiled> compiled(const std::string& script) {
  CatalogOptions options;
  options.source = CatalogOptions::Source::kBuiltin;
  const auto catalog = make_catalog(options);
  const Source source("test", script);
  Diagnostics diagnostics;
  CompileInput input;
  input.catalog = catalog.get();
  auto result = compile(parse(source, diagnostics), input, diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) ADD_FAILURE() << script << ": " << diagnostic.message;
  return result;
}

// The filter of the first site's event.
std::optional<std::string> filter_of(const std::string& script) {
  const auto result = compiled(script);
  if (!result) return "did not compile";
  const ProbeSite& site = result->program.sites.front();
  return event_filter(result->program, site.category, site.event);
}

const std::string kExit = "tracepoint:raw_syscalls:sys_exit ";
const std::string kWrite = "tracepoint:syscalls:sys_enter_write ";

TEST(FtraceFilter, ComparesFieldsOfTheirOwnSize) {
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0/ { @ = count(); }"), "ret < 0");
  EXPECT_EQ(filter_of(kExit + "/args.ret == -2/ { @ = count(); }"), "ret == -2");
  EXPECT_EQ(filter_of(kExit + "/5 <= args.ret/ { @ = count(); }"), "ret >= 5");
  EXPECT_EQ(filter_of(kExit + "/args.ret/ { @ = count(); }"), "ret != 0");
  EXPECT_EQ(filter_of("tracepoint:signal:signal_deliver /args.sig == 17/ { @ = count(); }"), "sig == 17");
}

TEST(FtraceFilter, JoinsConditions) {
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0 && args.id == 3/ { @ = count(); }"), "(ret < 0) && (id == 3)");
  EXPECT_EQ(filter_of(kExit + "{ if (args.ret > 4) { @ = count(); } }"), "ret > 4");
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0/ { @a = count(); } " + kExit + "/args.id == 3/ { @b = count(); }"),
            "(ret < 0) || (id == 3)");
}

TEST(FtraceFilter, KeepsWhatTheKernelCanSayOfAConjunction) {
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0 && pid == 7/ { @ = count(); }"), "ret < 0");
  EXPECT_EQ(filter_of(kExit + "/@on && args.ret < 0/ { @ = count(); } BEGIN { @on = 1; }"), "ret < 0");
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0 || pid == 7/ { @ = count(); }"), std::nullopt);
  EXPECT_EQ(filter_of(kExit + "{ @all = count(); if (args.ret < 0) { @ = count(); } }"), std::nullopt);
  // One function that wants every record.
  EXPECT_EQ(filter_of(kExit + "/args.ret < 0/ { @a = count(); } " + kExit + "{ @b = count(); }"), std::nullopt);
}

TEST(FtraceFilter, ChecksThreadsNamesAndCpus) {
  EXPECT_EQ(filter_of(kExit + "/tid == 12/ { @ = count(); }"), "common_pid == 12");
  EXPECT_EQ(filter_of(kExit + "/comm == \"bash\"/ { @ = count(); }"), "COMM == \"bash\"");
  EXPECT_EQ(filter_of(kExit + "/comm != \"bash\"/ { @ = count(); }"), "COMM != \"bash\"");
  EXPECT_EQ(filter_of(kExit + "/cpu == 1/ { @ = count(); }"), "CPU == 1");
  // Would not mean itself between the quotes.
  EXPECT_EQ(filter_of(kExit + "/comm == \"a\\\"b\"/ { @ = count(); }"), std::nullopt);
}

// The record has 64-bit words, the script looks at the low half: only bits can be tested.
TEST(FtraceFilter, LooksAtTheLowHalfOfASystemCallsWords) {
  EXPECT_EQ(filter_of(kWrite + "/args.fd == 1/ { @ = count(); }"), "!(fd & 0xfffffffe) && (fd & 0x1)");
  EXPECT_EQ(filter_of(kWrite + "/args.fd == 0/ { @ = count(); }"), "!(fd & 0xffffffff)");
  EXPECT_EQ(filter_of(kWrite + "/args.fd < 3/ { @ = count(); }"), std::nullopt);
  EXPECT_EQ(filter_of(kWrite + "/args.count > 100/ { @ = count(); }"), "count > 100");
  EXPECT_EQ(filter_of("tracepoint:syscalls:sys_enter_openat /args.flags & 64/ { @ = count(); }"), "flags & 0x40");
}

TEST(FtraceFilter, EndsOnLoops) {
  auto result = compiled(kExit + "/args.ret < 0/ { @ = count(); }");
  ASSERT_TRUE(result);
  // The block behind the predicate's failure goes back to the start.
  ir::Function& function = result->program.functions.front();
  const auto& branch = std::get<ir::Branch>(function.blocks.front().end);
  function.blocks[branch.if_false].end = ir::Jump{0};
  EXPECT_EQ(pushed_condition(result->program, function, result->program.sites.front()), std::nullopt);
}

// The texts mean something to this kernel.
TEST(FtraceFilter, KernelTakesThem) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, for tracefs";
  const auto tracefs = Tracefs::open();
  if (!tracefs) GTEST_SKIP() << tracefs.error().message();
  const auto instance = Instance::create(tracefs->root(), 64);
  ASSERT_TRUE(instance.ok()) << instance.error().message();
  for (const std::string& script :
       {kExit + "/(args.ret < 0 && args.id == 3) || (comm == \"bash\" && cpu != 1 && tid != 5)/ { @ = count(); }",
        kWrite + "/args.fd == 5 && args.count > 100 && args.count != 0xfffffffffffffff0/ { @ = count(); }",
        kWrite + "/!(args.fd == 5)/ { @ = count(); }",
        std::string(
            "tracepoint:syscalls:sys_enter_openat /args.dfd == -100 && !(args.flags & 64)/ { @ = count(); }")}) {
    const auto result = compiled(script);
    ASSERT_TRUE(result);
    const ProbeSite& site = result->program.sites.front();
    const auto filter = event_filter(result->program, site.category, site.event);
    ASSERT_TRUE(filter) << script;
    const Status status = instance->filter(site.category, site.event, *filter);
    EXPECT_TRUE(status.ok()) << *filter << ": " << status.error().message();
  }
}

TEST(FtraceCheck, NamesWhatARecordLacks) {
  const auto reason = [](const std::string& script, bool has_event_probes = false) -> std::string {
    const auto result = compiled(script);
    if (!result) return "did not compile";
    const auto refusal = check_program(result->program, [=] { return has_event_probes; });
    return refusal ? refusal->reason : "";
  };
  const std::string open = "tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }";
  EXPECT_NE(reason(open).find("str() reads user memory"), std::string::npos) << reason(open);
  EXPECT_NE(reason(open).find("CONFIG_EPROBE_EVENTS"), std::string::npos) << reason(open);
  EXPECT_EQ(reason(open, true).find("CONFIG_EPROBE_EVENTS"), std::string::npos) << reason(open, true);
  EXPECT_NE(reason(open, true).find("one byte"), std::string::npos) << reason(open, true);
  const std::string execve = "tracepoint:syscalls:sys_enter_execve { @[str(args.argv[0])] = count(); }";
  EXPECT_EQ(reason(execve, true), "");
  EXPECT_NE(reason(execve).find("CONFIG_EPROBE_EVENTS"), std::string::npos);
  EXPECT_EQ(reason(kExit + "{ @[kstack] = count(); }"), "");
  EXPECT_NE(reason("BEGIN { @[kstack] = count(); }").find("stack"), std::string::npos);
  EXPECT_NE(reason(kExit + "{ @[ustack] = count(); }").find("ustack"), std::string::npos);
  EXPECT_NE(reason(kExit + "{ @[uid] = count(); }").find("uid"), std::string::npos);
  EXPECT_EQ(reason("BEGIN { @[uid] = count(); }"), "");
  EXPECT_EQ(reason(kExit + "{ @[pid, tid, comm, cpu, nsecs, elapsed] = count(); }"), "");
  // The place of the expression in the script.
  const auto result = compiled(open);
  ASSERT_TRUE(result);
  const auto refusal = check_program(result->program, [] { return false; });
  ASSERT_TRUE(refusal && refusal->where);
  EXPECT_EQ(open.substr(refusal->where->begin, refusal->where->end - refusal->where->begin), "str(args.filename)");
}

}  // namespace
}  // namespace polytap::ftrace
