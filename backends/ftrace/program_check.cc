#include "backends/ftrace/program_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "backends/ftrace/fetch_events.h"
#include "core/ir/captures.h"
#include "core/ir/function_needs.h"
#include "core/kernel/fetch_check.h"
#include "core/probe/own_probes.h"

namespace polytap::ftrace {
namespace {

bool runs_here(const ProbeSite& site) { return is_own_probe(site); }

// The first site of FUNCTION that is not run in this process; null when it has none.
const ProbeSite* traced_site(const ir::Program& program, const ir::Function& function) {
  for (const uint32_t site : function.sites) {
    if (!runs_here(program.sites[site])) return &program.sites[site];
  }
  return nullptr;
}

std::string_view space_name(AddressSpace space) { return space == AddressSpace::kKernel ? "kernel" : "user"; }

std::string pointer_reason(std::string_view what, AddressSpace space) {
  return fmt::format(
      "{} reads {} memory through a pointer, which an ftrace record does not carry and which cannot be read after the "
      "event; it takes an event probe with a fetch argument, which this kernel lacks (Linux 5.15, "
      "CONFIG_EPROBE_EVENTS, "
      "before 6.17 CONFIG_PROBE_EVENTS: 'e:' in dynamic_events)",
      what, space_name(space));
}

std::optional<std::string> why_not_builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kUid:
    case Builtin::kGid:
      return "an ftrace record does not carry the thread's uid and gid";
    case Builtin::kParentPid:
      return "an ftrace record does not carry the pid of the process's parent";
    case Builtin::kCgroup:
      return "an ftrace record does not carry the thread's cgroup";
    case Builtin::kJiffies:
      return "an ftrace record does not carry jiffies";
    case Builtin::kCurrentTask:
      return "an ftrace record does not carry the address of the task_struct (curtask)";
    default:
      return std::nullopt;
  }
}

std::string late_reason(std::string_view what) {
  return fmt::format("{} must happen at the event, and an ftrace record is looked at later", what);
}

std::optional<std::string> why_not_operation(const ir::Operation& operation) {
  using Reason = std::optional<std::string>;
  return std::visit(ir::Overloaded{
                        [](const ir::ReadString& op) -> Reason { return pointer_reason("str()", op.space); },
                        [](const ir::ReadBuffer& op) -> Reason { return pointer_reason("buf()", op.space); },
                        [](const ir::ReadMemory& op) -> Reason { return pointer_reason("this expression", op.space); },
                        [](const ir::ReadStack& op) -> Reason {
                          if (op.space == AddressSpace::kKernel) return std::nullopt;
                          return "ustack: an ftrace record carries no user stack, nor the mappings that would name it";
                        },
                        [](const ir::ReadBuiltin& op) -> Reason { return why_not_builtin(op.what); },
                        [](const ir::SendSignal&) -> Reason { return late_reason("signal()"); },
                        [](const ir::OverrideResult&) -> Reason { return late_reason("override()"); },
                        [](const ir::WriteMemory&) -> Reason { return late_reason("write_user()"); },
                        [](const ir::DecodeCall&) -> Reason { return late_reason("decode()"); },
                        [](const ir::Delay&) -> Reason { return late_reason("delay()"); },
                        [](const auto&) -> Reason { return std::nullopt; },
                    },
                    operation);
}

bool reads_memory(const ir::Operation& operation) {
  return std::holds_alternative<ir::ReadString>(operation) || std::holds_alternative<ir::ReadBuffer>(operation) ||
         std::holds_alternative<ir::ReadMemory>(operation);
}

// BEGIN, END and interval run in this process, whose own uid and gid are known.
bool allowed_here(const ir::Operation& operation) {
  const auto* read = std::get_if<ir::ReadBuiltin>(&operation);
  return read != nullptr &&
         (read->what == ir::Builtin::kUid || read->what == ir::Builtin::kGid || read->what == ir::Builtin::kParentPid);
}

}  // namespace

std::optional<Refusal> check_program(const ir::Program& program, const std::function<bool()>& has_event_probes) {
  for (const ProbeSite& site : program.sites) {
    if (!runs_here(site) && site.type != ProbeType::kTracepoint && !site.is_kernel_function()) {
      return Refusal{
          fmt::format("{}: the ftrace backend runs tracepoint, kprobe, kretprobe, interval, BEGIN and END probes",
                      site.name),
          {}};
    }
  }
  for (const ir::Function& function : program.functions) {
    const ProbeSite* traced = traced_site(program, function);
    const bool on_tracepoint = std::ranges::any_of(
        function.sites, [&](uint32_t site) { return program.sites[site].type == ProbeType::kTracepoint; });
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (traced == nullptr && allowed_here(instruction.operation)) continue;
        if (traced == nullptr && std::holds_alternative<ir::ReadStack>(instruction.operation)) {
          return Refusal{fmt::format("{}: no event is recorded here that could carry a stack", function.name),
                         instruction.span};
        }
        // What is fetched is checked by place, below.
        const bool reads = traced != nullptr && reads_memory(instruction.operation);
        if (reads && (!on_tracepoint || has_event_probes())) continue;
        if (const auto reason = why_not_operation(instruction.operation)) {
          return Refusal{fmt::format("{}: {}", function.name, *reason), instruction.span};
        }
      }
    }
  }
  for (const FetchPlace& place : fetch_places(program)) {
    if (auto refusal = place.event.check()) return Refusal{std::move(refusal->reason), refusal->where};
  }
  return std::nullopt;
}

bool needs_stacks(const ir::Program& program) {
  return std::ranges::any_of(program.functions, [&](const ir::Function& function) {
    return traced_site(program, function) != nullptr && ir::needs_of(function).kernel_stack;
  });
}

bool needs_tasks(const ir::Program& program) {
  return std::ranges::any_of(program.functions, [&](const ir::Function& function) {
    if (traced_site(program, function) == nullptr) return false;
    const ir::FunctionNeeds needs = ir::needs_of(function);
    return needs.comm || needs.kernel_stack || needs.uses(ir::Builtin::kPid);
  });
}

}  // namespace polytap::ftrace
