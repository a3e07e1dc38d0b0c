#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>
#include <iostream>

#include "core/kernel/event_format.h"
#include "core/kernel/tracefs.h"
#include "core/syscall/builtin_events.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

void expect_same(const EventFormat& kernel, const ProbeSite& table) {
  EXPECT_EQ(kernel.name, table.event);
  // Kernels of 7.0 and later append copies of user memory (__data_loc) to records of system calls.
  std::vector<ProbeArgument> fields;
  for (const ProbeArgument& field : kernel.arguments) {
    const bool copy = table.category == "syscalls" && field.form != ProbeArgument::Form::kInline;
    if (!copy) fields.push_back(field);
  }
  ASSERT_EQ(fields.size(), table.arguments.size()) << table.name;
  for (size_t i = 0; i < fields.size(); ++i) {
    const ProbeArgument& ours = table.arguments[i];
    EXPECT_EQ(fields[i].name, ours.name) << table.name;
    EXPECT_EQ(fields[i].offset, ours.offset) << table.name << '.' << ours.name;
    EXPECT_EQ(fields[i].size, ours.size) << table.name << '.' << ours.name;
    EXPECT_EQ(fields[i].form, ours.form) << table.name << '.' << ours.name;
    EXPECT_EQ(fields[i].type, ours.type) << table.name << '.' << ours.name << ": kernel " << to_string(fields[i].type)
                                         << ", table " << to_string(ours.type);
  }
}

TEST(SyscallTable, IsInOrderAndHasNoDoubleNames) {
  std::vector<std::string_view> names;
  for (size_t i = 0; i < syscalls().size(); ++i) {
    const Syscall& call = syscalls()[i];
    if (i != 0) {
      EXPECT_LT(syscalls()[i - 1].number, call.number);
    }
    EXPECT_LE(call.argument_count, 6U);
    for (const SyscallArgument& argument : call.arguments()) {
      EXPECT_FALSE(argument.name.empty()) << call.name.view();
      EXPECT_FALSE(argument.c_type.empty()) << call.name.view();
    }
    names.push_back(call.name);
    if (call.event != call.name && !call.event.empty()) names.push_back(call.event);
  }
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

TEST(SyscallTable, FindsByNumberAndByEitherName) {
  ASSERT_NE(find_syscall(SYS_openat), nullptr);
  EXPECT_EQ(find_syscall(SYS_openat)->name, "openat");
  EXPECT_EQ(find_syscall(SYS_openat)->arguments()[1].c_type, "const char *");
  EXPECT_EQ(find_syscall(SYS_fstat), find_syscall("newfstat"));
  EXPECT_EQ(find_syscall(SYS_fstat), find_syscall("fstat"));
  EXPECT_EQ(find_syscall(SYS_umount2)->event, "umount");
  EXPECT_EQ(find_syscall(SYS_sendfile)->event, "sendfile64");
  EXPECT_EQ(find_syscall(337), nullptr);
  EXPECT_EQ(find_syscall(~uint64_t{0}), nullptr);
  EXPECT_EQ(find_syscall("opneat"), nullptr);
  EXPECT_EQ(find_syscall(""), nullptr);
}

TEST(SyscallTable, FindsEvents) {
  EXPECT_EQ(find_syscall_event("sys_enter_newstat").syscall->number, static_cast<uint32_t>(SYS_stat));
  EXPECT_FALSE(find_syscall_event("sys_enter_newstat").is_exit);
  EXPECT_TRUE(find_syscall_event("sys_exit_read").is_exit);
  EXPECT_EQ(find_syscall_event("sys_enter_stat").syscall, nullptr) << "the kernel has no event of this name";
  EXPECT_EQ(find_syscall_event("sys_enter_").syscall, nullptr);
  EXPECT_EQ(find_syscall_event("read").syscall, nullptr);
}

// The header may be older or newer than the table; what both know must agree.
TEST(SyscallTable, AgreesWithTheHeader) {
  EXPECT_EQ(find_syscall("read")->number, static_cast<uint32_t>(SYS_read));
  EXPECT_EQ(find_syscall("clone3")->number, static_cast<uint32_t>(SYS_clone3));
  EXPECT_EQ(find_syscall("exit_group")->number, static_cast<uint32_t>(SYS_exit_group));
  EXPECT_EQ(find_syscall("set_mempolicy_home_node")->number, static_cast<uint32_t>(SYS_set_mempolicy_home_node));
}

TEST(SyscallTable, LaysOutItsEventsAsTracefsDoes) {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) GTEST_SKIP() << tracefs.error().message();
  size_t compared = 0;
  for (const std::string& event : tracefs->events("syscalls")) {
    const SyscallEvent found = find_syscall_event(event);
    if (found.syscall == nullptr) {
      // A newer kernel may know more calls than the table; an older one never.
      std::cerr << "not in the table: " << event << '\n';
      continue;
    }
    const Result<EventFormat> format = tracefs->format("syscalls", event);
    ASSERT_TRUE(format.ok()) << format.error().message();
    const ProbeSite site = found.is_exit ? syscall_exit_site(*found.syscall) : syscall_enter_site(*found.syscall);
    expect_same(*format, site);
    EXPECT_EQ(site.context_size, format->size) << site.name;
    ++compared;
  }
  EXPECT_GT(compared, 600U);
}

TEST(BuiltinEvents, AreThoseOfKernel618) {
  const std::vector<ProbeSite> sites = builtin_event_sites();
  ASSERT_EQ(sites.size(), 6U);
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) GTEST_SKIP() << tracefs.error().message();
  const Result<EventFormat> exit_format = tracefs->format("sched", "sched_process_exit");
  const bool same_age = exit_format.ok() && std::ranges::any_of(exit_format->arguments, [](const ProbeArgument& field) {
                          return field.name == "group_dead";
                        });
  if (!same_age) GTEST_SKIP() << "this kernel lays out sched_process_exit otherwise than 6.18";
  for (const ProbeSite& site : sites) {
    const Result<EventFormat> format = tracefs->format(site.category, site.event);
    ASSERT_TRUE(format.ok()) << format.error().message();
    expect_same(*format, site);
    EXPECT_EQ(site.context_size, format->size) << site.name;
  }
}

}  // namespace
}  // namespace polytap
