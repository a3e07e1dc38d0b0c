#include "core/syscall/fd_facts.h"

#include <linux/close_range.h>
#include <linux/sched.h>
#include <linux/unistd.h>

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

// What paths lead to, or how they are called, is different behind these.
bool changes_paths(uint64_t number) {
  switch (number) {
    case __NR_rename:
    case __NR_renameat:
    case __NR_renameat2:
    case __NR_unlink:
    case __NR_unlinkat:
    case __NR_rmdir:
    case __NR_link:
    case __NR_linkat:
    case __NR_mount:
    case __NR_umount2:
    case __NR_move_mount:
    case __NR_pivot_root:
    case __NR_chroot:
    case __NR_setns:
    case __NR_unshare:
      return true;
    default:
      return false;
  }
}

// Sockets are shown by what they are connected to.
bool changes_socket(uint64_t number) {
  return number == __NR_bind || number == __NR_connect || number == __NR_listen || number == __NR_shutdown ||
         number == __NR_accept || number == __NR_accept4;
}

bool changes_directory(uint64_t number) { return number == __NR_chdir || number == __NR_fchdir; }

bool makes_task(uint64_t number) {
  return number == __NR_clone || number == __NR_clone3 || number == __NR_fork || number == __NR_vfork;
}

bool shares_descriptors(const CallValues& call, const MemoryView& memory) {
  uint64_t flags = call.arguments[0];
  if (call.number == __NR_clone3 && !memory.read_object(call.arguments[0], flags)) return false;
  return (call.number == __NR_clone || call.number == __NR_clone3) && (flags & CLONE_FILES) != 0;
}

}  // namespace

std::string FdFacts::suffix(pid_t tid, int fd) {
  const auto task = complete_ ? tasks_.find(tid) : tasks_.end();
  Table* table = task != tasks_.end() && !task->second.table->opaque ? task->second.table.get() : nullptr;
  if (table != nullptr) {
    if (const auto known = table->names.find(fd); known != table->names.end()) return known->second;
  }
  looked_up_++;
  LiveFdNames::Name name = live_.name(tid, fd);
  if (table != nullptr && name.lasting) table->names[fd] = name.text;
  return std::move(name.text);
}

std::string FdFacts::working_directory(pid_t tid) {
  const auto task = complete_ ? tasks_.find(tid) : tasks_.end();
  if (task == tasks_.end()) return live_.working_directory(tid);
  if (!task->second.directory) task->second.directory = live_.working_directory(tid);
  return *task->second.directory;
}

void FdFacts::forget_paths() {
  for (auto& [tid, task] : tasks_) {
    task.table->names.clear();
    task.directory.reset();
  }
}

void FdFacts::separate(Task& task) { task.table = std::make_shared<Table>(*task.table); }

// Both before the call and behind it: another thread may look in between.
void FdFacts::forget_changed(Task& task, const CallValues& call) {
  auto& names = task.table->names;
  const auto first = static_cast<int>(call.arguments[0]);
  switch (call.number) {
    case __NR_close:
      names.erase(first);
      break;
    case __NR_dup2:
    case __NR_dup3:
      names.erase(static_cast<int>(call.arguments[1]));
      break;
    case __NR_close_range:
      std::erase_if(names, [&](const auto& entry) {
        const auto fd = static_cast<uint32_t>(entry.first);
        return fd >= static_cast<uint32_t>(call.arguments[0]) && fd <= static_cast<uint32_t>(call.arguments[1]);
      });
      break;
    case __NR_io_uring_setup:
    case __NR_io_uring_enter:
      task.table->opaque = true;
      break;
    default:
      if (changes_socket(call.number)) names.erase(first);
      break;
  }
}

void FdFacts::on_entry(pid_t tid, const CallValues& call, const MemoryView& memory) {
  if (!complete_) return;
  Task& task = tasks_[tid];
  task.making = !makes_task(call.number)           ? Making::kNothing
                : shares_descriptors(call, memory) ? Making::kSharedDescriptors
                                                   : Making::kOwnDescriptors;
  forget_changed(task, call);
}

void FdFacts::on_exit(pid_t tid, const CallValues& call) {
  if (!complete_) return;
  Task& task = tasks_[tid];
  forget_changed(task, call);
  const Making made = std::exchange(task.making, Making::kNothing);
  if (call.failed) return;
  // The child itself may come later.
  const auto child = static_cast<pid_t>(call.result);
  if (made != Making::kNothing && child > 0 && !tasks_.contains(child)) {
    return add_child(child, task, made == Making::kSharedDescriptors);
  }
  const bool unshares = (call.number == __NR_close_range && (call.arguments[2] & CLOSE_RANGE_UNSHARE) != 0) ||
                        (call.number == __NR_unshare && (call.arguments[0] & CLONE_FILES) != 0);
  if (unshares) separate(task);
  if (changes_paths(call.number)) forget_paths();
  // Threads share it, as others may.
  if (changes_directory(call.number)) {
    for (auto& [other, each] : tasks_) each.directory.reset();
  }
}

void FdFacts::add_child(pid_t tid, const Task& parent, bool shares) {
  Task child;
  if (shares) {
    child.table = parent.table;
  } else if (parent.table.use_count() == 1) {
    *child.table = *parent.table;  // of several threads another one may have gone on since
  }
  tasks_[tid] = std::move(child);
}

void FdFacts::on_new(pid_t tid, pid_t parent, bool is_thread) {
  if (!complete_ || tasks_.contains(tid)) return;
  const auto maker = parent != tid ? tasks_.find(parent) : tasks_.end();
  if (maker == tasks_.end()) return;
  const Making making = maker->second.making;
  // Where the number that its maker knows it by is another one, the maker's call may have ended unnoticed.
  if (is_thread || making != Making::kNothing) {
    add_child(tid, maker->second, is_thread || making == Making::kSharedDescriptors);
  }
}

void FdFacts::on_exec(pid_t leader, pid_t former) {
  tasks_.erase(former);
  tasks_[leader] = Task();
}

void FdFacts::on_end(pid_t tid) { tasks_.erase(tid); }

}  // namespace polytap
