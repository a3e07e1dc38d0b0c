#include "core/syscall/call_set.h"

#include <fmt/format.h>
#include <regex.h>

#include <charconv>
#include <string>
#include <vector>

#include "core/syscall/arguments.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

struct NamedClass {
  std::string_view name;
  uint32_t bit;
};
constexpr NamedClass kNamedClasses[] = {
    {"file", kFile},     {"desc", kDesc},       {"memory", kMemory},     {"network", kNet}, {"net", kNet},
    {"creds", kCreds},   {"signal", kSignal},   {"process", kProcess},   {"ipc", kIpc},     {"clock", kClock},
    {"pure", kPure},     {"stat", kStat},       {"lstat", kLstat},       {"fstat", kFstat}, {"%stat", kAnyStat},
    {"statfs", kStatfs}, {"fstatfs", kFstatfs}, {"%statfs", kAnyStatfs},
};
// Those that once could be written without '%'.
constexpr std::string_view kOldClasses[] = {"file", "desc", "memory", "network", "signal", "process", "ipc"};

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
  if (word.starts_with('%')) {
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

std::optional<std::vector<uint32_t>> calls_of_class(std::string_view name) {
  for (const NamedClass& known : kNamedClasses) {
    if (known.name != name) continue;
    std::vector<uint32_t> numbers;
    for (const Syscall& call : syscalls()) {
      if ((classes_of_call(call.number) & known.bit) != 0) numbers.push_back(call.number);
    }
    return numbers;
  }
  return std::nullopt;
}

std::vector<std::string_view> call_classes() {
  std::vector<std::string_view> names;
  for (const NamedClass& known : kNamedClasses) names.push_back(known.name);
  return names;
}

Result<std::vector<uint32_t>> calls_matching(std::string_view expression) {
  regex_t compiled{};
  const std::string pattern(expression);
  if (const int error = regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB); error != 0) {
    std::string message(256, '\0');
    message.resize(regerror(error, &compiled, message.data(), message.size()) - 1);
    return Error(fmt::format("regcomp: {}: {}", expression, message));
  }
  std::vector<uint32_t> numbers;
  for (const Syscall& call : syscalls()) {
    if (regexec(&compiled, std::string(call.name).c_str(), 0, nullptr, 0) == 0) numbers.push_back(call.number);
  }
  regfree(&compiled);
  return numbers;
}

CallSet CallSet::all() {
  CallSet set;
  set.members.set();
  set.others = true;
  return set;
}

Result<CallSet> parse_call_set(std::string_view text) {
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "system call"));
  CallSet set = parsed.all ? CallSet::all() : CallSet();
  for (const std::string_view word : parsed.words) TRY(add_word(set, word));
  if (parsed.inverted) {
    set.members.flip();
    set.others = !set.others;
  }
  return set;
}

Result<SetWords> split_set(std::string_view text, std::string_view what) {
  const std::string_view whole = text;
  SetWords set;
  while (text.starts_with('!')) {
    set.inverted = !set.inverted;
    text.remove_prefix(1);
  }
  set.all = text == "all";
  if (set.all || text == "none") return set;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!word.empty()) set.words.push_back(word);
  }
  if (set.words.empty()) return Error(fmt::format("invalid {} '{}'", what, whole));
  return set;
}

}  // namespace polytap
