// Rust's v0 mangling: examples of RFC 2603 and of programs, and llvm-cxxfilt as the oracle where it is installed.
#include <cstdlib>

#include "core/symbol/demangle.h"
#include "core/symbol/demangle_rust.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

TEST(DemangleRust, Paths) {
  EXPECT_EQ(demangle("_RNvCskwGfYPst2Cb_3foo16example_function"), "foo::example_function");
  EXPECT_EQ(demangle("_RNvNtNtCsjrHSEGnQ3l9_3std3sys2fs8metadata"), "std::sys::fs::metadata");
  EXPECT_EQ(demangle("_RNCNvCs1234_7mycrate4main0"), "mycrate::main::{closure#0}");
  EXPECT_EQ(demangle("_RNvMCs1234_7mycrateNtB2_1W4turn"), "<mycrate::W>::turn");
  EXPECT_EQ(demangle("_RNvXCs1234_7mycrateNtB2_1WNtNtC4core3fmt5Debug3fmt"), "<mycrate::W as core::fmt::Debug>::fmt");
}

TEST(DemangleRust, TypesAndConstants) {
  EXPECT_EQ(demangle("_RINvC1a1fmE"), "a::f::<u32>");
  EXPECT_EQ(demangle("_RINvC1a1fRSReE"), "a::f::<&[&str]>");
  EXPECT_EQ(demangle("_RINvC1a1fTlEE"), "a::f::<(i32,)>");
  EXPECT_EQ(demangle("_RINvC1a1fAhj20_E"), "a::f::<[u8; 32]>");
  EXPECT_EQ(demangle("_RINvC1a1fKi3_Kb1_Kc61_Kin7b_E"), "a::f::<3, true, 'a', -123>");
  EXPECT_EQ(demangle("_RINvC1a1fFKCjEyE"), "a::f::<extern \"C\" fn(usize) -> u64>");
  EXPECT_EQ(demangle("_RINvC1a1fFG_RL0_hEuE"), "a::f::<for<'a> fn(&'a u8)>");
  EXPECT_EQ(demangle("_RINvC1a1fDNtC1a1TEL_E"), "a::f::<dyn a::T>");
  EXPECT_EQ(demangle("_RNvC1au8gdel_5qa"), "a::gödel");
}

TEST(DemangleRust, WhatFollows) {
  EXPECT_EQ(demangle("_RNvC1a1f.llvm.1234"), "a::f");
  EXPECT_EQ(demangle("_RNvC1a1f.cold"), "a::f.cold");
}

TEST(DemangleRust, DamagedNamesComeBackAsTheyAre) {
  for (const char* name : {"_R", "_RNvC1a", "_RNvC1a9f", "_RNvB_1f", "_RINvC1a1fmEx", "_RINvC1a1fRRRRRRR", "_RNvC1a1f$",
                           "_RINvC1a1fB_E", "_RNvC1au3___x"}) {
    EXPECT_EQ(demangle(name), name);
  }
  // Nested too deep, and growing at every backreference.
  EXPECT_EQ(demangle_rust_v0("_RINvC1a1f" + std::string(5000, 'R') + "hE"), std::nullopt);
  std::string bomb = "_RINvC1a1fThhE";
  for (int i = 0; i < 40; ++i) bomb += "TB9_B9_E";
  EXPECT_TRUE(demangle_rust_v0(bomb + "E").value_or("").size() < 1 << 17);
}

TEST(DemangleRust, AsLlvmDoesForAProgramOfRust) {
  if (std::system("command -v rustc >/dev/null 2>&1 && command -v llvm-cxxfilt-14 >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "needs rustc and llvm-cxxfilt-14";
  }
  TemporaryDirectory directory;
  write_file(directory / "p.rs", "fn main() { println!(\"{:?}\", std::env::args().collect::<Vec<_>>()); }\n");
  output_of("rustc -O -C symbol-mangling-version=v0 -o " + (directory / "p") + " " + (directory / "p.rs"));
  std::istringstream names(output_of("nm " + (directory / "p") +
                                     " | sed -n 's/.* \\(_R[^.]*\\)$/\\1/p' | sort -u | tee " + (directory / "names")));
  std::istringstream expected(output_of("llvm-cxxfilt-14 <" + (directory / "names")));
  size_t count = 0;
  for (std::string name, theirs; std::getline(names, name) && std::getline(expected, theirs); ++count) {
    EXPECT_EQ(demangle(name), theirs) << name;
  }
  EXPECT_GT(count, 100U);
}

}  // namespace
}  // namespace polytap
