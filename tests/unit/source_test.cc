#include "core/base/source.h"

#include <gtest/gtest.h>

namespace polytap {
namespace {

TEST(Source, PositionsCountLinesAndColumnsFromOne) {
  const Source source("stdin", "ab\n\ncd");
  EXPECT_EQ(source.position(0).line, 1U);
  EXPECT_EQ(source.position(0).column, 1U);
  EXPECT_EQ(source.position(2).line, 1U);  // the newline belongs to its line
  EXPECT_EQ(source.position(2).column, 3U);
  EXPECT_EQ(source.position(3).line, 2U);
  EXPECT_EQ(source.position(5).line, 3U);
  EXPECT_EQ(source.position(5).column, 2U);
  EXPECT_EQ(source.position(1000).line, 3U);
  EXPECT_EQ(source.position(1000).column, 3U);
}

TEST(Source, LinesAndSlices) {
  const Source source("stdin", "ab\n\ncd");
  EXPECT_EQ(source.line(1), "ab");
  EXPECT_EQ(source.line(2), "");
  EXPECT_EQ(source.line(3), "cd");
  EXPECT_EQ(source.line(0), "");
  EXPECT_EQ(source.line(4), "");
  EXPECT_EQ(source.slice({1, 4}), "b\n\n");
  EXPECT_EQ(source.slice({4, 400}), "cd");
  EXPECT_EQ(source.slice({400, 500}), "");
}

TEST(Source, CoverHoldsBoth) {
  EXPECT_EQ(cover({3, 5}, {1, 2}), (Span{1, 5}));
  EXPECT_EQ(cover({1, 9}, {2, 3}), (Span{1, 9}));
}

TEST(Render, PointsAtTheSpan) {
  const Source source("stdin", "BEGIN { print($x); }");
  EXPECT_EQ(render(source, {Severity::kError, {14, 16}, "undefined variable: $x", ""}),
            "stdin:1:15-17: ERROR: undefined variable: $x\n"
            "BEGIN { print($x); }\n"
            "              ^~\n");
}

TEST(Render, KeepsTabsSoThatTheCaretStaysAligned) {
  const Source source("a.bt", "x\n\t\tfoo();\n");
  EXPECT_EQ(render(source, {Severity::kWarning, {4, 7}, "no such function", "did you mean 'for'?"}),
            "a.bt:2:3-6: WARNING: no such function\n"
            "\t\tfoo();\n"
            "\t\t^~~\n"
            "HINT: did you mean 'for'?\n");
}

TEST(Render, SpansOverSeveralLinesStopAtTheFirst) {
  const Source source("a.bt", "ab {\n}\n");
  EXPECT_EQ(render(source, {Severity::kNote, {3, 6}, "here", ""}),
            "a.bt:1:4-5: NOTE: here\n"
            "ab {\n"
            "   ^\n");
}

TEST(Render, EmptySpansAndTheEndOfTextHaveACaret) {
  const Source source("a.bt", "ab");
  EXPECT_EQ(render(source, {Severity::kError, {2, 2}, "expected '{'", ""}),
            "a.bt:1:3-4: ERROR: expected '{'\n"
            "ab\n"
            "  ^\n");
  const Source empty("a.bt", "");
  EXPECT_EQ(render(empty, {Severity::kError, {0, 0}, "no probes", ""}), "a.bt:1:1-2: ERROR: no probes\n\n^\n");
}

TEST(Render, MultiByteCharactersTakeOnePlaceAndControlBytesNone) {
  const Source source("a.bt", "\"\xc3\xa9\" \x1b[2J ?");
  EXPECT_EQ(render(source, {Severity::kError, {10, 11}, "stray", ""}),
            "a.bt:1:11-12: ERROR: stray\n"
            "\"\xc3\xa9\" ?[2J ?\n"
            "         ^\n");
}

TEST(Diagnostics, CountsErrorsOnly) {
  Diagnostics diagnostics;
  diagnostics.warning({0, 1}, "w");
  diagnostics.note({0, 1}, "n");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error({0, 1}, "e", "h");
  EXPECT_TRUE(diagnostics.has_errors());
  ASSERT_EQ(diagnostics.all().size(), 3U);
  EXPECT_EQ(diagnostics.all()[2].hint, "h");
  const Source source("s", "x");
  EXPECT_EQ(render(source, diagnostics),
            "s:1:1-2: WARNING: w\nx\n^\ns:1:1-2: NOTE: n\nx\n^\ns:1:1-2: ERROR: e\nx\n^\nHINT: h\n");
}

}  // namespace
}  // namespace polytap
