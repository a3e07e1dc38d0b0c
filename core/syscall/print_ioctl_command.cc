// The names of ioctl(2)'s commands, and those that carry a number or a size within.
#include <linux/hidraw.h>
#include <linux/input.h>
#include <linux/joystick.h>
#include <linux/seccomp.h>
#include <linux/soundcard.h>
#include <linux/spi/spidev.h>
#include <linux/uinput.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ioctl_input.h"

namespace polytap {
namespace {

constexpr Constant kCommands[] = {
#include "core/syscall/ioctl_commands.inc"
};
static_assert(std::ranges::is_sorted(kCommands, {}, &Constant::value));

// Commands of which the size is that of the caller's buffer.
struct SizedCommand {
  uint32_t direction;
  uint32_t any_size;  // the command with size 0, direction left out
  std::string_view name;
};
constexpr uint32_t without_size(uint32_t command) { return _IOC(_IOC_NONE, _IOC_TYPE(command), _IOC_NR(command), 0); }
#define SIZED(direction, command) \
  { direction, without_size(command(0)), #command }
constexpr SizedCommand kSizedCommands[] = {
    SIZED(_IOC_READ, EVIOCGNAME),
    SIZED(_IOC_READ, EVIOCGPHYS),
    SIZED(_IOC_READ, EVIOCGUNIQ),
    SIZED(_IOC_READ, EVIOCGPROP),
    SIZED(_IOC_READ, EVIOCGMTSLOTS),
    SIZED(_IOC_READ, EVIOCGKEY),
    SIZED(_IOC_READ, EVIOCGLED),
    SIZED(_IOC_READ, EVIOCGSND),
    SIZED(_IOC_READ, EVIOCGSW),
    SIZED(_IOC_READ, HIDIOCGRAWNAME),
    SIZED(_IOC_READ, HIDIOCGRAWPHYS),
    SIZED(_IOC_READ, HIDIOCSFEATURE),
    SIZED(_IOC_READ, HIDIOCGRAWUNIQ),
    SIZED(_IOC_READ | _IOC_WRITE, HIDIOCSFEATURE),
    SIZED(_IOC_READ | _IOC_WRITE, HIDIOCGFEATURE),
    {_IOC_READ, _IOC(_IOC_NONE, 'H', 0x12, 0), "HIDIOCGPHYS"},  // linux/hiddev.h
    SIZED(_IOC_READ, UI_GET_SYSNAME),
    SIZED(_IOC_READ, JSIOCGNAME),
    {_IOC_WRITE, _IOC(_IOC_NONE, SPI_IOC_MAGIC, 0, 0), "SPI_IOC_MESSAGE"},
};

// Within a comment of -X verbose, names stand alone.
ConstantStyle inner_style(const CallText& text) {
  return text.style.constants == ConstantStyle::kVerbose ? ConstantStyle::kAbbreviated : text.style.constants;
}

std::string named_part(const CallText& text, const ConstantTable& table, uint64_t value) {
  std::string part;
  const bool is_verbose = text.style.constants == ConstantStyle::kVerbose;
  append_enumeration(part, is_verbose ? ConstantTable{table.constants, ""} : table, value, inner_style(text));
  return part;
}

std::string input_command(const CallText& text, uint32_t command) {
  const uint32_t number = _IOC_NR(command);
  constexpr uint32_t kFirstSetAbsolute = _IOC_NR(EVIOCSABS(0));
  constexpr uint32_t kFirstGetAbsolute = _IOC_NR(EVIOCGABS(0));
  constexpr uint32_t kFirstBits = _IOC_NR(EVIOCGBIT(0, 0));
  if (_IOC_DIR(command) == _IOC_WRITE && number >= kFirstSetAbsolute && number <= kFirstSetAbsolute + ABS_MAX) {
    return fmt::format("EVIOCSABS({})", named_part(text, kInputAbsolutes, number - kFirstSetAbsolute));
  }
  if (_IOC_DIR(command) != _IOC_READ) return {};
  if (number >= kFirstGetAbsolute && number <= kFirstGetAbsolute + ABS_MAX) {
    return fmt::format("EVIOCGABS({})", named_part(text, kInputAbsolutes, number - kFirstGetAbsolute));
  }
  if (number >= kFirstBits && number <= kFirstBits + EV_MAX) {
    const std::string type = number == kFirstBits ? "0" : named_part(text, kInputTypes, number - kFirstBits);
    return fmt::format("EVIOCGBIT({}, {})", type, _IOC_SIZE(command));
  }
  return {};
}

// Of a command that carries a number; empty when it is none of those.
std::string name_with_number(const CallText& text, uint32_t command) {
  if (command == _IOC(_IOC_READ, SECCOMP_IOC_MAGIC, _IOC_NR(SECCOMP_IOCTL_NOTIF_ID_VALID), sizeof(uint64_t))) {
    return "SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR";
  }
  if (_IOC_TYPE(command) == 'E') {
    std::string name = input_command(text, command);
    if (!name.empty()) return name;
  }
  if (_IOC_TYPE(command) == _IOC_TYPE(SOUND_MIXER_READ_VOLUME)) {
    if (_IOC_DIR(command) == _IOC_WRITE) return fmt::format("MIXER_WRITE({})", _IOC_NR(command));
    if (_IOC_DIR(command) == _IOC_READ) return fmt::format("MIXER_READ({})", _IOC_NR(command));
  }
  for (const SizedCommand& each : kSizedCommands) {
    if (each.any_size != without_size(command) || each.direction != _IOC_DIR(command)) continue;
    return fmt::format("{}({})", each.name, _IOC_SIZE(command));
  }
  return {};
}

std::string unnamed(uint32_t command) {
  constexpr std::string_view kDirections[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"};
  std::string text = fmt::format("_IOC({}", kDirections[_IOC_DIR(command)]);
  for (const uint32_t part : {_IOC_TYPE(command), _IOC_NR(command), _IOC_SIZE(command)}) {
    text += ", ";
    append_hex(text, part);
  }
  return text + ')';
}

}  // namespace

void printers::ioctl_command(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto command = static_cast<uint32_t>(value);
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(command);
  std::string names = name_with_number(text, command);
  const auto* known = std::ranges::lower_bound(kCommands, command, {}, &Constant::value);
  for (; known != std::end(kCommands) && known->value == command; ++known) {
    if (!names.empty()) names += " or ";
    names += known->name;
  }
  if (names.empty()) names = unnamed(command);
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(command);
    text.print(" /* {} */", names);
  } else {
    text.put(names);
  }
}

}  // namespace polytap
