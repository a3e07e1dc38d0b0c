// Corpora: wrong scripts with what is said about them, right scripts that survive printing.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/unit/lang_support.h"

namespace polytap::testing {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(POLYTAP_SOURCE_DIR) / "tests/golden";

// POLYTAP_UPDATE_GOLDEN=1 writes the .expected files instead; read the difference before committing it.
TEST(LangGolden, SyntaxErrorsAreReportedAsWrittenDown) {
  const bool update = std::getenv("POLYTAP_UPDATE_GOLDEN") != nullptr;
  const auto scripts = scripts_in(kGolden / "syntax");
  EXPECT_GE(scripts.size(), 30U);
  for (const auto& path : scripts) {
    SCOPED_TRACE(path);
    const Parsed parsed = parse_text(read_text(path), path.filename());
    EXPECT_FALSE(parsed.ok);
    auto expected = path;
    expected.replace_extension(".expected");
    if (update) std::ofstream(expected, std::ios::binary) << parsed.diagnostics;
    ASSERT_TRUE(std::filesystem::exists(expected));
    EXPECT_EQ(parsed.diagnostics, read_text(expected));
  }
}

TEST(LangGolden, ScriptsOfTheCorpusRoundTrip) {
  const auto scripts = scripts_in(kGolden / "scripts");
  EXPECT_GE(scripts.size(), 35U);
  for (const auto& path : scripts) EXPECT_EQ(round_trip_fault(read_text(path)), "") << path;
}

TEST(LangGolden, InstalledBpftraceToolsRoundTrip) {
  const auto scripts = scripts_in("/usr/sbin");
  if (scripts.empty()) GTEST_SKIP() << "bpftrace's tools are not installed: no /usr/sbin/*.bt";
  for (const auto& path : scripts) EXPECT_EQ(round_trip_fault(read_text(path)), "") << path;
}

}  // namespace
}  // namespace polytap::testing
