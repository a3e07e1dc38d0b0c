// What the kernel alone takes for the scripts of `bench/run startup`: this program makes their maps and programs, whose
// bodies do nothing, attaches them as polytap does and prints "tick". It reads no script, names no symbol, unwinds no
// stack and prints no event: no tracer starts sooner.
//
// Usage: least_startup NAME [NUMBER...]; the numbers are of tracepoints, or an offset in libc.
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <vector>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kEntries = 4096;
constexpr char kLibc[] = "/lib/x86_64-linux-gnu/libc.so.6";

UniqueFd load_empty(bpf_prog_type type) {
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  const auto finished = code.finish();
  if (!finished) return UniqueFd();
  return load_program({.type = type, .name = "least", .instructions = finished->instructions});
}

bool attach_to_event(perf_event_attr attributes, int cpu, const UniqueFd& program, std::vector<UniqueFd>& kept) {
  attributes.size = sizeof attributes;
  kept.emplace_back(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  const int event = kept.back().get();
  return kept.back().valid() && ioctl(event, PERF_EVENT_IOC_SET_BPF, program.get()) == 0 &&
         ioctl(event, PERF_EVENT_IOC_ENABLE, 0) == 0;
}

bool count_calls(std::vector<UniqueFd>& kept) {
  kept.push_back(create_map({BPF_MAP_TYPE_PERCPU_HASH, "least", 16, 8, kEntries}));
  const UniqueFd program = load_empty(BPF_PROG_TYPE_RAW_TRACEPOINT);
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.raw_tracepoint.name = reinterpret_cast<uint64_t>("sys_enter");
  attributes.raw_tracepoint.prog_fd = static_cast<uint32_t>(program.get());
  kept.emplace_back(
      static_cast<int>(syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof attributes)));
  return kept.front().valid() && kept.back().valid();
}

bool tracepoints(const std::vector<uint64_t>& numbers, std::vector<UniqueFd>& kept) {
  kept.push_back(create_map({BPF_MAP_TYPE_HASH, "least", 8, 8, kEntries}));
  bool attached = kept.front().valid();
  for (const uint64_t number : numbers) {
    const UniqueFd program = load_empty(BPF_PROG_TYPE_TRACEPOINT);
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = number;
    attributes.sample_period = 1;
    attached = attach_to_event(attributes, 0, program, kept) && attached;
  }
  return attached;
}

bool function_of_libc(uint64_t offset, std::vector<UniqueFd>& kept) {
  const UniqueFd program = load_empty(BPF_PROG_TYPE_KPROBE);
  perf_event_attr attributes{};
  std::ifstream("/sys/bus/event_source/devices/uprobe/type") >> attributes.type;
  attributes.config1 = reinterpret_cast<uint64_t>(kLibc);
  attributes.config2 = offset;
  return attach_to_event(attributes, 0, program, kept);
}

bool sample_stacks(std::vector<UniqueFd>& kept) {
  kept.push_back(create_map({BPF_MAP_TYPE_STACK_TRACE, "least", 4, 127 * 8, kEntries}));
  kept.push_back(create_map({BPF_MAP_TYPE_PERCPU_HASH, "least", 32, 8, kEntries}));
  const UniqueFd program = load_empty(BPF_PROG_TYPE_PERF_EVENT);
  bool attached = kept.back().valid();
  for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); ++cpu) {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_CPU_CLOCK;
    attributes.freq = 1;
    attributes.sample_freq = 99;
    attached = attach_to_event(attributes, static_cast<int>(cpu), program, kept) && attached;
  }
  return attached;
}

int run(std::string_view name, const std::vector<uint64_t>& numbers) {
  std::vector<UniqueFd> kept;
  bool attached = name == "BEGIN";
  if (name == "system calls by command") attached = count_calls(kept);
  if (name == "opened files") attached = tracepoints(numbers, kept);
  if (name == "sizes of malloc" && numbers.size() == 1) attached = function_of_libc(numbers.front(), kept);
  if (name == "stacks by time") attached = sample_stacks(kept);
  std::puts(attached ? "tick" : "not attached");
  std::fflush(stdout);
  pause();
  return 0;
}

}  // namespace
}  // namespace polytap::ebpf

int main(int argc, char** argv) {
  std::vector<uint64_t> numbers;
  for (int i = 2; i < argc; ++i) numbers.push_back(std::strtoull(argv[i], nullptr, 0));
  return polytap::ebpf::run(argc > 1 ? argv[1] : "", numbers);
}
