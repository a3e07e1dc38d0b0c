// The events that keep a TaskTable up to date, and where their records have what it wants to know.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "backends/ftrace/task_table.h"
#include "core/base/result.h"
#include "core/kernel/tracefs.h"

namespace polytap::ftrace {

class TaskEvents {
 public:
  static Result<TaskEvents> create(const Tracefs& tracefs);

  struct Event {
    std::string_view category;
    std::string_view name;
    uint32_t id = 0;
  };
  std::vector<Event> events() const;
  // Takes RECORD into TASKS when it is of one of these events.
  void apply(std::span<const std::byte> record, uint64_t time, TaskTable& tasks) const;
  // Whether a rename tells whose name it was: without that, a thread that renames another is taken for the renamed.
  bool renames_are_certain() const { return renamed_pid_.has_value(); }

 private:
  TaskEvents() = default;
  uint32_t newtask_ = 0;
  uint32_t rename_ = 0;
  uint32_t exec_ = 0;
  uint32_t exit_ = 0;
  // Offsets in the records.
  uint32_t created_pid_ = 0;
  uint32_t created_comm_ = 0;
  uint32_t clone_flags_ = 0;
  std::optional<uint32_t> renamed_pid_;
  uint32_t new_comm_ = 0;
  uint32_t exec_pid_ = 0;
  uint32_t exec_old_pid_ = 0;
};

}  // namespace polytap::ftrace
