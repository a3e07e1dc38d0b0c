#include "core/syscall/i386.h"

#include <algorithm>
#include <iterator>

#include "core/syscall/arguments.h"
#include "core/syscall/printers.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

struct Entry {
  uint64_t number;
  std::string_view name;
};
constexpr Entry kNames[] = {
#include "core/syscall/i386.inc"
};

// Kinds whose bytes are the same for both: no pointers, no longs inside.
bool means_the_same(const ArgumentKind& kind) {
  if (kind.direction == ArgumentKind::Direction::kValue) return true;
  return kind.print == printers::path || kind.print == printers::string || kind.print == printers::buffer ||
         kind.print == printers::result_buffer || kind.print == printers::result_string;
}

// Where the same name stands for another call: 16-bit ids, arguments in one structure, split 64-bit offsets.
constexpr std::string_view kOthers[] = {
    "mmap",      "select",    "chown",           "fchown",     "lchown",      "getuid",   "geteuid",  "getgid",
    "getegid",   "setuid",    "setgid",          "clone",      "ipc",         "pread64",  "pwrite64", "readahead",
    "fadvise64", "fallocate", "sync_file_range", "truncate64", "ftruncate64", "sigreturn"};

}  // namespace

void translate_i386(CallValues& call) {
  const auto* found = std::ranges::find(kNames, call.number, &Entry::number);
  constexpr uint64_t kNoCall = UINT64_C(1) << 32;
  if (found == std::end(kNames)) {
    call.foreign_name = "syscall_i386";
    call.number |= kNoCall;
    return;
  }
  const Syscall* same = find_syscall(found->name);
  const CallDescription* description =
      same != nullptr && same->name == found->name ? describe_call(same->number) : nullptr;
  call.number = description != nullptr ? same->number : call.number | kNoCall;
  const bool other = std::ranges::find(kOthers, found->name) != std::end(kOthers);
  const bool translates =
      description != nullptr && !other && std::ranges::all_of(description->arguments(), means_the_same);
  if (!translates) call.foreign_name = found->name;
}

}  // namespace polytap
