#include "core/syscall/ioctl_content.h"

#include <linux/ioctl.h>

#include <algorithm>
#include <array>
#include <vector>

namespace polytap {
namespace {

using Form = IoctlContent::Form;
using Flow = IoctlContent::Flow;

const IoctlFamily* const kFamilies[] = {
    &kTerminalIoctls,    &kSocketIoctls,   &kTunIoctls,          &kBlockIoctls,        &kDiskIoctls,
    &kInputIoctls,       &kFileIoctls,     &kExtendedFileIoctls, &kCloneIoctls,        &kLoopIoctls,
    &kNamespaceIoctls,   &kBtrfsIoctls,    &kBtrfsSearchIoctls,  &kRtcIoctls,          &kPtpIoctls,
    &kWatchdogIoctls,    &kCounterIoctls,  &kPerfIoctls,         &kSeccompIoctls,      &kFaultIoctls,
    &kRandomIoctls,      &kInotifyIoctls,  &kBlockServerIoctls,  &kKvmIoctls,          &kVideoIoctls,
    &kVideoFormatIoctls, &kScsiIoctls,     &kFlashIoctls,        &kFlashVolumesIoctls, &kFlashVolumeIoctls,
    &kPinIoctls,         &kReceiverIoctls, &kTrustIoctls,        &kMapperIoctls,       &kConsoleIoctls,
};

std::span<const std::byte> bytes_of(const uint64_t& value, size_t size) {
  return std::as_bytes(std::span(&value, 1)).first(size);
}

// The bytes of KIND at AT; none when they cannot be read.
std::vector<std::byte> read_value(CallText& text, uint64_t at, const ValueKind& kind) {
  std::vector<std::byte> bytes(kind.size);
  if (at == 0 || !text.style.dereference || text.memory.read(at, bytes) != bytes.size()) bytes.clear();
  return bytes;
}

bool put_object(CallText& text, uint64_t at, const IoctlContent& content) {
  const std::vector<std::byte> bytes = read_value(text, at, content.kind);
  if (bytes.empty()) {
    text.address(at);
    return false;
  }
  if (content.form == Form::kBracketed) text.put('[');
  if (content.flow == Flow::kContinued) {
    text.put('{');
    put_fields(text, bytes, *content.kind.structure());
  } else {
    put_value(text, bytes, content.kind);
  }
  if (content.form == Form::kBracketed) text.put(']');
  return true;
}

}  // namespace

const IoctlContent* find_ioctl_content(uint64_t command) {
  const auto code = static_cast<uint32_t>(command);
  for (const IoctlFamily* family : kFamilies) {
    if (family->type != _IOC_TYPE(code)) continue;
    const auto found = std::ranges::find(family->contents, code, &IoctlContent::command);
    if (found != family->contents.end()) return &*found;
    if (family->find == nullptr) continue;
    if (const IoctlContent* other = family->find(code)) return other;
  }
  return nullptr;
}

void put_ioctl_argument(CallText& text, uint64_t argument, const IoctlContent& content) {
  const bool is_answered = content.flow == Flow::kContinued || content.flow == Flow::kAnswered;
  // Nothing follows, unless there is an answer to what could be read.
  text.omitted = !is_answered;
  if (content.form == Form::kNone) return text.omit();
  if (content.form == Form::kDirect) {
    return put_value(text, bytes_of(argument, content.kind.size == 0 ? sizeof argument : content.kind.size),
                     content.kind);
  }
  if (content.flow == Flow::kOut && !text.succeeded()) return text.address(argument);
  const bool was_read =
      content.form == Form::kOwn ? content.print(text, argument) : put_object(text, argument, content);
  if (!was_read) text.omitted = true;
}

void put_ioctl_answer(CallText& text, uint64_t argument, const IoctlContent& content) {
  const bool is_continued = content.flow == Flow::kContinued;
  if (content.print_answer != nullptr) {
    if (text.succeeded() || (text.at_exit && content.answers_failure)) content.print_answer(text, argument);
  } else if (!text.succeeded() && content.answers_failure) {
    text.put(" => ");
    text.address(argument);
  } else if (text.succeeded()) {
    const std::vector<std::byte> bytes = read_value(text, argument, content.answer);
    if (!is_continued) text.put(" => ");
    if (bytes.empty()) {
      if (!is_continued) text.address(argument);
    } else if (is_continued) {
      const size_t before = text.out.size();
      text.put(", ");
      put_fields(text, bytes, *content.answer.structure());
      if (text.out.size() == before + 2) text.out.resize(before);
    } else {
      put_value(text, bytes, content.answer);
    }
  }
  if (is_continued) text.put('}');
}

}  // namespace polytap
