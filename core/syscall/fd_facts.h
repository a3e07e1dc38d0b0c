// The names of file descriptors, remembered as long as nothing that a tracee does can have changed them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/syscall/call_text.h"
#include "core/syscall/live_fds.h"

namespace polytap {

// Is told of every call of every tracee, at its entry and at its exit, and of their births and ends; then what suffix()
// says is what /proc says, but for names that processes which are not traced change meanwhile.
class FdFacts final : public FdNames {
 public:
  // COMPLETE: it is indeed told of everything. If not, nothing is remembered.
  FdFacts(uint8_t details, bool complete) : live_(details), complete_(complete) {}

  std::string suffix(pid_t tid, int fd) override;
  std::string working_directory(pid_t tid) override;

  void on_entry(pid_t tid, const CallValues& call, const MemoryView& memory);
  void on_exit(pid_t tid, const CallValues& call);
  // TID was made by PARENT (0: its maker is not known), as a thread of the same process or not.
  void on_new(pid_t tid, pid_t parent, bool is_thread);
  // FORMER has executed a new program and goes on as LEADER.
  void on_exec(pid_t leader, pid_t former);
  void on_end(pid_t tid);

  // How often /proc was asked for a descriptor's name.
  uint64_t looked_up() const { return looked_up_; }

 private:
  // Shared by tasks with one table of descriptors (CLONE_FILES).
  struct Table {
    std::unordered_map<int, std::string> names;
    bool opaque = false;  // descriptors change without a call: io_uring
  };
  enum class Making : uint8_t { kNothing, kOwnDescriptors, kSharedDescriptors };
  struct Task {
    std::shared_ptr<Table> table = std::make_shared<Table>();
    std::optional<std::string> directory;
    Making making = Making::kNothing;  // what the call that it is in makes a task with
  };
  void forget_changed(Task& task, const CallValues& call);
  void forget_paths();
  void separate(Task& task);
  // Nothing is known of TID yet, and PARENT is in the call that makes it.
  void add_child(pid_t tid, const Task& parent, bool shares);

  LiveFdNames live_;
  bool complete_;
  std::unordered_map<pid_t, Task> tasks_;
  uint64_t looked_up_ = 0;
};

}  // namespace polytap
