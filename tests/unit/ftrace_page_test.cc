// Pages of the ring buffer, byte by byte.
#include <cstring>
#include <random>
#include <vector>

#include "backends/ftrace/page.h"
#include "gtest/gtest.h"

namespace polytap::ftrace {
namespace {

// Writes pages as kernel/trace/ring_buffer.c does.
class Page {
 public:
  explicit Page(uint64_t time) { put64(time), put64(0); }
  Page& word(uint32_t value) {
    bytes_.resize(bytes_.size() + 4);
    std::memcpy(bytes_.data() + bytes_.size() - 4, &value, 4);
    return *this;
  }
  Page& header(uint32_t type, uint32_t delta) { return word(type | delta << 5); }
  // What has a length of 1..28 words.
  Page& event(uint32_t delta, const std::vector<uint32_t>& words) {
    header(static_cast<uint32_t>(words.size()), delta);
    for (const uint32_t value : words) word(value);
    return *this;
  }
  std::vector<std::byte> finish(uint64_t flags = 0, size_t size = 4096) {
    const uint64_t commit = (bytes_.size() - 16) | flags;
    std::memcpy(bytes_.data() + 8, &commit, 8);
    bytes_.resize(size);
    return bytes_;
  }

 private:
  void put64(uint64_t value) { word(static_cast<uint32_t>(value)).word(static_cast<uint32_t>(value >> 32)); }
  std::vector<std::byte> bytes_;
};

struct Seen {
  uint64_t time;
  std::vector<uint32_t> words;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(PageReader& reader) {
  std::vector<Seen> seen;
  RawRecord record;
  while (reader.next(record)) {
    std::vector<uint32_t> words(record.data.size() / 4);
    std::memcpy(words.data(), record.data.data(), words.size() * 4);
    seen.push_back({record.time, words});
  }
  return seen;
}

TEST(FtracePage, AddsUpDeltas) {
  const auto page = Page(1000).event(0, {1, 2}).event(5, {3}).event(7, {4, 5, 6}).finish();
  PageReader reader(page);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{1000, {1, 2}}, {1005, {3}}, {1012, {4, 5, 6}}}));
  EXPECT_FALSE(reader.broken());
  EXPECT_FALSE(reader.follows_gap());
}

TEST(FtracePage, TakesLongEventsAndTheirOwnLength) {
  // The length counts its own four bytes.
  Page page(0);
  page.header(0, 3).word(4 + 30 * 4);
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < 30; ++i) page.word(i), words.push_back(i);
  page.event(1, {9});
  const auto bytes = page.finish();
  PageReader reader(bytes);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{3, words}, {4, {9}}}));
}

TEST(FtracePage, ExtendsTime) {
  // 134 ms and more between two events do not fit into 27 bits.
  const auto page = Page(10).header(30, 6).word(2).event(0, {1}).event(4, {2}).finish();
  PageReader reader(page);
  const uint64_t at = 10 + 6 + (2ULL << 27);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{at, {1}}, {at + 4, {2}}}));
}

TEST(FtracePage, TakesAbsoluteTimes) {
  const uint64_t high = 1ULL << 60;
  const uint64_t stamp = 12345678901234ULL;
  const auto page = Page(high | 5)
                        .header(31, stamp & ((1U << 27) - 1))
                        .word(static_cast<uint32_t>(stamp >> 27))
                        .event(0, {1})
                        .finish();
  PageReader reader(page);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{high | stamp, {1}}}));
}

TEST(FtracePage, AbsoluteTimesWrapForward) {
  const uint64_t before = (1ULL << 59) - 1;
  const auto page = Page(before).header(31, 7).word(0).event(0, {1}).finish();
  PageReader reader(page);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{(1ULL << 59) + 7, {1}}}));
}

TEST(FtracePage, SkipsDiscardedEventsAndStopsAtTheEnd) {
  const auto page =
      Page(0).event(1, {1}).header(29, 2).word(8).word(77).event(3, {2}).header(29, 0).word(0).event(1, {3}).finish();
  PageReader reader(page);
  EXPECT_EQ(read_all(reader), (std::vector<Seen>{{1, {1}}, {6, {2}}}));
  EXPECT_FALSE(reader.broken());
}

TEST(FtracePage, TellsOfGaps) {
  const auto page = Page(0).event(1, {1}).finish((1ULL << 31) | (1ULL << 30));
  PageReader reader(page);
  EXPECT_TRUE(reader.follows_gap());
  EXPECT_EQ(read_all(reader).size(), 1U);
}

TEST(FtracePage, RefusesLengthsBehindTheEnd) {
  for (const auto& page :
       {Page(0).event(0, {1}).header(5, 0).word(0).finish(), Page(0).event(0, {1}).header(0, 0).finish(),
        Page(0).event(0, {1}).header(0, 0).word(1000000).finish(),
        Page(0).event(0, {1}).header(0, 0).word(2).finish()}) {
    PageReader reader(page);
    EXPECT_EQ(read_all(reader).size(), 1U);
    EXPECT_TRUE(reader.broken());
  }
  const std::vector<std::byte> stub(7);
  PageReader reader(stub);
  EXPECT_TRUE(read_all(reader).empty());
  EXPECT_TRUE(reader.broken());
}

TEST(FtracePage, EndsOnAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::byte> page(random() % 300);
    for (std::byte& byte : page) byte = static_cast<std::byte>(random() % 4 == 0 ? random() : 0);
    PageReader reader(page);
    RawRecord record;
    while (reader.next(record)) {
      ASSERT_GE(record.data.data(), page.data());
      ASSERT_LE(record.data.data() + record.data.size(), page.data() + page.size());
    }
  }
}

}  // namespace
}  // namespace polytap::ftrace
