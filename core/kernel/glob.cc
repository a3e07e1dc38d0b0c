#include "core/kernel/glob.h"

#include <cstddef>

namespace polytap {
namespace {

struct Step {
  bool matches = false;
  size_t next = 0;  // where the pattern goes on
};

// Matches one character against the set that starts at pattern[at] == '['.
Step match_set(std::string_view pattern, size_t at, char character) {
  size_t position = at + 1;
  const bool negated = position < pattern.size() && (pattern[position] == '!' || pattern[position] == '^');
  if (negated) ++position;
  const size_t first = position;
  bool found = false;
  while (position < pattern.size() && (pattern[position] != ']' || position == first)) {
    const char low = pattern[position];
    char high = low;
    if (position + 2 < pattern.size() && pattern[position + 1] == '-' && pattern[position + 2] != ']') {
      high = pattern[position + 2];
      position += 2;
    }
    found |= low <= character && character <= high;
    ++position;
  }
  if (position >= pattern.size()) return {character == '[', at + 1};
  return {found != negated, position + 1};
}

Step match_one(std::string_view pattern, size_t at, char character) {
  if (pattern[at] == '[') return match_set(pattern, at, character);
  return {pattern[at] == '?' || pattern[at] == character, at + 1};
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view text) {
  size_t in_pattern = 0;
  size_t in_text = 0;
  // The last star seen, and up to where it has swallowed: only the last one ever needs to take more.
  size_t star = std::string_view::npos;
  size_t swallowed = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      swallowed = in_text;
      continue;
    }
    if (in_pattern < pattern.size()) {
      const Step step = match_one(pattern, in_pattern, text[in_text]);
      if (step.matches) {
        in_pattern = step.next;
        ++in_text;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    in_pattern = star + 1;
    in_text = ++swallowed;
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

bool has_glob(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

}  // namespace polytap
