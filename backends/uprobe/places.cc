#include "backends/uprobe/places.h"

#include <asm/perf_regs.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/ir/captures.h"
#include "core/ir/function_needs.h"
#include "core/kernel/fetch_check.h"
#include "core/probe/own_probes.h"
#include "core/probe/registers.h"

namespace polytap::uprobe {
namespace {

struct RegisterRow {
  uint32_t bit;
  uint32_t offset;
};
// In the order of bits, which is the order of the samples.
constexpr std::array kRegisters = {
    RegisterRow{PERF_REG_X86_AX, registers::kAx},   RegisterRow{PERF_REG_X86_BX, registers::kBx},
    RegisterRow{PERF_REG_X86_CX, registers::kCx},   RegisterRow{PERF_REG_X86_DX, registers::kDx},
    RegisterRow{PERF_REG_X86_SI, registers::kSi},   RegisterRow{PERF_REG_X86_DI, registers::kDi},
    RegisterRow{PERF_REG_X86_BP, registers::kBp},   RegisterRow{PERF_REG_X86_SP, registers::kSp},
    RegisterRow{PERF_REG_X86_IP, registers::kIp},   RegisterRow{PERF_REG_X86_FLAGS, registers::kFlags},
    RegisterRow{PERF_REG_X86_CS, registers::kCs},   RegisterRow{PERF_REG_X86_SS, registers::kSs},
    RegisterRow{PERF_REG_X86_R8, registers::kR8},   RegisterRow{PERF_REG_X86_R9, registers::kR9},
    RegisterRow{PERF_REG_X86_R10, registers::kR10}, RegisterRow{PERF_REG_X86_R11, registers::kR11},
    RegisterRow{PERF_REG_X86_R12, registers::kR12}, RegisterRow{PERF_REG_X86_R13, registers::kR13},
    RegisterRow{PERF_REG_X86_R14, registers::kR14}, RegisterRow{PERF_REG_X86_R15, registers::kR15},
};
static_assert(kStackPointerMask == uint64_t{1} << PERF_REG_X86_SP);

bool runs_here(const ProbeSite& site) { return is_own_probe(site); }

bool is_traced(const ir::Program& program, const ir::Function& function) {
  return std::ranges::any_of(function.sites, [&](uint32_t site) { return !runs_here(program.sites[site]); });
}

std::optional<std::string_view> why_not_builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kUid:
      return "perf's samples do not carry the thread's uid";
    case Builtin::kGid:
      return "perf's samples do not carry the thread's gid";
    case Builtin::kParentPid:
      return "perf's samples do not carry the pid of the process's parent";
    case Builtin::kCgroup:
      return "perf's samples do not carry the thread's cgroup in the hierarchy of version 2 (cgroup)";
    case Builtin::kJiffies:
      return "perf's samples do not carry jiffies";
    case Builtin::kCurrentTask:
      return "perf's samples do not carry the address of the task_struct (curtask)";
    default:
      return std::nullopt;
  }
}

std::string kernel_memory_reason(std::string_view what) {
  return fmt::format("{} reads kernel memory, which a user function probe without BPF cannot fetch", what);
}

std::string late_reason(std::string_view what) {
  return fmt::format("{} must happen at the event, and one of perf's samples is looked at later", what);
}

std::optional<std::string> why_not_operation(const ir::Operation& operation, bool traced) {
  using Reason = std::optional<std::string>;
  const auto memory = [&](std::string_view what, AddressSpace space) -> Reason {
    if (!traced) {
      return fmt::format("{} reads memory in BEGIN, END or interval, where the uprobe backend has no process to read",
                         what);
    }
    if (space == AddressSpace::kKernel) return kernel_memory_reason(what);
    return std::nullopt;
  };
  return std::visit(ir::Overloaded{
                        [&](const ir::ReadString& op) { return memory("str()", op.space); },
                        [&](const ir::ReadBuffer& op) { return memory("buf()", op.space); },
                        [&](const ir::ReadMemory& op) { return memory("this expression", op.space); },
                        [&](const ir::ReadStack& op) -> Reason {
                          if (op.space == AddressSpace::kKernel)
                            return "kstack: a user function has no kernel stack below it";
                          return std::nullopt;
                        },
                        [&](const ir::ReadBuiltin& op) -> Reason {
                          const auto why = why_not_builtin(op.what);
                          const bool known_here = op.what == ir::Builtin::kUid || op.what == ir::Builtin::kGid ||
                                                  op.what == ir::Builtin::kParentPid;
                          if (!why || (!traced && known_here)) return std::nullopt;
                          return std::string(*why);
                        },
                        [](const ir::SendSignal&) -> Reason { return late_reason("signal()"); },
                        [](const ir::OverrideResult&) -> Reason { return late_reason("override()"); },
                        [](const ir::WriteMemory&) -> Reason { return late_reason("write_user()"); },
                        [](const ir::DecodeCall&) -> Reason { return late_reason("decode()"); },
                        [](const ir::Delay&) -> Reason { return late_reason("delay()"); },
                        [](const auto&) -> Reason { return std::nullopt; },
                    },
                    operation);
}

std::optional<Refusal> refusal_of(std::optional<FetchRefusal> refusal) {
  if (!refusal) return std::nullopt;
  return Refusal{std::move(refusal->reason), refusal->where};
}

std::optional<Refusal> check_sizes(const Place& place) {
  if (place.captures.captures().empty()) return std::nullopt;
  return refusal_of(check_fetch_sizes(place.captures.fields(), place.site->module.size(), place.site->name,
                                      place.captures.captures().front().span));
}

uint32_t stack_depth(const ir::Function& function) {
  uint32_t depth = 0;
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      if (const auto* stack = std::get_if<ir::ReadStack>(&instruction.operation)) depth = std::max(depth, stack->depth);
    }
  }
  return depth;
}

// What unwinding may need: all that functions save, and what code with its own rules uses.
uint64_t all_registers() {
  uint64_t mask = 0;
  for (const RegisterRow& row : kRegisters) mask |= uint64_t{1} << row.bit;
  return mask;
}

uint64_t registers_of(const ir::Function& function, const std::vector<ir::Capture>& captures) {
  const ir::FunctionNeeds needs = ir::needs_of(function);
  // perf wants one at least.
  uint64_t mask = (uint64_t{1} << PERF_REG_X86_IP) | kStackPointerMask;
  for (const RegisterRow& row : kRegisters) {
    const bool starts_capture = std::ranges::any_of(captures, [&](const ir::Capture& capture) {
      return !capture.address.is_absolute && capture.address.context_offset == row.offset;
    });
    if (starts_capture || needs.touches(row.offset, row.offset + 8)) mask |= uint64_t{1} << row.bit;
  }
  return mask;
}

}  // namespace

std::vector<Place> find_places(const ir::Program& program) {
  std::vector<Place> places;
  std::vector<std::vector<ir::Capture>> captures;
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    const ir::Function& body = program.functions[function];
    if (!is_traced(program, body)) continue;
    const ir::Captures found = ir::find_captures(program, body);
    for (const uint32_t index : body.sites) {
      const ProbeSite& site = program.sites[index];
      if (!site.is_user_function()) continue;
      auto place = std::ranges::find_if(places, [&](const Place& other) {
        return other.site->is_return() == site.is_return() && other.site->file_offset == site.file_offset &&
               other.site->module == site.module;
      });
      if (place == places.end()) {
        place = places.insert(places.end(), Place{});
        place->site = &site;
        captures.emplace_back();
      }
      if (std::ranges::none_of(place->hooks, [&](const Hook& hook) { return hook.site == index; })) place->sites++;
      place->hooks.push_back({function, index});
      place->registers |= registers_of(body, found.captures);
      place->stack_depth = std::max(place->stack_depth, stack_depth(body));
      if (place->unwinds()) place->registers = all_registers();
      merge_captures(captures[static_cast<size_t>(place - places.begin())], found.captures);
    }
  }
  for (size_t i = 0; i < places.size(); ++i) places[i].captures = CaptureLayout(std::move(captures[i]));
  return places;
}

std::optional<Refusal> check_program(const ir::Program& program) {
  for (const ProbeSite& site : program.sites) {
    if (runs_here(site) || site.is_user_function()) continue;
    return Refusal{
        fmt::format("{}: the uprobe backend runs uprobe, uretprobe, interval, BEGIN and END probes", site.name), {}};
  }
  for (const ir::Function& function : program.functions) {
    const bool traced = is_traced(program, function);
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (const auto reason = why_not_operation(instruction.operation, traced)) {
          return Refusal{fmt::format("{}: {}", function.name, *reason), instruction.span};
        }
      }
    }
    if (!traced) continue;
    if (auto refusal = refusal_of(check_fetches(ir::find_captures(program, function), function.name))) return refusal;
  }
  for (const Place& place : find_places(program)) {
    if (auto refusal = check_sizes(place)) return refusal;
  }
  return std::nullopt;
}

void fill_registers(uint64_t mask, Bytes words, std::span<std::byte> context) {
  std::ranges::fill(context, std::byte{0});
  std::ranges::fill(context.subspan(registers::kOrigAx, 8), std::byte{0xff});
  size_t at = 0;
  for (const RegisterRow& row : kRegisters) {
    if ((mask >> row.bit & 1) == 0) continue;
    if (at + 8 > words.size()) return;
    std::memcpy(context.data() + row.offset, words.data() + at, 8);
    at += 8;
  }
}

}  // namespace polytap::uprobe
