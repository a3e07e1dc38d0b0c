#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/kernel/c_type.h"
#include "core/kernel/event_format.h"
#include "core/kernel/tracefs.h"

namespace polytap {
namespace {

EventFormat parse_file(const std::string& path, EventKind kind) {
  std::ifstream file(std::string(POLYTAP_SOURCE_DIR "/tests/unit/data/formats/") + path);
  std::stringstream text;
  text << file.rdbuf();
  Result<EventFormat> format = parse_event_format(text.str(), kind, path);
  EXPECT_TRUE(format.ok()) << (format.ok() ? "" : format.error().message());
  return format.ok() ? std::move(*format) : EventFormat{};
}

ProbeArgument argument(const EventFormat& format, std::string_view name) {
  for (const ProbeArgument& candidate : format.arguments) {
    if (candidate.name == name) return candidate;
  }
  ADD_FAILURE() << "no argument " << name;
  return {};
}

TEST(CType, BaseTypesInAnyOrderOfWords) {
  EXPECT_EQ(parse_c_type("unsigned long", AddressSpace::kUser), types::integer(8, false));
  EXPECT_EQ(parse_c_type("long unsigned int", AddressSpace::kUser), types::integer(8, false));
  EXPECT_EQ(parse_c_type("short", AddressSpace::kUser), types::integer(2, true));
  EXPECT_EQ(parse_c_type("unsigned", AddressSpace::kUser), types::integer(4, false));
  EXPECT_EQ(parse_c_type("long long", AddressSpace::kUser), types::integer(8, true));
  EXPECT_EQ(parse_c_type("signed char", AddressSpace::kUser), types::integer(1, true));
  EXPECT_EQ(parse_c_type("const umode_t", AddressSpace::kUser), types::integer(2, false));
  EXPECT_EQ(parse_c_type("bool", AddressSpace::kUser), types::boolean());
}

TEST(CType, Pointers) {
  const Type character = types::integer(1, true);
  EXPECT_EQ(parse_c_type("const char *", AddressSpace::kUser), types::pointer(character, AddressSpace::kUser));
  EXPECT_EQ(parse_c_type("const char *const *", AddressSpace::kUser),
            types::pointer(types::pointer(character, AddressSpace::kUser), AddressSpace::kUser));
  EXPECT_EQ(parse_c_type("struct sockaddr *", AddressSpace::kUser),
            types::pointer(types::structure("struct sockaddr", 0), AddressSpace::kUser));
  EXPECT_EQ(parse_c_type("cap_user_header_t", AddressSpace::kUser),
            types::pointer(types::structure("struct __user_cap_header_struct", 0), AddressSpace::kUser));
  EXPECT_EQ(parse_c_type("void (*)(int)", AddressSpace::kKernel),
            types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kKernel));
}

TEST(CType, UnknownTypedefs) {
  EXPECT_EQ(parse_c_type("xfs_agblock_t", AddressSpace::kKernel), std::nullopt);
  EXPECT_EQ(parse_c_type("", AddressSpace::kKernel), std::nullopt);
  EXPECT_EQ(parse_c_type("int %", AddressSpace::kKernel), std::nullopt);
  EXPECT_EQ(parse_c_type("long long long", AddressSpace::kKernel), std::nullopt);
}

TEST(EventFormat, SystemCallEntry) {
  const EventFormat format = parse_file("6.18/sys_enter_openat", EventKind::kSyscall);
  EXPECT_EQ(format.name, "sys_enter_openat");
  EXPECT_EQ(format.id, 782U);
  EXPECT_EQ(format.size, 48U);
  const ProbeArgument dfd = argument(format, "dfd");
  EXPECT_EQ(dfd.type, types::integer(4, true)) << "so that AT_FDCWD is -100";
  EXPECT_EQ(dfd.offset, 16U);
  EXPECT_EQ(dfd.size, 4U);
  const ProbeArgument filename = argument(format, "filename");
  EXPECT_EQ(filename.type, types::pointer(types::integer(1, true), AddressSpace::kUser));
  EXPECT_EQ(filename.offset, 24U);
  EXPECT_EQ(argument(format, "mode").type, types::integer(2, false));
  EXPECT_EQ(argument(format, "__syscall_nr").type, types::integer(4, true));
  EXPECT_EQ(argument(format, "common_pid").offset, 4U);
  EXPECT_EQ(format.arguments.back().name, "common_pid") << "common fields come last";
}

TEST(EventFormat, SystemCallExit) {
  const EventFormat format = parse_file("6.18/sys_exit_openat", EventKind::kSyscall);
  EXPECT_EQ(argument(format, "ret").type, types::integer(8, true));
  EXPECT_EQ(argument(format, "ret").offset, 16U);
}

TEST(EventFormat, TypedefOfAPointerInASystemCall) {
  const EventFormat format = parse_file("6.18/sys_enter_capset", EventKind::kSyscall);
  EXPECT_EQ(argument(format, "header").type.kind, TypeKind::kPointer);
  EXPECT_EQ(argument(format, "data").type,
            types::pointer(types::structure("struct __user_cap_data_struct", 0), AddressSpace::kUser));
}

TEST(EventFormat, ArrayOfWords) {
  const EventFormat format = parse_file("6.18/sys_enter", EventKind::kOrdinary);
  EXPECT_EQ(argument(format, "args").type, types::array(types::integer(8, false), 6));
  EXPECT_EQ(argument(format, "args").size, 48U);
  EXPECT_EQ(argument(format, "id").type, types::integer(8, true));
}

TEST(EventFormat, CharArraysAreAlikeWhateverTheSignOfChar) {
  const EventFormat now = parse_file("6.18/sched_switch", EventKind::kOrdinary);
  const EventFormat then = parse_file("6.1/sched_process_fork", EventKind::kOrdinary);
  EXPECT_EQ(argument(now, "prev_comm").type, types::array(types::integer(1, true), 16));
  EXPECT_EQ(argument(then, "parent_comm").type, argument(now, "prev_comm").type);
  EXPECT_EQ(argument(then, "child_pid").offset, 44U);
  EXPECT_EQ(then.size, 48U);
}

TEST(EventFormat, DataLocation) {
  const EventFormat format = parse_file("6.18/sched_process_fork", EventKind::kOrdinary);
  const ProbeArgument comm = argument(format, "parent_comm");
  EXPECT_EQ(comm.form, ProbeArgument::Form::kDataLocation);
  EXPECT_EQ(comm.type, types::array(types::integer(1, true), 0));
  EXPECT_EQ(comm.size, 4U);
  const EventFormat mask = parse_file("6.18/ipi_send_cpumask", EventKind::kOrdinary);
  EXPECT_EQ(argument(mask, "cpumask").form, ProbeArgument::Form::kDataLocation);
}

TEST(EventFormat, RelativeLocation) {
  const EventFormat format = parse_file("6.1/foo_rel_loc", EventKind::kOrdinary);
  EXPECT_EQ(argument(format, "foo").form, ProbeArgument::Form::kRelativeLocation);
  EXPECT_EQ(argument(format, "bitmask").type, types::array(types::integer(8, false), 0));
}

TEST(EventFormat, OddDeclarations) {
  const std::string text =
      "name: odd\nID: 7\nformat:\n"
      "\tfield:enum migrate_mode mode;\toffset:8;\tsize:4;\tsigned:0;\n"
      "\tfield:void (*call)(int);\toffset:16;\tsize:8;\tsigned:0;\n"
      "\tfield:const void* head;\toffset:24;\tsize:8;\tsigned:0;\n"
      "\tfield:char comm[TASK_COMM_LEN];\toffset:32;\tsize:16;\tsigned:0;\n"
      "\tfield:xfs_agblock_t block;\toffset:48;\tsize:4;\tsigned:1;\n"
      "\tfield:struct timespec64 ts;\toffset:56;\tsize:16;\tsigned:0;\n"
      "\tfield:big_t big;\toffset:72;\tsize:24;\tsigned:0;\n"
      "\tfield:odd_t odds[3];\toffset:96;\tsize:6;\tsigned:0;\n"
      "\nprint fmt: \"field:not a field\"\n";
  const Result<EventFormat> format = parse_event_format(text, EventKind::kOrdinary, "odd");
  ASSERT_TRUE(format.ok()) << format.error().message();
  EXPECT_EQ(argument(*format, "mode").type, types::enumeration("enum migrate_mode", 4, false));
  EXPECT_EQ(argument(*format, "call").type.kind, TypeKind::kPointer);
  EXPECT_EQ(argument(*format, "head").type, types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kKernel));
  EXPECT_EQ(argument(*format, "comm").type, types::array(types::integer(1, true), 16));
  EXPECT_EQ(argument(*format, "block").type, types::integer(4, true));
  EXPECT_EQ(argument(*format, "ts").type, types::structure("struct timespec64", 16));
  EXPECT_EQ(argument(*format, "big").type, types::array(types::integer(1, false), 24));
  EXPECT_EQ(argument(*format, "odds").type, types::array(types::integer(2, false), 3));
}

TEST(EventFormat, ErrorsNameThePlace) {
  const Result<EventFormat> bad =
      parse_event_format("name: x\nfield:int;\toffset:8;\tsize:4;\n", EventKind::kOrdinary, "/t/format");
  ASSERT_FALSE(bad.ok());
  EXPECT_NE(bad.error().message().find("/t/format:2: not a field description"), std::string::npos)
      << bad.error().message();
  EXPECT_FALSE(parse_event_format("", EventKind::kOrdinary, "empty").ok());
}

TEST(Tracefs, EveryFormatOfThisMachineParses) {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) GTEST_SKIP() << tracefs.error().message();
  size_t events = 0;
  for (const std::string& category : tracefs->categories()) {
    for (const std::string& event : tracefs->events(category)) {
      const Result<EventFormat> format = tracefs->format(category, event);
      ASSERT_TRUE(format.ok()) << format.error().message();
      EXPECT_EQ(format->name, event);
      ++events;
      uint32_t end = 0;
      for (const ProbeArgument& field : format->arguments) {
        EXPECT_TRUE(field.form != ProbeArgument::Form::kInline || field.type.size == field.size)
            << category << ':' << event << '.' << field.name << ": " << field.size << " bytes, "
            << to_string(field.type);
        end = std::max(end, field.offset + field.size);
      }
      EXPECT_LE(end, format->size);
    }
  }
  EXPECT_GT(events, 100U);
}

TEST(Tracefs, EventsAndIds) {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) GTEST_SKIP() << tracefs.error().message();
  const Result<uint32_t> id = tracefs->event_id("sched", "sched_switch");
  const Result<EventFormat> format = tracefs->format("sched", "sched_switch");
  ASSERT_TRUE(id.ok() && format.ok());
  EXPECT_EQ(*id, format->id);
  EXPECT_FALSE(tracefs->format("sched", "../sched/sched_switch").ok());
  EXPECT_TRUE(tracefs->events("no_such_category").empty());
  EXPECT_FALSE(tracefs->event_id("sched", "no_such_event").ok());
  const std::vector<std::string> all = tracefs->all_events();
  EXPECT_TRUE(std::ranges::binary_search(all, std::string("sched:sched_switch")));
  EXPECT_TRUE(std::ranges::is_sorted(all));
}

}  // namespace
}  // namespace polytap
