// The nearest right name for a misspelt one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

// The candidate with the least Damerau-Levenshtein distance to NAME (case counts half), when that is close enough to be
// meant: at most a third of the length, and at least one edit for short names. Ties go to the first.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);
std::optional<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates);

// "did you mean 'X'?", or empty when nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace polytap
