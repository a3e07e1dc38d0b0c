// Times, limits, usage, system information.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void put_time_spec(CallText& text, int64_t seconds, int64_t nanoseconds) {
  text.print("{{tv_sec={}, tv_nsec={}}}", seconds, static_cast<uint64_t>(nanoseconds));
}

void put_time_val(CallText& text, int64_t seconds, int64_t microseconds) {
  text.print("{{tv_sec={}, tv_usec={}}}", seconds, static_cast<uint64_t>(microseconds));
}

namespace {

// What a call takes, or what it gives when it did.
template <typename T>
bool fetch_either(CallText& text, uint64_t at, const ArgumentKind& kind, T& object) {
  return kind.direction == ArgumentKind::Direction::kOut ? text.fetch_result(at, object) : text.fetch(at, object);
}

void put_rlimit(CallText& text, uint64_t limit) {
  std::string readable;
  if (limit == std::numeric_limits<uint64_t>::max()) {
    readable = "RLIM64_INFINITY";
  } else if (limit > 1024 && limit % 1024 == 0) {
    readable = fmt::format("{}*1024", limit / 1024);
  }
  if (readable.empty() || text.style.constants != ConstantStyle::kAbbreviated) text.print("{}", limit);
  if (readable.empty() || text.style.constants == ConstantStyle::kRaw) return;
  if (text.style.constants == ConstantStyle::kVerbose) return text.print(" /* {} */", readable);
  text.put(readable);
}

void put(CallText& text, const timeval& time) { put_time_val(text, time.tv_sec, time.tv_usec); }
void put(CallText& text, const timespec& time) { put_time_spec(text, time.tv_sec, time.tv_nsec); }

template <typename T>
void put_pair(CallText& text, uint64_t value) {
  std::array<T, 2> pair{};
  if (!text.fetch(value, pair)) return;
  text.put('[');
  put(text, pair[0]);
  put_comment_time(text, pair[0].tv_sec, pair[0].tv_usec, 6);
  text.put(", ");
  put(text, pair[1]);
  put_comment_time(text, pair[1].tv_sec, pair[1].tv_usec, 6);
  text.put(']');
}

void put_update_time(CallText& text, const timespec& time) {
  if (time.tv_nsec == UTIME_NOW) return text.put("UTIME_NOW");
  if (time.tv_nsec == UTIME_OMIT) return text.put("UTIME_OMIT");
  put_time_spec(text, time.tv_sec, time.tv_nsec);
  put_comment_time(text, time.tv_sec, time.tv_nsec);
}

template <typename Timer>
void put_timer(CallText& text, uint64_t value, const ArgumentKind& kind) {
  Timer timer{};
  if (!fetch_either(text, value, kind, timer)) return;
  text.put("{it_interval=");
  put(text, timer.it_interval);
  text.put(", it_value=");
  put(text, timer.it_value);
  text.put('}');
}

}  // namespace

void time_spec(CallText& text, uint64_t value, const ArgumentKind& kind) {
  timespec time{};
  if (fetch_either(text, value, kind, time)) put(text, time);
}

void time_val(CallText& text, uint64_t value, const ArgumentKind& kind) {
  timeval time{};
  if (fetch_either(text, value, kind, time)) put(text, time);
}

void time_spec_pair(CallText& text, uint64_t value, const ArgumentKind&) {
  std::array<timespec, 2> pair{};
  if (!text.fetch(value, pair)) return;
  text.put('[');
  put_update_time(text, pair[0]);
  text.put(", ");
  put_update_time(text, pair[1]);
  text.put(']');
}

void time_val_pair(CallText& text, uint64_t value, const ArgumentKind&) { put_pair<timeval>(text, value); }

void remaining_time(CallText& text, uint64_t value, const ArgumentKind&) {
  // Filled only when a signal cut the sleep short.
  timespec time{};
  const bool interrupted = text.call.failed && (text.call.result == -EINTR || text.call.result == -516);
  if (value == 0 || !interrupted || !text.memory.read_object(value, time)) return text.address(value);
  put(text, time);
}

void interval_timer(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_timer<itimerval>(text, value, kind);
}

void interval_timer_spec(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_timer<itimerspec>(text, value, kind);
}

void resource_limit(CallText& text, uint64_t value, const ArgumentKind& kind) {
  rlimit limit{};
  if (!fetch_either(text, value, kind, limit)) return;
  text.put("{rlim_cur=");
  put_rlimit(text, limit.rlim_cur);
  text.put(", rlim_max=");
  put_rlimit(text, limit.rlim_max);
  text.put('}');
}

void resource_usage(CallText& text, uint64_t value, const ArgumentKind&) {
  rusage usage{};
  constexpr uint64_t kWait4 = 61;
  // Nobody had ended: nothing was written.
  if (text.call.number == kWait4 && text.call.result == 0) return text.address(value);
  if (!text.fetch_result(value, usage)) return;
  text.put("{ru_utime=");
  put(text, usage.ru_utime);
  text.put(", ru_stime=");
  put(text, usage.ru_stime);
  if (!text.style.verbose) return text.put(", ...}");
  text.print(
      ", ru_maxrss={}, ru_ixrss={}, ru_idrss={}, ru_isrss={}, ru_minflt={}, ru_majflt={}, ru_nswap={}, "
      "ru_inblock={}, ru_oublock={}, ru_msgsnd={}, ru_msgrcv={}, ru_nsignals={}, ru_nvcsw={}, ru_nivcsw={}}}",
      static_cast<uint64_t>(usage.ru_maxrss), static_cast<uint64_t>(usage.ru_ixrss),
      static_cast<uint64_t>(usage.ru_idrss), static_cast<uint64_t>(usage.ru_isrss),
      static_cast<uint64_t>(usage.ru_minflt), static_cast<uint64_t>(usage.ru_majflt),
      static_cast<uint64_t>(usage.ru_nswap), static_cast<uint64_t>(usage.ru_inblock),
      static_cast<uint64_t>(usage.ru_oublock), static_cast<uint64_t>(usage.ru_msgsnd),
      static_cast<uint64_t>(usage.ru_msgrcv), static_cast<uint64_t>(usage.ru_nsignals),
      static_cast<uint64_t>(usage.ru_nvcsw), static_cast<uint64_t>(usage.ru_nivcsw));
}

void system_info(CallText& text, uint64_t value, const ArgumentKind&) {
  struct sysinfo info {};
  if (!text.fetch_result(value, info)) return;
  text.print(
      "{{uptime={}, loads=[{}, {}, {}], totalram={}, freeram={}, sharedram={}, bufferram={}, totalswap={}, "
      "freeswap={}, procs={}, totalhigh={}, freehigh={}, mem_unit={}}}",
      static_cast<uint64_t>(info.uptime), info.loads[0], info.loads[1], info.loads[2], info.totalram, info.freeram,
      info.sharedram, info.bufferram, info.totalswap, info.freeswap, info.procs, info.totalhigh, info.freehigh,
      info.mem_unit);
}

void system_name(CallText& text, uint64_t value, const ArgumentKind&) {
  utsname name{};
  if (!text.fetch_result(value, name)) return;
  text.put("{sysname=");
  text.char_array({name.sysname, sizeof name.sysname});
  text.put(", nodename=");
  text.char_array({name.nodename, sizeof name.nodename});
  if (!text.style.verbose) return text.put(", ...}");
  text.put(", release=");
  text.char_array({name.release, sizeof name.release});
  text.put(", version=");
  text.char_array({name.version, sizeof name.version});
  text.put(", machine=");
  text.char_array({name.machine, sizeof name.machine});
  text.put(", domainname=");
  text.char_array({name.domainname, sizeof name.domainname});
  text.put('}');
}

void put_ticks(CallText& text, std::string_view name, int64_t ticks) {
  const auto count = static_cast<uint64_t>(ticks);
  text.print("{}{}", name, count);
  const auto rate = static_cast<uint64_t>(sysconf(_SC_CLK_TCK));
  if (count == 0 || rate == 0) return;
  text.print(" /* {}.{:02} s */", count / rate, count % rate * 100 / rate);
}

void process_times(CallText& text, uint64_t value, const ArgumentKind&) {
  tms times{};
  text.hex_result = false;
  if (!text.fetch_result(value, times)) return;
  put_ticks(text, "{tms_utime=", times.tms_utime);
  put_ticks(text, ", tms_stime=", times.tms_stime);
  put_ticks(text, ", tms_cutime=", times.tms_cutime);
  put_ticks(text, ", tms_cstime=", times.tms_cstime);
  text.put('}');
}

}  // namespace polytap::printers
