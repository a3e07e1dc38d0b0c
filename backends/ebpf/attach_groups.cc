#include "backends/ebpf/attach_groups.h"

#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

#include "backends/ebpf/capabilities.h"
#include "backends/ebpf/kprobe_multi.h"
#include "backends/ebpf/regions.h"
#include "backends/ebpf/uprobe_multi.h"
#include "core/ir/function_needs.h"
#include "core/probe/registers.h"
#include "core/syscall/table.h"

namespace polytap::ebpf {
namespace {

// From this many events of single system calls on, one program on raw_syscalls costs less: each tracepoint takes the
// kernel 75 ms to detach.
constexpr size_t kDispatchFrom = 4;

template <typename Accept>
bool any_operation(const ir::Function& function, Accept accept) {
  return std::any_of(function.blocks.begin(), function.blocks.end(), [&](const ir::Block& block) {
    return std::any_of(block.instructions.begin(), block.instructions.end(),
                       [&](const ir::Instruction& instruction) { return accept(instruction.operation); });
  });
}

// Registers that links for many functions do not have since Linux 6.14.
bool reads_other_registers(const ir::Function& function) {
  constexpr std::array kCallRegisters = {registers::kDi, registers::kSi, registers::kDx, registers::kCx,
                                         registers::kR8, registers::kR9, registers::kAx, registers::kBp,
                                         registers::kSp, registers::kIp};
  return any_operation(function, [&](const ir::Operation& operation) {
    const auto* load = std::get_if<ir::ContextLoad>(&operation);
    if (load != nullptr) return std::ranges::find(kCallRegisters, load->offset / 8 * 8) == kCallRegisters.end();
    return std::holds_alternative<ir::ContextCopy>(operation);
  });
}

bool sees_event(const ir::Function& function) {
  return any_operation(function, [](const ir::Operation& operation) {
    const auto* stack = std::get_if<ir::ReadStack>(&operation);
    return (stack != nullptr && stack->space == AddressSpace::kKernel) ||
           std::holds_alternative<ir::ContextLoad>(operation) || std::holds_alternative<ir::ContextCopy>(operation) ||
           std::holds_alternative<ir::ContextString>(operation);
  });
}

bool reads_user_memory(const ir::Function& function) {
  return any_operation(function, [](const ir::Operation& operation) {
    return std::visit(ir::Overloaded{
                          [](const ir::ReadMemory& op) { return op.space == AddressSpace::kUser; },
                          [](const ir::ReadString& op) { return op.space == AddressSpace::kUser; },
                          [](const ir::ReadBuffer& op) { return op.space == AddressSpace::kUser; },
                          [](const auto&) { return false; },
                      },
                      operation);
  });
}

// kprobe, uprobe, event probe and synthetic events: "p:GROUP/EVENT ...", in which `:` may have a number in front.
std::set<std::string, std::less<>> read_dynamic_events(const Tracefs& tracefs) {
  std::set<std::string, std::less<>> events;
  const auto text = tracefs.read("dynamic_events");
  if (!text) return events;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const size_t colon = line.find(':');
    const size_t end = line.find_first_of(" \t", colon);
    const size_t slash = line.find('/', colon);
    if (colon == std::string::npos || slash == std::string::npos || slash > end) continue;
    line[slash] = ':';
    events.insert(line.substr(colon + 1, end == std::string::npos ? end : end - colon - 1));
  }
  return events;
}

class Grouping {
 public:
  Grouping(const ir::Program& program, const ir::Function& function, const AttachAbilities& abilities)
      : program_(program), function_(function), abilities_(abilities), site_matters_(reads_site(function)) {}

  std::vector<AttachGroup> run() {
    tracepoints();
    raw_tracepoints();
    kernel_functions();
    traced_functions();
    sampled();
    iterators();
    user_functions();
    fired();
    return std::move(groups_);
  }

 private:
  template <typename Accept>
  std::vector<uint32_t> sites_where(Accept accept) const {
    std::vector<uint32_t> sites;
    for (const uint32_t site : function_.sites) {
      if (accept(program_.sites[site])) sites.push_back(site);
    }
    return sites;
  }

  std::vector<uint32_t> sites_of(ProbeType type) const {
    return sites_where([&](const ProbeSite& site) { return site.type == type; });
  }

  // One program for all of SITES, told apart by their cookies where that matters.
  AttachGroup& add(AttachMethod method, ProgramKind kind, std::vector<uint32_t> sites) {
    AttachGroup group;
    group.method = method;
    group.request.kind = kind;
    group.wants_cookie = site_matters_ && sites.size() > 1;
    if (!group.wants_cookie) group.request.site = sites.front();
    group.sites = std::move(sites);
    groups_.push_back(std::move(group));
    return groups_.back();
  }

  void tracepoints() {
    std::vector<uint32_t> sites = sites_of(ProbeType::kTracepoint);
    dispatched(sites, false);
    dispatched(sites, true);
    std::vector<uint32_t> raw = take_raw(sites);
    if (!raw.empty()) add(AttachMethod::kRawTracepoint, ProgramKind::kRawTracepoint, std::move(raw));
    if (!sites.empty()) add(AttachMethod::kTracepoint, ProgramKind::kTracepoint, std::move(sites));
  }

  // A perf event of a tracepoint takes the kernel several grace periods to close, one after the other; a raw tracepoint
  // none. Where nobody looks at the record, nor at the kernel's stack (in which the kernel's own frames differ), they
  // show the same.
  std::vector<uint32_t> take_raw(std::vector<uint32_t>& sites) {
    if (sites.size() < kDispatchFrom || !abilities_.raw_cookies || sees_event(function_)) return {};
    std::vector<uint32_t> raw;
    std::erase_if(sites, [&](uint32_t site) {
      const ProbeSite& where = program_.sites[site];
      const bool fits =
          where.category != "syscalls" && !abilities_.dynamic_events.contains(where.category + ":" + where.event);
      if (fits) raw.push_back(site);
      return fits;
    });
    return raw;
  }

  // Takes the system calls' events out of SITES when they are many, and gives them one program that tells them apart by
  // the call's number.
  void dispatched(std::vector<uint32_t>& sites, bool exits) {
    std::vector<bool> taken(SyscallSites::kNumbers);
    std::vector<uint32_t> ours;
    std::vector<uint32_t> others;
    for (const uint32_t site : sites) {
      const ProbeSite& where = program_.sites[site];
      const SyscallEvent event = where.category == "syscalls" ? find_syscall_event(where.event) : SyscallEvent{};
      const bool fits = event.syscall != nullptr && event.is_exit == exits &&
                        event.syscall->number < SyscallSites::kNumbers && !taken[event.syscall->number];
      if (fits) taken[event.syscall->number] = true;
      (fits ? ours : others).push_back(site);
    }
    if (ours.size() < kDispatchFrom) return;
    sites = std::move(others);
    AttachGroup& group =
        add(exits ? AttachMethod::kSyscallExits : AttachMethod::kSyscalls, ProgramKind::kTracepoint, std::move(ours));
    group.request.site.reset();
    group.wants_cookie = false;
  }

  // Raw tracepoints have no cookies before Linux 6.10 and get a program each when it matters.
  void raw_tracepoints() {
    std::vector<uint32_t> sites = sites_of(ProbeType::kRawTracepoint);
    if (sites.empty()) return;
    if (!site_matters_) {
      add(AttachMethod::kRawTracepoint, ProgramKind::kRawTracepoint, std::move(sites));
      return;
    }
    for (const uint32_t site : sites) add(AttachMethod::kRawTracepoint, ProgramKind::kRawTracepoint, {site});
  }

  void kernel_functions() {
    const bool call_registers = !reads_other_registers(function_);
    const auto fits_link = [&](const ProbeSite& site) {
      return abilities_.kprobe_multi && call_registers && !site.entries.empty();
    };
    std::vector<uint32_t> linked =
        sites_where([&](const ProbeSite& site) { return site.is_kernel_function() && fits_link(site); });
    std::vector<uint32_t> single =
        sites_where([&](const ProbeSite& site) { return site.is_kernel_function() && !fits_link(site); });
    if (!linked.empty()) {
      add(AttachMethod::kKprobeMulti, ProgramKind::kKernelFunction, std::move(linked)).attach_type = kKprobeMulti;
    }
    if (!single.empty()) add(AttachMethod::kKprobe, ProgramKind::kKernelFunction, std::move(single));
  }

  // The kernel loads a program for one function.
  void traced_functions() {
    for (const uint32_t site : sites_where([](const ProbeSite& where) { return where.is_traced_function(); })) {
      add(AttachMethod::kTracing, ProgramKind::kTracing, {site});
    }
  }

  void sampled() {
    std::vector<uint32_t> sites = sites_where([](const ProbeSite& site) { return site.is_sampled(); });
    if (!sites.empty()) add(AttachMethod::kSampled, ProgramKind::kSampled, std::move(sites));
  }

  void iterators() {
    for (const uint32_t site : sites_of(ProbeType::kIter)) {
      AttachGroup& group = add(AttachMethod::kIterate, ProgramKind::kIterator, {site});
      group.request.guarded = false;
      group.attach_type = BPF_TRACE_ITER;
    }
  }

  // One program for all, unless their stacks differ.
  void user_functions() {
    const bool stack = ir::needs_of(function_).user_stack;
    CodeReader code;
    std::map<MissingCaller, std::vector<uint32_t>> by_caller;
    for (const uint32_t site : function_.sites) {
      const ProbeSite& where = program_.sites[site];
      if (!where.is_user_function()) continue;
      by_caller[stack ? code.missing_caller(where) : MissingCaller::kNo].push_back(site);
    }
    for (auto& [caller, sites] : by_caller) {
      AttachGroup& group = add(abilities_.uprobe_multi ? AttachMethod::kUprobeMulti : AttachMethod::kUprobe,
                               ProgramKind::kUserFunction, std::move(sites));
      group.request.missing_caller = caller;
      // The body of a loop over a map must not sleep: it runs in an RCU section.
      group.request.may_sleep =
          abilities_.sleepable_uprobes && reads_user_memory(function_) && !has_map_loop(function_);
      if (abilities_.uprobe_multi) group.attach_type = kUprobeMulti;
    }
  }

  void fired() {
    std::vector<uint32_t> sites = sites_where([](const ProbeSite& site) { return !is_attached(site); });
    if (sites.empty()) return;
    const bool several = sites.size() > 1;
    AttachGroup& group = add(AttachMethod::kRun, ProgramKind::kSyscall, std::move(sites));
    group.request.guarded = false;
    group.wants_cookie = false;
    if (several) group.request.site.reset();
  }

  const ir::Program& program_;
  const ir::Function& function_;
  const AttachAbilities& abilities_;
  bool site_matters_;
  std::vector<AttachGroup> groups_;
};

}  // namespace

AttachAbilities find_attach_abilities(const ir::Program& program, const EbpfOptions& options, const Tracefs* tracefs) {
  AttachAbilities abilities;
  const auto tracepoints = std::ranges::count(program.sites, ProbeType::kTracepoint, &ProbeSite::type);
  if (tracefs != nullptr && static_cast<size_t>(tracepoints) >= kDispatchFrom) {
    abilities.raw_cookies = kernel_has_raw_cookies();
    abilities.dynamic_events = read_dynamic_events(*tracefs);
  }
  if (std::any_of(program.sites.begin(), program.sites.end(),
                  [](const ProbeSite& site) { return site.is_user_function(); })) {
    abilities.uprobe_multi = options.uprobe_multi && kernel_has_uprobe_multi();
    abilities.sleepable_uprobes = kernel_has_sleepable_uprobes();
  }
  // One place alone has a kprobe, of which the kernel tells what it missed.
  const auto linkable = std::count_if(program.sites.begin(), program.sites.end(), [](const ProbeSite& site) {
    return site.is_kernel_function() && !site.entries.empty();
  });
  abilities.kprobe_multi = linkable > 1 && options.kprobe_multi && kernel_has_kprobe_multi();
  return abilities;
}

bool is_attached(const ProbeSite& site) {
  return site.type == ProbeType::kTracepoint || site.type == ProbeType::kRawTracepoint || site.is_user_function() ||
         site.is_kernel_function() || site.is_traced_function() || site.is_sampled() || site.type == ProbeType::kIter;
}

std::vector<AttachGroup> group_sites(const ir::Program& program, const ir::Function& function,
                                     const AttachAbilities& abilities) {
  return Grouping(program, function, abilities).run();
}

}  // namespace polytap::ebpf
