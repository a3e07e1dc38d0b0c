#include "frontend/strace_inject.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "core/syscall/constants.h"

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
  error = errno_number(text);
  return error != 0;
}

bool parse_part(std::string_view part, InjectRule& rule) {
  const size_t equals = part.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = part.substr(0, equals);
  const std::string_view value = part.substr(equals + 1);
  int64_t number = 0;
  if (name == "error") {
    if (rule.tampering.result || !parse_error(value, number)) return false;
    rule.tampering.result = -number;
  } else if (name == "retval") {
    if (rule.tampering.result || !parse_number(value, number) || number < 0) return false;
    rule.tampering.result = number;
  } else if (name == "signal") {
    rule.tampering.signal = signal_number(value);
    return rule.tampering.signal != 0;
  } else if (name == "delay_enter") {
    return parse_delay(value, rule.tampering.delay_enter_us);
  } else if (name == "delay_exit") {
    return parse_delay(value, rule.tampering.delay_exit_us);
  } else if (name == "when") {
    return parse_when(value, rule);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Result<InjectRule> parse_inject_rule(std::string_view text, bool is_fault) {
  InjectRule rule;
  const std::string_view whole = text;
  const size_t colon = std::min(text.find(':'), text.size());
  ASSIGN_OR_RETURN(rule.calls, parse_call_set(text.substr(0, colon)));
  text.remove_prefix(colon);
  while (!text.empty()) {
    text.remove_prefix(1);
    const size_t end = std::min(text.find(':'), text.size());
    if (!parse_part(text.substr(0, end), rule)) {
      return Error(fmt::format("invalid {} argument '{}'", is_fault ? "fault" : "inject", whole));
    }
    text.remove_prefix(end);
  }
  const CallTampering& what = rule.tampering;
  const bool says_nothing = !what.result && what.signal == 0 && what.delay_enter_us == 0 && what.delay_exit_us == 0;
  if (says_nothing && !is_fault) return Error(fmt::format("invalid inject argument '{}'", whole));
  if (is_fault && !rule.tampering.result) rule.tampering.result = -ENOSYS;
  return rule;
}

const InjectRule* InjectCounter::next(const std::vector<InjectRule>& rules, pid_t tid, uint64_t number) {
  const auto rule =
      std::find_if(rules.rbegin(), rules.rend(), [&](const InjectRule& each) { return each.calls.contains(number); });
  if (rule == rules.rend()) return nullptr;
  const uint32_t count = ++counts_[{tid, number}];
  return rule->applies(count) ? &*rule : nullptr;
}

void InjectCounter::forget(pid_t tid) {
  counts_.erase(counts_.lower_bound({tid, 0}), counts_.upper_bound({tid, UINT64_MAX}));
}

}  // namespace polytap
