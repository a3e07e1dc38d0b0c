// ioctl and prctl.
#include <asm/ioctls.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include <algorithm>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {
namespace {

// How the argument of a command is shown.
enum class Content : uint8_t {
  kNone,
  kIntIn,
  kIntOut,
  kWindowIn,
  kWindowOut,
  kTermiosIn,
  kTermiosOut,
  kNumber,
  kUlongOut
};

struct IoctlContent {
  uint32_t command;
  Content content;
};

constexpr IoctlContent kContents[] = {
    {TCGETS, Content::kTermiosOut},     {TCSETS, Content::kTermiosIn},     {TCSETSW, Content::kTermiosIn},
    {TCSETSF, Content::kTermiosIn},     {TIOCGWINSZ, Content::kWindowOut}, {TIOCSWINSZ, Content::kWindowIn},
    {TIOCGPGRP, Content::kIntOut},      {TIOCSPGRP, Content::kIntIn},      {TIOCGSID, Content::kIntOut},
    {TIOCGPTN, Content::kIntOut},       {TIOCSPTLCK, Content::kIntIn},     {FIONREAD, Content::kIntOut},
    {FIONBIO, Content::kIntIn},         {FIOASYNC, Content::kIntIn},       {FIOCLEX, Content::kNone},
    {FIONCLEX, Content::kNone},         {TIOCSCTTY, Content::kNumber},     {TIOCNOTTY, Content::kNone},
    {TIOCOUTQ, Content::kIntOut},       {TCFLSH, Content::kNumber},        {TCSBRK, Content::kNumber},
    {FICLONE, Content::kNumber},        {TIOCEXCL, Content::kNone},        {TIOCNXCL, Content::kNone},
    {BLKGETSIZE64, Content::kUlongOut}, {BLKSSZGET, Content::kIntOut},     {FS_IOC_GETFLAGS, Content::kIntOut},
};

const IoctlContent* find_content(uint64_t command) {
  const auto* found = std::ranges::find(kContents, static_cast<uint32_t>(command), &IoctlContent::command);
  return found != std::end(kContents) ? found : nullptr;
}

// The part of struct termios that TCGETS fills.
struct KernelTermios {
  uint32_t input;
  uint32_t output;
  uint32_t control;
  uint32_t local;
  uint8_t line;
  uint8_t characters[19];
};

constexpr Constant kSpeeds[] = {
    {"B0", B0},         {"B50", B50},       {"B300", B300},       {"B1200", B1200},
    {"B2400", B2400},   {"B4800", B4800},   {"B9600", B9600},     {"B19200", B19200},
    {"B38400", B38400}, {"B57600", B57600}, {"B115200", B115200}, {"B230400", B230400},
};

void put_termios(CallText& text, uint64_t at) {
  KernelTermios terminal{};
  if (!text.fetch(at, terminal)) return;
  const ConstantTable speeds{kSpeeds, ""};
  const std::string_view speed = speeds.find(terminal.control & CBAUD);
  text.put('{');
  if (text.style.verbose) {
    text.print("c_iflags={:#x}, c_oflags={:#x}, c_cflags={:#x}, c_lflags={:#x}, c_line={}, c_cc=", terminal.input,
               terminal.output, terminal.control, terminal.local, terminal.line);
    text.put('"');
    for (const uint8_t character : terminal.characters) text.print("\\x{:02x}", character);
    return text.put("\"}");
  }
  if (speed.empty()) {
    text.print("{:#o}", terminal.control & CBAUD);
  } else {
    text.put(speed);
  }
  text.print(" {}opost {}isig {}icanon {}echo ...}}", (terminal.output & OPOST) != 0 ? "" : "-",
             (terminal.local & ISIG) != 0 ? "" : "-", (terminal.local & ICANON) != 0 ? "" : "-",
             (terminal.local & ECHO) != 0 ? "" : "-");
}

void put_window(CallText& text, uint64_t at) {
  winsize size{};
  if (!text.fetch(at, size)) return;
  text.print("{{ws_row={}, ws_col={}, ws_xpixel={}, ws_ypixel={}}}", size.ws_row, size.ws_col, size.ws_xpixel,
             size.ws_ypixel);
}

bool is_result(Content content) {
  return content == Content::kIntOut || content == Content::kWindowOut || content == Content::kTermiosOut ||
         content == Content::kUlongOut;
}

}  // namespace

void ioctl_command(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto command = static_cast<uint32_t>(value);
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(command);
  std::string names;
  for (const Constant& known : kIoctlCommands.constants) {
    if (known.value != command) continue;
    if (!names.empty()) names += " or ";
    names += known.name;
  }
  if (names.empty()) {
    constexpr std::array<std::string_view, 4> kDirections = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                                             "_IOC_READ|_IOC_WRITE"};
    names = fmt::format("_IOC({}, {:#x}, {:#x}, {:#x})", kDirections[_IOC_DIR(command)], _IOC_TYPE(command),
                        _IOC_NR(command), _IOC_SIZE(command));
  }
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(command);
    text.print(" /* {} */", names);
  } else {
    text.put(names);
  }
}

bool ioctl_known_at_entry(const CallText& text) {
  const IoctlContent* known = find_content(text.argument(1));
  return known == nullptr || !is_result(known->content);
}

void ioctl_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  const IoctlContent* known = find_content(text.argument(1));
  if (known == nullptr) return text.hex(value);
  if (is_result(known->content) && !text.succeeded()) return text.address(value);
  int number = 0;
  uint64_t wide = 0;
  switch (known->content) {
    case Content::kNone:
      return text.omit();
    case Content::kNumber:
      return text.print("{}", static_cast<int>(value));
    case Content::kUlongOut:
      if (text.fetch(value, wide)) text.print("[{}]", wide);
      return;
    case Content::kIntIn:
    case Content::kIntOut:
      if (text.fetch(value, number)) text.print("[{}]", number);
      return;
    case Content::kWindowIn:
    case Content::kWindowOut:
      return put_window(text, value);
    case Content::kTermiosIn:
    case Content::kTermiosOut:
      return put_termios(text, value);
  }
}

bool prctl_known_at_entry(const CallText& text) {
  switch (static_cast<uint32_t>(text.argument(0))) {
    case PR_GET_NAME:
    case PR_GET_PDEATHSIG:
    case PR_GET_CHILD_SUBREAPER:
    case PR_GET_TID_ADDRESS:
      return false;
    default:
      return true;
  }
}

namespace {

// How many arguments behind the option are shown, and how.
int prctl_argument_count(uint32_t option) {
  switch (option) {
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
    case PR_GET_TIMERSLACK:
    case PR_GET_SECUREBITS:
    case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE:
      return 0;
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_SET_TIMERSLACK:
    case PR_SET_SECUREBITS:
    case PR_GET_TID_ADDRESS:
    case PR_SET_PTRACER:
      return 1;
    default:
      return 4;
  }
}

std::string_view dumpable_name(uint64_t value) {
  constexpr std::array<std::string_view, 3> kNames = {"SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"};
  return value < kNames.size() ? kNames[value] : std::string_view();
}

}  // namespace

void prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const auto option = static_cast<uint32_t>(text.argument(0));
  if (prctl_argument_count(option) == 0) return text.omit();
  switch (option) {
    case PR_SET_NAME:
      return text.string(value);
    case PR_GET_NAME:
      return result_string(text, value, kind);
    case PR_SET_PDEATHSIG:
      return text.put(value == 0 ? "0" : signal_name(static_cast<int>(value)));
    case PR_GET_PDEATHSIG:
    case PR_GET_CHILD_SUBREAPER:
      return int_at(text, value, kind);
    case PR_GET_TID_ADDRESS:
      return address_at(text, value, kind);
    case PR_SET_DUMPABLE: {
      const std::string_view name = dumpable_name(value);
      return name.empty() ? text.hex(value) : text.put(name);
    }
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
      return text.enumeration(kCapabilities, value);
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_KEEPCAPS:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
      return text.print("{}", value);
    case PR_SET_VMA:
      return value == PR_SET_VMA_ANON_NAME ? text.put("PR_SET_VMA_ANON_NAME") : text.hex(value);
    default:
      return text.hex(value);
  }
}

void prctl_rest(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto option = static_cast<uint32_t>(text.argument(0));
  if (prctl_argument_count(option) <= 1) return text.omit();
  if (option == PR_SET_VMA && value == text.argument(4) && value != 0) return text.string(value);
  text.hex(value);
}

void note_prctl(CallText& text) {
  if (!text.succeeded()) return;
  if (static_cast<uint32_t>(text.argument(0)) == PR_GET_DUMPABLE) {
    text.note = dumpable_name(static_cast<uint64_t>(text.call.result));
  }
}

}  // namespace polytap::printers
