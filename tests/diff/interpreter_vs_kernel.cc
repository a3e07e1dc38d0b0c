#include "tests/diff/interpreter_vs_kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "backends/ebpf/capabilities.h"
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/globals.h"
#include "backends/ebpf/loader.h"
#include "backends/ebpf/maps.h"
#include "backends/ebpf/ring.h"
#include "core/base/check.h"
#include "core/ir/interpreter.h"
#include "core/ir/optimize.h"
#include "core/ir/text.h"
#include "tests/support/random_program.h"
#include "tests/support/test_machine.h"

namespace polytap::test {
namespace {

constexpr uint32_t kReadableBytes = 1024;
constexpr uint32_t kMapEntries = 64;
constexpr uint32_t kScratchBytes = 32 << 10;
constexpr uint64_t kUnreadable = 0x10;  // the first page is never mapped

// All that a run leaves behind.
struct Outcome {
  MapContents maps;
  std::vector<std::pair<ir::EmitId, Bytes>> emitted;
  std::optional<int> exit_code;
  uint64_t faults = 0;
  uint64_t lost_updates = 0;
  bool operator==(const Outcome&) const = default;
};

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

ir::Program with_small_maps(ir::Program program) {
  for (ir::MapSpec& map : program.maps) map.max_entries = std::min(map.max_entries, kMapEntries);
  return program;
}

// The kernel side: maps and rings are made once, because every random program has the same.
class Kernel {
 public:
  explicit Kernel(const ir::Program& program)
      : program_(program),
        globals_(expect(ebpf::Globals::create(64 << 10))),
        maps_(expect(ebpf::Maps::create(program_))),
        data_(expect(ebpf::Ring::create("polytap_data", 1 << 20, 1 << 20))),
        control_(expect(ebpf::Ring::create("polytap_control", 1 << 16, 1 << 16))) {
    const uint32_t entries = globals_.layout().cpu_blocks * ebpf::kScratchEntries;
    scratch_ = UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_scratch", 4, kScratchBytes, entries, nullptr));
    CHECK(scratch_.valid());
    for (ir::MapId map = 0; map < program_.maps.size(); ++map) {
      // Nobody else is there, so that every way of going about a map is as good as any.
      environment_.maps.push_back(
          {maps_.fd(map), maps_.form(map), {.exclusive = map % 2 != 0, .short_lived = map % 3 == 0}});
    }
    environment_.globals_fd = globals_.fd();
    environment_.globals = globals_.layout();
    environment_.cpus = static_cast<uint32_t>(libbpf_num_possible_cpus());
    environment_.scratch_fd = scratch_.get();
    environment_.data_ring_fd = data_.fd();
    environment_.control_ring_fd = control_.fd();
  }

  Result<Outcome> run(const ir::Program& program, Bytes context) {
    const ir::Function& function = program.functions[0];
    const ebpf::FunctionPlan plan = ebpf::plan_function(program, function);
    CHECK(plan.frame.scratch_size <= kScratchBytes);
    const ebpf::CompileRequest request{
        .kind = ebpf::ProgramKind::kSyscall, .site = 0, .guarded = false, .syscall_sites_fd = -1};
    ASSIGN_OR_RETURN(const ebpf::CompiledFunction compiled,
                     ebpf::FunctionCompiler(program, function, plan, environment_, request).compile());
    ASSIGN_OR_RETURN(const UniqueFd loaded, ebpf::load_program({request.kind, "GPL", function.name}, compiled));
    const Losses before = globals_.losses();
    LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = context.data(),
                .ctx_size_in = static_cast<uint32_t>(context.size()));
    if (bpf_prog_test_run_opts(loaded.get(), &options) != 0) return Error::from_errno("run the program");
    const Losses after = globals_.losses();
    Outcome outcome;
    outcome.faults = after.faults - before.faults;
    outcome.lost_updates = after.updates - before.updates;
    RecordCollector collector(outcome);
    ebpf::RecordMerger(&data_, &control_, false).drain(collector, true);
    for (ir::MapId map = 0; map < program_.maps.size(); ++map) {
      TRY(maps_.snapshot(map, outcome.maps));
      TRY(maps_.clear(map));
    }
    return outcome;
  }

 private:
  template <typename T>
  static T expect(Result<T> result) {
    if (!result.ok()) fmt::print(stderr, "{}\n", result.error().message());
    CHECK(result.ok());
    return std::move(result).value();
  }

  ir::Program program_;
  ebpf::Globals globals_;
  ebpf::Maps maps_;
  ebpf::Ring data_;
  ebpf::Ring control_;
  UniqueFd scratch_;
  ebpf::CompileEnvironment environment_;
};

Outcome interpret(const ir::Program& program, Bytes context, std::span<const std::byte> memory) {
  TestMachine machine(program);
  machine.set_context(std::move(context));
  machine.add_memory(memory);
  ir::Interpreter(program).run(program.functions[0], machine);
  return {.maps = contents_of(machine.maps(), program.maps.size()),
          .emitted = machine.emitted(),
          .exit_code = machine.exit_code(),
          .faults = machine.faults(),
          .lost_updates = machine.maps().lost_updates()};
}

// Half of the programs go through the optimizer, as they do in practice.
bool is_optimized(uint64_t seed) { return seed % 2 == 0; }

std::string difference(Kernel& kernel, const ir::Program& program, uint64_t seed, std::span<const std::byte> memory) {
  const Bytes context = random_context(seed);
  Outcome expected = interpret(program, context, memory);
  Result<Outcome> actual = kernel.run(is_optimized(seed) ? ir::optimize(program) : program, context);
  // The optimizer drops reads that nobody looks at, and with them their faults.
  if (actual.ok() && is_optimized(seed)) expected.faults = actual->faults = 0;
  if (!actual) return "rejected: " + actual.error().message() + "\n";
  if (*actual == expected) return "";
  return "interpreter: " + describe(expected) + "kernel: " + describe(*actual);
}

// A smaller program must fail in the same way: the texts without their numbers and values.
std::string kind_of(const std::string& failure) {
  if (!failure.starts_with("rejected")) return failure.substr(0, failure.find(':'));
  std::string kind = failure.substr(failure.rfind(": "));
  std::erase_if(kind, [](char c) { return !std::isalpha(static_cast<unsigned char>(c)); });
  return kind;
}

bool has_loop(const ir::Function& function) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  std::vector<Mark> marks(function.blocks.size(), Mark::kNew);
  const std::function<bool(ir::BlockId)> leads_back = [&](ir::BlockId block) {
    if (marks[block] != Mark::kNew) return marks[block] == Mark::kOpen;
    marks[block] = Mark::kOpen;
    const ir::Terminator& end = function.blocks[block].end;
    bool found = false;
    if (const auto* jump = std::get_if<ir::Jump>(&end)) found = leads_back(jump->to);
    if (const auto* branch = std::get_if<ir::Branch>(&end)) {
      found = leads_back(branch->if_true) || leads_back(branch->if_false);
    }
    marks[block] = Mark::kDone;
    return found;
  };
  return leads_back(0);
}

}  // namespace

std::string compare_interpreter_with_kernel(const DiffOptions& options) {
  std::vector<std::byte> memory(kReadableBytes);
  RandomProgramOptions generator;
  generator.readable_address = reinterpret_cast<uint64_t>(memory.data());
  generator.readable_size = kReadableBytes;
  generator.unreadable_address = kUnreadable;
  generator.full_maps = true;
  generator.map_loops = true;
  const auto make = [&](uint64_t seed) {
    generator.operations = 20 + static_cast<uint32_t>(seed % 5) * 40;
    generator.max_blocks = 8 + static_cast<uint32_t>(seed % 3) * 8;
    return with_small_maps(random_program(seed, generator));
  };
  Kernel kernel(make(options.first_seed));
  for (uint64_t seed = options.first_seed; seed < options.first_seed + options.count; ++seed) {
    fill_readable(seed, memory);
    const ir::Program program = make(seed);
    const std::string failure = difference(kernel, program, seed, memory);
    if (failure.empty()) continue;
    const ir::Program smaller = shrink(program, [&](const ir::Program& candidate) {
      // Random programs have no loops; what got one on the way would go round a million times.
      return !has_loop(candidate.functions[0]) &&
             kind_of(difference(kernel, candidate, seed, memory)) == kind_of(failure);
    });
    return fmt::format("seed {}{}:\n{}\n{}", seed, is_optimized(seed) ? ", optimized" : "", ir::to_text(smaller),
                       difference(kernel, smaller, seed, memory));
  }
  return "";
}

}  // namespace polytap::test
