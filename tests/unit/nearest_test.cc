#include "core/base/nearest.h"

#include <gtest/gtest.h>

namespace polytap {
namespace {

const std::vector<std::string> kNames = {"tracepoint", "kprobe", "uprobe", "uretprobe", "filename", "interval", "tid"};

TEST(Nearest, FindsOneEdit) {
  EXPECT_EQ(nearest("tracepont", kNames), "tracepoint");    // left out
  EXPECT_EQ(nearest("tracepooint", kNames), "tracepoint");  // put in
  EXPECT_EQ(nearest("filenmae", kNames), "filename");       // swapped
  EXPECT_EQ(nearest("filenane", kNames), "filename");       // changed
}

TEST(Nearest, CaseCountsHalf) {
  EXPECT_EQ(nearest("TID", kNames), std::nullopt);  // three changes of case: 1.5 edits, one allowed
  EXPECT_EQ(nearest("Tid", kNames), "tid");
  EXPECT_EQ(nearest("FileName", kNames), "filename");
}

TEST(Nearest, NothingWhenFar) {
  EXPECT_EQ(nearest("xyzzy", kNames), std::nullopt);
  EXPECT_EQ(nearest("x", kNames), std::nullopt);
  EXPECT_EQ(nearest("", kNames), std::nullopt);
  EXPECT_EQ(nearest("pid", std::vector<std::string>{}), std::nullopt);
}

TEST(Nearest, TiesGoToTheFirst) {
  EXPECT_EQ(nearest("xprobe", kNames), "kprobe");
  const std::vector<std::string_view> views = {"uprobe", "kprobe"};
  EXPECT_EQ(nearest("xprobe", views), "uprobe");
}

TEST(Nearest, TheExactNameIsNearest) { EXPECT_EQ(nearest("uprobe", kNames), "uprobe"); }

TEST(Nearest, Sentence) {
  EXPECT_EQ(did_you_mean("tracepont", kNames), "did you mean 'tracepoint'?");
  EXPECT_EQ(did_you_mean("zzz", kNames), "");
}

}  // namespace
}  // namespace polytap
