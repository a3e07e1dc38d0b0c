#include "frontend/strace_inject.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

#include "core/syscall/arguments.h"
#include "core/syscall/constants.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

template <typename T>
bool parse_number(std::string_view text, T& number) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// "100", "100us", "2ms", "1s": microseconds.
bool parse_delay(std::string_view text, uint64_t& microseconds) {
  constexpr std::pair<std::string_view, uint64_t> kUnits[] = {
      {"us", 1'000}, {"ms", 1'000'000}, {"ns", 1}, {"s", 1'000'000'000}};
  uint64_t nanoseconds = 1'000;
  for (const auto& [unit, scale] : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    nanoseconds = scale;
    break;
  }
  uint64_t number = 0;
  if (!parse_number(text, number)) return false;
  microseconds = number * nanoseconds / 1'000;
  return true;
}

// FIRST[..LAST][+[STEP]]
bool parse_when(std::string_view text, InjectRule& rule) {
  constexpr uint32_t kLargest = 65535;
  const size_t plus = text.find('+');
  std::string_view step;
  const bool repeats = plus != std::string_view::npos;
  if (repeats) {
    step = text.substr(plus + 1);
    text = text.substr(0, plus);
  }
  const size_t dots = text.find("..");
  const bool has_last = dots != std::string_view::npos;
  if (!parse_number(text.substr(0, dots), rule.first) || rule.first < 1 || rule.first > kLargest) return false;
  rule.last = repeats ? UINT32_MAX : rule.first;
  if (has_last && (!parse_number(text.substr(dots + 2), rule.last) || rule.last < rule.first || rule.last > kLargest)) {
    return false;
  }
  rule.step = 1;
  return step.empty() || (parse_number(step, rule.step) && rule.step >= 1 && rule.step <= kLargest);
}

bool parse_error(std::string_view text, int64_t& error) {
  constexpr int64_t kMaxErrno = 4095;
  if (parse_number(text, error)) return error > 0 && error <= kMaxErrno;
  std::string name(text);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  error = errno_number(name);
  return error != 0;
}

// "@arg2=4142,@arg3=00"
bool parse_pokes(std::string_view text, std::vector<MemoryPoke>& pokes) {
  constexpr std::string_view kPrefix = "@arg";
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    MemoryPoke poke;
    const size_t equals = part.find('=');
    if (!part.starts_with(kPrefix) || equals == std::string_view::npos) return false;
    if (!parse_number(part.substr(kPrefix.size(), equals - kPrefix.size()), poke.argument)) return false;
    if (poke.argument < 1 || poke.argument > 6) return false;
    poke.argument--;
    const std::string_view digits = part.substr(equals + 1);
    if (digits.empty() || digits.size() % 2 != 0) return false;
    for (size_t i = 0; i < digits.size(); i += 2) {
      uint8_t byte = 0;
      const auto parsed = std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
      if (parsed.ec != std::errc() || parsed.ptr != digits.data() + i + 2) return false;
      poke.bytes.push_back(static_cast<std::byte>(byte));
    }
    pokes.push_back(std::move(poke));
  }
  return !pokes.empty();
}

// Up to 64 bits, and negative ones too, with what strace warns of.
bool parse_result(std::string_view text, InjectRule& rule) {
  constexpr uint64_t kMaxErrno = 4095;
  uint64_t value = 0;
  int64_t negative = 0;
  if (text.starts_with('-')) {
    if (!parse_number(text, negative)) return false;
    value = static_cast<uint64_t>(negative);
  } else if (!parse_number(text, value)) {
    return false;
  }
  rule.tampering.result = static_cast<int64_t>(value);
  if (-value - 1 < kMaxErrno) {
    rule.warning = fmt::format("Inadvertent injection of error {} is possible for retval={}", -value, value);
  } else if (value > UINT32_MAX) {
    rule.warning = fmt::format("Injected return value {} will be clipped to {} in compat personality", value,
                               static_cast<uint32_t>(value));
  }
  return true;
}

bool parse_part(std::string_view part, InjectRule& rule, bool is_fault) {
  if (part == "silent") return rule.silent = true;
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = part.substr(0, equals);
  const std::string_view value = part.substr(equals + 1);
  int64_t number = 0;
  if (is_fault && name != "error" && name != "when") return false;
  if (name == "error") {
    if (rule.tampering.result || !parse_error(value, number)) return false;
    rule.tampering.result = -number;
  } else if (name == "retval") {
    return !rule.tampering.result && parse_result(value, rule);
  } else if (name == "signal") {
    rule.tampering.signal = signal_number(value);
    return rule.tampering.signal != 0;
  } else if (name == "delay_enter") {
    return parse_delay(value, rule.tampering.delay_enter_us);
  } else if (name == "delay_exit") {
    return parse_delay(value, rule.tampering.delay_exit_us);
  } else if (name == "poke_enter") {
    return parse_pokes(value, rule.tampering.poke_enter);
  } else if (name == "poke_exit") {
    return parse_pokes(value, rule.tampering.poke_exit);
  } else if (name == "syscall") {
    const Syscall* call = find_syscall(value);
    if (call == nullptr || (classes_of_call(call->number) & kPure) == 0) return false;
    rule.tampering.number = call->number;
  } else if (name == "when") {
    return parse_when(value, rule);
  } else {
    return false;
  }
  return true;
}

// As SplitMix64 does.
uint64_t mixed(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

}  // namespace

Result<InjectRule> parse_inject_rule(std::string_view text, bool is_fault) {
  InjectRule rule;
  const std::string_view whole = text;
  rule.text = text;
  const size_t colon = std::min(text.find(':'), text.size());
  ASSIGN_OR_RETURN(rule.calls, parse_call_set(text.substr(0, colon)));
  text.remove_prefix(colon);
  while (!text.empty()) {
    text.remove_prefix(1);
    const size_t end = std::min(text.find(':'), text.size());
    if (!parse_part(text.substr(0, end), rule, is_fault)) {
      return Error(fmt::format("invalid {} argument '{}'", is_fault ? "fault" : "inject", whole));
    }
    text.remove_prefix(end);
  }
  const CallTampering& what = rule.tampering;
  const bool says_nothing = !what.result && !what.number && what.poke_enter.empty() && what.poke_exit.empty() &&
                            what.signal == 0 && what.delay_enter_us == 0 && what.delay_exit_us == 0;
  if (says_nothing && !is_fault) return Error(fmt::format("invalid inject argument '{}'", whole));
  if (what.number && what.result) {
    return Error(fmt::format(
        "invalid {} argument '{}': syscall= excludes error= and retval=", is_fault ? "fault" : "inject", whole));
  }
  const bool has_more = what.signal != 0 || what.delay_enter_us + what.delay_exit_us != 0 || what.number ||
                        !what.poke_enter.empty() || !what.poke_exit.empty() || rule.first != 1 ||
                        rule.last != UINT32_MAX;
  if (rule.silent && (has_more || (what.result && *what.result > 0))) {
    return Error(fmt::format("invalid {} argument '{}': silent goes with error= and retval=0 alone",
                             is_fault ? "fault" : "inject", whole));
  }
  if (is_fault && !rule.tampering.result) rule.tampering.result = -ENOSYS;
  return rule;
}

bool InjectCounter::is_chosen(uint64_t tracee, uint64_t number, uint32_t count) const {
  if (rate_ >= 1) return true;
  const uint64_t drawn = mixed(mixed(mixed(seed_ ^ mixed(tracee)) ^ number) ^ count);
  constexpr double kRange = 9007199254740992.0;  // 2^53
  return static_cast<double>(drawn >> 11) / kRange < rate_;
}

void InjectCounter::note_place(Injected& injected, std::string stack) {
  constexpr size_t kMostPlaces = 32;
  const auto known = std::ranges::find(injected.places, stack, [](const auto& place) { return place.first; });
  if (known != injected.places.end()) {
    known->second++;
  } else if (injected.places.size() < kMostPlaces) {
    injected.places.emplace_back(std::move(stack), 1);
  } else {
    injected.elsewhere++;
  }
}

CallTampering InjectCounter::next(const std::vector<InjectRule>& rules, pid_t tid, const CallValues& call,
                                  const std::function<std::string()>& stack) {
  const uint64_t number = call.number;
  const auto is_for = [&](const InjectRule& rule) { return rule.calls.contains(number, call.interface); };
  if (std::ranges::none_of(rules, is_for)) return {};
  const auto [tracee, is_new] = counts_.try_emplace(tid);
  if (is_new) tracee->second.tracee = tracees_++;
  const uint32_t count = ++tracee->second.calls[number];
  const InjectRule* chosen = nullptr;
  for (size_t i = rules.size(); i-- > 0;) {
    if (!is_for(rules[i])) continue;
    Injected& injected = injected_[{i, number}];
    injected.calls++;
    if (chosen != nullptr || !rules[i].applies(count) || !is_chosen(tracee->second.tracee, number, count)) continue;
    chosen = &rules[i];
    if (injected.injected++ == 0) {
      injected.first_tid = tid;
      injected.first_count = count;
    }
    if (stack) note_place(injected, stack());
  }
  return chosen != nullptr ? chosen->tampering : CallTampering{};
}

void InjectCounter::forget(pid_t tid) { counts_.erase(tid); }

std::string InjectCounter::report(const std::vector<InjectRule>& rules) const {
  std::string text;
  for (const auto& [key, injected] : injected_) {
    text += fmt::format("inject={}: {} of {} calls of {}", rules[key.first].text, injected.injected, injected.calls,
                        call_name(key.second));
    if (injected.injected != 0) {
      text += fmt::format(", the first was call {} of process {}", injected.first_count, injected.first_tid);
    }
    text += '\n';
    for (const auto& [stack, count] : injected.places) {
      if (!stack.empty())
        text += fmt::format("{} at:\n{}", count == 1 ? "once" : fmt::format("{} times", count), stack);
    }
    if (injected.elsewhere != 0) text += fmt::format("{} times elsewhere\n", injected.elsewhere);
  }
  if (text.empty() && !rules.empty()) text = "nothing was injected: no call of the rules was made\n";
  return text;
}

}  // namespace polytap
