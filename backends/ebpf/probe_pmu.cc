#include "backends/ebpf/probe_pmu.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

namespace polytap::ebpf {
namespace {

constexpr const char* kDevices = "/sys/bus/event_source/devices";

}  // namespace

Result<ProbePmu> read_probe_pmu(const std::string& name) {
  const std::string folder = fmt::format("{}/{}", kDevices, name);
  ProbePmu pmu;
  std::ifstream type(folder + "/type");
  if (!(type >> pmu.type)) return Error(fmt::format("{}/type cannot be read", folder), ENOENT);
  // "config:0"
  std::ifstream format(folder + "/format/retprobe");
  std::string field;
  uint32_t bit = 0;
  if (!std::getline(format, field, ':') || field != "config" || !(format >> bit) || bit > 63) {
    return Error(fmt::format("{}/format/retprobe names no bit of config", folder), EINVAL);
  }
  pmu.return_flag = uint64_t{1} << bit;
  return pmu;
}

std::optional<std::string> why_no_function_probes(ProbeType type) {
  const bool user = type != ProbeType::kKprobe && type != ProbeType::kKretprobe;
  const auto pmu = read_probe_pmu(user ? "uprobe" : "kprobe");
  if (pmu) return std::nullopt;
  if (user) {
    return fmt::format("this kernel offers no uprobes to perf ({}); it needs Linux 4.17 with CONFIG_UPROBE_EVENTS",
                       pmu.error().message());
  }
  return fmt::format(
      "this kernel offers no kprobes to perf ({}); it needs CONFIG_KPROBES and CONFIG_KPROBE_EVENTS. Tracepoints may "
      "tell the same: polytap -l lists them",
      pmu.error().message());
}

}  // namespace polytap::ebpf
