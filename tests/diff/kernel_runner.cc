#include "tests/diff/kernel_runner.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/globals.h"
#include "backends/ebpf/loader.h"
#include "backends/ebpf/maps.h"
#include "backends/ebpf/ring.h"
#include "core/base/check.h"
#include "core/ir/interpreter.h"

namespace polytap::test {
namespace {

constexpr uint32_t kScratchBytes = 32 << 10;  // at least

class RecordCollector : public EventSink {
 public:
  explicit RecordCollector(Outcome& outcome) : outcome_(outcome) {}
  void record(const EmittedRecord& record) override {
    outcome_.emitted.emplace_back(record.emit, Bytes(record.payload.begin(), record.payload.end()));
  }
  void exit_requested(int code) override { outcome_.exit_code = code; }

 private:
  Outcome& outcome_;
};

template <typename T>
T expect(Result<T> result) {
  if (!result.ok()) fmt::print(stderr, "{}\n", result.error().message());
  CHECK(result.ok());
  return std::move(result).value();
}

uint64_t verified_instructions(int program) {
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  CHECK(bpf_obj_get_info_by_fd(program, &info, &size) == 0);
  return info.verified_insns;
}

}  // namespace

std::string describe(const Outcome& outcome) {
  std::string text =
      fmt::format("exit {}, {} faults, {} lost updates\n",
                  outcome.exit_code ? std::to_string(*outcome.exit_code) : "no", outcome.faults, outcome.lost_updates);
  for (const auto& [emit, payload] : outcome.emitted) text += fmt::format("  emit {}: {}\n", emit, hex(payload));
  for (const auto& [key, value] : outcome.maps.entries()) {
    text += fmt::format("  map {} [{}] = {}\n", key.first, hex(key.second), hex(value));
  }
  return text;
}

struct KernelRunner::Parts {
  explicit Parts(const ir::Program& with_maps)
      : program(with_maps),
        globals(expect(ebpf::Globals::create(64 << 10))),
        maps(expect(ebpf::Maps::create(program, false))),
        data(expect(ebpf::Ring::create("polytap_data", 1 << 20, 1 << 20))),
        control(expect(ebpf::Ring::create("polytap_control", 1 << 16, 1 << 16))) {}

  Result<UniqueFd> load(const ir::Program& whole, const ir::Function& function,
                        const ebpf::CompileRequest& request) const {
    const ebpf::FunctionPlan plan = ebpf::plan_function(whole, function);
    CHECK(plan.frame.scratch_size <= scratch_bytes);
    ASSIGN_OR_RETURN(const ebpf::CompiledFunction compiled,
                     ebpf::FunctionCompiler(whole, function, plan, environment, request).compile());
    return ebpf::load_program({request.kind, "GPL", function.name}, compiled);
  }

  ir::Program program;  // the maps refer to it
  ebpf::Globals globals;
  ebpf::Maps maps;
  ebpf::Ring data;
  ebpf::Ring control;
  UniqueFd scratch;
  uint64_t verified = 0;
  uint32_t scratch_bytes = kScratchBytes;
  ebpf::CompileEnvironment environment;
};

KernelRunner::KernelRunner(const ir::Program& program) : parts_(std::make_unique<Parts>(program)) {
  Parts& parts = *parts_;
  for (const ir::Function& function : program.functions) {
    parts.scratch_bytes = std::max(parts.scratch_bytes, ebpf::plan_function(program, function).frame.scratch_size);
  }
  const uint32_t entries = parts.globals.layout().cpu_blocks * ebpf::kScratchEntries;
  parts.scratch =
      UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_scratch", 4, parts.scratch_bytes, entries, nullptr));
  CHECK(parts.scratch.valid());
  for (ir::MapId map = 0; map < program.maps.size(); ++map) {
    // Nobody else is there, so that every way of going about a map is as good as any.
    parts.environment.maps.push_back({parts.maps.fd(map),
                                      parts.maps.short_fd(map),
                                      parts.maps.form(map),
                                      {.exclusive = map % 2 != 0, .short_lived = map % 3 == 0}});
  }
  parts.environment.globals_fd = parts.globals.fd();
  parts.environment.globals = parts.globals.layout();
  parts.environment.cpus = static_cast<uint32_t>(libbpf_num_possible_cpus());
  parts.environment.scratch_fd = parts.scratch.get();
  parts.environment.data_ring_fd = parts.data.fd();
  parts.environment.control_ring_fd = parts.control.fd();
}

KernelRunner::~KernelRunner() = default;

Result<Outcome> KernelRunner::run(const ir::Program& program, Bytes context) {
  const ebpf::CompileRequest request{
      .kind = ebpf::ProgramKind::kSyscall, .site = 0, .guarded = false, .syscall_sites_fd = -1};
  std::vector<UniqueFd> loaded;
  for (const ir::Function& function : program.functions) {
    ASSIGN_OR_RETURN(loaded.emplace_back(), parts_->load(program, function, request));
  }
  parts_->verified = 0;
  for (const UniqueFd& function : loaded) parts_->verified += verified_instructions(function.get());
  const Losses before = parts_->globals.losses();
  Outcome outcome;
  RecordCollector collector(outcome);
  for (const UniqueFd& function : loaded) {
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context.data(),
                .ctx_size_in = static_cast<uint32_t>(context.size()));
    if (bpf_prog_test_run_opts(function.get(), &options) != 0) return Error::from_errno("run the program");
    ebpf::RecordMerger(&parts_->data, &parts_->control, false).drain(collector, true);
    if (outcome.exit_code) break;
  }
  const Losses after = parts_->globals.losses();
  outcome.faults = after.faults - before.faults;
  outcome.lost_updates = after.updates - before.updates;
  for (ir::MapId map = 0; map < program.maps.size(); ++map) {
    TRY(parts_->maps.read(map, outcome.maps, ebpf::Maps::Reading::kTake));
  }
  return outcome;
}

uint64_t KernelRunner::verified() const { return parts_->verified; }

Status KernelRunner::load_as_tracepoints(const ir::Program& program) {
  for (const ir::Function& function : program.functions) {
    if (program.sites[function.sites.front()].type != ProbeType::kTracepoint) continue;
    const ebpf::CompileRequest request{.kind = ebpf::ProgramKind::kTracepoint, .site = 0, .syscall_sites_fd = -1};
    TRY(parts_->load(program, function, request));
  }
  return {};
}

Outcome interpret(const ir::Program& program, Bytes context, std::span<const std::byte> memory) {
  TestMachine machine(program);
  machine.set_context(std::move(context));
  machine.add_memory(memory);
  for (const ir::Function& function : program.functions) {
    ir::Interpreter(program).run(function, machine);
    if (machine.exit_code()) break;
  }
  return {.maps = contents_of(machine.maps(), program.maps.size()),
          .emitted = machine.emitted(),
          .exit_code = machine.exit_code(),
          .faults = machine.faults(),
          .lost_updates = machine.maps().lost_updates()};
}

std::string kind_of_failure(const std::string& failure) {
  if (!failure.starts_with("rejected")) return failure.substr(0, failure.find(':'));
  std::string kind = failure.substr(failure.rfind(": "));
  std::erase_if(kind, [](char c) { return !std::isalpha(static_cast<unsigned char>(c)); });
  return kind;
}

}  // namespace polytap::test
