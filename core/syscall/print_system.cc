// Clocks, scheduling, the log, identities: calls of which each has something of its own.
#include <linux/kexec.h>
#include <sys/timex.h>
#include <time.h>
#include <utime.h>

#include <algorithm>
#include <cstddef>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_system.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kSigned{Show::kSigned};

constexpr Field kTimevalFields[] = {POLYTAP_FIELD(timeval, tv_sec, kSigned), POLYTAP_FIELD(timeval, tv_usec, kNumber)};
constexpr Structure kTimeval{kTimevalFields, sizeof(timeval)};
constexpr Field kClockFields[] = {
    POLYTAP_FIELD(timex, modes, flags_of(kClockModes)),
    POLYTAP_FIELD(timex, offset, kSigned),
    POLYTAP_FIELD(timex, freq, kSigned),
    POLYTAP_FIELD(timex, maxerror, kSigned),
    POLYTAP_FIELD(timex, esterror, kNumber),
    POLYTAP_FIELD(timex, status, flags_of(kClockStatus)),
    POLYTAP_FIELD(timex, constant, kSigned),
    POLYTAP_FIELD(timex, precision, kNumber),
    POLYTAP_FIELD(timex, tolerance, kSigned),
    POLYTAP_FIELD(timex, time, structure_of(kTimeval)),
    POLYTAP_FIELD(timex, tick, kSigned),
    POLYTAP_FIELD(timex, ppsfreq, kSigned),
    POLYTAP_FIELD(timex, jitter, kSigned),
    POLYTAP_FIELD(timex, shift, kSigned),
    POLYTAP_FIELD(timex, stabil, kSigned),
    POLYTAP_FIELD(timex, jitcnt, kSigned),
    POLYTAP_FIELD(timex, calcnt, kSigned),
    POLYTAP_FIELD(timex, errcnt, kSigned),
    POLYTAP_FIELD(timex, stbcnt, kSigned),
    POLYTAP_FIELD(timex, tai, kSigned),
};
constexpr Structure kClock{kClockFields, sizeof(timex)};

constexpr Field kZoneFields[] = {
    {"tz_minuteswest", 0, 4, kSigned},
    {"tz_dsttime", 4, 4, kSigned},
};
constexpr Structure kZone{kZoneFields, 8};

constexpr Field kSegmentFields[] = {
    POLYTAP_FIELD(kexec_segment, buf, {Show::kAddress}),
    POLYTAP_FIELD(kexec_segment, bufsz, kNumber),
    POLYTAP_FIELD(kexec_segment, mem, {Show::kAddress}),
    POLYTAP_FIELD(kexec_segment, memsz, kNumber),
};
constexpr Structure kSegment{kSegmentFields, sizeof(kexec_segment)};

// What PUT writes becomes the note behind the returned value.
template <typename Put>
void make_note(CallText& text, Put&& put) {
  std::string note;
  std::swap(note, text.out);
  put();
  std::swap(note, text.out);
  text.note = note;
}

}  // namespace

void clock_adjustment(CallText& text, uint64_t value, const ArgumentKind&) {
  text.succeeded() ? put_structure_at(text, value, kClock) : text.address(value);
}

void note_clock_state(CallText& text) {
  timex state{};
  const uint64_t at = text.argument(text.call.number == 159 ? 0 : 1);  // adjtimex, clock_adjtime
  if (!text.succeeded() || at == 0 || !text.memory.read_object(at, state)) return;
  text.note = kClockStates.find(static_cast<uint64_t>(text.call.result));
}

void time_zone(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (kind.direction == ArgumentKind::Direction::kOut && !text.succeeded()) return text.address(value);
  put_structure_at(text, value, kZone);
}

void date_at(CallText& text, uint64_t value, const ArgumentKind&) {
  int64_t seconds = 0;
  if (!text.fetch_result(value, seconds)) return;
  text.print("[{}", seconds);
  put_comment_time(text, seconds, 0);
  text.put(']');
}

void note_date(CallText& text) {
  if (!text.succeeded() || text.call.result == 0) return;
  make_note(text, [&] { put_comment_time(text, text.call.result, 0); });
  // Without the marks of a comment.
  constexpr size_t kMarks = 4;
  if (text.note.size() > 2 * kMarks) text.note = text.note.substr(kMarks, text.note.size() - kMarks - 3);
}

void update_times(CallText& text, uint64_t value, const ArgumentKind&) {
  utimbuf times{};
  if (!text.fetch(value, times)) return;
  text.print("{{actime={}", times.actime);
  put_comment_time(text, times.actime, 0);
  text.print(", modtime={}", times.modtime);
  put_comment_time(text, times.modtime, 0);
  text.put('}');
}

void user_id(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto id = static_cast<uint32_t>(value);
  id == UINT32_MAX ? text.put("-1") : text.print("{}", id);
}

void resident_pages(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kPage = 4096;
  const uint64_t length = text.argument(1);
  if (!text.succeeded() && (length != 0 || value == 0)) return text.address(value);
  const uint64_t pages = length / kPage + (length % kPage != 0 ? 1 : 0);
  put_array<uint8_t>(text, value, pages, [&](uint8_t page) { text.print("{}", page & 1); });
}

namespace {

enum class LogArguments : uint8_t { kNone, kBuffer, kLevel, kAll };

LogArguments log_arguments(uint64_t action) {
  switch (static_cast<uint32_t>(action)) {
    case 2:
    case 3:
    case 4:
      return LogArguments::kBuffer;
    case 8:
      return LogArguments::kLevel;
    case 0:
    case 1:
    case 5:
    case 6:
    case 7:
    case 9:
    case 10:
      return LogArguments::kNone;
    default:
      return LogArguments::kAll;
  }
}

}  // namespace

bool log_known_at_entry(const CallText& text) { return log_arguments(text.argument(0)) != LogArguments::kBuffer; }

void log_buffer(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (log_arguments(text.argument(0))) {
    case LogArguments::kNone:
      return text.omit();
    case LogArguments::kBuffer:
      return text.succeeded() ? text.buffer(value, static_cast<uint64_t>(text.call.result)) : text.address(value);
    default:
      return text.address(value);
  }
}

void log_length(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto number = static_cast<int32_t>(value);
  text.print("{}", number);
  if (log_arguments(text.argument(0)) != LogArguments::kLevel) return;
  const std::string_view name = number < 0 ? std::string_view() : kLogLevels.find(static_cast<uint64_t>(number));
  text.print(" /* {} */", name.empty() ? kLogLevels.unknown : name);
}

void note_scheduler(CallText& text) {
  if (!text.succeeded()) return;
  make_note(text, [&] { scheduler(text, static_cast<uint64_t>(text.call.result), {}); });
}

void note_io_priority(CallText& text) {
  if (!text.succeeded()) return;
  make_note(text, [&] { io_priority(text, static_cast<uint64_t>(text.call.result), {}); });
}

void note_personality(CallText& text) {
  if (!text.succeeded()) return;
  make_note(text, [&] { personality(text, static_cast<uint64_t>(text.call.result), {}); });
}

void note_membarrier(CallText& text) {
  constexpr uint32_t kQuery = 0;  // MEMBARRIER_CMD_QUERY
  if (!text.succeeded() || static_cast<uint32_t>(text.argument(0)) != kQuery) return;
  text.hex_result = true;
  const auto commands = static_cast<uint64_t>(text.call.result);
  if (commands != 0) make_note(text, [&] { text.flags(kMembarrierCommands, commands); });
}

void note_signal(CallText& text) {
  if (text.succeeded() && text.call.result > 0) {
    make_note(text, [&] { text.put(signal_name(static_cast<int>(text.call.result))); });
  }
}

void kexec_segments(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kMost = KEXEC_SEGMENT_MAX;
  if (text.argument(1) > kMost) return text.address(value);
  put_structures_at(text, value, text.argument(1), kSegment);
}

void kexec_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kArchitecture = KEXEC_ARCH_MASK;
  text.enumeration(kKexecArchitectures, value & kArchitecture);
  if ((value & ~kArchitecture) == 0) return;
  text.put('|');
  text.flags(kKexecFlags, value & ~kArchitecture);
}

void fanotify_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kClass = 0xc;  // FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT
  const auto bits = static_cast<uint32_t>(value);
  text.enumeration(kFanotifyClasses, bits & kClass);
  if ((bits & ~kClass) == 0) return;
  text.put('|');
  text.flags(kFanotifyInitFlags, bits & ~kClass);
}

void fanotify_fd(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto number = static_cast<int>(value);
  number == -1 ? text.put("FAN_NOFD") : text.directory_fd(number);
}

namespace {

// struct sched_attr of linux/sched/types.h, which does not go with libc's headers.
struct SchedulingAttributes {
  uint32_t size;
  uint32_t sched_policy;
  uint64_t sched_flags;
  int32_t sched_nice;
  uint32_t sched_priority;
  uint64_t sched_runtime;
  uint64_t sched_deadline;
  uint64_t sched_period;
  uint32_t sched_util_min;
  uint32_t sched_util_max;
};

void put_policy(CallText& text, uint32_t policy) {
  text.put(", sched_policy=");
  scheduler(text, policy, {});
}

void put_times(CallText& text, const SchedulingAttributes& attributes) {
  text.print(", sched_nice={}, sched_priority={}, sched_runtime={}, sched_deadline={}, sched_period={}",
             attributes.sched_nice, attributes.sched_priority, attributes.sched_runtime, attributes.sched_deadline,
             attributes.sched_period);
}

void put_clamps(CallText& text, const SchedulingAttributes& attributes) {
  text.print(", sched_util_min={}, sched_util_max={}", attributes.sched_util_min, attributes.sched_util_max);
}

constexpr uint64_t kFirstSize = 48;
constexpr uint64_t kKeepPolicy = 0x8;       // SCHED_FLAG_KEEP_POLICY
constexpr uint64_t kKeepParameters = 0x10;  // SCHED_FLAG_KEEP_PARAMS

// Of which SIZE bytes are known.
// KEPT: the flags of what the call leaves as it is.
void put_attributes(CallText& text, const SchedulingAttributes& attributes, uint64_t size, uint64_t kept) {
  text.print("{{size={}", attributes.size);
  if (size < kFirstSize) return;
  const uint64_t flags = attributes.sched_flags;
  if ((kept & (kKeepPolicy | kKeepParameters)) == 0) put_policy(text, attributes.sched_policy);
  text.put(", sched_flags=");
  text.flags(kSchedulingFlags, flags);
  if ((kept & kKeepParameters) == 0) put_times(text, attributes);
  if (size >= sizeof attributes) put_clamps(text, attributes);
}

bool read_attributes(const CallText& text, uint64_t at, uint64_t size, SchedulingAttributes& attributes) {
  return text.memory.read(at, std::as_writable_bytes(std::span(&attributes, 1)).first(size)) == size;
}

}  // namespace

void scheduling_attributes(CallText& text, uint64_t value, const ArgumentKind&) {
  SchedulingAttributes attributes{};
  if (!text.fetch(value, attributes.size)) return;
  // A size of 0 stands for the first one (sched_setattr(2)).
  const uint64_t given = attributes.size == 0 ? kFirstSize : attributes.size;
  const uint64_t size = std::min<uint64_t>(given, sizeof attributes);
  if (size >= kFirstSize && !read_attributes(text, value, size, attributes)) return text.address(value);
  put_attributes(text, attributes, size, attributes.sched_flags);
  text.put(given > sizeof attributes ? ", ...}" : "}");
}

void scheduling_attributes_result(CallText& text, uint64_t value, const ArgumentKind&) {
  SchedulingAttributes attributes{};
  const uint64_t room = std::min<uint64_t>(static_cast<uint32_t>(text.argument(2)), sizeof attributes);
  if (!text.succeeded() || !text.style.dereference || room == 0) return text.address(value);
  if (value == 0 || !read_attributes(text, value, room, attributes)) return text.address(value);
  put_attributes(text, attributes, attributes.size, 0);
  text.put('}');
}

}  // namespace polytap::printers
