#include "backends/ebpf/session.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <map>
#include <utility>

#include "backends/ebpf/capabilities.h"
#include "backends/ebpf/loader.h"
#include "backends/ebpf/sampled_events.h"
#include "backends/ebpf/uprobe_multi.h"
#include "core/base/check.h"
#include "core/base/clock.h"
#include "core/ir/function_needs.h"
#include "core/ir/operands.h"
#include "core/run/launch.h"
#include "core/syscall/table.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kSmallRing = 256 << 10;
// From this many events of single system calls on, one program on raw_syscalls costs less: each tracepoint takes the
// kernel 75 ms to detach.
constexpr size_t kDispatchFrom = 4;

bool is_attached(const ProbeSite& site) {
  return site.type == ProbeType::kTracepoint || site.type == ProbeType::kRawTracepoint || site.is_user_function() ||
         site.is_kernel_function() || site.is_sampled();
}

bool reads_user_stack(const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const auto* stack = std::get_if<ir::ReadStack>(&instruction.operation);
      if (stack != nullptr && stack->space == AddressSpace::kUser) return true;
    }
  }
  return false;
}

bool reads_user_memory(const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const bool reads = std::visit(ir::Overloaded{
                                        [](const ir::ReadMemory& op) { return op.space == AddressSpace::kUser; },
                                        [](const ir::ReadString& op) { return op.space == AddressSpace::kUser; },
                                        [](const ir::ReadBuffer& op) { return op.space == AddressSpace::kUser; },
                                        [](const auto&) { return false; },
                                    },
                                    instruction.operation);
      if (reads) return true;
    }
  }
  return false;
}

bool emits_data(const ir::Program& program, const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
      if (emit != nullptr && !program.emits[emit->emit].control) return true;
    }
  }
  return false;
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
  ASSIGN_OR_RETURN(globals_, Globals::create(zeros_needed(program_)));
  globals_->set_start_time(clock_ns(CLOCK_MONOTONIC));
  if (target_.command != nullptr) globals_->set_child_pid(static_cast<uint64_t>(target_.command->pid()));
  ASSIGN_OR_RETURN(maps_, Maps::create(program_));
  TRY(create_rings());
  const bool on_tracepoints = std::any_of(program_.sites.begin(), program_.sites.end(),
                                          [](const ProbeSite& site) { return site.type == ProbeType::kTracepoint; });
  if (on_tracepoints || !target_.system_wide()) {
    ASSIGN_OR_RETURN(tracefs_, Tracefs::open());
  }
  if (!target_.system_wide()) {
    ASSIGN_OR_RETURN(filter_, TargetFilter::create(*tracefs_, program_.settings.license));
  }
  const std::vector<MapUse> uses = find_map_uses(program_);
  for (ir::MapId map = 0; map < program_.maps.size(); ++map) {
    environment_.maps.push_back({maps_->fd(map), maps_->form(map), uses[map]});
  }
  environment_.globals_fd = globals_->fd();
  environment_.globals = globals_->layout();
  environment_.cpus = static_cast<uint32_t>(std::max(1, libbpf_num_possible_cpus()));
  environment_.data_ring_fd = data_ring_ ? data_ring_->fd() : -1;
  environment_.control_ring_fd = control_ring_->fd();
  environment_.target_filter_fd = filter_ ? filter_->fd() : -1;
  uprobe_multi_ = std::any_of(program_.sites.begin(), program_.sites.end(),
                              [](const ProbeSite& site) { return site.is_user_function(); }) &&
                  options_.uprobe_multi && kernel_has_uprobe_multi();
  TRY(load_functions());
  if (ir::has_user_addresses(program_)) {
    ASSIGN_OR_RETURN(process_events_, ProcessEvents::create());
  }
  return {};
}

Status EbpfSession::create_rings() {
  bool data = false;
  bool busy = false;  // on probes, where records come at any rate
  for (const ir::Function& function : program_.functions) {
    if (!emits_data(program_, function)) continue;
    data = true;
    for (const uint32_t site : function.sites) busy = busy || is_attached(program_.sites[site]);
  }
  if (data) {
    ASSIGN_OR_RETURN(Ring ring, Ring::create("polytap_data", busy ? options_.data_ring_bytes
                                                                  : std::min(kSmallRing, options_.data_ring_bytes)));
    data_ring_.emplace(std::move(ring));
  }
  ASSIGN_OR_RETURN(Ring control, Ring::create("polytap_control", kSmallRing));
  control_ring_.emplace(std::move(control));
  merger_.emplace(data_ring_ ? &*data_ring_ : nullptr, &*control_ring_);
  return {};
}

// An array and not a per-CPU array: the kernel limits per-CPU values to 32 KiB.
Status EbpfSession::create_scratch(uint32_t bytes) {
  const uint32_t entries = globals_->layout().cpu_blocks * kScratchEntries;
  scratch_ = UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_scratch", 4, bytes, entries, nullptr));
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
  fired_.resize(program_.functions.size());
  for (uint32_t i = 0; i < program_.functions.size(); ++i) {
    TRY(load_attached(i, plans[i]));
    TRY(load_on_functions(i, plans[i]));
    TRY(load_fired(i, plans[i]));
  }
  return {};
}

Result<UniqueFd> EbpfSession::load(uint32_t index, const FunctionPlan& plan, const CompileRequest& request) {
  const ir::Function& function = program_.functions[index];
  auto compiled = FunctionCompiler(program_, function, plan, environment_, request).compile();
  if (!compiled) return std::move(compiled).error().context(function.name);
  const uint32_t attach_type = request.kind == ProgramKind::kUserFunction && uprobe_multi_ ? kUprobeMulti : 0;
  return load_program({request.kind, program_.settings.license, function.name, request.may_sleep, attach_type},
                      *compiled);
}

// One program for all tracepoints of a function, told apart by their cookies; raw tracepoints have none before Linux
// 6.10 and get a program each when it matters.
Status EbpfSession::load_attached(uint32_t index, const FunctionPlan& plan) {
  const ir::Function& function = program_.functions[index];
  const bool site_matters = reads_site(function);
  std::vector<uint32_t> tracepoints;
  std::vector<uint32_t> raw;
  for (const uint32_t site : function.sites) {
    if (program_.sites[site].type == ProbeType::kTracepoint) tracepoints.push_back(site);
    if (program_.sites[site].type == ProbeType::kRawTracepoint) raw.push_back(site);
  }
  TRY(load_dispatched(index, plan, tracepoints, false));
  TRY(load_dispatched(index, plan, tracepoints, true));
  if (!tracepoints.empty()) {
    CompileRequest request{
        .kind = ProgramKind::kTracepoint, .site = tracepoints.front(), .guarded = true, .syscall_sites_fd = -1};
    const bool cookie = site_matters && tracepoints.size() > 1;
    if (cookie) request.site.reset();
    ASSIGN_OR_RETURN(UniqueFd program, load(index, plan, request));
    loaded_.push_back({std::move(program), ProgramKind::kTracepoint, tracepoints, cookie, nullptr, {}});
  }
  for (size_t i = 0; i < raw.size(); ++i) {
    if (i != 0 && !site_matters) {
      loaded_.back().sites.push_back(raw[i]);
      continue;
    }
    ASSIGN_OR_RETURN(
        UniqueFd program,
        load(index, plan,
             {.kind = ProgramKind::kRawTracepoint, .site = raw[i], .guarded = true, .syscall_sites_fd = -1}));
    loaded_.push_back({std::move(program), ProgramKind::kRawTracepoint, {raw[i]}, false, nullptr, {}});
  }
  return {};
}

// One program for all places in kernel functions, and for all sampled events; one for those in user functions unless their stacks differ.
Status EbpfSession::load_on_functions(uint32_t index, const FunctionPlan& plan) {
  const ir::Function& function = program_.functions[index];
  const bool stack = reads_user_stack(function);
  const bool may_sleep = reads_user_memory(function) && kernel_has_sleepable_uprobes();
  CodeReader code;
  std::map<std::pair<ProgramKind, MissingCaller>, std::vector<uint32_t>> groups;
  for (const uint32_t site : function.sites) {
    const ProbeSite& where = program_.sites[site];
    if (where.is_sampled()) groups[{ProgramKind::kSampled, MissingCaller::kNo}].push_back(site);
    if (where.is_kernel_function()) groups[{ProgramKind::kKernelFunction, MissingCaller::kNo}].push_back(site);
    if (!where.is_user_function()) continue;
    groups[{ProgramKind::kUserFunction, stack ? code.missing_caller(where) : MissingCaller::kNo}].push_back(site);
  }
  for (auto& [key, sites] : groups) {
    CompileRequest request{.kind = key.first,
                           .site = sites.front(),
                           .guarded = true,
                           .syscall_sites_fd = -1,
                           .missing_caller = key.second,
                           .may_sleep = key.first == ProgramKind::kUserFunction && may_sleep};
    sleeping_programs_ = sleeping_programs_ || request.may_sleep;
    const bool cookie = sites.size() > 1 && reads_site(function);
    if (cookie) request.site.reset();
    ASSIGN_OR_RETURN(UniqueFd program, load(index, plan, request));
    loaded_.push_back({std::move(program), key.first, std::move(sites), cookie, nullptr, {}});
  }
  return {};
}

// Takes the system calls' events out of TRACEPOINTS when they are many, and gives them one program that tells them
// apart by the call's number.
Status EbpfSession::load_dispatched(uint32_t index, const FunctionPlan& plan, std::vector<uint32_t>& tracepoints,
                                    bool exits) {
  const auto syscall_of = [&](uint32_t site) -> const Syscall* {
    if (program_.sites[site].category != "syscalls") return nullptr;
    const SyscallEvent event = find_syscall_event(program_.sites[site].event);
    return event.syscall != nullptr && event.is_exit == exits && event.syscall->number < SyscallSites::kNumbers
               ? event.syscall
               : nullptr;
  };
  const auto count = std::count_if(tracepoints.begin(), tracepoints.end(), syscall_of);
  if (static_cast<size_t>(count) < kDispatchFrom) return {};
  auto sites = std::make_unique<SyscallSites>();
  std::vector<uint32_t> dispatched;
  std::erase_if(tracepoints, [&](uint32_t site) {
    const Syscall* syscall = syscall_of(site);
    if (syscall == nullptr || sites->site_plus_one[syscall->number] != 0) return false;
    sites->site_plus_one[syscall->number] = site + 1;
    dispatched.push_back(site);
    return true;
  });
  UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_calls", 4, sizeof(SyscallSites), 1, nullptr));
  const uint32_t key = 0;
  if (!map.valid() || bpf_map_update_elem(map.get(), &key, sites.get(), BPF_ANY) != 0) {
    return Error::from_errno("create the eBPF map of system calls");
  }
  const CompileRequest request{
      .kind = ProgramKind::kTracepoint, .site = std::nullopt, .guarded = true, .syscall_sites_fd = map.get()};
  ASSIGN_OR_RETURN(UniqueFd program, load(index, plan, request));
  loaded_.push_back({std::move(program), ProgramKind::kTracepoint, std::move(dispatched), false,
                     exits ? "sys_exit" : "sys_enter", std::move(map)});
  return {};
}

Status EbpfSession::load_fired(uint32_t index, const FunctionPlan& plan) {
  const ir::Function& function = program_.functions[index];
  std::vector<uint32_t> sites;
  for (const uint32_t site : function.sites) {
    if (!is_attached(program_.sites[site])) sites.push_back(site);
  }
  if (sites.empty()) return {};
  CompileRequest request{
      .kind = ProgramKind::kSyscall, .site = sites.front(), .guarded = false, .syscall_sites_fd = -1};
  if (sites.size() > 1) request.site.reset();
  ASSIGN_OR_RETURN(fired_[index], load(index, plan, request));
  return {};
}

Result<Attachment> EbpfSession::attach_site(const Loaded& loaded, const ProbeSite& site,
                                            std::optional<uint64_t> cookie) {
  const int program = loaded.program.get();
  switch (loaded.kind) {
    case ProgramKind::kTracepoint:
      return attach_tracepoint(program, *tracefs_, site.category, site.event, cookie);
    case ProgramKind::kRawTracepoint:
      return attach_raw_tracepoint(program, site.event);
    case ProgramKind::kUserFunction:
      if (!uprobe_pmu_) {
        ASSIGN_OR_RETURN(uprobe_pmu_, read_probe_pmu("uprobe"));
      }
      return attach_function(program, *uprobe_pmu_, site, cookie);
    case ProgramKind::kKernelFunction:
      if (!kprobe_pmu_) {
        ASSIGN_OR_RETURN(kprobe_pmu_, read_probe_pmu("kprobe"));
      }
      return attach_function(program, *kprobe_pmu_, site, cookie);
    case ProgramKind::kSampled:
    case ProgramKind::kSyscall:
      break;
  }
  CHECK(false);  // those are run, not attached
}

Status EbpfSession::attach(const Loaded& loaded) {
  if (loaded.raw_syscalls_event != nullptr) {
    ASSIGN_OR_RETURN(Attachment attachment, attach_tracepoint(loaded.program.get(), *tracefs_, "raw_syscalls",
                                                              loaded.raw_syscalls_event, std::nullopt));
    attachments_.push_back(std::move(attachment));
    return {};
  }
  if (loaded.kind == ProgramKind::kUserFunction && uprobe_multi_) {
    ASSIGN_OR_RETURN(std::vector<Attachment> links,
                     attach_user_functions(loaded.program.get(), program_.sites, loaded.sites, loaded.wants_cookie));
    std::move(links.begin(), links.end(), std::back_inserter(attachments_));
    return {};
  }
  for (const uint32_t index : loaded.sites) {
    const ProbeSite& site = program_.sites[index];
    std::optional<uint64_t> cookie;
    if (loaded.wants_cookie) cookie = index;
    if (loaded.kind == ProgramKind::kSampled) {
      ASSIGN_OR_RETURN(std::vector<Attachment> events, attach_sampled(loaded.program.get(), site, cookie));
      std::move(events.begin(), events.end(), std::back_inserter(attachments_));
      continue;
    }
    ASSIGN_OR_RETURN(Attachment attachment, attach_site(loaded, site, cookie));
    attachments_.push_back(std::move(attachment));
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
  for (const Loaded& loaded : loaded_) TRY(attach(loaded));
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

Status EbpfSession::stop() {
  if (stopped_) return {};
  stopped_ = true;
  globals_->pause();
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
  (void)stop().ok();
  if (detacher_.joinable()) detacher_.join();
}

Status EbpfSession::fire(uint32_t function, uint32_t site) {
  CHECK(function < fired_.size() && fired_[function].valid());
  // After exit() only END runs.
  if (globals_->exiting() && program_.sites[site].type != ProbeType::kEnd) return {};
  uint64_t context = site;
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &context, .ctx_size_in = sizeof context);
  if (bpf_prog_test_run_opts(fired_[function].get(), &options) != 0) {
    return Error::from_errno("run " + program_.functions[function].name);
  }
  return {};
}

Status EbpfSession::drain(EventSink& sink) {
  if (!process_events_) {
    merger_->drain(sink);
    return {};
  }
  MappingsFirst mappings_first(*process_events_, sink);
  merger_->drain(mappings_first);
  mappings_first.finish();
  return {};
}

Status EbpfSession::snapshot(ir::MapId map, MapSink& sink) {
  if (process_events_) {
    process_events_->collect();
    if (stopped_) {
      process_events_->apply_all();
    } else {
      process_events_->apply_settled();
    }
  }
  return maps_->snapshot(map, sink);
}

bool EbpfSession::finished() const { return started_ && filter_ && filter_->empty(); }

Losses EbpfSession::losses() const {
  Losses losses = globals_->losses();
  for (const Loaded& loaded : loaded_) {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(loaded.program.get(), &info, &size) == 0) losses.missed += info.recursion_misses;
  }
  return losses;
}

ProcessMaps* EbpfSession::process_maps() { return process_events_ ? &process_events_->maps() : nullptr; }

}  // namespace polytap::ebpf
