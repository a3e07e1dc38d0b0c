#include "core/base/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <limits>

namespace polytap {
namespace {

// Distances are counted in halves: a changed case costs 1, every other edit 2.
constexpr unsigned kCaseCost = 1;
constexpr unsigned kEditCost = 2;

unsigned substitution_cost(char a, char b) {
  if (a == b) return 0;
  const int lower_a = std::tolower(static_cast<unsigned char>(a));
  const int lower_b = std::tolower(static_cast<unsigned char>(b));
  return lower_a == lower_b ? kCaseCost : kEditCost;
}

// Damerau-Levenshtein distance (adjacent transpositions) over three rolling rows, or LIMIT + 1 when it exceeds LIMIT.
unsigned distance(std::string_view a, std::string_view b, unsigned limit) {
  const size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (difference * kEditCost > limit) return limit + 1;
  std::vector<unsigned> before_last(b.size() + 1);
  std::vector<unsigned> last(b.size() + 1);
  std::vector<unsigned> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<unsigned>(j) * kEditCost;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<unsigned>(i) * kEditCost;
    unsigned least = row[0];
    for (size_t j = 1; j <= b.size(); ++j) {
      const unsigned edit = std::min(last[j], row[j - 1]) + kEditCost;
      row[j] = std::min(edit, last[j - 1] + substitution_cost(a[i - 1], b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before_last[j - 2] + kEditCost);
      }
      least = std::min(least, row[j]);
    }
    // A transposition reaches back two rows, so one row above the limit may still be passed by.
    if (least > limit + kEditCost) return limit + 1;
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

template <typename Name>
std::optional<std::string> find_nearest(std::string_view name, std::span<const Name> candidates) {
  const auto edits = static_cast<unsigned>(std::max<size_t>(1, name.size() / 3));
  unsigned best = edits * kEditCost + 1;
  std::optional<std::string> found;
  for (const Name& candidate : candidates) {
    // One edit away from a single letter is every single letter: that says nothing.
    if (candidate.empty() || (name.size() == 1 && substitution_cost(name[0], candidate[0]) == kEditCost)) continue;
    const unsigned d = distance(name, candidate, best - 1);
    if (d >= best) continue;
    best = d;
    found = std::string(candidate);
  }
  return found;
}

}  // namespace

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  return find_nearest(name, candidates);
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string_view> candidates) {
  return find_nearest(name, candidates);
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const std::optional<std::string> found = nearest(name, candidates);
  return found ? fmt::format("did you mean '{}'?", *found) : std::string();
}

}  // namespace polytap
