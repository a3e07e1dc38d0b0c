#include "frontend/strace_filter.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

#include "core/syscall/arguments.h"
#include "core/syscall/call_sets.h"
#include "core/syscall/constants.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

// Those that once could be written without '%'.
constexpr std::string_view kOldClasses[] = {"file", "desc", "memory", "network", "signal", "process", "ipc"};

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// Whether there were any.
bool add(CallSet& set, const std::vector<uint32_t>& numbers) {
  for (const uint32_t number : numbers) set.members.set(number);
  return !numbers.empty();
}

bool add_class(CallSet& set, std::string_view name) {
  const auto members = calls_of_class(name);
  if (members) add(set, *members);
  return members.has_value();
}

Status add_word(CallSet& set, std::string_view word) {
  const std::string_view whole = word;
  const bool may_be_unknown = word.starts_with('?');
  if (may_be_unknown) word.remove_prefix(1);
  // "@64" names the personality: the only one that has names here.
  if (word.ends_with("@64")) word.remove_suffix(3);
  bool found = false;
  uint32_t number = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word == "all") {
    set = CallSet::all();
    found = true;
  } else if (word == "none") {
    found = true;
  } else if (word.starts_with('%')) {
    found = add_class(set, word.substr(1));
  } else if (word.starts_with('/')) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> matching, calls_matching(word.substr(1)));
    found = add(set, matching);
  } else if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == word.data() + word.size()) {
    found = number < CallSet::kSize;
    if (found) set.members.set(number);
  } else if (const CallDescription* call = nullptr; !word.empty()) {
    for (const Syscall& known : syscalls()) {
      call = describe_call(known.number);
      if (known.name == word && call != nullptr) {
        set.members.set(known.number);
        found = true;
      }
    }
    for (const std::string_view old : kOldClasses) found = found || (old == word && add_class(set, word));
  }
  if (!found && !may_be_unknown) return Error(fmt::format("invalid system call '{}'", whole));
  return {};
}

}  // namespace

CallSet CallSet::all() {
  CallSet set;
  set.members.set();
  set.others = true;
  return set;
}

Result<CallSet> parse_call_set(std::string_view text) {
  CallSet set;
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  for (const std::string_view word : split(text)) TRY(add_word(set, word));
  if (negated) {
    set.members.flip();
    set.others = !set.others;
  }
  return set;
}

Result<uint64_t> parse_signal_set(std::string_view text) {
  uint64_t set = 0;
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  for (const std::string_view word : split(text)) {
    if (word == "all") {
      set = UINT64_MAX;
    } else if (word != "none") {
      const int signal = signal_number(word);
      if (signal == 0) return Error(fmt::format("invalid signal '{}'", word));
      set |= 1UL << (signal - 1);
    }
  }
  return negated ? ~set : set;
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
  uint8_t set = 0;
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  for (const std::string_view word : split(text)) {
    bool found = word == "none" || word == "all";
    if (word == "all") set = kAnyStatus;
    for (const auto& [name, status] : kNames) {
      if (name != word) continue;
      set |= static_cast<uint8_t>(status);
      found = true;
    }
    if (!found) return Error(fmt::format("invalid status '{}'", word));
  }
  return negated ? static_cast<uint8_t>(~set & kAnyStatus) : set;
}

}  // namespace polytap
