#include "frontend/strace_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <vector>

#include "core/syscall/constants.h"

namespace polytap {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

Result<uint64_t> parse_signal_set(std::string_view text) {
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "signal"));
  uint64_t set = parsed.all ? UINT64_MAX : 0;
  for (const std::string_view word : parsed.words) {
    const int signal = signal_number(word);
    if (signal == 0) return Error(fmt::format("invalid signal '{}'", word));
    set |= 1UL << (signal - 1);
  }
  return parsed.inverted ? ~set : set;
}

Result<std::vector<int>> parse_errno_set(std::string_view text) {
  std::vector<int> errors;
  for (const std::string_view word : split(text)) {
    int number = errno_number(word);
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
    if (number <= 0 || (!is_number && errno_number(word) == 0)) return Error(fmt::format("invalid error '{}'", word));
    errors.push_back(number);
  }
  return errors;
}

Result<uint8_t> parse_status_set(std::string_view text) {
  constexpr std::pair<std::string_view, CallStatus> kNames[] = {{"successful", CallStatus::kSuccessful},
                                                                {"failed", CallStatus::kFailed},
                                                                {"unfinished", CallStatus::kUnfinished},
                                                                {"unavailable", CallStatus::kUnavailable},
                                                                {"detached", CallStatus::kDetached}};
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "status"));
  uint8_t set = parsed.all ? kAnyStatus : uint8_t{0};
  for (const std::string_view word : parsed.words) {
    const auto* found = std::ranges::find(kNames, word, [](const auto& each) { return each.first; });
    if (found == std::end(kNames)) return Error(fmt::format("invalid status '{}'", word));
    set |= static_cast<uint8_t>(found->second);
  }
  return parsed.inverted ? static_cast<uint8_t>(~set & kAnyStatus) : set;
}

}  // namespace polytap
