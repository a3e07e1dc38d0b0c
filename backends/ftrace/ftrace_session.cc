#include "backends/ftrace/ftrace_session.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <unordered_set>
#include <utility>

#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/program_check.h"
#include "core/base/clock.h"
#include "core/ir/function_needs.h"

namespace polytap::ftrace {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();
// A writer takes its time stamp first and is done with its record a moment later, longer only where a hypervisor takes
// the CPU away from it.
constexpr uint64_t kSettleNs = 1'000'000;
constexpr int kReadIntervalMs = 5;
constexpr uint64_t kCheckTargetsNs = 200'000'000;
constexpr size_t kAtOnce = 8192;  // records between two looks at who else wants the mutex

// Sites below one event of the kernel must have the layout that the kernel writes.
Status check_layout(const ProbeSite& site, const EventFormat& format) {
  for (const ProbeArgument& argument : site.arguments) {
    const bool same = std::ranges::any_of(format.arguments, [&](const ProbeArgument& other) {
      return other.name == argument.name && other.offset == argument.offset && other.size == argument.size;
    });
    if (!same) return Error(fmt::format("{}: field {} is not where this kernel has it", site.name, argument.name));
  }
  return {};
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
struct FtraceSession::Parts {
  std::optional<StackJoin> stacks;
  Groups groups;
  Instance instance;
  std::optional<TaskEvents> task_events;
  EventsById events_by_id;
  RecordQueue queue;
  UniqueFd wake;
  CpuStreams streams;
};

std::vector<std::string> sweep_stale(const Tracefs& tracefs) {
  std::vector<std::string> removed = sweep_stale_instances(tracefs.root());
  // The events of a killed tracer could not be removed while its instance had them enabled.
  for (const std::string_view file : {kKprobeEvents, kDynamicEvents}) {
    if (access(fmt::format("{}/{}", tracefs.root(), file).c_str(), W_OK) != 0) continue;
    for (std::string& group : sweep_stale_groups(tracefs, file)) removed.push_back(std::move(group));
  }
  return removed;
}

uint32_t FtraceSession::buffer_kb() {
  constexpr long kAllKb = 256 << 10;  // of all CPUs together
  const long cpus = std::max(sysconf(_SC_NPROCESSORS_CONF), 1L);
  return static_cast<uint32_t>(std::clamp(kAllKb / cpus, 1024L, 8192L));
}

FtraceSession::Event& FtraceSession::event_of(EventsById& events, uint32_t id, std::string_view category,
                                              std::string_view name) {
  if (id >= events.size()) events.resize(id + 1);
  if (events[id] == nullptr) {
    events[id] = std::make_unique<Event>();
    events[id]->category = category;
    events[id]->name = name;
  }
  return *events[id];
}

Status FtraceSession::find_tracepoints(const ir::Program& program, const Tracefs& tracefs, EventsById& events) {
  std::unordered_set<std::string> fetched;
  for (const FetchPlace& place : fetch_places(program)) fetched.insert(place.event.site().name);
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    for (const uint32_t index : program.functions[function].sites) {
      const ProbeSite& site = program.sites[index];
      if (site.type != ProbeType::kTracepoint || fetched.contains(site.name)) continue;
      ASSIGN_OR_RETURN(const EventFormat format, tracefs.format(site.category, site.event));
      TRY(check_layout(site, format));
      event_of(events, format.id, site.category, site.event).hooks.push_back({function, index});
    }
  }
  return {};
}

Status FtraceSession::make_fetch_events(const ir::Program& program, const Tracefs& tracefs, Groups& groups,
                                        EventsById& events) {
  for (FetchPlace& place : fetch_places(program)) {
    const bool is_kprobe = place.event.is_kprobe();
    std::optional<ProbeGroup>& group = is_kprobe ? groups.kprobes : groups.event_probes;
    if (!group) {
      ASSIGN_OR_RETURN(ProbeGroup made,
                       ProbeGroup::create(tracefs, is_kprobe ? kKprobeEvents : kDynamicEvents, is_kprobe ? 'k' : 'e'));
      group.emplace(std::move(made));
    }
    const std::string name = group->next_event();
    ASSIGN_OR_RETURN(const uint32_t id, place.event.make(*group));
    Event& event = event_of(events, id, group->name(), name);
    event.fetched = std::move(place.event);
    event.hooks = std::move(place.hooks);
  }
  return {};
}

Result<std::unique_ptr<FtraceSession>> FtraceSession::create(const ir::Program& program, const Target& target,
                                                             const Tracefs& tracefs) {
  sweep_stale(tracefs);
  EventsById events;
  TRY(find_tracepoints(program, tracefs, events));
  Groups groups;
  TRY(make_fetch_events(program, tracefs, groups, events));
  std::optional<TaskEvents> task_events;
  if (!target.system_wide() || needs_tasks(program)) {
    ASSIGN_OR_RETURN(task_events, TaskEvents::create(tracefs));
    for (const TaskEvents::Event& event : task_events->events()) {
      event_of(events, event.id, event.category, event.name).keeps_tasks = true;
    }
  }
  std::optional<StackJoin> stacks;
  for (const auto& event : events) {
    if (event == nullptr) continue;
    event->wants_stack = std::ranges::any_of(
        event->hooks, [&](const Hook& hook) { return ir::needs_of(program.functions[hook.function]).kernel_stack; });
    if (!event->wants_stack || stacks) continue;
    ASSIGN_OR_RETURN(stacks, StackJoin::create(tracefs));
  }
  ASSIGN_OR_RETURN(Instance instance, Instance::create(tracefs.root(), buffer_kb()));
  ASSIGN_OR_RETURN(CpuStreams streams, CpuStreams::open(instance));
  ASSIGN_OR_RETURN(RecordQueue queue, RecordQueue::create());
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Error::from_errno("eventfd");
  return std::unique_ptr<FtraceSession>(
      new FtraceSession(program, target,
                        Parts{std::move(stacks), std::move(groups), std::move(instance), task_events, std::move(events),
                              std::move(queue), std::move(wake), std::move(streams)}));
}

FtraceSession::FtraceSession(const ir::Program& program, const Target& target, Parts parts)
    : program_(program),
      command_(target.command),
      pids_(target.pids),
      system_wide_(target.system_wide()),
      groups_(std::move(parts.groups)),
      instance_(std::move(parts.instance)),
      task_events_(parts.task_events),
      events_by_id_(std::move(parts.events_by_id)),
      queue_(std::move(parts.queue)),
      wake_(std::move(parts.wake)),
      streams_(std::move(parts.streams)),
      maps_(program.maps),
      machine_(
          {&program, &maps_, &queue_, &tasks_, command_ != nullptr ? command_->pid() : 0, clock_ns(CLOCK_MONOTONIC)}),
      interpreter_(program),
      stacks_(std::move(parts.stacks)) {
  if (command_ != nullptr) pids_.push_back(command_->pid());
}

FtraceSession::~FtraceSession() { end_worker(); }

Status FtraceSession::start() {
  if (command_ != nullptr) TRY(command_->approach_gate());
  started_ = true;
  // Wakes the reader; since 5.0, before which poll() returned at the first record.
  if (instance_.has("buffer_percent")) TRY(instance_.write("buffer_percent", "10"));
  if (stacks_) TRY(instance_.write("options/stacktrace", "1"));
  TRY(attach_targets());
  TRY(enable_events());
  std::lock_guard lock(mutex_);
  counting_ = !machine_.exited();  // by BEGIN
  counting_from_ = clock_ns(CLOCK_MONOTONIC);
  worker_ = std::thread([this] { work(); });
  return {};
}

// From here on the table of tasks is kept by the records, so that what /proc says now cannot be out of date later.
Status FtraceSession::attach_targets() {
  for (const pid_t pid : pids_) TRY(instance_.append("set_event_pid", std::to_string(pid)));
  if (task_events_) {
    for (const TaskEvents::Event& event : task_events_->events()) TRY(instance_.enable(event.category, event.name));
  }
  TRY(instance_.write("tracing_on", "1"));
  if (system_wide_) {
    if (task_events_) tasks_.read_all();
    return {};
  }
  for (const pid_t pid : pids_) {
    tasks_.add_target(pid);
    // Children of listed threads are listed by the kernel (event-fork): done when a look finds no other.
    std::unordered_set<pid_t> listed = {pid};
    for (bool found = true; found;) {
      found = false;
      for (const pid_t tid : tasks_.read_process(pid)) {
        if (!listed.insert(tid).second) continue;
        found = true;
        TRY(instance_.append("set_event_pid", std::to_string(tid)));
      }
    }
  }
  return {};
}

Status FtraceSession::enable_events() {
  for (const auto& event : events_by_id_) {
    if (event == nullptr || event->keeps_tasks) continue;
    // An event probe's fields are not those that a filter of the tracepoint names.
    const bool is_event_probe = event->fetched && !event->fetched->is_kprobe();
    const auto filter = is_event_probe ? std::nullopt : event_filter(program_, event->hooks);
    if (filter) {
      TRY(instance_.filter(event->category, event->name, *filter));
    }
    TRY(instance_.enable(event->category, event->name));
  }
  return {};
}

void FtraceSession::work() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::vector<pollfd> descriptors = {{wake_.get(), POLLIN, 0}};
  for (const int fd : streams_.descriptors()) descriptors.push_back({fd, POLLIN, 0});
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

bool FtraceSession::run_records(uint64_t limit, size_t most) {
  streams_.refresh();
  CpuRecord record;
  size_t count = 0;
  while (count < most && streams_.next(limit, record)) {
    run_record(record);
    ++count;
  }
  return count == most;
}

bool FtraceSession::is_counted(uint64_t time, pid_t tid) const {
  // With sched_switch and its like the kernel lets events of others through that are about a thread of the target.
  return counting_ && time >= counting_from_ && (system_wide_ || tasks_.in_target(tid));
}

void FtraceSession::run_record(const CpuRecord& record) {
  uint16_t id = 0;
  pid_t tid = 0;
  if (record.raw.data.size() < 8) return;
  std::memcpy(&id, record.raw.data.data(), sizeof id);
  std::memcpy(&tid, record.raw.data.data() + 4, sizeof tid);
  if (stacks_ && stacks_->see(record, joined_)) {
    std::memcpy(&id, joined_.record.raw.data.data(), sizeof id);
    if (counting_) run_hooks(*events_by_id_[id], joined_.record, joined_.frames);
    return;
  }
  if (id >= events_by_id_.size() || events_by_id_[id] == nullptr) return;
  const Event& event = *events_by_id_[id];
  if (!event.hooks.empty() && is_counted(record.raw.time, tid)) {
    if (event.wants_stack) {
      stacks_->wait(record);
    } else {
      run_hooks(event, record, {});
    }
  }
  // Afterwards: the thread still has its old name when it is renamed, and is there when it exits.
  if (event.keeps_tasks) task_events_->apply(record.raw.data, record.raw.time, tasks_);
}

void FtraceSession::run_hooks(const Event& event, const CpuRecord& record, std::span<const uint64_t> stack) {
  pid_t tid = 0;
  std::memcpy(&tid, record.raw.data.data() + 4, sizeof tid);
  if (!event.fetched) {
    machine_.look_at(record, tid);
  } else if (event.fetched->restore(record.raw.data, context_, memory_)) {
    machine_.look_at(record, tid, context_, memory_);
  } else {
    ++incomplete_;
    return;
  }
  machine_.set_stack(stack);
  events_.store(events_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  for (const Hook& hook : event.hooks) {
    machine_.set_site(hook.site);
    interpreter_.run(program_.functions[hook.function], machine_);
    if (!machine_.exited()) continue;
    counting_ = false;
    return;
  }
}

void FtraceSession::end_worker() {
  if (!worker_.joinable()) return;
  ending_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  worker_.join();
}

Status FtraceSession::stop() {
  if (std::exchange(stopped_, true) || !started_) return {};
  Status off = instance_.write("tracing_on", "0");
  end_worker();
  // Writers that were on their way in.
  std::this_thread::sleep_for(std::chrono::nanoseconds(kSettleNs));
  std::lock_guard lock(mutex_);
  while (counting_ && run_records(kNoLimit, kAtOnce)) {
  }
  counting_ = false;
  missed_ = missed_now();
  TRY(instance_.write("events/enable", "0"));
  return off;
}

Status FtraceSession::fire(uint32_t function, uint32_t site) {
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

Status FtraceSession::drain(EventSink& sink) {
  queue_.drain(sink);
  return {};
}

Status FtraceSession::snapshot(ir::MapId map, MapSink& sink) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.snapshot(map, sink);
  return {};
}

Status FtraceSession::clear(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.clear(map);
  return {};
}

Status FtraceSession::zero(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.zero(map);
  return {};
}

uint64_t FtraceSession::missed_now() const {
  uint64_t missed = streams_.broken_pages() + incomplete_ + (stacks_ ? stacks_->lonely() : 0);
  for (const int cpu : instance_.cpus()) missed += instance_.losses(cpu).total();
  if (groups_.kprobes) missed += missed_probes(instance_.tracefs_root(), *groups_.kprobes);
  return missed;
}

Losses FtraceSession::losses() const {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  Losses losses;
  losses.records = queue_.dropped();
  losses.updates = maps_.lost_updates();
  losses.faults = machine_.faults();
  losses.missed = missed_ ? *missed_ : missed_now();
  return losses;
}

}  // namespace polytap::ftrace
