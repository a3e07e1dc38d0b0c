#include "backends/ftrace/task_events.h"

#include <fmt/format.h>
#include <linux/sched.h>

#include <cstring>

namespace polytap::ftrace {
namespace {

constexpr uint32_t kCommonPid = 4;
constexpr size_t kNameSize = 16;

std::optional<uint32_t> offset_of(const EventFormat& format, std::string_view field) {
  for (const ProbeArgument& argument : format.arguments) {
    if (argument.name == field) return argument.offset;
  }
  return std::nullopt;
}

Result<uint32_t> require(const EventFormat& format, std::string_view field) {
  const auto offset = offset_of(format, field);
  if (!offset) return Error(fmt::format("event {} of this kernel has no field {}", format.name, field));
  return *offset;
}

// Zero where the record is too short.
template <typename T>
T load(std::span<const std::byte> record, uint32_t offset) {
  T value{};
  if (size_t{offset} + sizeof value <= record.size()) std::memcpy(&value, record.data() + offset, sizeof value);
  return value;
}

std::string_view name_at(std::span<const std::byte> record, uint32_t offset) {
  if (size_t{offset} + kNameSize > record.size()) return {};
  const char* const text = reinterpret_cast<const char*>(record.data() + offset);
  return {text, ::strnlen(text, kNameSize)};
}

}  // namespace

Result<TaskEvents> TaskEvents::create(const Tracefs& tracefs) {
  TaskEvents events;
  ASSIGN_OR_RETURN(const EventFormat newtask, tracefs.format("task", "task_newtask"));
  ASSIGN_OR_RETURN(const EventFormat rename, tracefs.format("task", "task_rename"));
  ASSIGN_OR_RETURN(const EventFormat exec, tracefs.format("sched", "sched_process_exec"));
  ASSIGN_OR_RETURN(const EventFormat exit, tracefs.format("sched", "sched_process_exit"));
  events.newtask_ = newtask.id;
  events.rename_ = rename.id;
  events.exec_ = exec.id;
  events.exit_ = exit.id;
  ASSIGN_OR_RETURN(events.created_pid_, require(newtask, "pid"));
  ASSIGN_OR_RETURN(events.created_comm_, require(newtask, "comm"));
  ASSIGN_OR_RETURN(events.clone_flags_, require(newtask, "clone_flags"));
  events.renamed_pid_ = offset_of(rename, "pid");
  ASSIGN_OR_RETURN(events.new_comm_, require(rename, "newcomm"));
  ASSIGN_OR_RETURN(events.exec_pid_, require(exec, "pid"));
  ASSIGN_OR_RETURN(events.exec_old_pid_, require(exec, "old_pid"));
  return events;
}

std::vector<TaskEvents::Event> TaskEvents::events() const {
  return {{"task", "task_newtask", newtask_},
          {"task", "task_rename", rename_},
          {"sched", "sched_process_exec", exec_},
          {"sched", "sched_process_exit", exit_}};
}

void TaskEvents::apply(std::span<const std::byte> record, uint64_t time, TaskTable& tasks) const {
  const uint32_t id = load<uint16_t>(record, 0);
  const auto current = load<pid_t>(record, kCommonPid);
  if (id == newtask_) {
    const bool is_thread = (load<uint64_t>(record, clone_flags_) & CLONE_THREAD) != 0;
    tasks.created(current, load<pid_t>(record, created_pid_), name_at(record, created_comm_), is_thread);
  } else if (id == rename_) {
    tasks.renamed(renamed_pid_ ? load<pid_t>(record, *renamed_pid_) : current, name_at(record, new_comm_));
  } else if (id == exec_) {
    tasks.executed(load<pid_t>(record, exec_old_pid_), load<pid_t>(record, exec_pid_), time);
  } else if (id == exit_) {
    tasks.exited(current, time);
  }
}

}  // namespace polytap::ftrace
