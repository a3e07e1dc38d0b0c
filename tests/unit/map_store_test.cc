#include "core/run/map_store.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/support/test_machine.h"

namespace polytap {
namespace {

using test::Bytes;

ir::MapSpec map_of(const Type& value, uint32_t max_entries = 4096) {
  ir::MapSpec map;
  map.name = "@";
  map.key = {types::int64()};
  map.key_size = 8;
  map.value = value;
  map.value_size = ir::map_value_size(value);
  map.max_entries = max_entries;
  return map;
}

Bytes key_of(int64_t value) {
  Bytes key(8);
  std::memcpy(key.data(), &value, 8);
  return key;
}

// A map with one aggregation under one key.
class AggregationMap {
 public:
  explicit AggregationMap(Aggregation aggregation) : specs_{map_of(types::aggregation(aggregation))}, store_(specs_) {}
  void take(std::initializer_list<int64_t> values) {
    for (const int64_t value : values) store_.aggregate(0, key_of(1), value);
  }
  int64_t read() { return store_.aggregate_read(0, key_of(1)); }
  std::vector<int64_t> words() {
    const std::span<std::byte> value = store_.find(0, key_of(1));
    std::vector<int64_t> words(value.size() / 8);
    if (!value.empty()) std::memcpy(words.data(), value.data(), value.size());
    return words;
  }
  MapStore& store() { return store_; }

 private:
  std::vector<ir::MapSpec> specs_;
  MapStore store_;
};

TEST(MapStore, FindsWhatWasInserted) {
  const std::vector<ir::MapSpec> specs = {map_of(types::string(16))};
  MapStore store(specs);
  EXPECT_TRUE(store.find(0, key_of(1)).empty());
  const std::span<std::byte> value = store.find_or_insert(0, key_of(1));
  ASSERT_EQ(value.size(), 16U);
  EXPECT_EQ(value[3], std::byte{0});
  value[3] = std::byte{7};
  EXPECT_EQ(store.find(0, key_of(1))[3], std::byte{7});
  EXPECT_EQ(store.find_or_insert(0, key_of(1))[3], std::byte{7});
  EXPECT_EQ(store.size(0), 1U);
  EXPECT_TRUE(store.erase(0, key_of(1)));
  EXPECT_FALSE(store.erase(0, key_of(1)));
  EXPECT_EQ(store.size(0), 0U);
}

TEST(MapStore, AFullMapCountsLosses) {
  const std::vector<ir::MapSpec> specs = {map_of(types::int64(), 2)};
  MapStore store(specs);
  EXPECT_FALSE(store.find_or_insert(0, key_of(1)).empty());
  EXPECT_FALSE(store.find_or_insert(0, key_of(2)).empty());
  EXPECT_TRUE(store.find_or_insert(0, key_of(3)).empty());
  EXPECT_FALSE(store.find_or_insert(0, key_of(2)).empty());
  EXPECT_EQ(store.lost_updates(), 1U);
  EXPECT_EQ(store.size(0), 2U);
}

TEST(MapStore, ScalarMapsHaveOneEntry) {
  ir::MapSpec spec = map_of(types::int64());
  spec.key.clear();
  spec.key_size = 0;
  const std::vector<ir::MapSpec> specs = {spec};
  MapStore store(specs);
  EXPECT_EQ(store.size(0), 0U);
  EXPECT_EQ(store.find_or_insert(0, {}).size(), 8U);
  EXPECT_EQ(store.size(0), 1U);
}

TEST(MapStore, CountAndSum) {
  AggregationMap count({.kind = AggregationKind::kCount});
  EXPECT_EQ(count.read(), 0);
  count.take({5, 6, 7});
  EXPECT_EQ(count.read(), 3);
  AggregationMap sum({.kind = AggregationKind::kSum});
  sum.take({5, -7});
  EXPECT_EQ(sum.words(), (std::vector<int64_t>{-2, 1}));
  EXPECT_EQ(sum.read(), -2);
}

TEST(MapStore, MinAndMaxBySign) {
  AggregationMap min({.kind = AggregationKind::kMin});
  min.take({5, -7, 3});
  EXPECT_EQ(min.words(), (std::vector<int64_t>{-7, 1}));
  AggregationMap max({.kind = AggregationKind::kMax});
  max.take({-5, -7});
  EXPECT_EQ(max.read(), -5);
  AggregationMap unsigned_max({.kind = AggregationKind::kMax, .is_signed = false});
  unsigned_max.take({5, -1, 7});
  EXPECT_EQ(unsigned_max.read(), -1);
  AggregationMap unsigned_min({.kind = AggregationKind::kMin, .is_signed = false});
  unsigned_min.take({5, -1, 7});
  EXPECT_EQ(unsigned_min.read(), 5);
}

TEST(MapStore, AvgAndStats) {
  AggregationMap avg({.kind = AggregationKind::kAvg});
  EXPECT_EQ(avg.read(), 0);
  avg.take({3, 8, -20});
  EXPECT_EQ(avg.words(), (std::vector<int64_t>{3, -9}));
  EXPECT_EQ(avg.read(), -3);
  AggregationMap unsigned_avg({.kind = AggregationKind::kAvg, .is_signed = false});
  unsigned_avg.take({-2, 0});
  EXPECT_EQ(unsigned_avg.read(), std::numeric_limits<int64_t>::max());
  AggregationMap stats({.kind = AggregationKind::kStats});
  stats.take({4, 10});
  EXPECT_EQ(stats.words(), (std::vector<int64_t>{2, 14}));
}

TEST(MapStore, Histograms) {
  AggregationMap hist({.kind = AggregationKind::kHist});
  hist.take({-1, 0, 1, 2, 3, 7, std::numeric_limits<int64_t>::max()});
  const std::vector<int64_t> words = hist.words();
  ASSERT_EQ(words.size(), 65U);
  EXPECT_EQ(std::vector<int64_t>(words.begin(), words.begin() + 6), (std::vector<int64_t>{1, 1, 1, 2, 1, 0}));
  EXPECT_EQ(words[64], 1);
  AggregationMap lhist({.kind = AggregationKind::kLhist, .low = 0, .high = 10, .step = 2});
  lhist.take({-1, 0, 3, 9, 55, 10});
  EXPECT_EQ(lhist.words(), (std::vector<int64_t>{1, 1, 1, 0, 0, 1, 2}));
}

TEST(MapStore, ClearZeroAndSnapshot) {
  AggregationMap sum({.kind = AggregationKind::kSum});
  sum.take({5});
  sum.store().aggregate(0, key_of(2), 6);
  const test::MapContents contents = test::contents_of(sum.store(), 1);
  ASSERT_EQ(contents.entries().size(), 2U);
  EXPECT_EQ(contents.entries().begin()->first.second, key_of(1));
  sum.store().zero(0);
  EXPECT_EQ(sum.store().size(0), 2U);
  EXPECT_EQ(sum.words(), (std::vector<int64_t>{0, 0}));
  sum.store().clear(0);
  EXPECT_EQ(sum.store().size(0), 0U);
}

TEST(MapStore, WhatWasUsedLeastRecentlyGivesWay) {
  std::vector<ir::MapSpec> specs = {map_of(types::int64(), 2)};
  specs[0].evicts = true;
  MapStore store(specs);
  store.find_or_insert(0, key_of(1));
  store.find_or_insert(0, key_of(2));
  EXPECT_FALSE(store.find(0, key_of(1)).empty());  // 2 is the one that was not used for longest
  store.find_or_insert(0, key_of(3));
  EXPECT_TRUE(store.find(0, key_of(2)).empty());
  EXPECT_FALSE(store.find(0, key_of(1)).empty());
  EXPECT_TRUE(store.erase(0, key_of(1)));
  store.find_or_insert(0, key_of(4));
  EXPECT_EQ(store.size(0), 2U);
  EXPECT_EQ(store.lost_updates(), 0U);
  store.clear(0);
  store.find_or_insert(0, key_of(5));
  EXPECT_EQ(store.keys(0).size(), 1U);
}

}  // namespace
}  // namespace polytap
