#include "backends/ebpf/capabilities.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/capabilities.h"

namespace polytap::ebpf {
namespace {

constexpr const char* kRemedy =
    "run polytap with sudo, or once `sudo setcap cap_bpf,cap_perfmon,cap_dac_read_search+ep $(command -v polytap)`";

bool loads(Assembler& code) {
  const auto finished = code.finish();
  return finished.ok() &&
         load_program({.type = BPF_PROG_TYPE_KPROBE, .name = "polytap_test", .instructions = finished->instructions})
             .valid();
}

}  // namespace

std::optional<std::string> why_unusable() {
  const Privileges privileges = current_privileges();
  if (!privileges.may_load_bpf()) {
    std::string missing = privileges.cap_bpf ? "" : "CAP_BPF";
    if (!privileges.cap_perfmon) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
    return fmt::format("eBPF needs {}; {}", missing, kRemedy);
  }
  const UniqueFd ring = create_map({.type = BPF_MAP_TYPE_RINGBUF,
                                    .name = "polytap_test",
                                    .key_size = 0,
                                    .entries = static_cast<uint32_t>(sysconf(_SC_PAGESIZE))});
  if (!ring.valid()) {
    const int code = errno;
    if (code == EPERM) return fmt::format("the kernel refuses eBPF to this process (seccomp or lockdown); {}", kRemedy);
    if (code == ENOSYS) return "this kernel is built without eBPF (CONFIG_BPF_SYSCALL)";
    if (code == EINVAL) return "this kernel has no BPF ring buffers; eBPF needs Linux 5.8 or newer";
    return Error::from_errno("the kernel refuses a BPF ring buffer", code).message();
  }
  return std::nullopt;
}

bool kernel_has_loops() { return libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_loop, nullptr) == 1; }

bool kernel_has_raw_cookies() {
  return libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_get_attach_cookie, nullptr) == 1;
}

std::optional<std::string> why_no_override() {
  Assembler code;
  code.move(Reg::k2, 0);
  code.call(BPF_FUNC_override_return);
  code.move(Reg::k0, 0);
  code.exit();
  if (loads(code)) return std::nullopt;
  return "this kernel is built without CONFIG_BPF_KPROBE_OVERRIDE: no eBPF program can change what a function returns";
}

std::optional<std::string> why_no_user_writes() {
  Assembler code;
  code.store(8, Reg::kFrame, -8, 0);
  code.move(Reg::k1, 0);
  code.move(Reg::k2, Reg::kFrame);
  code.alu(Alu::kAdd, Reg::k2, -8);
  code.move(Reg::k3, 8);
  code.call(BPF_FUNC_probe_write_user);
  code.move(Reg::k0, 0);
  code.exit();
  if (loads(code)) return std::nullopt;
  return "the kernel refuses eBPF programs that write to user memory (lockdown; see /sys/kernel/security/lockdown)";
}

bool kernel_has_sleepable_uprobes() {
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  const auto finished = code.finish();
  return finished.ok() && load_program({.type = BPF_PROG_TYPE_KPROBE,
                                        .name = "polytap_test",
                                        .instructions = finished->instructions,
                                        .flags = BPF_F_SLEEPABLE})
                              .valid();
}

}  // namespace polytap::ebpf
