#include "core/syscall/call_set.h"

#include <fmt/format.h>
#include <regex.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <vector>

#include "core/syscall/arguments.h"
#include "core/syscall/i386.h"
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

// What a word names: calls by number, of some interfaces.
struct Named {
  CallSet::Members native;
  CallSet::Members i386;  // by names that only i386 has
};

void add(Named& named, const std::vector<uint32_t>& numbers) {
  for (const uint32_t number : numbers) named.native.set(number);
}

bool add_class(Named& named, std::string_view name) {
  const auto members = calls_of_class(name);
  if (members) add(named, *members);
  return members.has_value();
}

bool add_name(Named& named, std::string_view word) {
  bool found = false;
  for (const Syscall& known : syscalls()) {
    if (known.name != word || describe_call(known.number) == nullptr) continue;
    named.native.set(known.number);
    found = true;
  }
  for (const std::string_view old : kOldClasses) found = found || (old == word && add_class(named, word));
  if (const auto number = found ? std::nullopt : i386_call_named(word)) {
    named.i386.set(*number);
    found = true;
  }
  return found;
}

// Whether WORD means something. "/^no_such_call" does not.
Result<bool> add_value(Named& named, std::string_view word) {
  uint32_t number = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), number);
  if (word.starts_with('%')) return add_class(named, word.substr(1));
  if (word.starts_with('/')) {
    ASSIGN_OR_RETURN(const std::vector<uint32_t> matching, calls_matching(word.substr(1)));
    add(named, matching);
    return !matching.empty();
  }
  if (!word.empty() && parsed.ec == std::errc() && parsed.ptr == word.data() + word.size()) {
    if (number < CallSet::kSize) named.native.set(number);
    return number < CallSet::kSize;
  }
  return !word.empty() && add_name(named, word);
}

Status add_word(CallSet& set, std::string_view word) {
  const std::string_view whole = word;
  const bool may_be_unknown = word.starts_with('?');
  if (may_be_unknown) word.remove_prefix(1);
  const std::string_view of = word.substr(std::min(word.rfind('@'), word.size()));
  const bool qualified = of == "@64" || of == "@32" || of == "@x32";
  if (!qualified && !of.empty()) {
    return Error(fmt::format("incorrect personality designator '{}' in qualification '{}'", of.substr(1), word),
                 EINVAL);  // the command line was not understood
  }
  if (qualified) word.remove_suffix(of.size());
  Named named;
  ASSIGN_OR_RETURN(const bool found, add_value(named, word));
  const bool exists = found && !(qualified && of != "@32" && named.native.none());
  if (!exists && !may_be_unknown) return Error(fmt::format("invalid system call '{}'", whole));
  if (!qualified || of == "@64") set.members |= named.native;
  if (!qualified || of == "@32") set.i386_members |= named.native | named.i386;
  if (!qualified || of == "@x32") set.x32_members |= named.native;
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
  set.i386_members.set();
  set.x32_members.set();
  set.others = true;
  return set;
}

Result<CallSet> parse_call_set(std::string_view text) {
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "system call"));
  CallSet set = parsed.all ? CallSet::all() : CallSet();
  for (const std::string_view word : parsed.words) TRY(add_word(set, word));
  if (parsed.inverted) {
    set.members.flip();
    set.i386_members.flip();
    set.x32_members.flip();
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
