// Vectors, readiness and fcntl.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void io_vectors(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_array<iovec>(text, value, text.argument(kind.length_argument), [&](const iovec& vector) {
    text.put("{iov_base=");
    text.buffer(reinterpret_cast<uint64_t>(vector.iov_base), vector.iov_len);
    text.print(", iov_len={}}}", vector.iov_len);
  });
}

void io_vectors_result(CallText& text, uint64_t value, const ArgumentKind& kind) {
  uint64_t left = text.succeeded() ? static_cast<uint64_t>(text.call.result) : 0;
  put_array<iovec>(text, value, text.argument(kind.length_argument), [&](const iovec& vector) {
    const uint64_t filled = std::min<uint64_t>(left, vector.iov_len);
    left -= filled;
    text.put("{iov_base=");
    const auto base = reinterpret_cast<uint64_t>(vector.iov_base);
    if (text.succeeded()) {
      text.buffer(base, filled);
    } else {
      text.address(base);
    }
    text.print(", iov_len={}}}", vector.iov_len);
  });
}

namespace {

// Empty where nothing is ready. No longer than strace has room for.
void put_poll_results(CallText& text, uint64_t at, uint64_t count) {
  constexpr size_t kRoom = 1024 - sizeof(", ...], ");
  if (at == 0) return;
  std::string note;
  std::swap(note, text.out);
  const auto separate = [&] { text.put(text.out.empty() ? "[" : ", "); };
  size_t shown = 0;
  for (uint64_t i = 0; i < count; i++) {
    pollfd entry{};
    if (!text.memory.read_object(at + i * sizeof entry, entry)) {
      separate();
      text.hex(at + i * sizeof entry);
      break;
    }
    if (entry.revents == 0) continue;
    separate();
    const size_t start = text.out.size();
    text.put("{fd=");
    text.fd(entry.fd);
    text.put(", revents=");
    text.flags(kPollEvents, static_cast<uint16_t>(entry.revents));
    const bool is_too_much = (!text.style.verbose && shown++ >= text.style.string_limit) || text.out.size() >= kRoom;
    if (is_too_much) {
      text.out.resize(start);
      text.put("...");
      break;
    }
    text.put('}');
  }
  if (!text.out.empty()) text.put(']');
  std::swap(note, text.out);
  text.note = note;
}

}  // namespace

void poll_fds(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_array<pollfd>(text, value, static_cast<uint32_t>(text.argument(kind.length_argument)), [&](const pollfd& entry) {
    text.put("{fd=");
    text.fd(entry.fd);
    if (entry.fd >= 0) {
      text.put(", events=");
      text.flags(kPollEvents, static_cast<uint16_t>(entry.events));
    }
    text.put('}');
  });
}

namespace {

// The descriptors of a set, below COUNT; nothing when it cannot be read.
std::optional<std::vector<int>> read_fd_set(const CallText& text, uint64_t at, int count) {
  const int limited = std::clamp(count, 0, 1024 * 1024);
  std::vector<uint64_t> words((static_cast<size_t>(limited) + 63) / 64);
  if (text.memory.read(at, std::as_writable_bytes(std::span(words))) != words.size() * 8) return std::nullopt;
  std::vector<int> fds;
  for (int fd = 0; fd < limited; fd++) {
    if ((words[static_cast<size_t>(fd) / 64] >> (fd % 64) & 1) != 0) fds.push_back(fd);
  }
  return fds;
}

void put_fds(CallText& text, const std::vector<int>& fds) {
  text.put('[');
  for (size_t i = 0; i < fds.size(); i++) {
    if (i > 0) text.put(' ');
    text.fd(fds[i]);
  }
  text.put(']');
}

// (in [4], out [5], left {tv_sec=1, tv_usec=2})
void note_ready_sets(CallText& text) {
  if (!text.succeeded()) return;
  if (text.call.result == 0) {
    text.note = "Timeout";
    return;
  }
  std::string note;
  std::swap(note, text.out);
  constexpr std::array<std::string_view, 3> kNames = {"in ", "out ", "except "};
  for (size_t i = 0; i < kNames.size(); i++) {
    const uint64_t at = text.argument(i + 1);
    if (at == 0) continue;
    const auto fds = read_fd_set(text, at, static_cast<int>(text.argument(0)));
    if (!fds || fds->empty()) continue;
    if (!text.out.empty()) text.put(", ");
    text.put(kNames[i]);
    put_fds(text, *fds);
  }
  std::swap(note, text.out);
  text.note = note;
}

}  // namespace

void fd_set(CallText& text, uint64_t value, const ArgumentKind&) {
  if (value == 0) return text.put("NULL");
  if (static_cast<int>(text.argument(0)) <= 0) return text.address(value);
  const auto fds = read_fd_set(text, value, static_cast<int>(text.argument(0)));
  if (!fds) return text.address(value);
  put_fds(text, *fds);
}

namespace {

// Two words: seconds, and the part of one.
void note_time_left(CallText& text, uint64_t at, void (*put)(CallText&, int64_t, int64_t)) {
  if (!text.succeeded() || text.call.result == 0 || at == 0) return;
  std::array<int64_t, 2> words{};
  bool is_read = false;
  if (text.call.is_32bit && !text.call.foreign_name.ends_with("time64")) {
    std::array<int32_t, 2> narrow{};
    is_read = text.memory.read_object(at, narrow);
    words = {narrow[0], narrow[1]};
  } else {
    is_read = text.memory.read_object(at, words);
  }
  std::string note = std::move(text.note);
  std::swap(note, text.out);
  if (!text.out.empty()) text.put(", ");
  text.put("left ");
  is_read ? put(text, words[0], words[1]) : text.address(at);
  std::swap(note, text.out);
  text.note = note;
}

}  // namespace

void note_select(CallText& text) {
  note_ready_sets(text);
  note_time_left(text, text.argument(4), put_time_val);
}

void note_pselect(CallText& text) {
  note_ready_sets(text);
  note_time_left(text, text.argument(4), put_time_spec);
}

void note_poll(CallText& text) {
  if (!text.succeeded()) return;
  if (text.call.result == 0) {
    text.note = "Timeout";
  } else {
    put_poll_results(text, text.argument(0), static_cast<uint32_t>(text.argument(1)));
  }
}

void note_ppoll(CallText& text) {
  note_poll(text);
  const bool is_any = text.argument(0) != 0 && static_cast<uint32_t>(text.argument(1)) != 0;
  if (is_any) note_time_left(text, text.argument(2), put_time_spec);
}

void pselect_mask(CallText& text, uint64_t value, const ArgumentKind&) {
  struct {
    uint64_t set;
    uint64_t length;
  } sigmask{};
  if (!text.fetch(value, sigmask)) return;
  text.put("{sigmask=");
  uint64_t set = 0;
  if (sigmask.set != 0 && sigmask.length == 8 && text.memory.read_object(sigmask.set, set)) {
    put_signal_set(text, set);
  } else {
    text.address(sigmask.set);
  }
  text.print(", sigsetsize={}}}", sigmask.length);
}

namespace {

void put_epoll_event(CallText& text, const ::epoll_event& event) {
  text.put("{events=");
  text.flags(kEpollEvents, event.events);
  const uint64_t data = event.data.u64;
  text.print(", data={{u32={}, u64={}}}}}", static_cast<uint32_t>(data), data);
}

}  // namespace

void epoll_event(CallText& text, uint64_t value, const ArgumentKind&) {
  if (static_cast<uint32_t>(text.argument(1)) == EPOLL_CTL_DEL) return text.address(value);
  ::epoll_event event{};
  if (text.fetch(value, event)) put_epoll_event(text, event);
}

void epoll_events_result(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<::epoll_event>(text, value, static_cast<uint64_t>(text.call.result),
                           [&](const ::epoll_event& event) { put_epoll_event(text, event); });
}

bool fcntl_known_at_entry(const CallText& text) {
  switch (static_cast<uint32_t>(text.argument(1))) {
    case F_GETLK:
    case F_OFD_GETLK:
    case F_GETOWN_EX:
      return false;
    default:
      return true;
  }
}

namespace {

void put_lock(CallText& text, uint64_t at, bool is_result) {
  struct flock lock {};
  if (!text.fetch(at, lock)) return;
  text.put("{l_type=");
  text.enumeration(kLockTypes, static_cast<uint16_t>(lock.l_type));
  text.put(", l_whence=");
  text.enumeration(kWhence, static_cast<uint16_t>(lock.l_whence));
  text.print(", l_start={}, l_len={}", lock.l_start, lock.l_len);
  if (is_result) text.print(", l_pid={}", lock.l_pid);
  text.put('}');
}

void put_owner(CallText& text, uint64_t at) {
  f_owner_ex owner{};
  if (!text.fetch(at, owner)) return;
  text.put("{type=");
  text.enumeration(kOwnerTypes, static_cast<uint32_t>(owner.type));
  text.print(", pid={}}}", owner.pid);
}

}  // namespace

namespace {

// The commands of 64-bit locks, which only 32-bit programs have, as the plain ones.
uint32_t fcntl_command(const CallText& text) {
  constexpr uint32_t kGetLock64 = 12;
  constexpr uint32_t kSetLockWait64 = 14;
  const auto command = static_cast<uint32_t>(text.argument(1));
  const bool is_64 = command >= kGetLock64 && command <= kSetLockWait64;
  return text.call.is_32bit && is_64 ? command - kGetLock64 + F_GETLK : command;
}

}  // namespace

void fcntl_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (fcntl_command(text)) {
    case F_GETFD:
    case F_GETFL:
    case F_GETLEASE:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
      return text.omit();
    case F_SETFD:
      return text.flags(kFdFlags, static_cast<uint32_t>(value));
    case F_SETFL:
      return put_open_flags(text, static_cast<uint32_t>(value));
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETPIPE_SZ:
      return text.print("{}", static_cast<int64_t>(value));
    case F_SETOWN:
      return text.print("{}", static_cast<int>(value));
    case F_SETSIG:
      return text.put(signal_name(static_cast<int>(value)));
    case F_SETLEASE:
      return text.enumeration(kLockTypes, value);
    case F_NOTIFY:
      return text.flags(kNotifyFlags, value);
    case F_ADD_SEALS:
      return text.flags(kSeals, value);
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
      return put_lock(text, value, false);
    case F_GETLK:
    case F_OFD_GETLK:
      return text.succeeded() ? put_lock(text, value, true) : text.address(value);
    case F_SETOWN_EX:
      return put_owner(text, value);
    case F_GETOWN_EX:
      return text.succeeded() ? put_owner(text, value) : text.address(value);
    default:
      return text.hex(value);
  }
}

// F_GETFD and the like have no argument: what they return is worth a note.
void note_fcntl(CallText& text) {
  if (!text.succeeded()) return;
  const auto result = static_cast<uint64_t>(text.call.result);
  std::string note;
  switch (static_cast<uint32_t>(text.argument(1))) {
    case F_GETFD:
      if (result == 0) return;
      append_flags(note, kFdFlags, result, text.style.constants);
      note.insert(0, "flags ");
      text.hex_result = true;
      break;
    case F_GETFL:
      std::swap(note, text.out);
      text.put("flags ");
      put_open_flags(text, result);
      std::swap(note, text.out);
      text.hex_result = true;
      break;
    case F_GETLEASE:
      note = kLockTypes.find(result);
      text.hex_result = true;
      break;
    case F_GETSIG:
      if (result != 0) note = signal_name(static_cast<int>(result));
      break;
    case F_GET_SEALS:
      if (result == 0) return;
      append_flags(note, kSeals, result, text.style.constants);
      note.insert(0, "seals ");
      text.hex_result = true;
      break;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      text.fd_result = true;
      break;
    default:
      break;
  }
  text.note = note;
}

}  // namespace polytap::printers
