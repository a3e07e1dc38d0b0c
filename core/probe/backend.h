// What a backend is. A backend turns an ir::Program into a running Session; nothing outside its folder knows how.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/source.h"
#include "core/ir/ir.h"

namespace polytap {

class LaunchedCommand;  // core/run/launch.h
class ProcessMaps;      // core/symbol/process_maps.h

// Whom the question is about. With a command or pids: those processes and all their children from then on.
// Neither: every process (system-wide).
struct Target {
  LaunchedCommand* command = nullptr;  // not owned; held at its gate until Session::start() has returned
  std::vector<pid_t> pids;             // processes (thread group ids) to attach to
  // A command will be launched: what can_run() is asked before there is one, since launching it needs launch_needs().
  bool will_launch = false;
  // Other backends trace the same processes at the same time.
  bool beside_others = false;
  // Only the script's predicates name `pids`: a backend that sees every process need not look for them a second time.
  bool by_predicate = false;
  // Session::events() will be asked: probes' firings are counted also where that takes time.
  bool counts_events = false;
  std::string command_line;  // that command, as the user wrote it; only where will_launch or command is set
  bool has_command() const { return command != nullptr || will_launch; }
  bool system_wide() const { return !has_command() && pids.empty(); }
};

// Whether a backend can carry out a program on a target, for the planner and --explain.
struct Verdict {
  bool possible = false;
  std::string reason;              // why not: what, and the remedy; one or two sentences
  double cost_ns = 0;              // estimated time added to each event, nanoseconds
  std::string fidelity;            // what is lost or different compared with the ideal; empty: nothing
  std::vector<std::string> notes;  // how it would go about it, for --explain: filters that the kernel applies, ...
  std::optional<Span> where;       // the expression in the script that `reason` is about
};

// A record that a program emitted.
struct EmittedRecord {
  ir::EmitId emit = 0;
  uint32_t site = 0;                   // index into Program::sites where known, else 0
  uint64_t time_ns = 0;                // CLOCK_MONOTONIC
  std::span<const std::byte> payload;  // valid during the call
};

// Takes what a session delivers, in order.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void record(const EmittedRecord& record) = 0;
  // The script called exit(CODE). Sessions stop counting by themselves; called once.
  virtual void exit_requested(int code) = 0;
};

// Takes a snapshot of maps. Keys and values as core/ir/ir.h lays them out, per-CPU parts merged. Order is arbitrary.
class MapSink {
 public:
  virtual ~MapSink() = default;
  virtual void entry(ir::MapId map, std::span<const std::byte> key, std::span<const std::byte> value) = 0;
};

// What one site lost.
struct SiteLosses {
  uint32_t site = 0;
  uint64_t records = 0;
  uint64_t missed = 0;
};

struct Losses {
  uint64_t records = 0;                // emitted records that found the ring buffer full
  uint64_t updates = 0;                // map updates that found the map full (or see entries_on_demand)
  uint64_t faults = 0;                 // reads of memory that was not there (not a loss of events; shown with -v)
  uint64_t missed = 0;                 // probe firings that the backend could not run
  std::vector<SiteLosses> sites = {};  // whose they were, as far as that is known: a part of the sums, in order of site
  bool entries_on_demand = false;      // an update may also find no memory at hand for a new key
  bool any() const { return records != 0 || updates != 0 || missed != 0; }
};

// A site that could not be attached and was left out, as a pattern or Settings::missing_probes allows.
struct SkippedSite {
  uint32_t site = 0;
  std::string reason;  // a sentence without the site's name
};

// A program at work. Its destructor undoes everything that it did to the system: no tracee stays stopped, nothing
// attached.
class Session {
 public:
  virtual ~Session() = default;
  // Attaches every site except BEGIN, END and interval. Nothing is counted before.
  virtual Status start() = 0;
  // What start() left out. An error instead when nothing else was left.
  virtual std::vector<SkippedSite> skipped() const { return {}; }
  // Detaches: when it returns no probe runs any more and what was emitted is ready to drain. Idempotent.
  virtual Status stop() = 0;
  // Runs FUNCTION (index into Program::functions) once, here and now: BEGIN, END and interval.
  virtual Status fire(uint32_t function, uint32_t site) = 0;
  // Readable when drain() has something to deliver soon; -1 when there is none. Data may also wait without it
  // becoming readable (wake-ups are batched): drain at least every poll_interval_ms().
  virtual int poll_fd() const = 0;
  virtual int poll_interval_ms() const { return 10; }
  // Delivers what is there, in order; never blocks.
  virtual Status drain(EventSink& sink) = 0;
  virtual Status snapshot(ir::MapId map, MapSink& sink) = 0;
  virtual Status clear(ir::MapId map) = 0;  // removes every entry
  virtual Status zero(ir::MapId map) = 0;   // keeps the keys
  // snapshot() and clear() in one: what probes add meanwhile is either delivered or stays.
  virtual Status take(ir::MapId map, MapSink& sink) = 0;
  // Removes the watchpoint at ADDRESS.
  virtual Status unwatch(uint64_t address);
  // The whole target has ended (never for a system-wide one): nothing more will come.
  virtual bool finished() const = 0;
  virtual Losses losses() const = 0;
  // How often probes fired (what `compare` calls events), counted where that is free or Target::counts_events asks for
  // it; nullopt otherwise.
  virtual std::optional<uint64_t> events() const { return std::nullopt; }
  // User-space mappings that the session saw, for the symbolizer; null when it keeps none.
  virtual ProcessMaps* process_maps() { return nullptr; }
};

// A classic BPF filter program and flags that the launched command must install before it executes: see
// core/run/launch.h.
struct LaunchNeeds {
  std::vector<uint64_t> seccomp_filter;  // struct sock_filter, packed as 8 bytes each; empty: none
  bool discard_output = false;           // standard output and error go to /dev/null
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;  // "ebpf", "ptrace"
  // Looks only, changes nothing.
  virtual Verdict can_run(const ir::Program& program, const Target& target) const = 0;
  // No more than the cost_ns that can_run() would say of PROGRAM, known without looking at the system; 0 when it is
  // not.
  virtual double least_cost_ns(const ir::Program& /*program*/) const { return 0; }
  // What a command launched for PROGRAM must do to itself first.
  virtual LaunchNeeds launch_needs(const ir::Program& program) const;
  // Loads and allocates; attaches nothing yet. The program must outlive the session.
  virtual Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target& target) = 0;
};

using BackendList = std::vector<std::unique_ptr<Backend>>;

}  // namespace polytap
