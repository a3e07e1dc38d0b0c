#include "backends/ftrace/task_table.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/kernel/process_numbers.h"
#include "core/kernel/tracefs.h"

namespace polytap::ftrace {
namespace {

constexpr uint64_t kKeepNs = 10'000'000'000;  // how long what has ended is kept, for late records of it

// The value of NAME in the text of a status file.
std::optional<pid_t> status_number(std::string_view text, std::string_view name) {
  size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  at = text.find_first_not_of(" \t", at + name.size());
  if (at == std::string_view::npos) return std::nullopt;
  pid_t value = 0;
  if (std::from_chars(text.data() + at, text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

TaskName task_name(std::string_view text) {
  TaskName name{};
  text = text.substr(0, std::min(text.find('\0'), name.size() - 1));
  std::copy(text.begin(), text.end(), name.begin());
  return name;
}

TaskName task_name_of_proc(std::string_view text) {
  // wq_worker_comm() of kernel/workqueue.c: "kworker/0:1" is shown as "kworker/0:1-events" or, at work, with a plus.
  constexpr std::string_view kWorker = "kworker/";
  if (text.starts_with(kWorker) && !text.starts_with("kworker/R-")) {
    text = text.substr(0, text.find_first_of("-+", kWorker.size()));
  }
  return task_name(text);
}

Task* TaskTable::read_task(pid_t tgid, pid_t tid) {
  const auto text = read_kernel_file(fmt::format("{}/{}/task/{}/comm", proc_root_, tgid, tid));
  if (!text) return nullptr;
  Task& task = tasks_[tid];
  task.tgid = tgid;
  task.name = task_name_of_proc(std::string_view(*text).substr(0, text->find('\n')));
  set_alive(task, true);
  return &task;
}

void TaskTable::read_all() {
  for (const pid_t tgid : process_numbers(proc_root_)) read_process(tgid);
}

std::vector<pid_t> TaskTable::read_process(pid_t tgid) {
  std::vector<pid_t> found;
  for (const pid_t tid : process_numbers(fmt::format("{}/{}/task", proc_root_, tgid))) {
    if (read_task(tgid, tid) != nullptr) found.push_back(tid);
  }
  return found;
}

const Task* TaskTable::find(pid_t tid) {
  const auto found = tasks_.find(tid);
  if (found != tasks_.end()) return &found->second;
  const auto status = read_kernel_file(fmt::format("{}/{}/status", proc_root_, tid));
  const std::optional<pid_t> tgid = status ? status_number(*status, "\nTgid:") : std::nullopt;
  return tgid ? read_task(*tgid, tid) : nullptr;
}

void TaskTable::set_alive(Task& task, bool alive) {
  if (task.alive == alive) return;
  task.alive = alive;
  if (alive) {
    live_[task.tgid]++;
    return;
  }
  const auto found = live_.find(task.tgid);
  if (found != live_.end() && --found->second == 0) live_.erase(found);
}

void TaskTable::created(pid_t parent, pid_t tid, std::string_view name, bool is_thread) {
  const Task* creator = find(parent);
  const pid_t creator_tgid = creator != nullptr ? creator->tgid : parent;
  Task& task = tasks_[tid];
  set_alive(task, false);  // of the former thread of this number, whose end was lost
  task.tgid = is_thread ? creator_tgid : tid;
  task.name = task_name(name);
  set_alive(task, true);
  if (!is_thread) {
    // The number's former process is no target any more.
    targets_.erase(tid);
    members_.erase(tid);
    if (members_.contains(creator_tgid)) add_target(tid);
  }
}

void TaskTable::renamed(pid_t tid, std::string_view name) {
  if (find(tid) != nullptr) tasks_[tid].name = task_name(name);
}

void TaskTable::executed(pid_t old_tid, pid_t tid, uint64_t time) {
  if (old_tid == tid) return;
  if (!tasks_.contains(old_tid)) return;
  Task& leader = tasks_[tid];
  // The leader of before has got the other number, and may have to be switched out once more.
  set_alive(tasks_[old_tid], false);
  tasks_[old_tid].ended = time;
  leader.tgid = tid;
  set_alive(leader, true);
}

void TaskTable::exited(pid_t tid, uint64_t time) {
  const auto found = tasks_.find(tid);
  if (found == tasks_.end()) return;
  Task& task = found->second;
  set_alive(task, false);
  task.ended = time;
  if (!live_.contains(task.tgid)) targets_.erase(task.tgid);
  forget_old(time);
}

void TaskTable::forget_old(uint64_t now) {
  if (tasks_.size() < forget_at_) return;
  std::erase_if(tasks_, [&](const auto& entry) { return !entry.second.alive && entry.second.ended + kKeepNs < now; });
  std::erase_if(members_, [&](pid_t tgid) { return !targets_.contains(tgid) && !tasks_.contains(tgid); });
  forget_at_ = std::max<size_t>(65536, tasks_.size() * 2);
}

void TaskTable::drop_dead_targets() {
  std::unordered_set<pid_t> missing;
  for (const pid_t tgid : targets_) {
    if (kill(tgid, 0) != 0 && errno == ESRCH) missing.insert(tgid);
  }
  std::erase_if(targets_, [&](pid_t tgid) { return missing.contains(tgid) && missing_.contains(tgid); });
  missing_ = std::move(missing);
}

}  // namespace polytap::ftrace
