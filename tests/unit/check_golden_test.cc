// Wrong scripts with what is said about them; right ones with their IR.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/ir/text.h"
#include "tests/support/compiled.h"
#include "tests/unit/lang_support.h"

namespace polytap {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(POLYTAP_SOURCE_DIR) / "tests/golden";

// POLYTAP_UPDATE_GOLDEN=1 writes the .expected files instead; read the difference before committing it.
void compare(std::filesystem::path script, const std::string& actual) {
  script.replace_extension(".expected");
  if (std::getenv("POLYTAP_UPDATE_GOLDEN") != nullptr) std::ofstream(script, std::ios::binary) << actual;
  ASSERT_TRUE(std::filesystem::exists(script));
  EXPECT_EQ(actual, testing::read_text(script));
}

TEST(CheckGolden, WrongScriptsAreExplained) {
  const auto scripts = testing::scripts_in(kGolden / "check");
  EXPECT_GE(scripts.size(), 80U);
  for (const auto& path : scripts) {
    SCOPED_TRACE(path);
    const auto result = test::compile_text(testing::read_text(path), {"word"}, path.filename());
    EXPECT_FALSE(result.diagnostics.empty());
    const bool only_warns = result.diagnostics.find("ERROR: ") == std::string::npos;
    EXPECT_EQ(result.compiled.has_value(), only_warns);
    compare(path, result.diagnostics);
  }
}

TEST(CheckGolden, ScriptsLowerAsWrittenDown) {
  const auto scripts = testing::scripts_in(kGolden / "ir");
  EXPECT_GE(scripts.size(), 8U);
  for (const auto& path : scripts) {
    SCOPED_TRACE(path);
    const auto result = test::compile_text(testing::read_text(path), {"7"}, path.filename());
    ASSERT_TRUE(result.compiled.has_value()) << result.diagnostics;
    compare(path, ir::to_text(result.compiled->program));
  }
}

}  // namespace
}  // namespace polytap
