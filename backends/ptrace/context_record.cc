#include "backends/ptrace/context_record.h"

#include <algorithm>
#include <cstring>

#include "core/syscall/table.h"

namespace polytap {

void ContextRecord::begin(const ProbeSite& site, pid_t tid) {
  constexpr uint32_t kCommonPidOffset = 4;  // the same in every event since tracefs has had formats
  constexpr size_t kLargestCall = kSyscallArgumentsOffset + 6 * 8;
  site_ = &site;
  bytes_.assign(std::max<size_t>(site.context_size, kLargestCall), std::byte{0});
  const int32_t pid = tid;
  store(kCommonPidOffset, &pid, sizeof pid);
}

void ContextRecord::store(uint32_t offset, const void* value, size_t size) {
  if (offset > bytes_.size() || size > bytes_.size() - offset) return;
  memcpy(bytes_.data() + offset, value, size);
}

void ContextRecord::put(std::string_view field, int64_t value) {
  const ProbeArgument* argument = site_->find_argument(field);
  if (argument != nullptr) store(argument->offset, &value, std::min<size_t>(argument->size, sizeof value));
}

void ContextRecord::put(std::string_view field, std::string_view text) {
  const ProbeArgument* argument = site_->find_argument(field);
  if (argument == nullptr) return;
  if (argument->form == ProbeArgument::Form::kInline) {
    if (argument->size > 0) store(argument->offset, text.data(), std::min<size_t>(text.size(), argument->size - 1));
    return;
  }
  const auto end = static_cast<uint32_t>(bytes_.size());
  const bool relative = argument->form == ProbeArgument::Form::kRelativeLocation;
  const uint32_t position = relative ? end - (argument->offset + 4) : end;
  const uint32_t location = static_cast<uint32_t>(text.size() + 1) << 16 | (position & 0xffff);
  bytes_.resize(end + text.size() + 1);
  memcpy(bytes_.data() + end, text.data(), text.size());
  store(argument->offset, &location, sizeof location);
}

void ContextRecord::put_syscall_number(int64_t number) {
  const auto narrow = static_cast<int32_t>(number);
  store(kSyscallNumberOffset, &narrow, sizeof narrow);
}

void ContextRecord::put_syscall_words(std::span<const uint64_t> arguments) {
  store(kSyscallArgumentsOffset, arguments.data(), arguments.size_bytes());
}

void ContextRecord::put_words(std::string_view field, std::span<const uint64_t> words) {
  const ProbeArgument* argument = site_->find_argument(field);
  if (argument != nullptr) store(argument->offset, words.data(), std::min<size_t>(argument->size, words.size_bytes()));
}

}  // namespace polytap
