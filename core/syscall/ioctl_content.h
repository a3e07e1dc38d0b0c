// What the third argument of ioctl(2) is, by command, as data: a table for each family of devices.
#pragma once

#include <cstdint>
#include <span>

#include "core/syscall/structure.h"

namespace polytap {

// Shows what is at AT. False when nothing is to follow: it cannot be read, and its address is shown instead; or the
// answer says no more.
using IoctlPrinter = bool (*)(CallText& text, uint64_t at);

struct IoctlContent {
  enum class Form : uint8_t {
    kNone,       // there is no argument
    kDirect,     // the argument itself is the value
    kObject,     // a value that it points to
    kBracketed,  // the same, in brackets: [7]
    kOwn,        // by PRINT
  };
  enum class Flow : uint8_t {
    kIn,         // shown at the entry
    kOut,        // shown at the exit, when the command succeeded
    kContinued,  // a structure: what the kernel adds follows in the same braces
    kAnswered,   // the answer follows: {a=1} => {b=2}
  };
  uint32_t command = 0;
  Form form = Form::kNone;
  Flow flow = Flow::kIn;
  ValueKind kind{};
  ValueKind answer{};  // a structure that starts where the argument's starts
  IoctlPrinter print = nullptr;
  // The answer, where it is no structure: behind the open brace of kContinued, or behind the arrow and all. Never
  // called when what the entry showed could not be read.
  void (*print_answer)(CallText& text, uint64_t at) = nullptr;
  // What the returned value is: leaves it in TEXT's note, or says that it is a file descriptor.
  void (*note)(CallText& text) = nullptr;

  bool answers_failure = false;  // PRINT_ANSWER is called when the command failed, too

  constexpr IoctlContent always_answered() const {
    IoctlContent copy = *this;
    copy.answers_failure = true;
    return copy;
  }
  constexpr IoctlContent with_note(void (*function)(CallText& text)) const {
    IoctlContent copy = *this;
    copy.note = function;
    return copy;
  }
};

// Null for a command that is not described.
const IoctlContent* find_ioctl_content(uint64_t command);

void put_ioctl_argument(CallText& text, uint64_t argument, const IoctlContent& content);
void put_ioctl_answer(CallText& text, uint64_t argument, const IoctlContent& content);

// Builders of the tables' rows.
namespace ioctl_rows {

using Form = IoctlContent::Form;
using Flow = IoctlContent::Flow;

inline void note_fd(CallText& text) { text.fd_result = true; }
constexpr IoctlContent nothing(uint64_t command) { return {static_cast<uint32_t>(command)}; }
constexpr IoctlContent direct(uint64_t command, const ValueKind& kind) {
  return {static_cast<uint32_t>(command), Form::kDirect, Flow::kIn, kind};
}
// KIND has a size.
constexpr IoctlContent in(uint64_t command, const ValueKind& kind) {
  return {static_cast<uint32_t>(command), Form::kObject, Flow::kIn, kind};
}
constexpr IoctlContent out(uint64_t command, const ValueKind& kind) {
  return {static_cast<uint32_t>(command), Form::kObject, Flow::kOut, kind};
}
constexpr IoctlContent in_brackets(uint64_t command, const ValueKind& kind) {
  return {static_cast<uint32_t>(command), Form::kBracketed, Flow::kIn, kind};
}
constexpr IoctlContent out_brackets(uint64_t command, const ValueKind& kind) {
  return {static_cast<uint32_t>(command), Form::kBracketed, Flow::kOut, kind};
}
constexpr IoctlContent continued(uint64_t command, const ValueKind& kind, const ValueKind& answer) {
  return {static_cast<uint32_t>(command), Form::kObject, Flow::kContinued, kind, answer};
}
constexpr IoctlContent answered(uint64_t command, const ValueKind& kind, const ValueKind& answer) {
  return {static_cast<uint32_t>(command), Form::kObject, Flow::kAnswered, kind, answer};
}
constexpr IoctlContent own_in(uint64_t command, IoctlPrinter print) {
  return {static_cast<uint32_t>(command), Form::kOwn, Flow::kIn, {}, {}, print};
}
constexpr IoctlContent own_out(uint64_t command, IoctlPrinter print) {
  return {static_cast<uint32_t>(command), Form::kOwn, Flow::kOut, {}, {}, print};
}
// PRINT leaves the brace open; PRINT_ANSWER goes on within it.
constexpr IoctlContent own_continued(uint64_t command, IoctlPrinter print, void (*print_answer)(CallText&, uint64_t)) {
  return {static_cast<uint32_t>(command), Form::kOwn, Flow::kContinued, {}, {}, print, print_answer};
}
constexpr IoctlContent own_answered(uint64_t command, IoctlPrinter print, void (*print_answer)(CallText&, uint64_t)) {
  return {static_cast<uint32_t>(command), Form::kOwn, Flow::kAnswered, {}, {}, print, print_answer};
}

}  // namespace ioctl_rows

// The families' tables. TYPE is _IOC_TYPE() of all commands in it.
struct IoctlFamily {
  uint8_t type = 0;
  std::span<const IoctlContent> contents;
  // Of the commands that are not among CONTENTS because they carry a number or a size; may be null.
  const IoctlContent* (*find)(uint32_t command) = nullptr;

  constexpr IoctlFamily(uint8_t of_type, std::span<const IoctlContent> commands,
                        const IoctlContent* (*find_other)(uint32_t command) = nullptr)
      : type(of_type), contents(commands), find(find_other) {}
};

extern const IoctlFamily kTerminalIoctls;
extern const IoctlFamily kSocketIoctls;
extern const IoctlFamily kTunIoctls;
extern const IoctlFamily kBlockIoctls;
extern const IoctlFamily kDiskIoctls;  // hdio
extern const IoctlFamily kInputIoctls;
extern const IoctlFamily kFileIoctls;
extern const IoctlFamily kExtendedFileIoctls;
extern const IoctlFamily kCloneIoctls;
extern const IoctlFamily kLoopIoctls;
extern const IoctlFamily kNamespaceIoctls;
extern const IoctlFamily kBtrfsIoctls;
extern const IoctlFamily kBtrfsSearchIoctls;
extern const IoctlFamily kRtcIoctls;
extern const IoctlFamily kPtpIoctls;
extern const IoctlFamily kWatchdogIoctls;
extern const IoctlFamily kCounterIoctls;
extern const IoctlFamily kPerfIoctls;
extern const IoctlFamily kSeccompIoctls;
extern const IoctlFamily kFaultIoctls;
extern const IoctlFamily kRandomIoctls;
extern const IoctlFamily kInotifyIoctls;
extern const IoctlFamily kBlockServerIoctls;
extern const IoctlFamily kKvmIoctls;
extern const IoctlFamily kVideoIoctls;
extern const IoctlFamily kVideoFormatIoctls;
extern const IoctlFamily kScsiIoctls;
extern const IoctlFamily kFlashIoctls;
extern const IoctlFamily kFlashVolumesIoctls;
extern const IoctlFamily kFlashVolumeIoctls;
extern const IoctlFamily kPinIoctls;
extern const IoctlFamily kReceiverIoctls;
extern const IoctlFamily kTrustIoctls;
extern const IoctlFamily kMapperIoctls;
extern const IoctlFamily kConsoleIoctls;

}  // namespace polytap
