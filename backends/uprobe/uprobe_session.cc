#include "backends/uprobe/uprobe_session.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <utility>

#include "core/base/clock.h"
#include "core/ir/function_needs.h"
#include "core/kernel/tracefs.h"

namespace polytap::uprobe {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
// A writer takes its time stamp first and is done with its record a moment later, longer only where a hypervisor takes
// the CPU away from it.
constexpr uint64_t kSettleNs = 1'000'000;
constexpr int kReadIntervalMs = 5;
constexpr uint64_t kCheckTargetsNs = 200'000'000;
constexpr size_t kAtOnce = 8192;        // records between two looks at who else wants the mutex
constexpr size_t kMostEvents = 50'000;  // perf events opened for single threads

Tasks::Keeps keeps_of(const ir::Program& program) {
  Tasks::Keeps keeps;
  keeps.names =
      std::ranges::any_of(program.functions, [](const ir::Function& each) { return ir::needs_of(each).comm; });
  keeps.mappings = ir::has_user_addresses(program);
  return keeps;
}

// Newer kernels, and older ones with their corrections, add the caller themselves where the probed instruction is
// `push %rbp` or `endbr64` (is_uprobe_at_func_entry() in arch/x86/events/core.c).
bool starts_frame(const ProbeSite& site) {
  const UniqueFd file(open(site.module.c_str(), O_RDONLY | O_CLOEXEC));
  uint8_t code[4] = {};
  if (!file.valid() || pread(file.get(), code, sizeof code, static_cast<off_t>(site.file_offset)) < 1) return false;
  const bool is_endbr = code[0] == 0xf3 && code[1] == 0x0f && code[2] == 0x1e && (code[3] & 0xfe) == 0xfa;
  return code[0] == 0x55 || is_endbr;
}

class MainWaits {
 public:
  explicit MainWaits(std::atomic<int>& count) : count_(count) { count_++; }
  ~MainWaits() { count_--; }
  MainWaits(const MainWaits&) = delete;
  MainWaits& operator=(const MainWaits&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

// What must succeed before there is a session.
struct UprobeSession::Parts {
  std::unique_ptr<std::vector<Place>> places;
  RecordQueue queue;
  UniqueFd wake;
  Rings rings;
  Attachments attachments;
  bool everybody = false;
};

Result<std::unique_ptr<UprobeSession>> UprobeSession::create(const ir::Program& program, const Target& target,
                                                             Way way) {
  auto places = std::make_unique<std::vector<Place>>(find_places(program));
  std::optional<EventGroup> group;
  if (way == Way::kTracefs) {
    ASSIGN_OR_RETURN(const Tracefs tracefs, Tracefs::open());
    ASSIGN_OR_RETURN(EventGroup made, EventGroup::create(tracefs));
    group.emplace(std::move(made));
  }
  const bool everybody = target.system_wide() || way == Way::kPerfPmu;
  ASSIGN_OR_RETURN(Rings rings, Rings::create());
  ASSIGN_OR_RETURN(Attachments attachments, Attachments::create(*places, std::move(group)));
  ASSIGN_OR_RETURN(RecordQueue queue, RecordQueue::create());
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Error::from_errno("eventfd");
  return std::unique_ptr<UprobeSession>(new UprobeSession(program, target,
                                                          Parts{std::move(places), std::move(queue), std::move(wake),
                                                                std::move(rings), std::move(attachments), everybody}));
}

UprobeSession::UprobeSession(const ir::Program& program, const Target& target, Parts parts)
    : program_(program),
      command_(target.command),
      pids_(target.pids),
      system_wide_(target.system_wide()),
      everybody_(parts.everybody),
      keeps_mappings_(keeps_of(program).mappings),
      places_(std::move(parts.places)),
      queue_(std::move(parts.queue)),
      wake_(std::move(parts.wake)),
      rings_(std::move(parts.rings)),
      attachments_(std::move(parts.attachments)),
      maps_(program.maps),
      tasks_(keeps_of(program)),
      machine_(
          {&program, &maps_, &queue_, &tasks_, command_ != nullptr ? command_->pid() : 0, clock_ns(CLOCK_MONOTONIC)}),
      interpreter_(program) {
  if (command_ != nullptr) pids_.push_back(command_->pid());
  for (Place& place : *places_) place.caller_added = starts_frame(*place.site);
}

UprobeSession::~UprobeSession() { end_worker(); }

Status UprobeSession::start() {
  if (command_ != nullptr) TRY(command_->approach_gate());
  started_ = true;
  TRY(rings_.watch_tasks(true));
  if (system_wide_) tasks_.read_all();
  std::vector<pid_t> threads;
  for (const pid_t pid : pids_) {
    for (const pid_t tid : tasks_.add_target(pid)) threads.push_back(tid);
  }
  const size_t for_all = places_->size() * rings_.cpus().size();
  // A thread that comes while its process is attached to takes some more.
  everybody_ = everybody_ || for_all * (threads.size() + 16) > kMostEvents ||
               !make_room_for_files(for_all * (threads.size() + 16));
  if (everybody_) {
    (void)make_room_for_files(for_all);
    TRY(attachments_.open(rings_, -1));
  } else {
    TRY(attach_threads());
  }
  TRY(attachments_.enable());
  std::lock_guard lock(mutex_);
  counting_ = !machine_.exited();  // by BEGIN
  counting_from_ = clock_ns(CLOCK_MONOTONIC);
  worker_ = std::thread([this] { work(); });
  return {};
}

// Threads and children that are made from now on inherit the events of those that make them; those that were made by
// one that had none yet are found by looking again.
Status UprobeSession::attach_threads() {
  for (bool found = true; found;) {
    found = false;
    run_records(kNoLimit, std::numeric_limits<size_t>::max());
    for (const pid_t pid : tasks_.targets()) {
      for (const pid_t tid : tasks_.threads_of(pid)) {
        const auto owner = owners_.find(tid);
        if (owner != owners_.end() && owner->second == tid) continue;
        Status opened = attachments_.open(rings_, tid);
        if (!opened.ok()) {
          if (opened.error().code() == ESRCH) continue;  // it has ended
          return opened;
        }
        owners_[tid] = tid;
        found = true;
      }
    }
  }
  return {};
}

void UprobeSession::work() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::vector<pollfd> descriptors = {{wake_.get(), POLLIN, 0}};
  for (const int fd : rings_.descriptors()) descriptors.push_back({fd, POLLIN, 0});
  uint64_t next_check = clock_ns(CLOCK_MONOTONIC) + kCheckTargetsNs;
  while (!ending_) {
    poll(descriptors.data(), descriptors.size(), kReadIntervalMs);
    for (bool more = true; more && !ending_;) {
      while (main_waits_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
      std::lock_guard lock(mutex_);
      const uint64_t now = clock_ns(CLOCK_MONOTONIC);
      more = run_records(now - kSettleNs, kAtOnce);
      if (system_wide_ || more) continue;
      if (now >= next_check) {
        next_check = now + kCheckTargetsNs;
        tasks_.drop_dead_targets();
      }
      if (tasks_.no_target_left()) target_gone_ = true;
    }
  }
}

bool UprobeSession::run_records(uint64_t limit, size_t most) {
  rings_.refresh();
  Record record;
  size_t count = 0;
  while (count < most && rings_.next(limit, record)) {
    run_record(record);
    ++count;
  }
  return count == most;
}

void UprobeSession::run_record(const Record& record) {
  if (record.header.type == PERF_RECORD_LOST) {
    (record.about_tasks ? lost_tasks_ : lost_samples_) += parse_lost(record.body).value_or(1);
    return;
  }
  if (record.header.type != PERF_RECORD_SAMPLE) {
    if (const auto task = parse_task_record(record.header, record.body)) apply_task_record(*task);
    return;
  }
  if (!counting_ || record.time < counting_from_) return;
  const auto id = sample_id(record.body);
  const Attachments::Source* source = id ? attachments_.find(*id) : nullptr;
  if (source == nullptr) return;
  const auto sample = parse_sample(record.body, attachments_.layout(source->place));
  if (!sample) {
    incomplete_ += (*places_)[source->place].sites;
  } else if (is_counted(*sample, *source)) {
    run_sample(*sample, *source);
  }
}

void UprobeSession::apply_task_record(const TaskRecord& record) {
  if (record.type == PERF_RECORD_FORK) {
    const auto parent = owners_.find(record.parent_tid);
    if (parent != owners_.end()) owners_.try_emplace(record.tid, parent->second);
  } else if (record.type == PERF_RECORD_EXIT) {
    owners_.erase(record.tid);
  }
  tasks_.apply(record);
}

bool UprobeSession::is_counted(const Sample& sample, const Attachments::Source& source) {
  if (source.owner == 0) return system_wide_ || tasks_.in_target(sample.pid);
  // A thread that went on under another number, by execve, is told of by its first sample.
  return owners_.try_emplace(sample.tid, source.owner).first->second == source.owner;
}

void UprobeSession::run_sample(const Sample& sample, const Attachments::Source& source) {
  Place& place = (*places_)[source.place];
  if (!machine_.look_at(sample, place)) {
    incomplete_ += place.sites;
    return;
  }
  events_.store(events_.load(std::memory_order_relaxed) + place.sites, std::memory_order_relaxed);
  for (const Hook& hook : place.hooks) {
    machine_.set_site(hook.site);
    interpreter_.run(program_.functions[hook.function], machine_);
    if (!machine_.exited()) continue;
    counting_ = false;
    return;
  }
}

void UprobeSession::end_worker() {
  if (!worker_.joinable()) return;
  ending_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  worker_.join();
}

Status UprobeSession::stop() {
  if (std::exchange(stopped_, true) || !started_) return {};
  attachments_.disable();
  end_worker();
  // Writers that were on their way in.
  std::this_thread::sleep_for(std::chrono::nanoseconds(kSettleNs));
  std::lock_guard lock(mutex_);
  while (run_records(kNoLimit, kAtOnce)) {
  }
  counting_ = false;
  lost_samples_ = std::max(lost_samples_, attachments_.lost().value_or(0));
  attachments_.close();
  return rings_.watch_tasks(false);
}

Status UprobeSession::fire(uint32_t function, uint32_t site) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  // What happened before comes first.
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  while (started_ && !stopped_ && run_records(now, kAtOnce)) {
  }
  if (machine_.exited() && !stopped_) return {};
  machine_.look_here();
  machine_.set_site(site);
  interpreter_.run(program_.functions[function], machine_);
  if (machine_.exited()) counting_ = false;
  return {};
}

Status UprobeSession::drain(EventSink& sink) {
  queue_.drain(sink);
  return {};
}

Status UprobeSession::snapshot(ir::MapId map, MapSink& sink) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.snapshot(map, sink);
  return {};
}

Status UprobeSession::clear(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.clear(map);
  return {};
}

Status UprobeSession::zero(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.zero(map);
  return {};
}

Losses UprobeSession::losses() const {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  Losses losses;
  losses.records = queue_.dropped();
  losses.updates = maps_.lost_updates();
  losses.faults = machine_.faults();
  losses.missed = lost_samples_ + lost_tasks_ + incomplete_ + rings_.broken();
  return losses;
}

}  // namespace polytap::uprobe
