#include "core/run/runner.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <map>

#include "core/base/clock.h"
#include "core/output/record.h"
#include "core/probe/own_probes.h"
#include "core/run/interval_timers.h"
#include "core/run/named_probes.h"

namespace polytap {

namespace {

sigset_t signals_for(const ir::Program& program) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  for (const ProbeSite& site : program.sites) {
    if (site.signal != 0) sigaddset(&set, site.signal);
  }
  return set;
}

int64_t word_at(std::span<const std::byte> bytes, size_t index) {
  int64_t word = 0;
  if (bytes.size() >= (index + 1) * sizeof word) std::memcpy(&word, bytes.data() + index * sizeof word, sizeof word);
  return word;
}

class Collector : public MapSink {
 public:
  void entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) override {
    entries.push_back({{key.begin(), key.end()}, {value.begin(), value.end()}});
  }
  std::vector<MapEntry> entries;
};

// A lane at work: turns the records of its session into calls of its renderer.
class RunningLane : public EventSink {
 public:
  RunningLane(const Lane& lane, bool has_target)
      : lane_(lane), layouts_(RecordLayout::of_program(*lane.program)), has_target_(has_target) {}

  void record(const EmittedRecord& record) override {
    const ir::EmitSpec& spec = lane_.program->emits[record.emit];
    if (waiting_) {
      // print(@); clear(@): what is added between the two is neither shown nor removed.
      const bool taken = spec.kind == ir::EmitKind::kClearMap && spec.map == waiting_->map;
      print_waiting(taken);
      if (taken) return;
    }
    switch (spec.kind) {
      case ir::EmitKind::kPrintMap:
        waiting_ = {spec.map, static_cast<uint64_t>(word_at(record.payload, 0)),
                    static_cast<uint64_t>(word_at(record.payload, 1))};
        break;
      case ir::EmitKind::kPrintMapEntry:
        print_entry(record);
        break;
      case ir::EmitKind::kUnwatch:
        keep(lane_.session->unwatch(static_cast<uint64_t>(word_at(record.payload, 0))));
        break;
      case ir::EmitKind::kClearMap:
        keep(lane_.session->clear(spec.map));
        break;
      case ir::EmitKind::kZeroMap:
        keep(lane_.session->zero(spec.map));
        break;
      case ir::EmitKind::kSystem:
        if (has_no_time()) {
          ++commands_left_out_;
          break;
        }
        [[fallthrough]];
      default:
        lane_.renderer->record(record);
    }
  }

  // The user wants the end: commands that wait in the ring have a second more.
  void interrupt() {
    if (interrupted_ns_ == 0) interrupted_ns_ = clock_ns(CLOCK_MONOTONIC);
  }

  void exit_requested(int code) override {
    exiting_ = true;
    report_.exit_code = code;
  }

  // Runs every function of sites of TYPE, in program order.
  Status fire_all(ProbeType type) {
    for (uint32_t f = 0; f < lane_.program->functions.size(); ++f) {
      for (const uint32_t site : lane_.program->functions[f].sites) {
        if (lane_.program->sites[site].type == type) TRY(fire(f, site));
      }
    }
    return {};
  }

  Result<bool> fire_for_signal(int signal) {
    bool any = false;
    for (uint32_t f = 0; f < lane_.program->functions.size(); ++f) {
      for (const uint32_t site : lane_.program->functions[f].sites) {
        if (lane_.program->sites[site].signal != signal) continue;
        any = true;
        if (!finished_ && !exiting_) TRY(fire(f, site));
      }
    }
    return any;
  }

  Status fire(uint32_t function, uint32_t site) {
    TRY(lane_.session->fire(function, site));
    return drain();
  }

  Status drain() {
    TRY(lane_.session->drain(*this));
    if (waiting_) print_waiting(false);
    return std::move(failure_);
  }

  // Stops the session, runs END, shows what is left.
  Status finish() {
    if (finished_) return {};
    finished_ = true;
    TRY(lane_.session->stop());
    TRY(drain());
    interrupted_ns_ = 0;  // what END asks for is done
    is_ending_ = true;
    TRY(fire_all(ProbeType::kEnd));
    TRY(drain());
    lane_.renderer->end_of_run();
    if (lane_.program->settings.print_maps_at_end) TRY(print_final_maps());
    report_.losses = lane_.session->losses();
    report_.losses.missed += missed_intervals_;
    report_.events = lane_.session->events();
    lane_.renderer->losses(report_.losses);
    return {};
  }

  // Losses are told while there is time to do something about them, once a second at most.
  void watch_losses() {
    constexpr uint64_t kEvery = 1'000'000'000;
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (finished_ || now - losses_seen_ns_ < kEvery) return;
    losses_seen_ns_ = now;
    const Losses losses = lane_.session->losses();
    const uint64_t sum = losses.records + losses.updates + losses.missed;
    if (sum != losses_told_) lane_.renderer->losses_so_far(losses);
    losses_told_ = sum;
  }

  bool wants_end() const { return exiting_ || nothing_left() || lane_.session->finished(); }
  bool exiting() const { return exiting_; }
  bool finished() const { return finished_; }
  uint64_t commands_left_out() const { return commands_left_out_; }
  const Lane& lane() const { return lane_; }
  const LaneReport& report() const { return report_; }

  Status start_timers() {
    ASSIGN_OR_RETURN(timers_, start_interval_timers(*lane_.program));
    return {};
  }
  const std::vector<IntervalTimer>& timers() const { return timers_; }

  Status fire_expired(const IntervalTimer& timer) {
    // A short period may expire many times while one firing runs: catch up, but leave time for records.
    constexpr uint64_t kMostAtOnce = 64;
    const uint64_t expired = timer.expired();
    for (uint64_t i = 0; i < std::min(expired, kMostAtOnce) && !exiting_; ++i) TRY(fire(timer.function, timer.site));
    if (expired > kMostAtOnce) missed_intervals_ += expired - kMostAtOnce;
    return {};
  }

 private:
  // Whether nothing else can fire: all has been said when BEGIN and the iterators have run. With a target, BEGIN and
  // END alone frame its life.
  bool nothing_left() const {
    bool iterates = false;
    for (const ProbeSite& site : lane_.program->sites) {
      if (site.type == ProbeType::kIter)
        iterates = true;
      else if (site.type != ProbeType::kBegin && site.type != ProbeType::kEnd)
        return false;
    }
    return iterates || !has_target_;
  }

  // Running a command can take longer than the event that asks for it: the ring never gets empty then, and nobody looks
  // at signals.
  bool has_no_time() {
    constexpr uint64_t kGrace = 1'000'000'000;
    if (!is_ending_ && interrupted_ns_ == 0) {
      sigset_t pending;
      sigemptyset(&pending);
      sigpending(&pending);
      if (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1) interrupt();
    }
    return interrupted_ns_ != 0 && clock_ns(CLOCK_MONOTONIC) - interrupted_ns_ > kGrace;
  }

  void keep(Status status) {
    if (!status && failure_.ok()) failure_ = std::move(status);
  }

  // A print(@) whose record was the last: the next one may be the clear(@) that belongs to it.
  struct WaitingPrint {
    ir::MapId map;
    uint64_t top;
    uint64_t divisor;
  };

  void print_waiting(bool take) {
    const WaitingPrint print = *std::exchange(waiting_, std::nullopt);
    Collector collector;
    Session& session = *lane_.session;
    Status status = take ? session.take(print.map, collector) : session.snapshot(print.map, collector);
    if (!status) {
      keep(std::move(status));
      return;
    }
    lane_.renderer->map(print.map, std::move(collector.entries), print.top, print.divisor);
  }

  void print_entry(const EmittedRecord& record) {
    const ir::EmitSpec& spec = lane_.program->emits[record.emit];
    auto entries = read_map(*lane_.session, spec.map);
    if (!entries) {
      keep(std::move(entries).error());
      return;
    }
    std::vector<Bytes> fields;
    layouts_[record.emit].split(record.payload, fields);
    MapEntry wanted{key_of_fields(spec.fields, fields), {}};
    const auto found =
        std::find_if(entries->begin(), entries->end(), [&](const MapEntry& entry) { return entry.key == wanted.key; });
    lane_.renderer->map_entry(spec.map, found != entries->end() ? std::move(*found) : std::move(wanted));
  }

  Status print_final_maps() {
    std::vector<ir::MapId> order;
    for (ir::MapId map = 0; map < lane_.program->maps.size(); ++map) {
      if (lane_.program->maps[map].print_at_end) order.push_back(map);
    }
    std::sort(order.begin(), order.end(),
              [this](auto a, auto b) { return lane_.program->maps[a].name < lane_.program->maps[b].name; });
    for (const ir::MapId map : order) {
      ASSIGN_OR_RETURN(auto entries, read_map(*lane_.session, map));
      if (entries.empty()) continue;
      lane_.renderer->map(map, std::move(entries), 0, 0);
    }
    return {};
  }

  Lane lane_;
  std::vector<RecordLayout> layouts_;
  LaneReport report_;
  std::vector<IntervalTimer> timers_;
  Status failure_;
  std::optional<WaitingPrint> waiting_;
  uint64_t missed_intervals_ = 0;
  uint64_t losses_seen_ns_ = clock_ns(CLOCK_MONOTONIC);
  uint64_t losses_told_ = 0;
  bool has_target_ = false;
  uint64_t interrupted_ns_ = 0;
  uint64_t commands_left_out_ = 0;
  bool is_ending_ = false;
  bool exiting_ = false;
  bool finished_ = false;
};

// The loop over all lanes.
class Run {
 public:
  Run(const std::vector<Lane>& lanes, const RunOptions& options, const SignalBlock& signals)
      : options_(options), signals_(signals) {
    lanes_.reserve(lanes.size());
    for (const Lane& lane : lanes) lanes_.emplace_back(lane, options.has_target || options.command != nullptr);
  }

  Result<RunReport> run() {
    const uint64_t began = clock_ns(CLOCK_MONOTONIC);
    TRY(start());
    report_.start_ns = clock_ns(CLOCK_MONOTONIC) - began;
    const uint64_t released = clock_ns(CLOCK_MONOTONIC);
    if (options_.command != nullptr && !all_done()) TRY(options_.command->open_gate());
    if (options_.mode != RunMode::kTrace) TRY(run_named());
    while (!all_done()) TRY(turn());
    report_.wall_ns = clock_ns(CLOCK_MONOTONIC) - released;
    for (RunningLane& lane : lanes_) {
      if (report_.interrupted_by) lane.interrupt();
      TRY(lane.finish());
      tell_of_commands(lane);
    }
    if (options_.sink != nullptr) options_.sink->flush();
    for (const RunningLane& lane : lanes_) report_.lanes.push_back(lane.report());
    if (options_.command != nullptr) report_.command_status = options_.command->exit_status();
    return std::move(report_);
  }

 private:
  Status start() {
    for (RunningLane& lane : lanes_) {
      TRY(lane.fire_all(ProbeType::kBegin));
      if (!lane.exiting()) TRY(lane.lane().session->start());
      if (!lane.exiting()) TRY(lane.fire_all(ProbeType::kIter));
      const std::vector<SkippedSite> skipped = lane.lane().session->skipped();
      if (options_.announce) {
        lane.lane().renderer->attached_probes(lane.lane().program->sites.size() - skipped.size());
      }
      if (options_.announce && !lane.exiting()) tell_of_pins(*lane.lane().program);
      if (!skipped.empty()) warn_of_skipped(*lane.lane().program, skipped);
      if (!lane.exiting()) TRY(lane.start_timers());
    }
    if (options_.sink != nullptr) {
      if (options_.notify_attached) options_.sink->out("__BPFTRACE_NOTIFY_PROBES_ATTACHED\n");
      options_.sink->flush();
    }
    return {};
  }

  void tell_of_pins(const ir::Program& program) {
    if (options_.sink == nullptr) return;
    for (const ProbeSite& site : program.sites) {
      if (site.type != ProbeType::kIter || site.module.empty()) continue;
      options_.sink->error(fmt::format("Program pinned to {}\n", site.module));
    }
  }

  // All that were left out for the same reason in one line.
  void warn_of_skipped(const ir::Program& program, const std::vector<SkippedSite>& skipped) {
    if (options_.sink == nullptr) return;
    // That nothing but BEGIN, END and intervals is left is told in any case.
    const auto awaited =
        std::ranges::count_if(program.sites, [](const ProbeSite& site) { return !is_own_probe(site); });
    const bool some_left = skipped.size() < static_cast<size_t>(awaited);
    if (some_left && program.settings.missing_probes == ir::MissingProbes::kIgnore) return;
    std::map<std::string_view, std::vector<uint32_t>> by_reason;
    for (const SkippedSite& site : skipped) by_reason[site.reason].push_back(site.site);
    for (const auto& [reason, sites] : by_reason) {
      constexpr size_t kNamed = 3;
      std::string names;
      for (size_t i = 0; i < std::min(kNamed, sites.size()); ++i) {
        names += (i == 0 ? "" : ", ") + program.sites[sites[i]].name;
      }
      if (sites.size() > kNamed) names += fmt::format(" and {} more", sites.size() - kNamed);
      options_.sink->error(fmt::format("WARNING: not attached: {}: {}\n", names, reason));
    }
  }

  void tell_of_commands(const RunningLane& lane) {
    if (options_.sink == nullptr || lane.commands_left_out() == 0) return;
    options_.sink->error(
        fmt::format("WARNING: interrupted: {} commands of system() were left out\n", lane.commands_left_out()));
  }

  Status run_named() {
    ending_ = true;
    if (options_.sink == nullptr) return {};
    for (RunningLane& lane : lanes_) {
      const NamedProbeRunner runner{[&](uint32_t function, uint32_t site) { return lane.fire(function, site); },
                                    [&] { return lane.exiting(); }, [&] { return lane.report().exit_code; }};
      if (options_.mode == RunMode::kBench) {
        ASSIGN_OR_RETURN(const auto times, run_benchmarks(*lane.lane().program, runner));
        lane.lane().renderer->benchmarks(times);
      } else {
        ASSIGN_OR_RETURN(const bool passed, run_tests(*lane.lane().program, runner, *options_.sink));
        if (!passed) report_.failed = true;
      }
    }
    return {};
  }

  bool all_done() const {
    if (ending_) return true;
    return std::all_of(lanes_.begin(), lanes_.end(),
                       [](const RunningLane& lane) { return lane.finished() || lane.wants_end(); });
  }

  // One wait and what it brought.
  Status turn() {
    collect_descriptors();
    int timeout = -1;
    for (const RunningLane& lane : lanes_) {
      const int interval = lane.lane().session->poll_interval_ms();
      if (interval >= 0) timeout = timeout < 0 ? interval : std::min(timeout, interval);
    }
    if (poll(descriptors_.data(), descriptors_.size(), timeout) < 0 && errno != EINTR) return Error::from_errno("poll");
    TRY(take_signals());
    TRY(take_timers());
    for (RunningLane& lane : lanes_) {
      if (!lane.finished()) TRY(lane.drain());
      lane.watch_losses();
    }
    TRY(take_command());
    for (RunningLane& lane : lanes_) {
      if (!lane.finished() && lane.wants_end() && !all_done()) TRY(lane.finish());
    }
    if (options_.sink != nullptr) {
      options_.sink->flush();
      if (options_.sink->failed()) ending_ = true;
    }
    return {};
  }

  void collect_descriptors() {
    descriptors_.clear();
    descriptors_.push_back({signals_.fd(), POLLIN, 0});
    if (options_.command != nullptr && !command_ended_) descriptors_.push_back({options_.command->pidfd(), POLLIN, 0});
    for (const RunningLane& lane : lanes_) {
      if (lane.finished()) continue;
      if (lane.lane().session->poll_fd() >= 0) descriptors_.push_back({lane.lane().session->poll_fd(), POLLIN, 0});
      for (const IntervalTimer& timer : lane.timers()) descriptors_.push_back({timer.fd.get(), POLLIN, 0});
    }
  }

  // Whether the last wait found something to read there: a read() in vain, a hundred times a second, would show in what
  // whoever traces read() sees.
  bool is_ready(int fd) const {
    return std::ranges::any_of(descriptors_, [&](const pollfd& each) { return each.fd == fd && each.revents != 0; });
  }

  Status take_signals() {
    if (!is_ready(signals_.fd())) return {};
    signalfd_siginfo info{};
    while (read(signals_.fd(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      ASSIGN_OR_RETURN(const bool taken, fire_for_signal(static_cast<int>(info.ssi_signo)));
      if (taken) continue;
      if (ending_) return Error("interrupted a second time; ended without printing the maps");
      report_.interrupted_by = static_cast<int>(info.ssi_signo);
      ending_ = true;
    }
    return {};
  }

  // Whether probes wait for SIGNAL.
  Result<bool> fire_for_signal(int signal) {
    bool taken = false;
    for (RunningLane& lane : lanes_) {
      ASSIGN_OR_RETURN(const bool fired, lane.fire_for_signal(signal));
      taken = taken || fired;
    }
    return taken;
  }

  Status take_timers() {
    for (RunningLane& lane : lanes_) {
      for (const IntervalTimer& timer : lane.timers()) {
        const bool fires = is_ready(timer.fd.get()) && !lane.finished() && !lane.exiting();
        if (fires) TRY(lane.fire_expired(timer));
      }
    }
    return {};
  }

  // The command's end is the end of the question about it, on every backend alike.
  Status take_command() {
    if (options_.command == nullptr || command_ended_) return {};
    if (!options_.command->exit_status() && !options_.command->try_reap()) return {};
    command_ended_ = true;
    ending_ = true;
    return {};
  }

  RunOptions options_;
  const SignalBlock& signals_;
  std::vector<RunningLane> lanes_;
  std::vector<pollfd> descriptors_;
  RunReport report_;
  bool ending_ = false;
  bool command_ended_ = false;
};

}  // namespace

Result<SignalBlock> SignalBlock::create(const ir::Program& program) {
  SignalBlock block;
  block.set_ = signals_for(program);
  if (const int error = pthread_sigmask(SIG_BLOCK, &block.set_, nullptr); error != 0) {
    return Error::from_errno("block signals", error);
  }
  block.active_ = true;
  block.fd_ = UniqueFd(signalfd(-1, &block.set_, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!block.fd_.valid()) return Error::from_errno("signalfd");
  return block;
}

SignalBlock::SignalBlock(SignalBlock&& other) noexcept
    : fd_(std::move(other.fd_)), set_(other.set_), active_(std::exchange(other.active_, false)) {}

SignalBlock::~SignalBlock() {
  if (!active_) return;
  pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
}

Result<std::vector<MapEntry>> read_map(Session& session, ir::MapId map) {
  Collector collector;
  TRY(session.snapshot(map, collector));
  return std::move(collector.entries);
}

Result<RunReport> run_lanes(const std::vector<Lane>& lanes, const RunOptions& options, const SignalBlock& signals) {
  return Run(lanes, options, signals).run();
}

}  // namespace polytap
