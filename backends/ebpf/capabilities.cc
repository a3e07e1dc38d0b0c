#include "backends/ebpf/capabilities.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "backends/ebpf/bytecode.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {
namespace {

constexpr const char* kRemedy =
    "run polytap with sudo, or once `sudo setcap cap_bpf,cap_perfmon,cap_dac_read_search+ep $(command -v polytap)`";

uint64_t effective_capabilities() {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return 0;
  return data[0].effective | uint64_t{data[1].effective} << 32;
}

bool has(uint64_t capabilities, int capability) { return (capabilities >> capability & 1) != 0; }

int load(const Bytecode& code) {
  return bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "polytap_test", "GPL", code.instructions.data(),
                       code.instructions.size(), nullptr);
}

}  // namespace

std::optional<std::string> why_unusable() {
  const uint64_t capabilities = effective_capabilities();
  if (!has(capabilities, CAP_SYS_ADMIN)) {
    std::string missing;
    if (!has(capabilities, CAP_BPF)) missing = "CAP_BPF";
    if (!has(capabilities, CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
    if (!missing.empty()) return fmt::format("eBPF needs {}; {}", missing, kRemedy);
  }
  const UniqueFd ring(
      bpf_map_create(BPF_MAP_TYPE_RINGBUF, "polytap_test", 0, 0, static_cast<uint32_t>(sysconf(_SC_PAGESIZE)), nullptr));
  if (!ring.valid()) {
    const int code = errno;
    if (code == EPERM) return fmt::format("the kernel refuses eBPF to this process (seccomp or lockdown); {}", kRemedy);
    if (code == ENOSYS) return "this kernel is built without eBPF (CONFIG_BPF_SYSCALL)";
    if (code == EINVAL) return "this kernel has no BPF ring buffers; eBPF needs Linux 5.8 or newer";
    return Error::from_errno("the kernel refuses a BPF ring buffer", code).message();
  }
  return std::nullopt;
}

bool kernel_has_may_goto() {
  Assembler code;
  const Label out = code.new_label();
  code.move(Reg::k0, 0);
  code.may_leave_loop(out);
  code.bind(out);
  code.exit();
  auto finished = code.finish();
  return finished.ok() && UniqueFd(load(*finished)).valid();
}

}  // namespace polytap::ebpf
