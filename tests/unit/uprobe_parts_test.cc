// The parts of the uprobe backend that need no kernel: records, captures, frames, names.
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "backends/uprobe/event_group.h"
#include "backends/uprobe/perf_records.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/sample_machine.h"
#include "core/ir/text.h"
#include "core/kernel/captured_memory.h"
#include "core/probe/registers.h"

namespace polytap::uprobe {
namespace {

class Body {
 public:
  template <typename T>
  Body& put(T value) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof value);
    return *this;
  }
  Body& text(std::string_view text) {
    for (const char c : text) put(c);
    do put('\0');
    while (bytes_.size() % 8 != 0);
    return *this;
  }
  operator Bytes() const { return bytes_; }  // NOLINT(google-explicit-constructor)
  Bytes bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

perf_event_header header_of(uint32_t type, uint16_t misc = 0) { return {type, misc, 0}; }

constexpr SampleLayout kLayout = {.raw = true, .stack = true, .registers = 2};

Body sample_body() {
  Body body;
  body.put<uint64_t>(77).put<uint32_t>(10).put<uint32_t>(11).put<uint64_t>(123456).put<uint32_t>(3).put<uint32_t>(0);
  body.put<uint32_t>(4).put<uint32_t>(0xabcdef01);
  body.put<uint64_t>(PERF_SAMPLE_REGS_ABI_64).put<uint64_t>(0x11).put<uint64_t>(0x22);
  body.put<uint64_t>(8).put<uint64_t>(0x402000).put<uint64_t>(8);
  return body;
}

TEST(PerfRecords, Sample) {
  const Body body = sample_body();
  EXPECT_EQ(sample_id(body), 77U);
  const auto sample = parse_sample(body, kLayout);
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->pid, 10);
  EXPECT_EQ(sample->tid, 11);
  EXPECT_EQ(sample->time, 123456U);
  EXPECT_EQ(sample->cpu, 3);
  EXPECT_EQ(sample->raw.size(), 4U);
  EXPECT_EQ(sample->registers.size(), 16U);
  EXPECT_EQ(sample->stack.size(), 8U);
  EXPECT_EQ(record_time(header_of(PERF_RECORD_SAMPLE), body, 2), 123456U);
}

TEST(PerfRecords, EveryCutSampleIsRefused) {
  const Body body = sample_body();
  const Bytes whole = body;
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(parse_sample(whole.first(length), kLayout).has_value()) << length;
  }
}

TEST(PerfRecords, GarbageStaysInsideItsBytes) {
  std::mt19937 random(4711);
  for (int round = 0; round < 20000; ++round) {
    // Of its own on the heap, so that a sanitizer sees a read past its end.
    std::vector<std::byte> bytes(random() % 200);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 3 == 0 ? random() : 0);
    const Bytes body(bytes.data(), bytes.size());
    const auto inside = [&](Bytes part) {
      return part.empty() || (part.data() >= body.data() && part.data() + part.size() <= body.data() + body.size());
    };
    const SampleLayout layout = {random() % 2 == 0, random() % 2 == 0, static_cast<uint32_t>(random() % 20)};
    if (const auto sample = parse_sample(body, layout)) {
      EXPECT_TRUE(inside(sample->raw) && inside(sample->registers) && inside(sample->stack));
    }
    const auto record = parse_task_record(header_of(random() % 12), body);
    if (record) {
      EXPECT_TRUE(inside(std::as_bytes(std::span(record->text))));
    }
    record_time(header_of(random() % 12), body, 2);
    parse_lost(body);
  }
}

TEST(PerfRecords, Tasks) {
  const Body named = Body().put<uint32_t>(5).put<uint32_t>(6).text("sleep").put<uint64_t>(9);
  const auto comm = parse_task_record(header_of(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC), named);
  ASSERT_TRUE(comm.has_value());
  EXPECT_TRUE(comm->exec);
  EXPECT_EQ(comm->pid, 5);
  EXPECT_EQ(comm->tid, 6);
  EXPECT_EQ(std::string(comm->text), "sleep");
  const auto fork = parse_task_record(
      header_of(PERF_RECORD_FORK),
      Body().put<uint32_t>(8).put<uint32_t>(5).put<uint32_t>(9).put<uint32_t>(6).put<uint64_t>(1).put<uint64_t>(1));
  ASSERT_TRUE(fork.has_value());
  EXPECT_EQ(fork->pid, 8);
  EXPECT_EQ(fork->parent_pid, 5);
  EXPECT_EQ(fork->tid, 9);
  EXPECT_EQ(fork->parent_tid, 6);
  Body mapping;
  mapping.put<uint32_t>(5).put<uint32_t>(5).put<uint64_t>(0x1000).put<uint64_t>(0x2000).put<uint64_t>(0x3000);
  mapping.put<uint32_t>(8).put<uint32_t>(1).put<uint64_t>(99).put<uint64_t>(0).put<uint32_t>(5).put<uint32_t>(2);
  mapping.text("/lib/x.so").put<uint64_t>(1);
  const auto mapped = parse_task_record(header_of(PERF_RECORD_MMAP2), mapping);
  ASSERT_TRUE(mapped.has_value());
  EXPECT_EQ(mapped->start, 0x1000U);
  EXPECT_EQ(mapped->length, 0x2000U);
  EXPECT_EQ(mapped->offset, 0x3000U);
  EXPECT_EQ(mapped->device, makedev(8, 1));
  EXPECT_EQ(mapped->inode, 99U);
  EXPECT_EQ(std::string(mapped->text), "/lib/x.so");
  const Body unended = Body().put<uint32_t>(5).put<uint32_t>(6).put<uint32_t>(0x61616161);
  EXPECT_FALSE(parse_task_record(header_of(PERF_RECORD_COMM), unended).has_value());
}

TEST(UprobeRegisters, AreSpreadByTheMask) {
  // AX, DI, R15: bits 0, 5, 23 of enum perf_event_x86_regs.
  const uint64_t mask = 1U << 0 | 1U << 5 | 1U << 23;
  std::array<std::byte, registers::kSize> context{};
  fill_registers(mask, Body().put<uint64_t>(1).put<uint64_t>(2).put<uint64_t>(3), context);
  const auto word = [&](uint32_t offset) {
    uint64_t value = 0;
    std::memcpy(&value, context.data() + offset, 8);
    return value;
  };
  EXPECT_EQ(word(registers::kAx), 1U);
  EXPECT_EQ(word(registers::kDi), 2U);
  EXPECT_EQ(word(registers::kR15), 3U);
  EXPECT_EQ(word(registers::kSi), 0U);
  EXPECT_EQ(word(registers::kOrigAx), ~uint64_t{0});
}

TEST(UprobeGroups, OwnersAreKnownByTheirNames) {
  const auto owner = group_owner("polytap_12_3456");
  ASSERT_TRUE(owner.has_value());
  EXPECT_EQ(owner->pid, 12);
  EXPECT_EQ(owner->start, 3456U);
  EXPECT_EQ(group_owner("polytap_12_3456_7")->start, 3456U);
  for (const char* name :
       {"polytap_12", "polytap__1", "polytap_-1_5", "polytap_x_1", "polytap_12_34x", "uprobes", ""}) {
    EXPECT_FALSE(group_owner(name).has_value()) << name;
  }
}

TEST(UprobeGroups, Definition) {
  ProbeSite site;
  site.type = ProbeType::kUretprobe;
  site.file_offset = 0x1234;
  FetchField field;
  field.name = "a";
  field.argument = "+0(%di):u8";
  EXPECT_EQ(probe_definition("g", "e", site, "/bin/x", {field, field}),
            "r:g/e /bin/x:0x1234 a=+0(%di):u8 a=+0(%di):u8");
}

// A record of an event that fetches a struct of 16 bytes at di, the string that its second word points to, and a
// buffer at si.
class UprobeCaptured : public testing::Test {
 protected:
  UprobeCaptured()
      : layout_({{ir::Capture::Kind::kBytes, {false, registers::kDi, {0}}, 16, AddressSpace::kUser, false, {}},
                 {ir::Capture::Kind::kBytes, {false, registers::kSi, {0}}, 8, AddressSpace::kUser, true, {}},
                 {ir::Capture::Kind::kString, {false, registers::kDi, {8, 0}}, 64, AddressSpace::kUser, true, {}}}) {
    EventFormat format;
    uint32_t offset = 16;
    for (const FetchField& field : layout_.fields()) {
      ProbeArgument argument;
      argument.name = field.name;
      argument.offset = offset;
      argument.size = field.is_string ? 4 : field.length;
      offset += argument.size;
      offsets_[field.name] = argument.offset;
      format.arguments.push_back(argument);
    }
    record_.resize(offset);
    EXPECT_TRUE(layout_.place(format).ok());
    set(context_, registers::kDi, uint64_t{0x700000});
    set(context_, registers::kSi, uint64_t{0x800000});
  }
  template <typename Where, typename T>
  static void set(Where& where, uint32_t offset, T value) {
    std::memcpy(where.data() + offset, &value, sizeof value);
  }
  void set_string(const std::string& field, std::string_view text) {
    set(record_, offsets_.at(field), static_cast<uint32_t>((text.size() + 1) << 16 | record_.size()));
    for (const char c : text) record_.push_back(static_cast<std::byte>(c));
    record_.push_back(std::byte{0});
  }
  bool look() { return memory_.look_at(layout_, context_, record_); }
  std::string string_at(uint64_t address) {
    char text[64] = {};
    const int64_t length = memory_.read_string(address, text);
    return length < 0 ? "fault" : std::string(text, static_cast<size_t>(length));
  }
  bool has(uint64_t address, size_t length) {
    std::vector<std::byte> out(length);
    return memory_.read_memory(address, out);
  }

  CaptureLayout layout_;
  std::map<std::string, uint32_t> offsets_;
  std::vector<std::byte> record_;
  std::array<std::byte, registers::kSize> context_{};
  CapturedMemory memory_;
};

TEST_F(UprobeCaptured, IsFoundByItsAddress) {
  set(record_, offsets_["c0m0"] + 8, uint64_t{0x900000});
  set(record_, offsets_["c2b"], 'h');
  set_string("c2s", "hello");
  set_string("c1t", "");
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0x900000), "hello");
  EXPECT_EQ(string_at(0x900001), "fault");
  EXPECT_TRUE(has(0x700000, 16));
  EXPECT_TRUE(has(0x700008, 8));
  EXPECT_FALSE(has(0x700008, 9));
  EXPECT_FALSE(has(0x6ffff8, 8));
  EXPECT_TRUE(has(0x800000, 8));
}

TEST_F(UprobeCaptured, BehindANullPointerIsNothingWhateverTheRecordHolds) {
  set(record_, offsets_["c2b"], 'h');
  set_string("c2s", "stale");
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0), "fault");
}

TEST_F(UprobeCaptured, FailedReadsAreToldFromZerosAndEmptyStrings) {
  set(record_, offsets_["c0m0"] + 8, uint64_t{0x900000});
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0x900000), "fault");
  EXPECT_FALSE(has(0x800000, 8));
  set_string("c1t", "");
  set_string("c2s", "");
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0x900000), "");
  EXPECT_TRUE(has(0x800000, 8));
  // Kernels since 6.2 put this in place of what cannot be read, and somebody may print just that.
  set_string("c1t", "(fault)");
  set_string("c2s", "(fault)");
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0x900000), "fault");
  EXPECT_FALSE(has(0x800000, 8));
  set(record_, offsets_["c2b"], '(');
  EXPECT_TRUE(look());
  EXPECT_EQ(string_at(0x900000), "(fault)");
}

TEST_F(UprobeCaptured, AStringThatTheKernelCouldNotHoldMakesTheSampleIncomplete) {
  set(record_, offsets_["c0m0"] + 8, uint64_t{0x900000});
  set(record_, offsets_["c2b"], 'h');
  EXPECT_FALSE(look());
}

TEST_F(UprobeCaptured, CutAndGarbledRecordsStayInsideTheirBytes) {
  set(record_, offsets_["c0m0"] + 8, uint64_t{0x900000});
  set(record_, offsets_["c2b"], 'h');
  set_string("c2s", "hello");
  for (size_t length = 0; length < record_.size(); ++length) {
    const std::vector<std::byte> cut(record_.begin(), record_.begin() + static_cast<std::ptrdiff_t>(length));
    memory_.look_at(layout_, context_, cut);
  }
  std::mt19937 random(42);
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::byte> garbled = record_;
    garbled[random() % garbled.size()] = static_cast<std::byte>(random());
    memory_.look_at(layout_, context_, garbled);
  }
}

std::string why_not(const std::string& blocks) {
  const auto program = ir::parse_text(
      "settings cut_trailer=\"..\", license=\"GPL\"\nsite uprobe, \"uprobe:/bin/x:f\", context=registers, "
      "context_size=168\nmap \"@n\", key=[int64], key_size=8, value=int64, value_size=8\n"
      "function \"f\", sites=[0], temps=9\nslot size=8\nslot size=64\n" +
      blocks);
  if (!program.ok()) return program.error().message();
  const auto refusal = check_program(*program);
  return refusal ? refusal->reason : "";
}

TEST(UprobeCheck, RefusesWhatNoSampleTells) {
  EXPECT_EQ(why_not("b0:\n%0 = builtin tid\n%1 = builtin nsecs\ncomm to=s1+0\nreturn"), "");
  EXPECT_NE(why_not("b0:\n%0 = builtin uid\nreturn").find("uid"), std::string::npos);
  EXPECT_NE(why_not("b0:\n%0 = builtin curtask\nreturn").find("curtask"), std::string::npos);
  EXPECT_NE(why_not("b0:\nread_stack kernel, to=s1+0, depth=4\nreturn").find("kstack"), std::string::npos);
  EXPECT_NE(why_not("b0:\n%0 = const 5000\nread_memory kernel, %0, to=s0+0, length=8\nreturn").find("kernel memory"),
            std::string::npos);
}

}  // namespace
}  // namespace polytap::uprobe
