#include "backends/uprobe/uprobe_session.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "core/ir/function_needs.h"
#include "core/kernel/tracefs.h"

namespace polytap::uprobe {
namespace {

constexpr size_t kMostEvents = 50'000;  // perf events opened for single threads

Tasks::Keeps keeps_of(const ir::Program& program) {
  Tasks::Keeps keeps;
  keeps.names =
      std::ranges::any_of(program.functions, [](const ir::Function& each) { return ir::needs_of(each).comm; });
  keeps.mappings = ir::has_user_addresses(program);
  return keeps;
}

}  // namespace

// What must succeed before there is a session.
struct UprobeSession::Parts {
  std::unique_ptr<std::vector<Place>> places;
  Channels channels;
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
  ASSIGN_OR_RETURN(Channels channels, Channels::create());
  return std::unique_ptr<UprobeSession>(new UprobeSession(
      program, target,
      Parts{std::move(places), std::move(channels), std::move(rings), std::move(attachments), everybody}));
}

UprobeSession::UprobeSession(const ir::Program& program, const Target& target, Parts parts)
    : LateSession(program, target, std::move(parts.channels)),
      everybody_(parts.everybody),
      keeps_mappings_(keeps_of(program).mappings),
      places_(std::move(parts.places)),
      rings_(std::move(parts.rings)),
      attachments_(std::move(parts.attachments)),
      tasks_(keeps_of(program)),
      machine_(machine_parts(), &tasks_) {}

UprobeSession::~UprobeSession() { end_worker(); }

Status UprobeSession::start() {
  if (command() != nullptr) TRY(command()->approach_gate());
  set_started();
  TRY(rings_.watch_tasks(true));
  if (system_wide()) tasks_.read_all();
  std::vector<pid_t> threads;
  for (const pid_t pid : pids()) {
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
  begin_counting();
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

bool UprobeSession::run_next_record(uint64_t limit) {
  if (!rings_.next(limit, record_)) return false;
  run_record(record_);
  return true;
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
  if (!counts(record.time)) return;
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
  if (source.owner == 0) return system_wide() || tasks_.in_target(sample.pid);
  // A thread that went on under another number, by execve, is told of by its first sample.
  return owners_.try_emplace(sample.tid, source.owner).first->second == source.owner;
}

void UprobeSession::run_sample(const Sample& sample, const Attachments::Source& source) {
  Place& place = (*places_)[source.place];
  if (!machine_.look_at(sample, place)) {
    incomplete_ += place.sites;
    return;
  }
  add_events(place.sites);
  for (const Hook& hook : place.hooks) {
    if (!run_function(hook.function, hook.site)) return;
  }
}

Status UprobeSession::stop_writers() {
  attachments_.disable();
  return {};
}

Status UprobeSession::detach() {
  lost_samples_ = std::max(lost_samples_, attachments_.lost().value_or(0));
  attachments_.close();
  return rings_.watch_tasks(false);
}

void UprobeSession::add_losses(Losses& losses) const {
  losses.faults = machine_.faults();
  losses.missed = lost_samples_ + lost_tasks_ + incomplete_ + rings_.broken();
}

}  // namespace polytap::uprobe
