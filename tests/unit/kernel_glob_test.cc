#include <gtest/gtest.h>

#include "core/kernel/glob.h"

namespace polytap {
namespace {

TEST(Glob, LiteralMatchesOnlyItself) {
  EXPECT_TRUE(glob_match("sys_enter_read", "sys_enter_read"));
  EXPECT_FALSE(glob_match("sys_enter_read", "sys_enter_readv"));
  EXPECT_FALSE(glob_match("sys_enter_read", "sys_enter_rea"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "x"));
}

TEST(Glob, Star) {
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("sys_*_open*", "sys_enter_openat"));
  EXPECT_TRUE(glob_match("*at", "atatat"));
  EXPECT_FALSE(glob_match("*at", "atata"));
  EXPECT_TRUE(glob_match("a*b*c", "aXbXbc"));
  EXPECT_FALSE(glob_match("a*b*c", "aXcXb"));
}

TEST(Glob, QuestionMarkAndSets) {
  EXPECT_TRUE(glob_match("dup?", "dup3"));
  EXPECT_FALSE(glob_match("dup?", "dup"));
  EXPECT_TRUE(glob_match("dup[23]", "dup2"));
  EXPECT_TRUE(glob_match("dup[0-9]", "dup3"));
  EXPECT_FALSE(glob_match("dup[!0-9]", "dup3"));
  EXPECT_TRUE(glob_match("dup[^0-9]", "dupx"));
  EXPECT_TRUE(glob_match("[]]x", "]x"));
  EXPECT_TRUE(glob_match("a[b", "a[b"));
  EXPECT_TRUE(glob_match("*[ab]", "xxb"));
}

TEST(Glob, ManyStarsEndSoon) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*b", text));
}

TEST(Glob, HasGlob) {
  EXPECT_TRUE(has_glob("a*"));
  EXPECT_TRUE(has_glob("a?"));
  EXPECT_TRUE(has_glob("[a]"));
  EXPECT_FALSE(has_glob("sys_enter_read"));
}

}  // namespace
}  // namespace polytap
