// The bytes of a tracepoint's record, made up at a ptrace stop to the layout of the site.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/probe/site.h"

namespace polytap {

class ContextRecord {
 public:
  // A record of SITE by thread TID, all else zero. Reuses its memory.
  void begin(const ProbeSite& site, pid_t tid);
  // Fields that the site does not have are left out: their names and layout differ between kernels.
  void put(std::string_view field, int64_t value);
  void put(std::string_view field, std::string_view text);
  void put_syscall_number(int64_t number);                      // syscalls:*
  void put_syscall_words(std::span<const uint64_t> arguments);  // the arguments, or the one result
  void put_words(std::string_view field, std::span<const uint64_t> words);

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void store(uint32_t offset, const void* value, size_t size);

  const ProbeSite* site_ = nullptr;
  std::vector<std::byte> bytes_;
};

}  // namespace polytap
