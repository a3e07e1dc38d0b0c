// User stacks beyond what programs can do alone: tells them where code is mapped and how it is unwound, and walks the
// stacks that they send as copies.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <unordered_map>
#include <vector>

#include "backends/ebpf/ring.h"
#include "backends/ebpf/unwind_tables.h"
#include "core/base/result.h"
#include "core/probe/backend.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/unwind_stack.h"

namespace polytap::ebpf {

// Has a thread of its own, so that programs soon find what they asked for, whatever the session is doing: it alone
// makes tables, which takes milliseconds and waits for all programs that run. Nobody waits for it.
class StackService {
 public:
  // RING_BYTES, a power of two: of the ring through which stacks come; each takes 16 KiB and more.
  // RARELY: as of UnwindTables.
  static Result<std::unique_ptr<StackService>> create(uint32_t ring_bytes, bool rarely);
  ~StackService();

  UnwindAccess access() const;
  // From now on; these processes are known at once.
  Status start(std::span<const pid_t> pids);
  // PID mapped or executed something.
  void mappings_changed(pid_t pid);
  void exited(pid_t pid);

  // Takes over all stacks that were sent: of every record that was read before, those are among them.
  void collect();
  bool has_stacks();
  // Puts the frames in the place of their numbers, in 8-byte words wherever they are.
  void restore(std::span<std::byte> bytes);
  // Knows what processes that are gone had mapped. Must outlive this.
  void set_history(ProcessMaps& history) { late_.emplace(history, files_); }

 private:
  struct Process {
    uint64_t tag = 0;
    ProcessMaps::Version version;
    bool published = false;  // or about to be
  };
  // What the thread is to do about a process.
  struct Task {
    bool forget = false;
    uint64_t tag = 0;
    std::vector<Mapping> mappings{};
  };
  struct Stack {
    uint32_t depth = 0;
    std::vector<uint64_t> frames;
    std::vector<std::byte> snapshot;  // kept when the process was gone before its mappings were read
    pid_t pid = 0;
  };
  // Of a record's payload; whether the walk came to its end.
  bool walk(Unwinder& unwinder, std::span<const std::byte> snapshot, Stack& stack);
  std::vector<HiddenReturn> hidden_returns(std::span<const std::byte> instances) const;
  StackService(UnwindTables tables, Ring ring);
  void run();
  void wake();
  void do_tasks();
  void collect_locked();
  void take(const RingRecord& record);
  void learn(pid_t pid, uint64_t tag);

  UnwindTables tables_;  // the thread's, once it runs
  std::mutex mutex_;     // of all that follows
  Ring ring_;
  ProcessMaps maps_;
  std::shared_ptr<UnwindFiles> files_;
  Unwinder unwinder_;
  std::optional<Unwinder> late_;
  std::vector<RingRecord> records_;
  std::unordered_map<pid_t, Process> processes_;
  std::unordered_map<uint64_t, Stack> stacks_;  // by number
  std::map<pid_t, Task> tasks_;
  bool stopping_ = false;
  UniqueFd wake_;  // an eventfd
  std::thread thread_;
};

// Delivers records with frames in the place of their stacks' numbers.
class RestoringSink : public EventSink {
 public:
  RestoringSink(StackService& stacks, EventSink& sink) : stacks_(stacks), sink_(sink) {}
  void record(const EmittedRecord& record) override;
  void exit_requested(int code) override { sink_.exit_requested(code); }

 private:
  StackService& stacks_;
  EventSink& sink_;
  std::vector<std::byte> payload_;
  bool collected_ = false;
};

// The same of a map's entries; those whose keys become the same are merged.
class RestoringMapSink : public MapSink {
 public:
  RestoringMapSink(StackService& stacks, const ir::MapSpec& spec, MapSink& sink)
      : stacks_(stacks), spec_(spec), sink_(sink) {}
  void entry(ir::MapId map, std::span<const std::byte> key, std::span<const std::byte> value) override;
  // Delivers what is left.
  void finish(ir::MapId map);

 private:
  StackService& stacks_;
  const ir::MapSpec& spec_;
  MapSink& sink_;
  std::map<std::vector<std::byte>, std::vector<uint64_t>> entries_;
};

}  // namespace polytap::ebpf
