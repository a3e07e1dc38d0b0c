#include "backends/uprobe/tasks.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/kernel/process_numbers.h"
#include "core/kernel/tracefs.h"

namespace polytap::uprobe {
namespace {

TaskName task_name(std::string_view text) {
  TaskName name{};
  std::ranges::copy(text.substr(0, name.size() - 1), name.begin());
  return name;
}

}  // namespace

Tasks::Tasks(Keeps keeps, std::string proc_root) : keeps_(keeps), proc_root_(std::move(proc_root)), maps_(proc_root_) {}

void Tasks::read_all() {
  everyone_ = true;
  if (!keeps_.names && !keeps_.mappings) return;
  for (const pid_t pid : process_numbers(proc_root_)) read_process(pid);
}

std::vector<pid_t> Tasks::add_target(pid_t pid) {
  targets_.insert(pid);
  read_process(pid);
  std::vector<pid_t> threads = threads_of(pid);
  live_threads_[pid].insert(threads.begin(), threads.end());
  return threads;
}

std::vector<pid_t> Tasks::threads_of(pid_t pid) const {
  return process_numbers(fmt::format("{}/{}/task", proc_root_, pid));
}

void Tasks::read_process(pid_t pid) {
  if (keeps_.names) {
    for (const pid_t tid : threads_of(pid)) name(pid, tid);
  }
  if (wants_mappings(pid)) know_mappings(pid);
}

// Gone already: then what comes now is all.
void Tasks::know_mappings(pid_t pid) {
  if (!maps_.knows(pid)) (void)maps_.read_from_proc(pid).ok();
}

const TaskName* Tasks::name(pid_t pid, pid_t tid) {
  const auto found = names_.find(tid);
  if (found != names_.end()) return &found->second;
  auto text = read_kernel_file(fmt::format("{}/{}/task/{}/comm", proc_root_, pid, tid));
  if (!text) return nullptr;
  if (text->ends_with('\n')) text->pop_back();
  return &(names_[tid] = task_name(*text));
}

void Tasks::drop_dead_targets() {
  std::unordered_set<pid_t> dead;
  for (const pid_t pid : targets_) {
    if (kill(pid, 0) != 0 && errno == ESRCH) dead.insert(pid);
  }
  for (const pid_t pid : dead) {
    if (missing_.contains(pid)) targets_.erase(pid);
  }
  missing_ = std::move(dead);
}

void Tasks::apply(const TaskRecord& record) {
  switch (record.type) {
    case PERF_RECORD_FORK:
      return forked(record);
    case PERF_RECORD_EXIT:
      return exited(record);
    case PERF_RECORD_COMM:
      if (keeps_.names) names_[record.tid] = task_name(record.text);
      if (record.exec) executed(record);
      return;
    case PERF_RECORD_MMAP2: {
      if (!wants_mappings(record.pid)) return;
      know_mappings(record.pid);
      const bool anonymous = record.text == "//anon";
      maps_.add(record.pid, {.start = record.start,
                             .end = record.start + record.length,
                             .offset = record.offset,
                             .path = anonymous ? std::string() : std::string(record.text),
                             .device = record.device,
                             .inode = record.inode});
      return;
    }
    default:
      return;
  }
}

void Tasks::forked(const TaskRecord& record) {
  if (keeps_.names) {
    const TaskName* parent = name(record.parent_pid, record.parent_tid);
    if (parent != nullptr) names_[record.tid] = *parent;
  }
  if (record.pid != record.parent_pid) {
    // The number's former process, whose end was lost, is no target.
    if (!in_target(record.parent_pid)) {
      targets_.erase(record.pid);
    } else {
      targets_.insert(record.pid);
      live_threads_[record.pid].clear();
    }
    if (wants_mappings(record.pid)) {
      know_mappings(record.parent_pid);
      maps_.fork(record.parent_pid, record.pid);
    }
  }
  if (in_target(record.pid)) live_threads_[record.pid].insert(record.tid);
}

void Tasks::exited(const TaskRecord& record) {
  names_.erase(record.tid);
  if (wants_mappings(record.pid) && record.pid == record.tid) maps_.exited(record.pid);
  const auto live = live_threads_.find(record.pid);
  if (live == live_threads_.end()) return;
  live->second.erase(record.tid);
  if (!live->second.empty()) return;
  live_threads_.erase(live);
  targets_.erase(record.pid);
}

void Tasks::executed(const TaskRecord& record) {
  if (wants_mappings(record.pid)) maps_.exec(record.pid);
  // Of the threads only the one that called execve is left, under the process' number.
  const auto live = live_threads_.find(record.pid);
  if (live != live_threads_.end()) live->second = {record.pid};
}

}  // namespace polytap::uprobe
