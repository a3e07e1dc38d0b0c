#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <ctime>

#include "core/output/json.h"
#include "core/output/value.h"
#include "tests/support/rendered.h"

namespace polytap {
namespace {

using test::Encoded;
using test::Payload;
using test::print_as;
using test::Rendered;

constexpr auto kText = OutputFormat::kText;
constexpr auto kJson = OutputFormat::kJson;

// No process has this number (PID_MAX_LIMIT is 4 Mi), so its addresses have no names.
constexpr uint64_t kNobody = 5'000'000;

class EnumTypes : public TypeProvider {
 public:
  EnumTypes() {
    enum_.name = "enum E";
    enum_.enumerators = {{"ONE", 1}, {"TWO", 2}};
    struct_.name = "struct S";
    struct_.size = 16;
    struct_.fields = {{"x", types::integer(4, true), 0, 0, 0},
                      {"low", types::integer(4, false), 4, 0, 3},
                      {"high", types::integer(4, true), 4, 3, 5},
                      {"y", types::array(types::integer(2, false), 2), 8, 0, 0},
                      {"s", types::string(4), 12, 0, 0}};
  }
  const StructDefinition* find_struct(std::string_view name) const override {
    return name == struct_.name ? &struct_ : nullptr;
  }
  const EnumDefinition* find_enum(std::string_view name) const override {
    return name == enum_.name ? &enum_ : nullptr;
  }
  const Type* find_type(std::string_view) const override { return nullptr; }
  EnumValue find_enumerator(std::string_view) const override { return {}; }

 private:
  EnumDefinition enum_;
  StructDefinition struct_;
};

TEST(OutputValue, PrintsIntegersBySign) {
  EXPECT_EQ(print_as(kText, types::int64(), Payload().word(5)), "5\n");
  EXPECT_EQ(print_as(kText, types::int64(), Payload().word(-5)), "-5\n");
  EXPECT_EQ(print_as(kText, types::integer(1, true), Payload().word(-56)), "-56\n");
  EXPECT_EQ(print_as(kText, types::integer(1, false), Payload().word(200)), "200\n");
  EXPECT_EQ(print_as(kText, types::uint64(), Payload().word(~0ULL)), "18446744073709551615\n");
  EXPECT_EQ(print_as(kText, types::boolean(), Payload().word(1)), "true\n");
  EXPECT_EQ(print_as(kJson, types::int64(), Payload().word(-5)), "{\"type\": \"value\", \"data\": -5}\n");
  EXPECT_EQ(print_as(kJson, types::boolean(), Payload().word(0)), "{\"type\": \"value\", \"data\": false}\n");
  EXPECT_EQ(print_as(kJson, types::uint64(), Payload().word(~0ULL)),
            "{\"type\": \"value\", \"data\": \"18446744073709551615\"}\n");
}

TEST(OutputValue, JsonIntegersStayNumbersWhileADoubleHoldsThem) {
  const auto json = [](int64_t value) {
    std::string out;
    append_json_integer(out, value);
    return out;
  };
  EXPECT_EQ(json(1LL << 53), "9007199254740992");
  EXPECT_EQ(json((1LL << 53) + 1), "\"9007199254740993\"");
  EXPECT_EQ(json(1LL << 60), "1152921504606846976");
  EXPECT_EQ(json(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(json(INT64_MAX), "\"9223372036854775807\"");
  EXPECT_EQ(json(0), "0");
}

TEST(OutputValue, PrintsStrings) {
  EXPECT_EQ(print_as(kText, types::string(64), Payload().string("str")), "str\n");
  EXPECT_EQ(print_as(kJson, types::string(64), Payload().string("a\"\n\x01\xff")),
            "{\"type\": \"value\", \"data\": \"a\\\"\\n\\u0001\xef\xbf\xbd\"}\n");
  EXPECT_EQ(print_as(kJson, types::string(64), Payload().string("gr\xc3\xbc\xc3\x9f")),
            "{\"type\": \"value\", \"data\": \"gr\xc3\xbc\xc3\x9f\"}\n");
}

TEST(OutputValue, MarksStringsThatMaxStrlenCut) {
  const auto print = [](uint32_t capacity, std::string_view text) {
    Rendered rendered(kText);
    rendered.program.settings.max_string = 8;
    const auto emit = rendered.add_emit(ir::EmitKind::kPrintValue, "", {types::string(capacity)});
    rendered.record(emit, Payload().string(text));
    return rendered.take();
  };
  EXPECT_EQ(print(8, "abcdefg"), "abcdefg..\n");
  EXPECT_EQ(print(8, "abcdef"), "abcdef\n");
  EXPECT_EQ(print(5, "abcd"), "abcd\n");  // str(p, 4): as asked for
}

TEST(OutputValue, PrintsBuffers) {
  const std::string_view content("abc\x01\xff", 5);
  EXPECT_EQ(print_as(kText, types::buffer(8), Payload().bytes(Encoded().buffer(content, 8))), "abc\\x01\\xff\n");
  EXPECT_EQ(print_as(kJson, types::buffer(8), Payload().bytes(Encoded().buffer(content, 8))),
            "{\"type\": \"value\", \"data\": [97,98,99,1,-1]}\n");
}

TEST(OutputValue, PrintsTuplesAndRecords) {
  const Type inner = types::tuple({types::int64(), types::int64()});
  const Type type = types::tuple({types::int64(), types::string(4), inner});
  const Encoded value = Encoded().word(1).string("two", 4).words({3, 4});
  EXPECT_EQ(print_as(kText, type, Payload().bytes(value)), "(1, two, (3, 4))\n");
  EXPECT_EQ(print_as(kJson, type, Payload().bytes(value)), "{\"type\": \"value\", \"data\": [1,\"two\",[3,4]]}\n");

  const Type record = types::record({types::int64(), types::string(2)}, {"a", "b"});
  const Encoded fields = Encoded().word(1).string("x", 2);
  EXPECT_EQ(print_as(kText, record, Payload().bytes(fields)), "{ .a = 1, .b = x }\n");
  EXPECT_EQ(print_as(kJson, record, Payload().bytes(fields)),
            "{\"type\": \"value\", \"data\": {\"a\": 1, \"b\": \"x\"}}\n");
}

TEST(OutputValue, PrintsArraysAndPointers) {
  const int16_t numbers[] = {1, -2, 3};
  const Type type = types::array(types::integer(2, true), 3);
  const Encoded value = Encoded().raw(numbers, sizeof numbers).pad(2);
  EXPECT_EQ(print_as(kText, type, Payload().bytes(value)), "[1,-2,3]\n");
  EXPECT_EQ(print_as(kJson, type, Payload().bytes(value)), "{\"type\": \"value\", \"data\": [1,-2,3]}\n");
  const Type pointer = types::pointer(types::int64(), AddressSpace::kUser);
  EXPECT_EQ(print_as(kText, pointer, Payload().word(0x7fff0000)), "0x7fff0000\n");
  EXPECT_EQ(print_as(kJson, pointer, Payload().word(0x7fff0000)), "{\"type\": \"value\", \"data\": 2147418112}\n");
}

TEST(OutputValue, NamesEnumsInTextOnly) {
  const EnumTypes provider;
  const Type type = types::enumeration("enum E", 4, false);
  EXPECT_EQ(print_as(kText, type, Payload().word(1), &provider), "ONE\n");
  EXPECT_EQ(print_as(kText, type, Payload().word(7), &provider), "7\n");
  EXPECT_EQ(print_as(kJson, type, Payload().word(1), &provider), "{\"type\": \"value\", \"data\": 1}\n");
  EXPECT_EQ(print_as(kText, type, Payload().word(1)), "1\n");
}

TEST(OutputValue, PrintsStructsByFieldOrAsBytes) {
  const EnumTypes provider;
  struct {
    int32_t x = -1;
    uint32_t bits = 5U | (0x1fU << 3U);
    uint16_t y[2] = {7, 65535};
    char s[4] = {'o', 'k', 0, 0};
  } value;
  const Type type = types::structure("struct S", sizeof value);
  const Payload payload = Payload().bytes(Encoded().raw(&value, sizeof value));
  EXPECT_EQ(print_as(kText, type, payload, &provider), "{ .x = -1, .low = 5, .high = -1, .y = [7,65535], .s = ok }\n");
  EXPECT_EQ(
      print_as(kJson, type, payload, &provider),
      "{\"type\": \"value\", \"data\": {\"x\": -1, \"low\": 5, \"high\": -1, \"y\": [7,65535], \"s\": \"ok\"}}\n");
  const Type unknown = types::structure("struct T", 2);
  EXPECT_EQ(print_as(kText, unknown, Payload().bytes(Encoded().string("a\x02", 2))), "a\\x02\n");
}

TEST(OutputValue, PrintsAddressesOfTheNetwork) {
  const Type inet = types::of_kind(TypeKind::kInet);
  const Encoded four = Encoded().word(AF_INET).raw("\x7f\0\0\x01", 4).pad(12);
  const Encoded six = Encoded().word(AF_INET6).pad(15).raw("\x01", 1);
  EXPECT_EQ(print_as(kText, inet, Payload().bytes(four)), "127.0.0.1\n");
  EXPECT_EQ(print_as(kJson, inet, Payload().bytes(six)), "{\"type\": \"value\", \"data\": \"::1\"}\n");
  const Type mac = types::of_kind(TypeKind::kMacAddress);
  EXPECT_EQ(print_as(kText, mac, Payload().bytes(Encoded().raw("\x00\x1a\xff\x03\x04\x05", 6).pad(2))),
            "00:1A:FF:03:04:05\n");
}

TEST(OutputValue, NamesNumbersOfTheSystem) {
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kErrorName), Payload().word(2)), "No such file or directory\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kErrorName), Payload().word(-13)), "Permission denied\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kErrorName), Payload().word(INT64_MIN)),
            "Unknown error -9223372036854775808\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kSignalName), Payload().word(2)), "SIGINT\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kSignalName), Payload().word(99)), "99\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kSyscallName), Payload().word(257)), "openat\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kUserName), Payload().word(0)), "root\n");
  EXPECT_EQ(print_as(kText, types::of_kind(TypeKind::kUserName), Payload().word(3999999999)), "3999999999\n");
}

TEST(OutputValue, NamesControlGroups) {
  const Type type = types::of_kind(TypeKind::kCgroupPath);
  EXPECT_EQ(print_as(kText, type, Payload().word(0xfffffffffffff)), "4503599627370495\n");
  // Version 2 at the root, or the hierarchies of version 1 below it.
  struct statfs system = {};
  ASSERT_EQ(::statfs("/sys/fs/cgroup", &system), 0);
  const bool is_unified = system.f_type == CGROUP2_SUPER_MAGIC;
  struct stat root = {};
  if (::stat(is_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", &root) != 0) {
    GTEST_SKIP() << "no control groups at /sys/fs/cgroup on this machine";
  }
  const std::string text = print_as(kText, type, Payload().word(root.st_ino));
  EXPECT_NE(text.find(is_unified ? "unified:/" : "cpu:/"), std::string::npos) << text;
}

TEST(OutputValue, NamesTheProbe) {
  Rendered rendered(kJson);
  rendered.program.sites.resize(2);
  rendered.program.sites[1].name = "tracepoint:syscalls:sys_enter_getppid";
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintValue, "", {types::of_kind(TypeKind::kProbeName)});
  rendered.record(emit, Payload().word(1));
  EXPECT_EQ(rendered.take(), "{\"type\": \"value\", \"data\": \"tracepoint:syscalls:sys_enter_getppid\"}\n");
}

TEST(OutputValue, PrintsStacks) {
  const auto stack = [](StackMode mode) { return types::user_stack(4, mode); };
  const Payload payload = Payload().bytes(Encoded().words({kNobody, 0x7f8a87e1ea3a, 0x7f8a87e04fb6, 0, 0}));
  EXPECT_EQ(print_as(kText, stack(StackMode::kBpftrace), payload),
            "\n        [unknown]+0x7f8a87e1ea3a\n        [unknown]+0x7f8a87e04fb6\n\n");
  EXPECT_EQ(print_as(kText, stack(StackMode::kPerf), payload),
            "\n\t7f8a87e1ea3a [unknown] ([unknown])\n\t7f8a87e04fb6 [unknown] ([unknown])\n\n");
  EXPECT_EQ(print_as(kText, stack(StackMode::kRaw), payload), "\n7f8a87e1ea3a\n7f8a87e04fb6\n\n");
  EXPECT_EQ(print_as(kJson, stack(StackMode::kBpftrace), payload),
            "{\"type\": \"value\", \"data\": \"\\n        [unknown]+0x7f8a87e1ea3a\\n        "
            "[unknown]+0x7f8a87e04fb6\\n\"}\n");
}

TEST(OutputValue, NamesFramesOfThisProcess) {
  const auto address = reinterpret_cast<uint64_t>(&::getppid);
  const Type symbol = types::of_kind(TypeKind::kUserSymbol);
  const std::string text =
      print_as(kText, symbol, Payload().bytes(Encoded().words({static_cast<uint64_t>(::getpid()), address})));
  EXPECT_NE(text.find("getppid"), std::string::npos) << text;
  EXPECT_EQ(text.find('+'), std::string::npos) << text;  // the name alone: offsets are for stacks
}

TEST(OutputValue, FormatsTimeSinceBoot) {
  timespec boot = {};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  const uint64_t nanoseconds = static_cast<uint64_t>(boot.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(boot.tv_nsec);
  Type type = types::of_kind(TypeKind::kTimestamp);
  type.name = "%s %f|%%f|";
  const std::string text = print_as(kText, type, Payload().word(nanoseconds));
  EXPECT_LE(std::abs(std::stoll(text) - static_cast<long long>(std::time(nullptr))), 1) << text;
  EXPECT_EQ(text.size(), std::string("1234567890 123456|%f|\n").size()) << text;
  EXPECT_NE(text.find("|%f|"), std::string::npos);
  type.name = "";
  EXPECT_EQ(print_as(kText, type, Payload().word(nanoseconds)), "\n");
}

}  // namespace
}  // namespace polytap
