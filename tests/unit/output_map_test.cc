#include <gtest/gtest.h>

#include <numeric>

#include "core/output/map.h"
#include "tests/support/rendered.h"

namespace polytap {
namespace {

using test::Encoded;
using test::Rendered;

constexpr auto kText = OutputFormat::kText;
constexpr auto kJson = OutputFormat::kJson;

Type aggregated(AggregationKind kind) {
  Aggregation aggregation;
  aggregation.kind = kind;
  return types::aggregation(aggregation);
}

Type lhist(int64_t low, int64_t high, int64_t step) {
  Aggregation aggregation;
  aggregation.kind = AggregationKind::kLhist;
  aggregation.low = low;
  aggregation.high = high;
  aggregation.step = step;
  return types::aggregation(aggregation);
}

// One map printed once.
std::string show(OutputFormat format, std::string name, std::vector<Type> key, Type value,
                 std::vector<MapEntry> entries, uint64_t top = 0, uint64_t divisor = 0) {
  Rendered rendered(format);
  const auto id = rendered.add_map(std::move(name), std::move(key), std::move(value));
  rendered.map(id, std::move(entries), top, divisor);
  return rendered.take();
}

Encoded counted(const Type& type, std::initializer_list<int64_t> values) {
  std::vector<uint64_t> counts(ir::map_value_size(type) / 8);
  for (const int64_t value : values) {
    ++counts[type.aggregation.kind == AggregationKind::kHist ? ir::hist_bucket(value, type.aggregation.bits)
                                                             : ir::lhist_bucket(value, type.aggregation)];
  }
  return Encoded().raw(counts.data(), counts.size() * 8);
}

TEST(OutputMap, Scalars) {
  EXPECT_EQ(show(kText, "@a", {}, types::int64(), {{{}, Encoded().word(5)}}), "@a: 5\n");
  EXPECT_EQ(show(kJson, "@a", {}, types::int64(), {{{}, Encoded().word(5)}}),
            "{\"type\": \"map\", \"data\": {\"@a\": 5}}\n");
  EXPECT_EQ(show(kText, "@q", {}, types::int64(), {}), "@q: 0\n");
  EXPECT_EQ(show(kText, "@b", {}, types::boolean(), {{{}, Encoded().word(1)}}), "@b: true\n");
  const Type tuple = types::tuple({types::int64(), types::string(4), types::tuple({types::int64(), types::int64()})});
  const Encoded value = Encoded().word(1).string("two", 4).words({3, 4});
  EXPECT_EQ(show(kText, "@t", {}, tuple, {{{}, value}}), "@t: (1, two, (3, 4))\n");
  EXPECT_EQ(show(kJson, "@t", {}, tuple, {{{}, value}}),
            "{\"type\": \"map\", \"data\": {\"@t\": [1,\"two\",[3,4]]}}\n");
}

TEST(OutputMap, KeyedMapsAreSortedByValueThenKey) {
  const std::vector<MapEntry> entries = {{Encoded().string("x", 2), Encoded().word(3)},
                                         {Encoded().string("z", 2), Encoded().word(1)},
                                         {Encoded().string("y", 2), Encoded().word(1)},
                                         {Encoded().string("w", 2), Encoded().word(-2)}};
  EXPECT_EQ(show(kText, "@b", {types::string(2)}, types::int64(), entries),
            "@b[w]: -2\n@b[y]: 1\n@b[z]: 1\n@b[x]: 3\n");
  EXPECT_EQ(show(kJson, "@b", {types::string(2)}, types::int64(), entries),
            "{\"type\": \"map\", \"data\": {\"@b\": {\"w\": -2, \"y\": 1, \"z\": 1, \"x\": 3}}}\n");
  EXPECT_EQ(show(kText, "@b", {types::string(2)}, types::int64(), {}), "");
  EXPECT_EQ(show(kJson, "@b", {types::string(2)}, types::int64(), {}), "");
}

TEST(OutputMap, KeysOfSeveralParts) {
  const std::vector<MapEntry> entries = {{Encoded().word(1).string("q", 2), Encoded().word(10)},
                                         {Encoded().word(0).string("p", 2), Encoded().word(20)}};
  const std::string text = "@c[1, q]: 10\n@c[0, p]: 20\n";
  const std::string json = "{\"type\": \"map\", \"data\": {\"@c\": {\"1,q\": 10, \"0,p\": 20}}}\n";
  const std::vector<Type> parts = {types::int64(), types::string(2)};
  EXPECT_EQ(show(kText, "@c", parts, types::int64(), entries), text);
  EXPECT_EQ(show(kJson, "@c", parts, types::int64(), entries), json);
  EXPECT_EQ(show(kText, "@c", {types::tuple(parts)}, types::int64(), entries), text);
  EXPECT_EQ(show(kJson, "@c", {types::tuple(parts)}, types::int64(), entries), json);
}

TEST(OutputMap, StringValuesAndKeysWithNewlines) {
  EXPECT_EQ(show(kText, "@s", {types::string(2)}, types::string(8),
                 {{Encoded().string("k", 2), Encoded().string("text", 8)}}),
            "@s[k]: text\n");
  const std::vector<MapEntry> entries = {{Encoded().string("a\nb", 4), Encoded().word(1)}};
  EXPECT_EQ(show(kText, "@s", {types::string(4)}, types::int64(), entries), "@s[a\nb]: 1\n");
  EXPECT_EQ(show(kJson, "@s", {types::string(4)}, types::int64(), entries),
            "{\"type\": \"map\", \"data\": {\"@s\": {\"a\\nb\": 1}}}\n");
}

TEST(OutputMap, StacksAsKeys) {
  const Type stack = types::user_stack(2, StackMode::kBpftrace);
  const Encoded frames = Encoded().words({5'000'000, 0x7f8a87e1ea3a, 0x7f8a87e04fb6});
  EXPECT_EQ(show(kText, "@", {stack}, aggregated(AggregationKind::kCount), {{frames, Encoded().word(1)}}),
            "@[\n        [unknown]+0x7f8a87e1ea3a\n        [unknown]+0x7f8a87e04fb6\n]: 1\n");
  EXPECT_EQ(
      show(kJson, "@", {stack}, aggregated(AggregationKind::kCount), {{frames, Encoded().word(1)}}),
      "{\"type\": \"map\", \"data\": {\"@\": {\"\\n[unknown]+0x7f8a87e1ea3a\\n[unknown]+0x7f8a87e04fb6\\n\": 1}}}\n");
  Encoded with_comm = frames;
  with_comm.string("cat", 16);
  EXPECT_EQ(show(kText, "@", {stack, types::string(16)}, types::int64(), {{with_comm, Encoded().word(1)}}),
            "@[\n        [unknown]+0x7f8a87e1ea3a\n        [unknown]+0x7f8a87e04fb6\n, cat]: 1\n");
}

TEST(OutputMap, Aggregations) {
  EXPECT_EQ(show(kText, "@c", {}, aggregated(AggregationKind::kCount), {{{}, Encoded().word(2)}}), "@c: 2\n");
  EXPECT_EQ(show(kText, "@s", {}, aggregated(AggregationKind::kSum), {{{}, Encoded().words({15, 1})}}), "@s: 15\n");
  EXPECT_EQ(show(kText, "@mi", {}, aggregated(AggregationKind::kMin), {{{}, Encoded().words({7, 1})}}), "@mi: 7\n");
  EXPECT_EQ(show(kText, "@ma", {}, aggregated(AggregationKind::kMax), {{{}, Encoded().words({-9ULL, 1})}}),
            "@ma: -9\n");
  EXPECT_EQ(show(kText, "@av", {}, aggregated(AggregationKind::kAvg), {{{}, Encoded().words({2, 11})}}), "@av: 5\n");
  EXPECT_EQ(show(kText, "@av", {}, aggregated(AggregationKind::kAvg), {{{}, Encoded().words({2, -11ULL})}}),
            "@av: -5\n");
  EXPECT_EQ(show(kJson, "@av", {}, aggregated(AggregationKind::kAvg), {{{}, Encoded().words({2, 11})}}),
            "{\"type\": \"stats\", \"data\": {\"@av\": 5}}\n");
  EXPECT_EQ(show(kText, "@st", {}, aggregated(AggregationKind::kStats), {{{}, Encoded().words({2, 14})}}),
            "@st: { .count = 2, .average = 7, .total = 14 }\n");
  EXPECT_EQ(show(kJson, "@st", {}, aggregated(AggregationKind::kStats), {{{}, Encoded().words({2, 14})}}),
            "{\"type\": \"stats\", \"data\": {\"@st\": {\"count\": 2, \"average\": 7, \"total\": 14}}}\n");
  EXPECT_EQ(show(kText, "@av", {}, aggregated(AggregationKind::kAvg), {{{}, Encoded().words({0, 0})}}), "@av: 0\n");
}

TEST(OutputMap, AggregationsAreSortedByWhatTheyMean) {
  const auto key = [](uint64_t n) { return Encoded().word(n); };
  EXPECT_EQ(show(kText, "@k", {types::int64()}, aggregated(AggregationKind::kCount),
                 {{key(2), Encoded().word(2)}, {key(1), Encoded().word(1)}}),
            "@k[1]: 1\n@k[2]: 2\n");
  // Averages 4 of many and 5 of one.
  EXPECT_EQ(show(kText, "@a", {types::int64()}, aggregated(AggregationKind::kAvg),
                 {{key(1), Encoded().words({1, 5})}, {key(2), Encoded().words({100, 400})}}),
            "@a[2]: 4\n@a[1]: 5\n");
  EXPECT_EQ(show(kJson, "@s", {types::int64()}, aggregated(AggregationKind::kStats),
                 {{key(1), Encoded().words({1, 4})}, {key(2), Encoded().words({1, 1})}}),
            "{\"type\": \"stats\", \"data\": {\"@s\": {\"2\": {\"count\": 1, \"average\": 1, \"total\": 1}, "
            "\"1\": {\"count\": 1, \"average\": 4, \"total\": 4}}}}\n");
}

TEST(OutputMap, TopAndDivisor) {
  const auto print = [](OutputFormat format, uint64_t top, uint64_t divisor) {
    return show(format, "@m", {types::int64()}, types::int64(),
                {{Encoded().word(1), Encoded().word(100)},
                 {Encoded().word(2), Encoded().word(300)},
                 {Encoded().word(3), Encoded().word(200)}},
                top, divisor);
  };
  EXPECT_EQ(print(kText, 2, 0), "@m[3]: 200\n@m[2]: 300\n");
  EXPECT_EQ(print(kText, 2, 100), "@m[3]: 2\n@m[2]: 3\n");
  EXPECT_EQ(print(kText, 9, 1), "@m[1]: 100\n@m[3]: 200\n@m[2]: 300\n");
  EXPECT_EQ(print(kJson, 2, 100), "{\"type\": \"map\", \"data\": {\"@m\": {\"3\": 2, \"2\": 3}}}\n");
  EXPECT_EQ(show(kText, "@n", {}, types::int64(), {{{}, Encoded().word(-7)}}, 1, 2), "@n: -3\n");
  EXPECT_EQ(show(kText, "@st", {}, aggregated(AggregationKind::kStats), {{{}, Encoded().words({2, 28})}}, 0, 7),
            "@st: { .count = 2, .average = 2, .total = 28 }\n");
}

TEST(OutputMap, Hist) {
  const Type type = aggregated(AggregationKind::kHist);
  const std::vector<MapEntry> entries = {{{}, counted(type, {0, 1, 2, 3, 7, 100, 100, 100000, -1})}};
  const std::string half = "@@@@@@@@@@@@@@@@@@@@@@@@@@                          ";
  const std::string full(52, '@');
  const std::string none(52, ' ');
  EXPECT_EQ(show(kText, "@", {}, type, entries),
            "@:\n"
            "(..., 0)               1 |" +
                half +
                "|\n"
                "[0]                    1 |" +
                half +
                "|\n"
                "[1]                    1 |" +
                half +
                "|\n"
                "[2, 4)                 2 |" +
                full +
                "|\n"
                "[4, 8)                 1 |" +
                half +
                "|\n"
                "[8, 16)                0 |" +
                none +
                "|\n"
                "[16, 32)               0 |" +
                none +
                "|\n"
                "[32, 64)               0 |" +
                none +
                "|\n"
                "[64, 128)              2 |" +
                full +
                "|\n"
                "[128, 256)             0 |" +
                none +
                "|\n"
                "[256, 512)             0 |" +
                none +
                "|\n"
                "[512, 1K)              0 |" +
                none +
                "|\n"
                "[1K, 2K)               0 |" +
                none +
                "|\n"
                "[2K, 4K)               0 |" +
                none +
                "|\n"
                "[4K, 8K)               0 |" +
                none +
                "|\n"
                "[8K, 16K)              0 |" +
                none +
                "|\n"
                "[16K, 32K)             0 |" +
                none +
                "|\n"
                "[32K, 64K)             0 |" +
                none +
                "|\n"
                "[64K, 128K)            1 |" +
                half + "|\n\n");
  EXPECT_EQ(
      show(kJson, "@", {}, type, entries),
      R"({"type": "hist", "data": {"@": [{"max": -1, "count": 1},{"min": 0, "max": 0, "count": 1},)"
      R"({"min": 1, "max": 1, "count": 1},{"min": 2, "max": 3, "count": 2},{"min": 4, "max": 7, "count": 1},)"
      R"({"min": 8, "max": 15, "count": 0},{"min": 16, "max": 31, "count": 0},{"min": 32, "max": 63, "count": 0},)"
      R"({"min": 64, "max": 127, "count": 2},{"min": 128, "max": 255, "count": 0},)"
      R"({"min": 256, "max": 511, "count": 0},{"min": 512, "max": 1023, "count": 0},)"
      R"({"min": 1024, "max": 2047, "count": 0},{"min": 2048, "max": 4095, "count": 0},)"
      R"({"min": 4096, "max": 8191, "count": 0},{"min": 8192, "max": 16383, "count": 0},)"
      R"({"min": 16384, "max": 32767, "count": 0},{"min": 32768, "max": 65535, "count": 0},)"
      R"({"min": 65536, "max": 131071, "count": 1}]}})"
      "\n");
  EXPECT_EQ(show(kText, "@", {}, type, {{{}, counted(type, {})}}), "@:\n\n");
}

TEST(OutputMap, HistOfTheLargestValueAndOfFinerBuckets) {
  const Type type = aggregated(AggregationKind::kHist);
  EXPECT_EQ(show(kText, "@", {}, type, {{{}, counted(type, {INT64_MAX})}}).substr(0, 18), "@:\n[4E, 8E)       ");
  Type finer = type;
  finer.aggregation.bits = 2;
  const std::string text = show(kText, "@", {}, finer, {{{}, counted(finer, {7, 8, 9, 10, 1300, 5000})}});
  EXPECT_NE(text.find("[7]             "), std::string::npos) << text;
  EXPECT_NE(text.find("[8, 10)                2 |"), std::string::npos) << text;
  EXPECT_NE(text.find("[10, 12)               1 |"), std::string::npos) << text;
  EXPECT_NE(text.find("[1280, 1536)           1 |"), std::string::npos) << text;
  EXPECT_NE(text.find("[4K, 5K)               1 |"), std::string::npos) << text;
  // Every value lies in the bucket that says so.
  for (uint8_t bits = 0; bits <= 5; ++bits) {
    finer.aggregation.bits = bits;
    for (const int64_t value : {0L, 1L, 2L, 31L, 32L, 33L, 63L, 64L, 1000L, 123456789L, INT64_MAX}) {
      const std::string json = show(kJson, "@", {}, finer, {{{}, counted(finer, {value})}});
      int64_t low = -1;
      int64_t high = -1;
      const auto number = [&](const char* name) {
        const std::string rest = json.substr(json.find(name) + std::string(name).size());
        return std::stoll(rest[0] == '"' ? rest.substr(1) : rest);
      };
      low = number("\"min\": ");
      high = number("\"max\": ");
      EXPECT_LE(low, value) << json;
      EXPECT_GE(high, value) << json;
    }
  }
}

TEST(OutputMap, KeyedHistsAreSortedByTheirTotal) {
  const Type type = aggregated(AggregationKind::kHist);
  const std::vector<MapEntry> entries = {{Encoded().string("b", 2), counted(type, {3, 3})},
                                         {Encoded().string("a", 2), counted(type, {10})}};
  const std::string full(52, '@');
  EXPECT_EQ(show(kText, "@", {types::string(2)}, type, entries),
            "@[a]:\n[8, 16)                1 |" + full + "|\n\n@[b]:\n[2, 4)                 2 |" + full + "|\n\n");
  EXPECT_EQ(show(kJson, "@", {types::string(2)}, type, entries),
            "{\"type\": \"hist\", \"data\": {\"@\": {\"a\": [{\"min\": 8, \"max\": 15, \"count\": 1}], "
            "\"b\": [{\"min\": 2, \"max\": 3, \"count\": 2}]}}}\n");
}

TEST(OutputMap, Lhist) {
  const Type type = lhist(0, 10, 2);
  const std::vector<MapEntry> entries = {{{}, counted(type, {-1, 0, 3, 9, 55})}};
  const std::string full(52, '@');
  const std::string none(52, ' ');
  EXPECT_EQ(show(kText, "@", {}, type, entries),
            "@:\n"
            "(..., 0)               1 |" +
                full +
                "|\n"
                "[0, 2)                 1 |" +
                full +
                "|\n"
                "[2, 4)                 1 |" +
                full +
                "|\n"
                "[4, 6)                 0 |" +
                none +
                "|\n"
                "[6, 8)                 0 |" +
                none +
                "|\n"
                "[8, 10)                1 |" +
                full +
                "|\n"
                "[10, ...)              1 |" +
                full + "|\n\n");
  EXPECT_EQ(show(kJson, "@", {}, type, entries),
            R"({"type": "hist", "data": {"@": [{"max": -1, "count": 1},{"min": 0, "max": 1, "count": 1},)"
            R"({"min": 2, "max": 3, "count": 1},{"min": 4, "max": 5, "count": 0},{"min": 6, "max": 7, "count": 0},)"
            R"({"min": 8, "max": 9, "count": 1},{"min": 10, "count": 1}]}})"
            "\n");
}

TEST(OutputMap, LhistLabels) {
  const std::string full(52, '@');
  const Type kilo = lhist(0, 4096, 1024);
  EXPECT_EQ(show(kText, "@x", {}, kilo, {{{}, counted(kilo, {2047})}}),
            "@x:\n[1K, 2K)               1 |" + full + "|\n\n");
  const Type thousand = lhist(0, 10000, 1000);
  EXPECT_EQ(show(kText, "@x", {}, thousand, {{{}, counted(thousand, {5})}}),
            "@x:\n[0, 1000)              1 |" + full + "|\n\n");
  const Type negative = lhist(-10, 15, 10);
  EXPECT_EQ(show(kText, "@x", {}, negative, {{{}, counted(negative, {-3})}}),
            "@x:\n[-10, 0)               1 |" + full + "|\n\n");
  // The last step ends at the upper bound.
  EXPECT_EQ(show(kText, "@x", {}, negative, {{{}, counted(negative, {12})}}),
            "@x:\n[10, 15)               1 |" + full + "|\n\n");
}

TEST(OutputMap, HistDivisorDividesCounts) {
  const Type type = aggregated(AggregationKind::kHist);
  const std::string text = show(kText, "@", {}, type, {{{}, counted(type, {2, 2, 3, 3})}}, 0, 2);
  EXPECT_EQ(text, "@:\n[2, 4)                 2 |" + std::string(52, '@') + "|\n\n");
}

}  // namespace
}  // namespace polytap
