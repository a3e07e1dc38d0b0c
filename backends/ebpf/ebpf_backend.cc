#include "backends/ebpf/ebpf_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "backends/ebpf/capabilities.h"
#include "backends/ebpf/first_instruction.h"
#include "backends/ebpf/frame_layout.h"
#include "backends/ebpf/iterators.h"
#include "backends/ebpf/probe_pmu.h"
#include "backends/ebpf/sampled_events.h"
#include "backends/ebpf/seq_file.h"
#include "backends/ebpf/session.h"
#include "backends/ebpf/tracing_target.h"
#include "core/ir/function_needs.h"
#include "core/kernel/pid_namespace.h"
#include "core/probe/cost_model.h"

namespace polytap {
namespace {

// Instructions reach 16 bits; larger records cannot be addressed.
constexpr uint32_t kMaxRecord = 32000;

// read_string holds the hashing of the kilobyte of key that a string mostly becomes.
constexpr CostModel kCosts = {.tracepoint = 55,
                              .raw_tracepoint = 35,
                              .kernel_function = 150,
                              .kernel_return = 300,
                              .traced_function = 50,
                              .user_function = 1'500,
                              .user_return = 2'500,
                              .sampled = 500,
                              .step = 0.5,
                              .builtin = 6,
                              .map_read = 20,
                              .map_write = 50,
                              .aggregate = 25,
                              .map_length = 5'000,
                              .read_memory = 20,
                              .read_string = 350,
                              .stack = 400,
                              .emit = 120};

std::optional<std::string> why_not_site(const ProbeSite& site) {
  switch (site.type) {
    case ProbeType::kBegin:
    case ProbeType::kEnd:
    case ProbeType::kInterval:
    case ProbeType::kSelf:
    case ProbeType::kTest:
    case ProbeType::kBench:
    case ProbeType::kTracepoint:
    case ProbeType::kRawTracepoint:
      return std::nullopt;
    case ProbeType::kKprobe:
    case ProbeType::kKretprobe:
    case ProbeType::kUprobe:
    case ProbeType::kUretprobe:
    case ProbeType::kUsdt:
      return ebpf::why_no_function_probes(site.type);
    case ProbeType::kFentry:
    case ProbeType::kFexit:
      return ebpf::why_no_tracing();
    case ProbeType::kProfile:
    case ProbeType::kSoftware:
    case ProbeType::kHardware:
    case ProbeType::kWatchpoint:
      return ebpf::why_not_sampled(site);
    case ProbeType::kIter:
      return ebpf::why_no_iterator(site);
    default:
      return fmt::format("the ebpf backend does not run {}", site.name);
  }
}

bool on_tracepoint(const ir::Program& program, const ir::Function& function) {
  for (const uint32_t site : function.sites) {
    if (program.sites[site].type == ProbeType::kTracepoint) return true;
  }
  return false;
}

// A tracepoint's BPF context lacks the record's first 8 bytes; of them only common_pid can be had.
std::optional<std::string> why_not_operation(const ir::Function& function, const ir::Operation& operation,
                                             bool tracepoint) {
  constexpr const char* kCommon = "{}: eBPF programs do not see a record's common fields except common_pid";
  if (const auto* load = std::get_if<ir::ContextLoad>(&operation)) {
    if (tracepoint && load->offset < 8 && (load->offset != 4 || load->size != 4)) {
      return fmt::format(kCommon, function.name);
    }
  } else if (const auto* copy = std::get_if<ir::ContextCopy>(&operation)) {
    if (tracepoint && copy->offset < 8) return fmt::format(kCommon, function.name);
  } else if (const auto* emit = std::get_if<ir::Emit>(&operation)) {
    if (ebpf::record_capacity(*emit) > kMaxRecord) {
      return fmt::format("{}: a record of up to {} bytes is emitted, the ebpf backend takes {}; lower max_strlen",
                         function.name, ebpf::record_capacity(*emit), kMaxRecord);
    }
  } else if (std::holds_alternative<ir::DecodeCall>(operation)) {
    return fmt::format(
        "{}: decode() shows what a call's arguments point to, which the ebpf backend does not capture; ptrace (-b "
        "ptrace) "
        "reads it, for a command (-c) or a process (-p)",
        function.name);
  }
  return std::nullopt;
}

bool has_operation(const ir::Function& function, bool (*is)(const ir::Operation&)) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      if (is(instruction.operation)) return true;
    }
  }
  return false;
}

// Changing the process needs more of the kernel than looking at it.
std::optional<std::string> why_not_actions(const ir::Program& program) {
  for (const ir::Function& function : program.functions) {
    if (has_operation(function, [](const ir::Operation& op) { return std::holds_alternative<ir::WriteMemory>(op); })) {
      if (auto reason = ebpf::why_no_user_writes()) return fmt::format("{}: {}", function.name, *reason);
    }
    if (has_operation(function, [](const ir::Operation& op) { return std::holds_alternative<ir::Delay>(op); })) {
      return fmt::format(
          "{}: delay() makes a thread wait, which no eBPF program can; ptrace (-b ptrace) can, for a command (-c) or a "
          "process (-p)",
          function.name);
    }
    if (!has_operation(function,
                       [](const ir::Operation& op) { return std::holds_alternative<ir::OverrideResult>(op); })) {
      continue;
    }
    for (const uint32_t site : function.sites) {
      if (program.sites[site].type == ProbeType::kKprobe) continue;
      return fmt::format(
          "{}: eBPF can override what kernel functions return (kprobe), not what comes behind this probe; ptrace (-b "
          "ptrace) can at system calls of a command (-c) or a process (-p)",
          program.sites[site].name);
    }
    if (auto reason = ebpf::why_no_override()) return fmt::format("{}: {}", function.name, *reason);
  }
  return std::nullopt;
}

// Not one of the places that the user asked for may be missing from an answer without a word.
std::optional<std::string> why_not_places(const ir::Program& program) {
  ebpf::CodeReader code;
  std::string first;
  size_t count = 0;
  for (const ProbeSite& site : program.sites) {
    if (!site.is_user_function() || !code.takes_no_uprobe(site)) continue;
    if (count++ == 0) first = site.name;
  }
  if (count == 0) return std::nullopt;
  return fmt::format(
      "the kernel puts no uprobe on AVX and lock instructions, with which {} begins{}; name other functions, or trace "
      "a "
      "command (-c) or a process (-p) by ptrace, which can",
      first, count == 1 ? "" : fmt::format(", and {} more", count - 1));
}

std::optional<std::string> why_not_program(const ir::Program& program) {
  std::optional<ProbeType> last;  // a glob's sites are many and alike
  for (const ProbeSite& site : program.sites) {
    if (last == site.type && !site.is_sampled()) continue;
    last = site.type;
    if (auto reason = why_not_site(site)) return reason;
  }
  if (auto reason = why_not_places(program)) return reason;
  for (const ir::Function& function : program.functions) {
    const bool tracepoint = on_tracepoint(program, function);
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (auto reason = why_not_operation(function, instruction.operation, tracepoint)) return reason;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> why_not_loops(const ir::Program& program, const EbpfOptions& options) {
  const auto loop = std::ranges::find_if(program.functions, ebpf::has_loop);
  if (loop == program.functions.end() || (options.loops && ebpf::kernel_has_loops())) return std::nullopt;
  return fmt::format(
      "{} has a loop, which eBPF programs can have since Linux 5.17 (bpf_loop), and this kernel is older; unroll(N) "
      "with a constant needs none",
      loop->name);
}

// A program reaches 64 maps at most (MAX_USED_MAPS in kernel/bpf/verifier.c), some of which are polytap's own.
std::optional<std::string> why_not_maps(const ir::Program& program) {
  constexpr size_t kMostMaps = 48;
  for (const ir::Function& function : program.functions) {
    std::set<ir::MapId> used;
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        std::visit(
            [&](const auto& operation) {
              if constexpr (requires { ir::MapId{operation.map}; }) used.insert(operation.map);
            },
            instruction.operation);
      }
    }
    if (used.size() <= kMostMaps) continue;
    return fmt::format("{} uses {} maps, and an eBPF program can use {}; split it into several probes", function.name,
                       used.size(), kMostMaps);
  }
  return std::nullopt;
}

// An address of programs means something else in each of them.
std::optional<std::string> why_not_target(const ir::Program& program, const Target& target) {
  if (!target.system_wide()) {
    if (!own_pid_namespace()) return std::nullopt;
    return "polytap runs in a pid namespace of its own, and what the kernel tells of new processes has the first one's "
           "numbers: children could not be followed (start the container with the host's pid namespace, or ask "
           "system-wide: -a)";
  }
  for (const ProbeSite& site : program.sites) {
    if (site.type != ProbeType::kWatchpoint || static_cast<int64_t>(site.sampled.address) < 0) continue;
    return fmt::format("{} watches an address of a program: name the process (-p) or the command (-c)", site.name);
  }
  return std::nullopt;
}

// Only programs on user functions may wait for a page.
bool may_meet_absent_pages(const ir::Program& program) {
  return std::any_of(program.functions.begin(), program.functions.end(), [&](const ir::Function& function) {
    return ir::needs_of(function).user_memory &&
           std::any_of(function.sites.begin(), function.sites.end(),
                       [&](uint32_t site) { return !program.sites[site].is_user_function(); });
  });
}

class EbpfBackend : public Backend {
 public:
  explicit EbpfBackend(EbpfOptions options) : options_(options) {}

  std::string_view name() const override { return "ebpf"; }

  Verdict can_run(const ir::Program& program, const Target& target) const override {
    Verdict verdict;
    verdict.cost_ns = cost_of(kCosts, program);
    auto reason = why_not_target(program, target);
    if (!reason) reason = why_not_program(program);
    if (!reason) reason = ebpf::why_unusable();
    if (!reason) reason = why_not_loops(program, options_);
    if (!reason) reason = why_not_actions(program);
    if (!reason) reason = why_not_maps(program);
    verdict.possible = !reason;
    if (reason) verdict.reason = *reason;
    if (verdict.possible) {
      if (const auto refused = ebpf::why_not_in_file(program)) {
        verdict.possible = false;
        verdict.reason = refused->reason;
        verdict.where = refused->where;
      }
    }
    if (verdict.possible && may_meet_absent_pages(program)) {
      verdict.notes.emplace_back(
          "user memory that nobody has touched yet cannot be read from here: it is empty, and counted (-v)");
    }
    return verdict;
  }

  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target& target) override {
    if (auto reason = why_not_program(program)) return Error(*reason);
    if (auto reason = why_not_maps(program)) return Error(*reason);
    if (auto refused = ebpf::why_not_in_file(program)) return Error(refused->reason);
    return ebpf::EbpfSession::create(program, target, options_);
  }

 private:
  EbpfOptions options_;
};

}  // namespace

std::unique_ptr<Backend> make_ebpf_backend(EbpfOptions options) { return std::make_unique<EbpfBackend>(options); }

}  // namespace polytap
