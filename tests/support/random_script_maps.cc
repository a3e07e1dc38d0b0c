#include "tests/support/random_script_maps.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace polytap::test {

std::string map_assignments(const std::set<std::string, std::less<>>& maps) {
  static constexpr std::pair<std::string_view, std::string_view> kAssignments[] = {
      {"@scalar", "@scalar = (int64)1;"},
      {"@words", "@words[1] = (int64)1;"},
      {"@by_text", "@by_text[\"a\"] = (int64)1;"},
      {"@texts", "@texts[1] = \"a\";"},
      {"@tuples", "@tuples[1] = ((int64)1, \"a\", ((uint8)1, (int64)1));"},
      {"@records", "@records[1] = (a=(int64)1, b=\"a\");"},
      {"@counts", "@counts[\"a\"] = count();"},
      {"@sum", "@sum[1] = sum((int64)1);"},
      {"@hist", "@hist[1] = hist((int64)1);"},
      {"@linear", "@linear[1] = lhist((int64)1, -10, 90, 7);"},
      {"@stats", "@stats = stats((int64)1);"}};
  std::string text;
  for (const auto& [map, assignment] : kAssignments) {
    if (maps.contains(map)) text += fmt::format("  {}\n", assignment);
  }
  return text;
}

}  // namespace polytap::test
