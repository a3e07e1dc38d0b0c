// Plain values, strings and buffers.
#include <sys/stat.h>

#include <algorithm>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void fd(CallText& text, uint64_t value, const ArgumentKind&) { text.fd(static_cast<int>(value)); }
void directory_fd(CallText& text, uint64_t value, const ArgumentKind&) { text.directory_fd(static_cast<int>(value)); }
void process(CallText& text, uint64_t value, const ArgumentKind&) { text.process(static_cast<int>(value)); }

void int32(CallText& text, uint64_t value, const ArgumentKind&) { text.print("{}", static_cast<int32_t>(value)); }
void uint32(CallText& text, uint64_t value, const ArgumentKind&) { text.print("{}", static_cast<uint32_t>(value)); }
void int64(CallText& text, uint64_t value, const ArgumentKind&) {
  const bool is_short = text.call.is_32bit && value <= UINT32_MAX;
  text.print("{}", is_short ? static_cast<int32_t>(value) : static_cast<int64_t>(value));
}
void uint64(CallText& text, uint64_t value, const ArgumentKind&) { text.print("{}", value); }
void hex(CallText& text, uint64_t value, const ArgumentKind&) { text.hex(value); }
void hex32(CallText& text, uint64_t value, const ArgumentKind&) { text.hex(static_cast<uint32_t>(value)); }
void address(CallText& text, uint64_t value, const ArgumentKind&) { text.address(value); }

void mode(CallText& text, uint64_t value, const ArgumentKind&) { text.print("{:#03o}", static_cast<uint16_t>(value)); }

void put_mode(CallText& text, uint32_t value) {
  const uint32_t type = value & S_IFMT;
  if (text.style.constants == ConstantStyle::kRaw) return text.print("{:#o}", value);
  std::string names(kFileTypes.find(type));
  const bool has_bits = (value & (S_ISUID | S_ISGID | S_ISVTX)) != 0;
  if (names.empty() && (type != 0 || !has_bits)) return text.print("{:#03o}", value);
  if ((value & S_ISUID) != 0) names += "|S_ISUID";
  if ((value & S_ISGID) != 0) names += "|S_ISGID";
  if ((value & S_ISVTX) != 0) names += "|S_ISVTX";
  const uint32_t rest = value & ~static_cast<uint32_t>(S_IFMT | S_ISUID | S_ISGID | S_ISVTX);
  fmt::format_to(std::back_inserter(names), "|{:#03o}", rest);
  if (names.starts_with('|')) names.erase(0, 1);
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.print("{:#o} /* {} */", value, names);
  } else {
    text.put(names);
  }
}

void type_and_mode(CallText& text, uint64_t value, const ArgumentKind&) {
  put_mode(text, static_cast<uint16_t>(value));
}

void node_device(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const auto mode = static_cast<mode_t>(text.argument(kind.length_argument));
  if (!S_ISCHR(mode) && !S_ISBLK(mode)) return text.omit();
  text.device(static_cast<uint32_t>(value));
}

void device(CallText& text, uint64_t value, const ArgumentKind&) { text.device(value); }

void enumeration(CallText& text, uint64_t value, const ArgumentKind& kind) {
  text.enumeration(*kind.table, static_cast<uint32_t>(value));
}
void enumeration64(CallText& text, uint64_t value, const ArgumentKind& kind) { text.enumeration(*kind.table, value); }
void flags(CallText& text, uint64_t value, const ArgumentKind& kind) {
  text.flags(*kind.table, static_cast<uint32_t>(value));
}
void flags64(CallText& text, uint64_t value, const ArgumentKind& kind) { text.flags(*kind.table, value); }

void ipc_flags(CallText& text, uint64_t value, const ArgumentKind& kind) {
  constexpr uint32_t kPermissions = 0777;
  const auto bits = static_cast<uint32_t>(value);
  if (const uint32_t rest = bits & ~kPermissions; rest != 0) {
    std::string names;
    append_flags(names, *kind.table, rest, text.style.constants);
    const bool named = std::ranges::any_of(kind.table->constants, [&](const Constant& flag) {
      return flag.value != 0 && (rest & flag.value) == flag.value;
    });
    // strace 6.1 shows no comment here, and no bar behind bits without a name.
    text.put(named ? names : names.substr(0, names.find(" /*")));
    if (named) text.put('|');
  }
  text.print("{:#03o}", bits & kPermissions);
}

void shm_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kPermissions = 0777;
  constexpr int kHugeShift = 26;  // SHM_HUGE_SHIFT
  constexpr uint32_t kHugeMask = 0x3fU << kHugeShift;
  const auto bits = static_cast<uint32_t>(value);
  if (const uint32_t rest = bits & ~(kPermissions | kHugeMask); rest != 0) {
    std::string names;
    append_flags(names, kShmgetFlags, rest, text.style.constants);
    text.put(names.substr(0, names.find(" /*")));
    text.put('|');
  }
  if ((bits & kHugeMask) != 0) text.print("{}<<SHM_HUGE_SHIFT|", (bits & kHugeMask) >> kHugeShift);
  text.print("{:#03o}", bits & kPermissions);
}

void ipc_key(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto key = static_cast<uint32_t>(value);
  if (key == 0) {
    text.put("IPC_PRIVATE");
  } else {
    text.hex(key);
  }
}

void signal(CallText& text, uint64_t value, const ArgumentKind&) { text.signal(static_cast<int>(value)); }

void path(CallText& text, uint64_t value, const ArgumentKind&) { text.path(value); }
void string(CallText& text, uint64_t value, const ArgumentKind&) { text.string(value); }

void buffer(CallText& text, uint64_t value, const ArgumentKind& kind) {
  text.buffer(value, text.argument(kind.length_argument));
}

void result_buffer(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  text.buffer(value, static_cast<uint64_t>(text.call.result));
}

void result_string(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  // The call returns the length with the NUL.
  const auto length = static_cast<uint64_t>(text.call.result);
  constexpr uint64_t kMost = 4096;  // PATH_MAX
  if (length == 0 || length > kMost) return text.path(value);
  std::string bytes(length - 1, '\0');
  if (value == 0 || text.memory.read(value, std::as_writable_bytes(std::span(bytes))) != bytes.size()) {
    return text.address(value);
  }
  char last = 1;
  const size_t end = bytes.find('\0');
  const bool is_whole = end != std::string::npos || (text.memory.read_object(value + length - 1, last) && last == '\0');
  text.quoted(std::string_view(bytes).substr(0, end), !is_whole);
}

namespace {

uint64_t word_size(const CallText& text) { return text.call.is_32bit ? 4 : 8; }

// The long or pointer at INDEX of an array.
bool read_word(const CallText& text, uint64_t at, uint64_t index, uint64_t& word) {
  word = 0;
  const auto bytes = std::as_writable_bytes(std::span(&word, 1)).first(word_size(text));
  return text.memory.read(at + index * bytes.size(), bytes) == bytes.size();
}

// What the call reads, or gives when it succeeded.
bool fetch_word(CallText& text, uint64_t at, bool is_result, uint64_t& word) {
  const bool known = !is_result || text.succeeded();
  if (known && at != 0 && text.style.dereference && read_word(text, at, 0, word)) return true;
  text.address(at);
  return false;
}

}  // namespace

void string_array(CallText& text, uint64_t value, const ArgumentKind&) {
  if (value == 0) return text.put("NULL");
  uint64_t pointer = 0;
  if (!read_word(text, value, 0, pointer)) return text.address(value);
  text.put('[');
  for (size_t i = 0; pointer != 0; i++) {
    if (i > 0) text.put(", ");
    if (!text.style.verbose && i >= text.style.string_limit) {
      text.put("...");
      break;
    }
    text.string(pointer);
    if (!read_word(text, value, i + 1, pointer)) {
      text.print(", ... /* {:#x} */", value + word_size(text) * (i + 1));
      break;
    }
  }
  text.put(']');
}

void environment(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (value == 0 || text.style.verbose) return string_array(text, value, kind);
  text.address(value);
  uint64_t count = 0;
  uint64_t pointer = 0;
  bool readable = read_word(text, value, 0, pointer);
  if (!readable) return;
  while (readable && pointer != 0) {
    count++;
    readable = read_word(text, value, count, pointer);
  }
  text.print(" /* {} var{}{} */", count, count == 1 ? "" : "s", readable ? "" : ", unterminated");
}

void int_at(CallText& text, uint64_t value, const ArgumentKind&) {
  int32_t number = 0;
  if (text.fetch_result(value, number)) text.print("[{}]", number);
}

void uint_at(CallText& text, uint64_t value, const ArgumentKind&) {
  uint32_t number = 0;
  if (text.fetch_result(value, number)) text.print("[{}]", number);
}

void long_at(CallText& text, uint64_t value, const ArgumentKind& kind) {
  uint64_t number = 0;
  if (!fetch_word(text, value, kind.direction != ArgumentKind::Direction::kIn, number)) return;
  text.put('[');
  int64(text, number, kind);
  text.put(']');
}

void unsigned_long_at(CallText& text, uint64_t value, const ArgumentKind& kind) {
  uint64_t number = 0;
  if (fetch_word(text, value, kind.direction != ArgumentKind::Direction::kIn, number)) text.print("[{}]", number);
}

void address_at(CallText& text, uint64_t value, const ArgumentKind&) {
  uint64_t number = 0;
  if (!fetch_word(text, value, true, number)) return;
  text.put('[');
  text.address(number);
  text.put(']');
}

void fd_pair(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<int>(text, value, 2, [&](int fd) { text.fd(fd); });
}

}  // namespace polytap::printers
