// The event loop: starts sessions, runs BEGIN, intervals and END, delivers records, and ends in order.
#pragma once

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/output/renderer.h"
#include "core/probe/backend.h"
#include "core/run/launch.h"

namespace polytap {

// One session with the renderer that shows what it finds. None is owned.
struct Lane {
  const ir::Program* program = nullptr;
  Session* session = nullptr;
  Renderer* renderer = nullptr;
};

// What is done: the script's probes at work, or its test: or bench: probes one after the other and nothing else.
enum class RunMode : uint8_t { kTrace, kTest, kBench };

struct RunOptions {
  RunMode mode = RunMode::kTrace;
  LaunchedCommand* command = nullptr;  // released when every lane has started; the run ends with it
  bool has_target = false;             // a process was given: a script of BEGIN and END alone waits for its end
  bool announce = true;                // "Attached N probes"
  bool notify_attached = false;        // bpftrace's test harness line, see LANGUAGE-OUTPUT.md
  ByteSink* sink = nullptr;            // flushed when nothing waits; takes the notification
};

// What a lane did.
struct LaneReport {
  int exit_code = 0;  // of exit(n)
  Losses losses;
  std::optional<uint64_t> events;
};

struct RunReport {
  std::vector<LaneReport> lanes;      // as given
  uint64_t start_ns = 0;              // from run_lanes() to all attached
  uint64_t wall_ns = 0;               // from the command's (or the attach's) start to its end
  std::optional<int> command_status;  // wait(2) format
  bool failed = false;                // a test
  std::optional<int> interrupted_by;  // the signal that ended the run
};

// Blocks SIGINT, SIGTERM, SIGHUP and those that the script's probes wait for (self:signal) for the life of the object,
// so that the loop reads them from a descriptor. Made before any session (whose threads inherit the mask) and after the
// command was forked (which must not).
class SignalBlock {
 public:
  static Result<SignalBlock> create(const ir::Program& program);
  SignalBlock(SignalBlock&& other) noexcept;
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  SignalBlock& operator=(SignalBlock&&) = delete;
  ~SignalBlock();
  int fd() const { return fd_.get(); }

 private:
  SignalBlock() = default;
  UniqueFd fd_;
  sigset_t set_{};
  bool active_ = false;
};

// Runs all lanes until each has ended: by exit(), by the end of the target, or by a signal. A second signal ends at
// once.
Result<RunReport> run_lanes(const std::vector<Lane>& lanes, const RunOptions& options, const SignalBlock& signals);

// The entries of one map, as the session has them now.
Result<std::vector<MapEntry>> read_map(Session& session, ir::MapId map);

}  // namespace polytap
