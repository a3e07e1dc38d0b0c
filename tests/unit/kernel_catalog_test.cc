#include <gtest/gtest.h>

#include <algorithm>

#include "core/kernel/btf_types.h"
#include "core/kernel/capabilities.h"
#include "core/kernel/tracefs.h"
#include "core/kernel/tracepoint_catalog.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

std::vector<std::string> names(const Result<std::vector<ProbeSite>>& sites) {
  std::vector<std::string> result;
  if (!sites) return {sites.error().message()};
  for (const ProbeSite& site : *sites) result.push_back(site.name);
  return result;
}

std::unique_ptr<ProbeCatalog> catalog_from(CatalogOptions::Source source) {
  CatalogOptions options;
  options.source = source;
  return make_catalog(std::move(options));
}

TEST(Catalog, BuiltinKnowsSystemCalls) {
  const auto catalog = catalog_from(CatalogOptions::Source::kBuiltin);
  const auto sites = catalog->tracepoints("syscalls", "sys_enter_openat");
  ASSERT_TRUE(sites.ok());
  ASSERT_EQ(sites->size(), 1U);
  const ProbeSite& site = sites->front();
  EXPECT_EQ(site.name, "tracepoint:syscalls:sys_enter_openat");
  EXPECT_EQ(site.context, ContextKind::kTracepoint);
  EXPECT_EQ(site.context_size, 48U);
  EXPECT_EQ(site.find_argument("filename")->offset, 24U);
  EXPECT_EQ(names(catalog->tracepoints("syscalls", "sys_e*_dup[23]")),
            (std::vector<std::string>{"tracepoint:syscalls:sys_enter_dup2", "tracepoint:syscalls:sys_enter_dup3",
                                      "tracepoint:syscalls:sys_exit_dup2", "tracepoint:syscalls:sys_exit_dup3"}));
  EXPECT_TRUE(catalog->tracepoints("syscalls", "sys_enter_opneat")->empty());
  EXPECT_EQ(catalog->tracepoints("sched", "sched_process_*")->size(), 3U);
  EXPECT_EQ(catalog->tracepoints("*", "sys_enter")->size(), 1U);
  const std::vector<std::string> all = catalog->tracepoint_names();
  EXPECT_TRUE(std::ranges::binary_search(all, std::string("signal:signal_deliver")));
}

TEST(Catalog, FallingBackRefusesWhatTheTablesKnowInPartOnly) {
  CatalogOptions options;
  options.tracefs_root = "/nonexistent";
  const auto catalog = make_catalog(std::move(options));
  EXPECT_EQ(catalog->tracepoints("syscalls", "sys_enter_*")->size(),
            catalog->tracepoints("syscalls", "sys_exit_*")->size());
  EXPECT_TRUE(catalog->tracepoints("signal", "signal_deliver").ok());
  EXPECT_TRUE(catalog->tracepoints("syscalls", "sys_enter_opneat")->empty()) << "a misspelling, not a lack";
  for (const auto& [category, event] : {std::pair("sched", "sched_process_*"), std::pair("sched", "sched_switch"),
                                        std::pair("*", "sys_enter"), std::pair("xfs", "xfs_inode_alloc")}) {
    const auto sites = catalog->tracepoints(category, event);
    ASSERT_FALSE(sites.ok()) << category << ':' << event;
    EXPECT_NE(sites.error().message().find("/nonexistent"), std::string::npos) << sites.error().message();
  }
}

TEST(Catalog, TracefsForcedIsAnErrorWithoutIt) {
  CatalogOptions options;
  options.source = CatalogOptions::Source::kTracefs;
  options.tracefs_root = "/nonexistent";
  EXPECT_FALSE(make_catalog(std::move(options))->tracepoints("syscalls", "sys_enter_read").ok());
}

TEST(Catalog, Tracefs) {
  if (const auto tracefs = Tracefs::open(); !tracefs) GTEST_SKIP() << tracefs.error().message();
  const auto catalog = catalog_from(CatalogOptions::Source::kTracefs);
  const auto enters = catalog->tracepoints("syscalls", "sys_enter_*");
  ASSERT_TRUE(enters.ok()) << enters.error().message();
  EXPECT_GT(enters->size(), 300U);
  EXPECT_EQ(names(catalog->tracepoints("sched", "sched_switch")),
            std::vector<std::string>{"tracepoint:sched:sched_switch"});
  EXPECT_EQ(names(catalog->tracepoints("raw_sys*", "sys_e*")),
            (std::vector<std::string>{"tracepoint:raw_syscalls:sys_enter", "tracepoint:raw_syscalls:sys_exit"}));
  EXPECT_TRUE(catalog->tracepoints("sched", "no_such_event")->empty());
  EXPECT_TRUE(catalog->tracepoints("no_such_category", "x")->empty());
  EXPECT_TRUE(catalog->tracepoints("sched", "enable")->empty()) << "a file beside the events";
  EXPECT_TRUE(catalog->tracepoints("..", "sched")->empty());
  EXPECT_TRUE(catalog->tracepoints("f[t]race", "*")->empty()) << "they cannot be enabled";
}

TEST(Catalog, RawTracepoints) {
  const auto btf = make_btf_types();
  if (!btf->load().ok()) GTEST_SKIP() << btf->load().error().message();
  CatalogOptions options;
  options.btf = btf.get();
  const auto catalog = make_catalog(std::move(options));
  const auto sites = catalog->raw_tracepoints("sched_switch");
  ASSERT_TRUE(sites.ok()) << sites.error().message();
  ASSERT_EQ(sites->size(), 1U);
  const ProbeSite& site = sites->front();
  EXPECT_EQ(site.name, "rawtracepoint:sched_switch");
  EXPECT_EQ(site.context, ContextKind::kRawArguments);
  ASSERT_NE(site.find_argument("next"), nullptr);
  EXPECT_EQ(site.find_argument("next")->offset, 16U);
  EXPECT_EQ(site.find_argument("preempt")->size, 1U);
  EXPECT_GE(catalog->raw_tracepoints("sched_process_*")->size(), 3U);
  EXPECT_TRUE(catalog->raw_tracepoints("no_such_event")->empty());
}

TEST(Capabilities, EveryLackHasADetail) {
  const std::vector<Capability> all = detect_capabilities();
  ASSERT_EQ(all.size(), 12U);
  for (const Capability& capability : all) {
    EXPECT_FALSE(capability.name.empty());
    EXPECT_FALSE(capability.detail.empty()) << capability.name;
    if (capability.state == CapabilityState::kMissing) {
      EXPECT_FALSE(capability.remedy.empty()) << capability.name;
    }
  }
}

TEST(Capabilities, LooksWhereItIsTold) {
  SystemRoots roots;
  roots.proc = "/nonexistent/proc";
  roots.sys = "/nonexistent/sys";
  roots.tracefs = "/nonexistent/tracefs";
  for (const Capability& capability : detect_capabilities(roots)) {
    const bool expected_missing = capability.name == "btf" || capability.name == "tracefs" ||
                                  capability.name == "perf_events" || capability.name == "kprobes" ||
                                  capability.name == "uprobes" || capability.name == "function_tracer";
    if (expected_missing) {
      EXPECT_EQ(capability.state, CapabilityState::kMissing) << capability.name;
    }
  }
}

}  // namespace
}  // namespace polytap
