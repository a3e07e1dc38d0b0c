#include "core/base/inline_text.h"

#include <gtest/gtest.h>

#include <string>

namespace polytap {
namespace {

TEST(InlineText, IsTheTextItWasMadeOf) {
  constexpr InlineText<5> text("abcde");
  EXPECT_EQ(text.view(), "abcde");
  EXPECT_TRUE(text == "abcde");
  EXPECT_FALSE(text == "abcd");
  EXPECT_FALSE(text.empty());
  const std::string_view seen = text;
  EXPECT_EQ(seen.size(), 5U);
}

TEST(InlineText, MayBeEmptyOrShort) {
  constexpr InlineText<23> none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.view(), "");
  EXPECT_EQ(InlineText<23>("ab").view(), "ab");
  EXPECT_EQ(InlineText<23>::of(std::string_view("longer").substr(0, 4)).view(), "long");
}

// A table of them needs no relocation.
TEST(InlineText, HoldsNoPointer) {
  EXPECT_EQ(sizeof(InlineText<63>), 64U);
  EXPECT_EQ(alignof(InlineText<63>), 1U);
}

}  // namespace
}  // namespace polytap
