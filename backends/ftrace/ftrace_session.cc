#include "backends/ftrace/ftrace_session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/program_check.h"
#include "core/ir/function_needs.h"

namespace polytap::ftrace {
namespace {

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

}  // namespace

// What must succeed before there is a session.
struct FtraceSession::Parts {
  std::optional<StackJoin> stacks;
  Groups groups;
  Instance instance;
  std::optional<TaskEvents> task_events;
  EventsById events_by_id;
  Channels channels;
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
  ASSIGN_OR_RETURN(Channels channels, Channels::create());
  return std::unique_ptr<FtraceSession>(
      new FtraceSession(program, target,
                        Parts{std::move(stacks), std::move(groups), std::move(instance), task_events, std::move(events),
                              std::move(channels), std::move(streams)}));
}

FtraceSession::FtraceSession(const ir::Program& program, const Target& target, Parts parts)
    : LateSession(program, target, std::move(parts.channels)),
      groups_(std::move(parts.groups)),
      instance_(std::move(parts.instance)),
      task_events_(parts.task_events),
      events_by_id_(std::move(parts.events_by_id)),
      streams_(std::move(parts.streams)),
      machine_(machine_parts(), &tasks_),
      stacks_(std::move(parts.stacks)) {}

FtraceSession::~FtraceSession() { end_worker(); }

Status FtraceSession::start() {
  if (command() != nullptr) TRY(command()->approach_gate());
  set_started();
  // Wakes the reader; since 5.0, before which poll() returned at the first record.
  if (instance_.has("buffer_percent")) TRY(instance_.write("buffer_percent", "10"));
  if (stacks_) TRY(instance_.write("options/stacktrace", "1"));
  TRY(attach_targets());
  TRY(enable_events());
  begin_counting();
  return {};
}

// From here on the table of tasks is kept by the records, so that what /proc says now cannot be out of date later.
Status FtraceSession::attach_targets() {
  for (const pid_t pid : pids()) TRY(instance_.append("set_event_pid", std::to_string(pid)));
  if (task_events_) {
    for (const TaskEvents::Event& event : task_events_->events()) TRY(instance_.enable(event.category, event.name));
  }
  TRY(instance_.write("tracing_on", "1"));
  if (system_wide()) {
    if (task_events_) tasks_.read_all();
    return {};
  }
  for (const pid_t pid : pids()) {
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
    const auto filter = is_event_probe ? std::nullopt : event_filter(program(), event->hooks);
    if (filter) {
      TRY(instance_.filter(event->category, event->name, *filter));
    }
    TRY(instance_.enable(event->category, event->name));
  }
  return {};
}

bool FtraceSession::run_next_record(uint64_t limit) {
  if (!streams_.next(limit, record_)) return false;
  run_record(record_);
  return true;
}

bool FtraceSession::is_counted(uint64_t time, pid_t tid) const {
  // With sched_switch and its like the kernel lets events of others through that are about a thread of the target.
  return counts(time) && (system_wide() || tasks_.in_target(tid));
}

void FtraceSession::run_record(const CpuRecord& record) {
  uint16_t id = 0;
  pid_t tid = 0;
  if (record.raw.data.size() < 8) return;
  std::memcpy(&id, record.raw.data.data(), sizeof id);
  std::memcpy(&tid, record.raw.data.data() + 4, sizeof tid);
  if (stacks_ && stacks_->see(record, joined_)) {
    std::memcpy(&id, joined_.record.raw.data.data(), sizeof id);
    if (counting()) run_hooks(*events_by_id_[id], joined_.record, joined_.frames);
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
  add_events(1);
  for (const Hook& hook : event.hooks) {
    if (!run_function(hook.function, hook.site)) return;
  }
}

Status FtraceSession::detach() {
  missed_ = missed_now();
  return instance_.write("events/enable", "0");
}

uint64_t FtraceSession::missed_now() const {
  uint64_t missed = streams_.broken_pages() + incomplete_ + (stacks_ ? stacks_->lonely() : 0);
  for (const int cpu : instance_.cpus()) missed += instance_.losses(cpu).total();
  if (groups_.kprobes) missed += missed_probes(instance_.tracefs_root(), *groups_.kprobes);
  return missed;
}

void FtraceSession::add_losses(Losses& losses) const {
  losses.faults = machine_.faults();
  losses.missed = missed_ ? *missed_ : missed_now();
}

}  // namespace polytap::ftrace
