// Who the threads are: the process and the name behind each thread id, as of the record that is looked at.
//
// A record tells only the thread id. What was there at the start is read from /proc; from then on the table is kept by
// the records of task_newtask, task_rename, sched_process_exec and sched_process_exit, applied in order of time: so the
// answer is that of the moment of the event, not that of the moment of asking.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap::ftrace {

using TaskName = std::array<char, 16>;  // zero padded
// TEXT cut to what the kernel keeps of a name.
TaskName task_name(std::string_view text);
// The name that the kernel keeps for a task that /proc/PID/comm shows as TEXT: /proc adds what a worker is at.
TaskName task_name_of_proc(std::string_view text);

struct Task {
  pid_t tgid = 0;
  TaskName name{};
  bool alive = false;
  uint64_t ended = 0;  // when not alive
};

class TaskTable {
 public:
  explicit TaskTable(std::string proc_root = "/proc") : proc_root_(std::move(proc_root)) {}

  // Reads every thread of the system.
  void read_all();
  // Reads the threads of one process: those found.
  std::vector<pid_t> read_process(pid_t tgid);

  // The thread's entry; read from /proc, late, when no record told of it. Null when it is gone.
  const Task* find(pid_t tid);
  // Whether the thread belongs to a target, as far as records and read_*() told. It still does when it has exited: a
  // thread's last sched_switch comes after its sched_process_exit.
  bool in_target(pid_t tid) const {
    const auto found = tasks_.find(tid);
    return found != tasks_.end() && members_.contains(found->second.tgid);
  }

  // The process and its future children are the target.
  void add_target(pid_t tgid) {
    members_.insert(tgid);
    targets_.insert(tgid);
  }
  bool no_target_left() const { return targets_.empty(); }
  // Takes targets that are no more (whose ends were lost) for ended, when they were no more the last time either: call
  // it when the records up to a moment after that call have been applied, since one of them may tell of a child.
  void drop_dead_targets();

  void created(pid_t parent, pid_t tid, std::string_view name, bool is_thread);
  void renamed(pid_t tid, std::string_view name);
  // The thread OLD_TID of a process goes on as its leader, TID.
  void executed(pid_t old_tid, pid_t tid, uint64_t time);
  // The process ends with the last of its threads. (sched_process_exit's group_dead does not tell that one: a thread
  // that was counted out before may write its record later.)
  void exited(pid_t tid, uint64_t time);

 private:
  Task* read_task(pid_t tgid, pid_t tid);
  void set_alive(Task& task, bool alive);
  void forget_old(uint64_t now);

  std::string proc_root_;
  std::unordered_map<pid_t, Task> tasks_;
  std::unordered_map<pid_t, uint32_t> live_;  // threads of each process
  std::unordered_set<pid_t> members_;         // targets, those that have ended too
  std::unordered_set<pid_t> targets_;         // those that have not
  std::unordered_set<pid_t> missing_;         // those that drop_dead_targets() did not find any more
  size_t forget_at_ = 65536;
};

}  // namespace polytap::ftrace
