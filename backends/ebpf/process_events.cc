#include "backends/ebpf/process_events.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <string>

#include "core/base/clock.h"
#include "core/kernel/process_numbers.h"

namespace polytap::ebpf {
namespace {

constexpr size_t kDataPages = 64;  // a power of two

// A report is in its ring within microseconds of its time.
constexpr uint64_t kSettlingNs = 1'000'000;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

// Bodies of the records, behind perf_event_header (linux/perf_event.h describes them only in a comment).
struct Mmap2Body {
  uint32_t pid;
  uint32_t tid;
  uint64_t address;
  uint64_t length;
  uint64_t offset;
  uint32_t major;
  uint32_t minor;
  uint64_t inode;
  uint64_t inode_generation;
  uint32_t protection;
  uint32_t flags;
  // then the path, NUL terminated
};
struct TaskBody {  // PERF_RECORD_FORK, PERF_RECORD_EXIT
  uint32_t pid;
  uint32_t parent_pid;
  uint32_t tid;
  uint32_t parent_tid;
  uint64_t time;
};
struct CommBody {
  uint32_t pid;
  uint32_t tid;
};

template <typename T>
T body_of(const std::vector<std::byte>& bytes) {
  T body{};
  std::memcpy(&body, bytes.data(), std::min(sizeof body, bytes.size()));
  return body;
}

}  // namespace

Result<std::unique_ptr<ProcessEvents>> ProcessEvents::create() {
  std::unique_ptr<ProcessEvents> events(new ProcessEvents());
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.sample_type = PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.disabled = 1;
  attributes.mmap = 1;  // executable mappings only
  attributes.mmap2 = 1;
  attributes.comm = 1;
  attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = static_cast<uint32_t>(kDataPages * page_size() / 2);
  const long cpus = sysconf(_SC_NPROCESSORS_CONF);
  for (int cpu = 0; cpu < cpus; ++cpu) {
    CpuRing ring;
    ring.event =
        UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (!ring.event.valid()) {
      if (errno == ENODEV) continue;  // offline
      return Error::from_errno(fmt::format("open the perf event that reports mappings on CPU {}", cpu));
    }
    void* memory =
        mmap(nullptr, (1 + kDataPages) * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, ring.event.get(), 0);
    if (memory == MAP_FAILED) return Error::from_errno("map the perf event that reports mappings");
    ring.memory = static_cast<std::byte*>(memory);
    events->rings_.push_back(std::move(ring));
  }
  return events;
}

ProcessEvents::~ProcessEvents() {
  stopping_ = true;
  if (reader_.joinable()) reader_.join();
  for (CpuRing& ring : rings_) munmap(ring.memory, (1 + kDataPages) * page_size());
}

Status ProcessEvents::start(std::span<const pid_t> targets) {
  for (const CpuRing& ring : rings_) {
    if (ioctl(ring.event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) {
      return Error::from_errno("enable the perf event that reports mappings");
    }
  }
  for (const pid_t pid : targets) know(pid);
  return {};
}

void ProcessEvents::know_everyone() {
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  reader_ = std::thread([this] { read_all_processes(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ProcessEvents::read_all_processes() {
  for (const pid_t pid : process_numbers("/proc")) {
    if (stopping_) return;
    know(pid);
  }
}

void ProcessEvents::collect(CpuRing& ring) {
  auto* page = reinterpret_cast<perf_event_mmap_page*>(ring.memory);
  const std::byte* data = ring.memory + page_size();
  const uint64_t size = kDataPages * page_size();
  const uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
  uint64_t tail = page->data_tail;
  const auto copy = [&](uint64_t from, void* to, size_t bytes) {
    const uint64_t at = from & (size - 1);
    const size_t first = std::min<size_t>(bytes, size - at);
    std::memcpy(to, data + at, first);
    std::memcpy(static_cast<std::byte*>(to) + first, data, bytes - first);
  };
  while (tail < head) {
    Record record;
    copy(tail, &record.header, sizeof record.header);
    if (record.header.size < sizeof record.header + 8) break;
    record.body.resize(record.header.size - sizeof record.header);
    copy(tail + sizeof record.header, record.body.data(), record.body.size());
    std::memcpy(&record.time, record.body.data() + record.body.size() - 8, 8);
    tail += record.header.size;
    pending_.push_back(std::move(record));
  }
  std::atomic_ref(page->data_tail).store(tail, std::memory_order_release);
}

// What a process mapped before the session began is in /proc only; when it is gone already, what comes now is all.
void ProcessEvents::know(pid_t pid) {
  if (!maps_.knows(pid)) (void)maps_.read_from_proc(pid).ok();
}

void ProcessEvents::apply(const Record& record) {
  switch (record.header.type) {
    case PERF_RECORD_MMAP2: {
      const auto body = body_of<Mmap2Body>(record.body);
      know(static_cast<pid_t>(body.pid));
      const char* path = reinterpret_cast<const char*>(record.body.data()) + sizeof body;
      const size_t room = record.body.size() > sizeof body ? record.body.size() - sizeof body : 0;
      std::string name(path, strnlen(path, room));
      if (name == "//anon") name.clear();
      maps_.add(static_cast<pid_t>(body.pid), {.start = body.address,
                                               .end = body.address + body.length,
                                               .offset = body.offset,
                                               .path = std::move(name),
                                               .device = makedev(body.major, body.minor),
                                               .inode = body.inode});
      if (listener_) listener_(static_cast<pid_t>(body.pid), false);
      return;
    }
    case PERF_RECORD_COMM: {
      if ((record.header.misc & PERF_RECORD_MISC_COMM_EXEC) == 0) return;
      maps_.exec(static_cast<pid_t>(body_of<CommBody>(record.body).pid));
      return;
    }
    case PERF_RECORD_FORK: {
      const auto body = body_of<TaskBody>(record.body);
      if (body.pid == body.parent_pid) return;  // a thread
      know(static_cast<pid_t>(body.parent_pid));
      maps_.fork(static_cast<pid_t>(body.parent_pid), static_cast<pid_t>(body.pid));
      return;
    }
    case PERF_RECORD_EXIT: {
      const auto body = body_of<TaskBody>(record.body);
      if (body.pid != body.tid) return;
      maps_.exited(static_cast<pid_t>(body.pid));
      if (listener_) listener_(static_cast<pid_t>(body.pid), true);
      return;
    }
    default:
      return;
  }
}

void ProcessEvents::collect() {
  collected_at_ns_ = clock_ns(CLOCK_MONOTONIC);
  const size_t before = pending_.size();
  for (CpuRing& ring : rings_) collect(ring);
  if (pending_.size() == before) return;
  std::stable_sort(pending_.begin(), pending_.end(), [](const Record& a, const Record& b) { return a.time < b.time; });
}

void ProcessEvents::apply_until(uint64_t time_ns) {
  while (!pending_.empty() && pending_.front().time <= time_ns) {
    apply(pending_.front());
    pending_.pop_front();
  }
}

void ProcessEvents::apply_settled() { apply_until(collected_at_ns_ - std::min(collected_at_ns_, kSettlingNs)); }

}  // namespace polytap::ebpf
