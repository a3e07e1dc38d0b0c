// Kinds that few calls have.
#include <linux/capability.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <ucontext.h>

#include <algorithm>
#include <cstddef>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void map_flags(CallText& text, uint64_t whole, const ArgumentKind&) {
  const uint64_t value = static_cast<uint32_t>(whole);
  constexpr uint64_t kTypeMask = 0xf;
  constexpr int kHugeShift = 26;  // MAP_HUGE_SHIFT
  constexpr uint64_t kHugeMask = 0x3fUL << kHugeShift;
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(value);
  std::string names;
  append_enumeration(names, kMapTypes, value & kTypeMask, ConstantStyle::kAbbreviated);
  const uint64_t rest = value & ~kTypeMask & ~kHugeMask;
  if (rest != 0) {
    std::string more;
    append_flags(more, kMapFlags, rest, ConstantStyle::kAbbreviated);
    names += "|" + more.substr(0, more.find(" /*"));
  }
  if ((value & kHugeMask) != 0) names += fmt::format("|{}<<MAP_HUGE_SHIFT", (value & kHugeMask) >> kHugeShift);
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(value);
    text.print(" /* {} */", names);
  } else {
    text.put(names);
  }
}

void mremap_address(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kMoves = MREMAP_MAYMOVE | MREMAP_FIXED;
  if ((text.argument(3) & kMoves) != kMoves) return text.omit();
  text.address(value);
}

void personality(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kQuery = 0xffffffff;
  constexpr uint32_t kBaseMask = 0xff;
  const auto bits = static_cast<uint32_t>(value);
  text.hex_result = true;
  if (bits == kQuery) return text.hex(bits);
  text.enumeration(kPersonalities, bits & kBaseMask);
  if ((bits & ~kBaseMask) == 0) return;
  text.put('|');
  text.flags(kPersonalityFlags, bits & ~kBaseMask);
}

void random_bytes(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded() || value == 0) return text.address(value);
  // Always in hex: there is nothing to read in it.
  const auto length = static_cast<uint64_t>(text.call.result);
  const size_t shown = std::min<uint64_t>(length, text.style.string_limit);
  std::string bytes(shown, '\0');
  if (text.memory.read(value, std::as_writable_bytes(std::span(bytes))) != shown) return text.address(value);
  text.put('"');
  for (const char byte : bytes) text.print("\\x{:02x}", static_cast<unsigned char>(byte));
  text.put('"');
  if (length > shown) text.put("...");
}

namespace {

// The bits of a 32-bit half, of which FIRST is the number of the lowest.
void put_half_of_capabilities(CallText& text, uint32_t half, uint64_t first) {
  std::string names;
  uint32_t rest = half;
  for (const Constant& capability : kCapabilities.constants) {
    const uint64_t bit = capability.value - first;  // large below FIRST
    if (bit >= 32 || (half >> bit & 1) == 0) continue;
    names += fmt::format("{}1<<{}", names.empty() ? "" : "|", capability.name);
    rest &= ~(1U << bit);
  }
  if (half == 0 || text.style.constants == ConstantStyle::kRaw) return text.hex(half);
  if (names.empty())
    return text.print(
        "{:#x} /* CAP_?"
        "?? */",
        half);
  if (rest != 0) names += fmt::format("|{:#x}", rest);
  text.style.constants == ConstantStyle::kVerbose ? text.print("{:#x} /* {} */", half, names) : text.put(names);
}

void put_capabilities(CallText& text, uint32_t low, uint32_t high, bool wide) {
  constexpr uint64_t kHalf = 32;
  if (!wide) high = 0;
  if (low != 0 || high == 0) put_half_of_capabilities(text, low, 0);
  if (high == 0) return;
  if (low != 0) text.put('|');
  put_half_of_capabilities(text, high, kHalf);
}

}  // namespace

void capability_data(CallText& text, uint64_t value, const ArgumentKind& kind) {
  struct Set {
    uint32_t effective;
    uint32_t permitted;
    uint32_t inheritable;
  };
  std::array<uint32_t, 2> header{};  // the version, and whose
  std::array<Set, 2> sets{};
  const bool known = kind.direction != ArgumentKind::Direction::kOut || text.succeeded();
  if (value == 0 || !known || !text.memory.read_object(text.argument(0), header)) return text.address(value);
  const uint32_t version = header[0];
  const bool wide = version == _LINUX_CAPABILITY_VERSION_2 || version == _LINUX_CAPABILITY_VERSION_3;
  const auto bytes = std::as_writable_bytes(std::span(sets)).first(wide ? sizeof sets : sizeof(Set));
  if (text.memory.read(value, bytes) != bytes.size()) return text.address(value);
  text.put("{effective=");
  put_capabilities(text, sets[0].effective, sets[1].effective, wide);
  text.put(", permitted=");
  put_capabilities(text, sets[0].permitted, sets[1].permitted, wide);
  text.put(", inheritable=");
  put_capabilities(text, sets[0].inheritable, sets[1].inheritable, wide);
  text.put('}');
}

void signal_frame(CallText& text, uint64_t, const ArgumentKind&) {
  // At the call the stack pointer is behind the frame's return address: at the ucontext.
  uint64_t mask = 0;
  constexpr uint64_t kMaskOffset = offsetof(ucontext_t, uc_sigmask);
  if (text.stack_pointer == 0 || !text.memory.read_object(text.stack_pointer + kMaskOffset, mask)) return;
  text.put("{mask=");
  put_signal_set(text, mask);
  text.put('}');
}

void uint64_of(CallText& text, uint64_t, const ArgumentKind& kind) {
  text.print("{}", text.argument(kind.length_argument));
}

void moved_offset(CallText& text, uint64_t, const ArgumentKind& kind) {
  uint64_t offset = 0;
  const uint64_t at = text.argument(kind.length_argument);
  if (text.succeeded() && text.call.result != 0 && at != 0 && text.memory.read_object(at, offset)) {
    text.print(" => [{}]", offset);
  }
}

void restarted(CallText& text, uint64_t, const ArgumentKind&) {
  text.print("<... resuming interrupted {} ...>",
             text.interrupted_call.empty() ? "system call" : text.interrupted_call);
}

void timer_event(CallText& text, uint64_t value, const ArgumentKind&) {
  sigevent event{};
  constexpr size_t kUsed = 32;  // the kernel's structure is padded to 64 bytes
  const auto used = std::as_writable_bytes(std::span(&event, 1)).first(kUsed);
  if (value == 0 || text.memory.read(value, used) != kUsed) return text.address(value);
  text.put('{');
  if (event.sigev_value.sival_ptr != nullptr) {
    text.print("sigev_value={{sival_int={}, sival_ptr=", event.sigev_value.sival_int);
    text.address(reinterpret_cast<uint64_t>(event.sigev_value.sival_ptr));
    text.put("}, ");
  }
  text.put("sigev_signo=");
  if (event.sigev_notify == SIGEV_SIGNAL || event.sigev_notify == SIGEV_THREAD_ID ||
      event.sigev_notify == SIGEV_THREAD) {
    text.signal(event.sigev_signo);
  } else {
    text.print("{}", static_cast<uint32_t>(event.sigev_signo));
  }
  text.put(", sigev_notify=");
  text.enumeration(kSigevNotify, static_cast<uint32_t>(event.sigev_notify));
  if (event.sigev_notify == SIGEV_THREAD_ID) text.print(", sigev_notify_thread_id={}", event._sigev_un._tid);
  if (event.sigev_notify == SIGEV_THREAD) {
    text.put(", sigev_notify_function=");
    text.address(reinterpret_cast<uint64_t>(event.sigev_notify_function));
    text.put(", sigev_notify_attributes=");
    text.address(reinterpret_cast<uint64_t>(event.sigev_notify_attributes));
  }
  text.put('}');
}

void memory_policy(CallText& text, uint64_t value, const ArgumentKind&) {
  int policy = 0;
  if (!text.fetch_result(value, policy)) return;
  text.put('[');
  text.enumeration(kMempolicies, static_cast<uint32_t>(policy));
  text.put(']');
}

void node_mask(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const bool is_result = kind.direction == ArgumentKind::Direction::kOut;
  if (is_result && !text.succeeded() && text.argument(kind.length_argument) != 0) return text.address(value);
  // The kernel looks at one bit less than it is told of.
  const uint64_t bits = text.argument(kind.length_argument);
  const uint64_t words = (bits + 62) / 64;
  if (words == 0 && bits != 0) return text.address(value);
  put_array<uint64_t>(text, value, words, [&](uint64_t word) {
    if (word == 0) {
      text.put("0000000000000000");
    } else {
      text.print("{:#016x}", word);
    }
  });
}

}  // namespace polytap::printers
