#include "backends/ebpf/session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <iterator>
#include <utility>

#include "backends/ebpf/kernel_misses.h"
#include "backends/ebpf/kernel_objects.h"
#include "backends/ebpf/kprobe_session.h"
#include "backends/ebpf/loader.h"
#include "backends/ebpf/seq_file.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/ir/function_needs.h"
#include "core/ir/operands.h"
#include "core/run/launch.h"
#include "core/syscall/table.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kSmallRing = 256 << 10;
constexpr uint64_t kLargestRing = 1 << 30;
bool emits_data(const ir::Program& program, const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
      if (emit != nullptr && !program.emits[emit->emit].control) return true;
      if (instruction.on_fault != ir::kNoEmit) return true;
    }
  }
  return false;
}

// Room for the stacks that come until a process's tables are there. Of a profile that is a fraction of a second's, of
// any other probe nobody knows how many. The kernel takes all of it at once, which takes milliseconds, too.
uint32_t stack_ring_bytes(const ir::Program& program, uint32_t copied_bytes) {
  constexpr uint64_t kMost = 8 << 20;
  constexpr uint64_t kLeast = 512 << 10;
  constexpr uint64_t kCoveredNs = 150'000'000;
  const auto cpus = static_cast<uint64_t>(std::max(1, libbpf_num_possible_cpus()));
  uint64_t stacks = 0;
  for (const ir::Function& function : program.functions) {
    if (!ir::needs_of(function).user_stack) continue;
    for (const uint32_t index : function.sites) {
      const ProbeSite& site = program.sites[index];
      if (site.type != ProbeType::kProfile) return kMost;
      stacks += cpus * (kCoveredNs / std::max<uint64_t>(site.sampled.period, 1) + 1);
    }
  }
  const uint64_t bytes = stacks * (sizeof(StackSnapshot) - kMostSnapshotBytes + copied_bytes);
  return static_cast<uint32_t>(std::bit_ceil(std::clamp(bytes, kLeast, kMost)));
}

bool fires_rarely(const ir::Program& program) {
  return std::all_of(program.sites.begin(), program.sites.end(),
                     [](const ProbeSite& site) { return !is_attached(site) || site.type == ProbeType::kProfile; });
}

bool only_profiles_have_user_stacks(const ir::Program& program) {
  return std::all_of(program.functions.begin(), program.functions.end(), [&](const ir::Function& function) {
    return !ir::needs_of(function).user_stack ||
           std::all_of(function.sites.begin(), function.sites.end(),
                       [&](uint32_t site) { return program.sites[site].type == ProbeType::kProfile; });
  });
}

// Lets processes be as they were at each record's time before it is shown.
class MappingsFirst : public EventSink {
 public:
  MappingsFirst(ProcessEvents& events, EventSink& sink) : events_(events), sink_(sink) {}
  void record(const EmittedRecord& record) override {
    collect();
    events_.apply_until(record.time_ns);
    sink_.record(record);
  }
  void exit_requested(int code) override { sink_.exit_requested(code); }
  void finish() {
    collect();
    events_.apply_settled();
  }

 private:
  // Once, when the records have been read: all that came before them has then been reported.
  void collect() {
    if (!collected_) events_.collect();
    collected_ = true;
  }

  ProcessEvents& events_;
  EventSink& sink_;
  bool collected_ = false;
};

// Programs that run now have ended when this returns: they run in RCU read-side sections.
void wait_for_programs() { syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0); }

}  // namespace

Result<std::unique_ptr<Session>> EbpfSession::create(const ir::Program& program, const Target& target,
                                                     const EbpfOptions& options) {
  std::unique_ptr<EbpfSession> session(new EbpfSession(program, target, options));
  TRY(session->prepare());
  return std::unique_ptr<Session>(std::move(session));
}

Status EbpfSession::prepare() {
  if (program_.emits.size() >= kExitRecord) {
    return Error(
        fmt::format("the script prints at {} places, counting those of each probe: an eBPF record tells fewer "
                    "than {} apart; split the script",
                    program_.emits.size(), kExitRecord));
  }
  ASSIGN_OR_RETURN(globals_, Globals::create(zeros_needed(program_), static_cast<uint32_t>(program_.sites.size())));
  globals_->set_start_time(clock_ns(CLOCK_MONOTONIC));
  if (target_.command != nullptr) globals_->set_child_pid(static_cast<uint64_t>(target_.command->pid()));
  ASSIGN_OR_RETURN(maps_, Maps::create(program_, fires_rarely(program_)));
  TRY(create_rings());
  const bool on_tracepoints = std::any_of(program_.sites.begin(), program_.sites.end(),
                                          [](const ProbeSite& site) { return site.type == ProbeType::kTracepoint; });
  const bool filters = !target_.system_wide() && !target_.by_predicate;
  if (on_tracepoints || filters) {
    ASSIGN_OR_RETURN(tracefs_, Tracefs::open());
  }
  if (filters) {
    ASSIGN_OR_RETURN(filter_, TargetFilter::create(*tracefs_, program_.settings.license));
  }
  abilities_ = find_attach_abilities(program_, options_, tracefs_ ? &*tracefs_ : nullptr);
  std::vector<MapUse> uses = find_map_uses(program_);
  // Its judgement is of perf's tracepoints.
  if (abilities_.raw_cookies) {
    for (MapUse& use : uses) use.exclusive = false;
  }
  for (ir::MapId map = 0; map < program_.maps.size(); ++map) {
    environment_.maps.push_back({maps_->fd(map), maps_->short_fd(map), maps_->form(map), uses[map]});
  }
  if (needs_task_offsets(program_)) {
    ASSIGN_OR_RETURN(environment_.task, find_task_offsets());
  }
  environment_.counts_events = target_.counts_events;
  environment_.globals_fd = globals_->fd();
  environment_.globals = globals_->layout();
  environment_.cpus = static_cast<uint32_t>(std::max(1, libbpf_num_possible_cpus()));
  environment_.data_ring_fd = data_ring_ ? data_ring_->fd() : -1;
  environment_.control_ring_fd = control_ring_->fd();
  environment_.target_filter_fd = filter_ ? filter_->fd() : -1;
  environment_.pids = own_pid_namespace();
  TRY(prepare_stacks());
  TRY(load_functions());
  if (ir::has_user_addresses(program_)) {
    ASSIGN_OR_RETURN(process_events_, ProcessEvents::create());
    if (stacks_) {
      stacks_->set_history(process_events_->maps());
      process_events_->set_listener([this](pid_t pid, bool ended) {
        if (ended) {
          stacks_->exited(pid);
        } else {
          stacks_->mappings_changed(pid);
        }
      });
    }
  }
  return {};
}

// Where the kernel has not what it takes, user stacks are walked by frame pointers.
Status EbpfSession::prepare_stacks() {
  const bool asked_for = std::any_of(program_.functions.begin(), program_.functions.end(),
                                     [](const ir::Function& function) { return ir::needs_of(function).user_stack; });
  if (!asked_for || program_.settings.license != "GPL") return {};
  const uint32_t copied_bytes =
      std::bit_floor(std::clamp(program_.settings.max_copied_stack, kLeastSnapshotBytes, kMostSnapshotBytes));
  auto stacks =
      StackService::create(stack_ring_bytes(program_, copied_bytes), only_profiles_have_user_stacks(program_));
  if (!stacks) return {};
  stacks_ = std::move(stacks).value();
  environment_.unwind = stacks_->access();
  environment_.unwind->copied_bytes = copied_bytes;
  return {};
}

Status EbpfSession::create_rings() {
  uint32_t bytes = options_.data_ring_bytes;
  if (program_.settings.ring_pages != 0) {
    const auto cpus = static_cast<uint32_t>(std::max(1, libbpf_num_possible_cpus()));
    const uint64_t wanted =
        uint64_t{program_.settings.ring_pages} * cpus * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    bytes = static_cast<uint32_t>(std::bit_ceil(std::min(wanted, kLargestRing)));
  }
  const uint32_t longest = longest_record(program_);
  bool data = false;
  bool busy = false;  // on probes, where records come at any rate
  for (const ir::Function& function : program_.functions) {
    if (!emits_data(program_, function)) continue;
    data = true;
    for (const uint32_t site : function.sites) busy = busy || is_attached(program_.sites[site]);
  }
  if (data) {
    ASSIGN_OR_RETURN(Ring ring, Ring::create("polytap_data", busy ? bytes : std::min(kSmallRing, bytes), longest));
    data_ring_.emplace(std::move(ring));
  }
  ASSIGN_OR_RETURN(Ring control, Ring::create("polytap_control", kSmallRing, longest));
  control_ring_.emplace(std::move(control));
  return {};
}

// An array and not a per-CPU array: the kernel limits per-CPU values to 32 KiB.
Status EbpfSession::create_scratch(uint32_t bytes) {
  const uint32_t entries = globals_->layout().cpu_blocks * kScratchEntries;
  scratch_ = create_map({.name = "polytap_scratch", .value_size = bytes, .entries = entries});
  if (!scratch_.valid()) {
    return Error::from_errno(fmt::format("create eBPF scratch memory of {} entries of {} bytes", entries, bytes));
  }
  environment_.scratch_fd = scratch_.get();
  return {};
}

Status EbpfSession::load_functions() {
  std::vector<FunctionPlan> plans;
  uint32_t scratch = 0;
  for (const ir::Function& function : program_.functions) {
    plans.push_back(plan_function(program_, function));
    scratch = std::max(scratch, plans.back().frame.scratch_size);
  }
  if (scratch != 0) TRY(create_scratch(scratch));
  bool several = false;
  for (size_t i = 0; i < plans.size(); ++i) {
    for (const uint32_t site : program_.functions[i].sites) {
      several = several || (plans[i].frame.firing_time && is_attached(program_.sites[site]));
    }
  }
  merger_.emplace(data_ring_ ? &*data_ring_ : nullptr, &*control_ring_, several);
  fired_.resize(program_.functions.size());
  std::vector<WaitingGroup> groups;
  std::vector<const WaitingGroup*> linked;
  for (uint32_t i = 0; i < program_.functions.size(); ++i) {
    for (AttachGroup& group : group_sites(program_, program_.functions[i], abilities_)) {
      groups.push_back({i, std::move(group)});
    }
  }
  for (const WaitingGroup& waiting : groups) {
    if (waiting.group.method == AttachMethod::kKprobeMulti) linked.push_back(&waiting);
  }
  // Of more than two the order in which they fire at a place would be another.
  const bool joined = linked.size() == 2 && load_session(*linked[0], *linked[1], plans);
  for (WaitingGroup& waiting : groups) {
    if (joined && waiting.group.method == AttachMethod::kKprobeMulti) {
      joined_.push_back(std::move(waiting));
    } else {
      TRY(load_group(waiting.function, plans[waiting.function], std::move(waiting.group)));
    }
  }
  return {};
}

// False: the kernel has no such programs, or the two are none.
bool EbpfSession::load_session(const WaitingGroup& first, const WaitingGroup& second,
                               std::span<const FunctionPlan> plans) {
  const auto pair = session_pair(program_.sites, first.group, second.group);
  if (!pair) return false;
  const auto compile = [&](const AttachGroup* group) {
    const uint32_t function = group == &first.group ? first.function : second.function;
    return FunctionCompiler(program_, program_.functions[function], plans[function], environment_, group->request)
        .compile();
  };
  const auto entry = compile(pair->entry);
  const auto at_return = compile(pair->at_return);
  if (!entry || !at_return) return false;
  const auto joined = join_for_session(*entry, *at_return);
  if (!joined) return false;
  LoadRequest request;
  request.kind = ProgramKind::kKernelFunction;
  request.license = program_.settings.license;
  request.attach_type = kKprobeSession;
  request.just_try = true;
  auto program = load_program(request, *joined);
  if (!program) return false;
  AttachGroup group = pair->at_return->wants_cookie ? *pair->at_return : *pair->entry;
  group.method = AttachMethod::kKprobeSession;
  loaded_.push_back({std::move(*program), std::move(group), UniqueFd()});
  return true;
}

Status EbpfSession::load_group(uint32_t index, const FunctionPlan& plan, AttachGroup group) {
  const ir::Function& function = program_.functions[index];
  UniqueFd syscall_sites;
  if (group.method == AttachMethod::kSyscalls || group.method == AttachMethod::kSyscallExits) {
    ASSIGN_OR_RETURN(syscall_sites, make_syscall_sites(group));
    group.request.syscall_sites_fd = syscall_sites.get();
  }
  UniqueFd texts;
  std::optional<SeqTexts> seq;
  if (group.method == AttachMethod::kIterate && !program_.sites[group.sites.front()].module.empty()) {
    ASSIGN_OR_RETURN(seq, make_seq_texts(program_, function, texts));
    group.request.seq = &*seq;
  }
  auto compiled = FunctionCompiler(program_, function, plan, environment_, group.request).compile();
  if (!compiled) return std::move(compiled).error().context(function.name);
  LoadRequest request{.kind = group.request.kind,
                      .license = program_.settings.license,
                      .probe = function.name,
                      .may_sleep = group.request.may_sleep,
                      .iterator = {},
                      .tracing = nullptr,
                      .attach_type = group.attach_type,
                      .log_bytes = program_.settings.verifier_log_bytes};
  if (group.method == AttachMethod::kIterate) request.iterator = program_.sites[group.sites.front()].event;
  std::optional<TracingTarget> target;
  if (group.method == AttachMethod::kTracing) {
    auto found = tracing_targets_.find(program_.sites[group.sites.front()]);
    if (!found) return leave_out(group.sites.front(), std::move(found).error());
    request.tracing = &target.emplace(std::move(*found));
  }
  auto loaded = load_program(request, *compiled);
  if (!loaded && target) return leave_out(group.sites.front(), std::move(loaded).error());
  ASSIGN_OR_RETURN(UniqueFd program, std::move(loaded));
  const uint32_t limit = program_.settings.max_programs;
  if (limit != 0 && ++programs_ > limit) {
    return Error(fmt::format("the script needs more than {} eBPF programs: raise max_bpf_progs", limit));
  }
  if (group.method == AttachMethod::kRun) {
    fired_[index] = std::move(program);
    return {};
  }
  group.request.seq = nullptr;
  sleeping_programs_ = sleeping_programs_ || group.request.may_sleep;
  loaded_.push_back({std::move(program), std::move(group), std::move(syscall_sites)});
  return {};
}

// The kernel looks at the function of an fentry or fexit when the program is loaded.
Status EbpfSession::leave_out(uint32_t site, Error why) {
  const bool spared = may_be_left_out(program_.sites[site], program_.settings.missing_probes);
  if (!spared || !tells_of_site(why.code())) return std::move(why).context(program_.sites[site].name);
  skipped_.push_back({site, why.message()});
  return {};
}

Result<UniqueFd> EbpfSession::make_syscall_sites(const AttachGroup& group) {
  auto sites = std::make_unique<SyscallSites>();
  for (const uint32_t site : group.sites) {
    sites->site_plus_one[find_syscall_event(program_.sites[site].event).syscall->number] = site + 1;
  }
  UniqueFd map = create_map({.name = "polytap_calls", .value_size = sizeof(SyscallSites)});
  const uint32_t key = 0;
  if (!map.valid() || bpf_map_update_elem(map.get(), &key, sites.get(), BPF_ANY) != 0) {
    return Error::from_errno("create the eBPF map of system calls");
  }
  return map;
}

// Where the kernel does not take the two together, they go their own ways: it then says what it minds.
Status EbpfSession::attach_session(Attacher& attacher) {
  const auto session = std::ranges::find_if(
      loaded_, [](const LoadedProgram& loaded) { return loaded.group.method == AttachMethod::kKprobeSession; });
  if (session == loaded_.end() || attacher.attach_session(*session)) return {};
  loaded_.erase(session);
  for (WaitingGroup& waiting : joined_) {
    const FunctionPlan plan = plan_function(program_, program_.functions[waiting.function]);
    TRY(load_group(waiting.function, plan, std::move(waiting.group)));
  }
  return {};
}

Status EbpfSession::attach_all() {
  Attacher attacher(program_.sites, tracefs_ ? &*tracefs_ : nullptr, program_.settings.missing_probes);
  Status status = attach_session(attacher);
  // Probes of one place fire in the script's order, whichever way round the kernel goes through them.
  for (const LoadedProgram& loaded : loaded_) {
    if (status.ok() && !attacher.fires_last_attached_first(loaded)) status = attacher.attach(loaded);
  }
  for (auto loaded = loaded_.rbegin(); loaded != loaded_.rend(); ++loaded) {
    if (status.ok() && attacher.fires_last_attached_first(*loaded)) status = attacher.attach(*loaded);
  }
  attachments_ = std::move(attacher.attachments());
  std::ranges::move(attacher.skipped(), std::back_inserter(skipped_));
  TRY(std::move(status));
  const ir::MissingProbes missing = program_.settings.missing_probes;
  const bool may_all_be_missing = missing == ir::MissingProbes::kWarn || missing == ir::MissingProbes::kIgnore;
  if (attachments_.empty() && !skipped_.empty() && !may_all_be_missing) {
    return Error(fmt::format("attach to {}: {}", program_.sites[skipped_.front().site].name, skipped_.front().reason));
  }
  return {};
}

// Everything is attached while the state word keeps programs from running; clearing it starts all of them at once.
Status EbpfSession::start() {
  CHECK(!started_);
  for (const pid_t pid : target_.pids) {
    if (kill(pid, 0) != 0 && errno == ESRCH) return Error(fmt::format("there is no process {}", pid), ESRCH);
  }
  if (process_events_) {
    TRY(process_events_->start(target_.pids));
    if (target_.system_wide()) process_events_->know_everyone();
  }
  if (stacks_) TRY(stacks_->start(target_.pids));
  TRY(attach_all());
  if (filter_) {
    TRY(filter_->follow(*tracefs_));
    for (const pid_t pid : target_.pids) TRY(filter_->insert(pid));
    if (target_.command != nullptr) {
      TRY(target_.command->approach_gate());
      TRY(filter_->insert(target_.command->pid()));
    }
  }
  started_ = true;
  globals_->resume();
  return {};
}

// A run that ends well leaves the pins that it was asked for.
Status EbpfSession::stop() {
  for (IteratorPin& pin : pins_) pin.keep();
  return halt();
}

Status EbpfSession::halt() {
  if (stopped_) return {};
  stopped_ = true;
  globals_->pause();
  missed_ = missed_by_kernel();
  // The wait is an RCU grace period, 15 ms; what was never attached cannot be running.
  if (!attachments_.empty()) wait_for_programs();
  // Taking a tracepoint apart makes the kernel wait for several RCU grace periods (75 ms here); what is counted and
  // shown does not depend on it.
  if (!attachments_.empty()) {
    detacher_ = std::thread([attachments = std::move(attachments_)]() mutable { attachments.clear(); });
    // A program that sleeps is in no RCU section; it has ended when its probe is gone.
    if (sleeping_programs_) detacher_.join();
  }
  return {};
}

EbpfSession::~EbpfSession() {
  (void)halt().ok();
  if (detacher_.joinable()) detacher_.join();
}

Status EbpfSession::fire(uint32_t function, uint32_t site) {
  // After exit() only END runs.
  if (globals_->exiting() && program_.sites[site].type != ProbeType::kEnd) return {};
  if (program_.sites[site].type == ProbeType::kIter) {
    for (const LoadedProgram& loaded : loaded_) {
      if (loaded.group.method != AttachMethod::kIterate || loaded.group.sites.front() != site) continue;
      if (program_.sites[site].module.empty()) {
        TRY(iterate(loaded.program.get(), program_.sites[site]));
      } else {
        ASSIGN_OR_RETURN(IteratorPin pin, IteratorPin::create(loaded.program.get(), program_.sites[site]));
        pins_.push_back(std::move(pin));
      }
    }
    return {};
  }
  CHECK(function < fired_.size() && fired_[function].valid());
  uint64_t context = site;
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &context, .ctx_size_in = sizeof context);
  if (bpf_prog_test_run_opts(fired_[function].get(), &options) != 0) {
    return Error::from_errno("run " + program_.functions[function].name);
  }
  return {};
}

Status EbpfSession::drain(EventSink& sink) {
  // Asked before, so that what came in front of it is delivered.
  const auto lost_exit = globals_->lost_exit();
  if (!process_events_) {
    merger_->drain(sink, stopped_);
  } else {
    std::optional<RestoringSink> restoring;
    if (stacks_) restoring.emplace(*stacks_, sink);
    MappingsFirst mappings_first(*process_events_, restoring ? static_cast<EventSink&>(*restoring) : sink);
    merger_->drain(mappings_first, stopped_);
    mappings_first.finish();
  }
  if (lost_exit) merger_->deliver_exit(static_cast<int>(*lost_exit), sink);
  return {};
}

Status EbpfSession::snapshot(ir::MapId map, MapSink& sink) { return read(map, sink, Maps::Reading::kKeep); }

Status EbpfSession::take(ir::MapId map, MapSink& sink) { return read(map, sink, Maps::Reading::kTake); }

Status EbpfSession::read(ir::MapId map, MapSink& sink, Maps::Reading reading) {
  if (process_events_) {
    process_events_->collect();
    if (stopped_) {
      process_events_->apply_all();
    } else {
      process_events_->apply_settled();
    }
  }
  if (stacks_) stacks_->collect();
  if (!stacks_ || !stacks_->has_stacks()) return maps_->read(map, sink, reading);
  RestoringMapSink restoring(*stacks_, program_.maps[map], sink);
  TRY(maps_->read(map, restoring, reading));
  restoring.finish(map);
  return {};
}

Status EbpfSession::unwatch(uint64_t address) {
  const bool watched = std::any_of(program_.sites.begin(), program_.sites.end(), [&](const ProbeSite& site) {
    return site.type == ProbeType::kWatchpoint && site.sampled.address == address;
  });
  if (!watched) return Session::unwatch(address);
  std::erase_if(attachments_, [&](const Attachment& attachment) { return attachment.watched == address; });
  return {};
}

bool EbpfSession::finished() const { return started_ && filter_ && filter_->empty(); }

Losses EbpfSession::losses() const {
  Losses losses = globals_->losses();
  losses.entries_on_demand = maps_->on_demand();
  for (const SiteLosses& site : stopped_ ? missed_ : missed_by_kernel()) {
    losses.missed += site.missed;
    losses.sites.push_back(site);
  }
  return losses;
}

// Of a program or link for many sites, the first stands for all.
std::vector<SiteLosses> EbpfSession::missed_by_kernel() const {
  std::vector<SiteLosses> missed;
  for (const LoadedProgram& loaded : loaded_) {
    const uint64_t recursions = missed_by_program(loaded.program.get());
    if (recursions != 0) missed.push_back({loaded.group.sites.front(), 0, recursions});
  }
  for (const Attachment& attachment : attachments_) {
    const uint64_t skipped = missed_by_link(attachment.link.get());
    if (skipped != 0) missed.push_back({attachment.site, 0, skipped});
  }
  return missed;
}

ProcessMaps* EbpfSession::process_maps() { return process_events_ ? &process_events_->maps() : nullptr; }

}  // namespace polytap::ebpf
