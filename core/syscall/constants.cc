#include "core/syscall/constants.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>

namespace polytap {
namespace {

struct SignalName {
  int number;
  std::string_view name;
};
#define SIGNAL(name) \
  { SIG##name, #name }
constexpr SignalName kSignals[] = {
    SIGNAL(HUP),  SIGNAL(INT),    SIGNAL(QUIT), SIGNAL(ILL),   SIGNAL(TRAP), SIGNAL(ABRT), SIGNAL(BUS),  SIGNAL(FPE),
    SIGNAL(KILL), SIGNAL(USR1),   SIGNAL(SEGV), SIGNAL(USR2),  SIGNAL(PIPE), SIGNAL(ALRM), SIGNAL(TERM), SIGNAL(STKFLT),
    SIGNAL(CHLD), SIGNAL(CONT),   SIGNAL(STOP), SIGNAL(TSTP),  SIGNAL(TTIN), SIGNAL(TTOU), SIGNAL(URG),  SIGNAL(XCPU),
    SIGNAL(XFSZ), SIGNAL(VTALRM), SIGNAL(PROF), SIGNAL(WINCH), SIGNAL(IO),   SIGNAL(PWR),  SIGNAL(SYS),
};
#undef SIGNAL
constexpr int kFirstRealtime = 32;  // SIGRTMIN of the kernel; libc keeps two for itself
constexpr int kLastSignal = 64;

// include/linux/errno.h: never seen by programs, only by tracers.
struct KernelError {
  int number;
  std::string_view name;
  std::string_view text;
};
constexpr KernelError kKernelErrors[] = {
    {512, "ERESTARTSYS", "To be restarted if SA_RESTART is set"},
    {513, "ERESTARTNOINTR", "To be restarted"},
    {514, "ERESTARTNOHAND", "To be restarted if no handler"},
    {516, "ERESTART_RESTARTBLOCK", "Interrupted by signal"},
    {524, "ENOTSUPP", "Unknown error 524"},
};

}  // namespace

std::string_view ConstantTable::find(uint64_t value) const {
  const auto found = std::ranges::find(constants, value, &Constant::value);
  return found != constants.end() ? found->name : std::string_view();
}

void append_hex(std::string& out, uint64_t value) {
  if (value == 0) {
    out += '0';
  } else {
    fmt::format_to(std::back_inserter(out), "{:#x}", value);
  }
}

void append_enumeration(std::string& out, const ConstantTable& table, uint64_t value, ConstantStyle style) {
  const std::string_view name = table.find(value);
  if (style == ConstantStyle::kRaw || name.empty() || style == ConstantStyle::kVerbose) append_hex(out, value);
  if (style == ConstantStyle::kRaw) return;
  if (name.empty()) {
    if (!table.unknown.empty()) fmt::format_to(std::back_inserter(out), " /* {} */", table.unknown);
  } else if (style == ConstantStyle::kVerbose) {
    fmt::format_to(std::back_inserter(out), " /* {} */", name);
  } else {
    out += name;
  }
}

void append_flags(std::string& out, const ConstantTable& table, uint64_t value, ConstantStyle style) {
  if (style == ConstantStyle::kRaw) return append_hex(out, value);
  std::string names;
  uint64_t rest = value;
  if (value == 0) names = table.find(0);
  for (const Constant& flag : table.constants) {
    if (flag.value == 0 || (rest & flag.value) != flag.value) continue;
    if (!names.empty()) names += '|';
    names += flag.name;
    rest &= ~flag.value;
  }
  if (names.empty()) {
    append_hex(out, value);
    if (value != 0 && !table.unknown.empty()) fmt::format_to(std::back_inserter(out), " /* {} */", table.unknown);
    return;
  }
  if (rest != 0) fmt::format_to(std::back_inserter(names), "|{:#x}", rest);
  if (style == ConstantStyle::kVerbose) {
    append_hex(out, value);
    fmt::format_to(std::back_inserter(out), " /* {} */", names);
  } else {
    out += names;
  }
}

std::string_view errno_name(int error) {
  for (const KernelError& known : kKernelErrors) {
    if (known.number == error) return known.name;
  }
  const char* name = strerrorname_np(error);
  return name != nullptr && error != 0 ? name : std::string_view();
}

std::string_view errno_text(int error) {
  for (const KernelError& known : kKernelErrors) {
    if (known.number == error) return known.text;
  }
  const char* text = strerrordesc_np(error);
  return text != nullptr ? text : std::string_view();
}

int errno_number(std::string_view name) {
  constexpr int kMaxErrno = 4095;
  for (int error = 1; error <= kMaxErrno; error++) {
    if (errno_name(error) == name) return error;
  }
  return 0;
}

std::string short_signal_name(int signal) {
  for (const SignalName& known : kSignals) {
    if (known.number == signal) return std::string(known.name);
  }
  if (signal == kFirstRealtime) return "RTMIN";
  if (signal > kFirstRealtime && signal <= kLastSignal) return fmt::format("RT_{}", signal - kFirstRealtime);
  return fmt::format("{}", signal);
}

std::string signal_name(int signal) {
  const std::string name = short_signal_name(signal);
  return name.empty() || name[0] < 'A' ? name : "SIG" + name;
}

int signal_number(std::string_view name) {
  int number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
  if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) {
    return number > 0 && number <= kLastSignal ? number : 0;
  }
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  if (upper.starts_with("SIG")) upper.erase(0, 3);
  for (int signal = 1; signal <= kLastSignal; signal++) {
    if (short_signal_name(signal) == upper) return signal;
  }
  return 0;
}

}  // namespace polytap
