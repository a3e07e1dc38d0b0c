// ioctl and prctl.
#include <asm/ioctls.h>
#include <linux/fs.h>
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
    names = fmt::format("_IOC({}", kDirections[_IOC_DIR(command)]);
    for (const uint32_t part : {_IOC_TYPE(command), _IOC_NR(command), _IOC_SIZE(command)}) {
      names += ", ";
      append_hex(names, part);
    }
    names += ')';
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

}  // namespace polytap::printers
