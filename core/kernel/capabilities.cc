#include "core/kernel/capabilities.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"

namespace polytap {
namespace {

using State = CapabilityState;
constexpr const char* kBecomeRoot = "sudo polytap ...";

bool has_capability(cap_t set, cap_value_t which) {
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(set, which, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

std::optional<int> read_number(const std::string& path) {
  const Result<std::string> text = read_kernel_file(path);
  if (!text) return std::nullopt;
  int value = 0;
  if (std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

Capability user(const Privileges& privileges) {
  std::string held;
  for (const auto& [has, name] :
       {std::pair(privileges.cap_bpf, "cap_bpf"), std::pair(privileges.cap_perfmon, "cap_perfmon"),
        std::pair(privileges.cap_sys_admin, "cap_sys_admin"), std::pair(privileges.cap_sys_ptrace, "cap_sys_ptrace")}) {
    if (has) held += fmt::format("{}{}", held.empty() ? "" : ", ", name);
  }
  const std::string detail = fmt::format("uid {}; {}", privileges.uid, held.empty() ? "no capabilities" : held);
  if (privileges.may_load_bpf()) return {"user", State::kAvailable, detail, ""};
  return {"user", State::kLimited, detail + ": only your own processes can be traced, through ptrace", kBecomeRoot};
}

Capability kernel() {
  utsname name{};
  if (::uname(&name) != 0) return {"kernel", State::kMissing, "uname failed", ""};
  return {"kernel", State::kAvailable, fmt::format("{} {} {}", name.sysname, name.release, name.machine), ""};
}

Capability bpf(const SystemRoots& roots) {
  const std::string sysctl = roots.proc + "/sys/kernel/unprivileged_bpf_disabled";
  const std::optional<int> disabled = read_number(sysctl);
  const std::string setting = disabled ? fmt::format("unprivileged_bpf_disabled = {}", *disabled)
                                       : std::string("no unprivileged_bpf_disabled setting");
  const Status usable = bpf_usable();
  const bool may_load = current_privileges().may_load_bpf();
  if (usable.ok() && may_load) return {"bpf", State::kAvailable, "a map can be created; " + setting, ""};
  if (usable.ok()) {
    return {"bpf", State::kLimited,
            "a map can be created, but tracing programs need cap_bpf and cap_perfmon; " + setting, kBecomeRoot};
  }
  const std::string detail = fmt::format("{}; {}", usable.error().message(), setting);
  if (usable.error().code() == ENOSYS) {
    return {"bpf", State::kMissing, detail, "a kernel built with CONFIG_BPF_SYSCALL=y"};
  }
  if (!may_load) return {"bpf", State::kMissing, detail, kBecomeRoot};
  return {"bpf", State::kMissing, detail,
          "allow bpf(2): a container's seccomp profile or a security module refuses it"};
}

Capability btf(const SystemRoots& roots) {
  const std::string path = roots.sys + "/kernel/btf/vmlinux";
  if (::access(path.c_str(), R_OK) == 0) return {"btf", State::kAvailable, path, ""};
  return {"btf", State::kMissing, path + " is not readable: the kernel's structs and raw tracepoints are unknown",
          "a kernel built with CONFIG_DEBUG_INFO_BTF=y"};
}

Result<Tracefs> open_tracefs(const SystemRoots& roots) {
  return roots.tracefs.empty() ? Tracefs::open() : Tracefs::open_at(roots.tracefs);
}

Capability tracefs_state(const Result<Tracefs>& tracefs) {
  if (tracefs) return {"tracefs", State::kAvailable, tracefs->root(), ""};
  return {"tracefs", State::kMissing, tracefs.error().message(), kBecomeRoot};
}

Capability tracepoints(const Result<Tracefs>& tracefs) {
  if (!tracefs) {
    return {"tracepoints", State::kLimited,
            "without tracefs: syscalls:*, raw_syscalls:*, sched:sched_process_{fork,exec,exit}, signal:signal_deliver",
            kBecomeRoot};
  }
  const size_t count = tracefs->all_events().size();
  const bool syscalls = ::access((tracefs->root() + "/events/syscalls").c_str(), R_OK | X_OK) == 0;
  if (count != 0 && syscalls) return {"tracepoints", State::kAvailable, fmt::format("{} events", count), ""};
  return {"tracepoints", count != 0 ? State::kLimited : State::kMissing,
          fmt::format("{} events{}", count, syscalls ? "" : ", none of system calls"),
          "a kernel built with CONFIG_FTRACE_SYSCALLS=y"};
}

Capability perf_events(const SystemRoots& roots) {
  const std::optional<int> paranoid = read_number(roots.proc + "/sys/kernel/perf_event_paranoid");
  if (!paranoid) {
    return {"perf_events", State::kMissing, "no perf_event_paranoid: the kernel has no perf events",
            "a kernel built with CONFIG_PERF_EVENTS=y"};
  }
  const Privileges privileges = current_privileges();
  const std::string detail = fmt::format("perf_event_paranoid = {}", *paranoid);
  if (privileges.cap_perfmon || privileges.cap_sys_admin || *paranoid < 0) {
    return {"perf_events", State::kAvailable, detail, ""};
  }
  // 2: own processes, user space only. Debian's 3 refuses everything.
  const State state = *paranoid > 2 ? State::kMissing : State::kLimited;
  return {"perf_events", state, detail, "sudo sysctl kernel.perf_event_paranoid=-1"};
}

Capability ptrace(const SystemRoots& roots) {
  // The file is there only when Yama is; without it the kernel's classic rule holds, which is 0.
  const std::optional<int> scope = read_number(roots.proc + "/sys/kernel/yama/ptrace_scope");
  const std::string detail = scope ? fmt::format("yama ptrace_scope = {}", *scope) : std::string("no yama");
  const int level = scope.value_or(0);
  if (level == 3) {
    return {"ptrace", State::kMissing, detail + ": refused for everyone until the next boot",
            "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot"};
  }
  if (current_privileges().cap_sys_ptrace) return {"ptrace", State::kAvailable, detail, ""};
  if (level == 0) return {"ptrace", State::kAvailable, detail + ": your own processes", ""};
  if (level == 1) {
    return {"ptrace", State::kLimited, detail + ": commands started with -c, but no attaching with -p",
            "sudo sysctl kernel.yama.ptrace_scope=0"};
  }
  return {"ptrace", State::kMissing, detail + ": only for root", "sudo sysctl kernel.yama.ptrace_scope=1"};
}

Capability lockdown(const SystemRoots& roots) {
  const std::string path = roots.sys + "/kernel/security/lockdown";
  const Result<std::string> text = read_kernel_file(path);
  if (!text) {
    // securityfs not mounted or not readable is no obstacle; only a level of confidentiality is.
    return {"lockdown", State::kAvailable, "not in force, or not to be seen: " + text.error().message(), ""};
  }
  const size_t open = text->find('[');
  const size_t close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return {"lockdown", State::kAvailable, *text, ""};
  }
  const std::string mode = text->substr(open + 1, close - open - 1);
  if (mode == "confidentiality") {
    return {"lockdown", State::kLimited, "confidentiality: BPF and kprobes may not read the kernel's memory",
            "boot with lockdown=integrity or without Secure Boot"};
  }
  return {"lockdown", State::kAvailable, mode, ""};
}

Capability tracefs_file(std::string name, const Result<Tracefs>& tracefs, std::string_view file, std::string remedy) {
  if (!tracefs) return {std::move(name), State::kMissing, "tracefs cannot be read", kBecomeRoot};
  const std::string path = fmt::format("{}/{}", tracefs->root(), file);
  if (::access(path.c_str(), F_OK) != 0) {
    return {std::move(name), State::kMissing, path + " does not exist", std::move(remedy)};
  }
  if (::access(path.c_str(), W_OK) != 0)
    return {std::move(name), State::kMissing, path + " is not writable", kBecomeRoot};
  return {std::move(name), State::kAvailable, path, ""};
}

Capability function_tracer(const Result<Tracefs>& tracefs) {
  constexpr const char* kRemedy = "a kernel built with CONFIG_FUNCTION_TRACER=y and CONFIG_FUNCTION_GRAPH_TRACER=y";
  if (!tracefs) return {"function_tracer", State::kMissing, "tracefs cannot be read", kBecomeRoot};
  const Result<std::string> tracers = tracefs->read("available_tracers");
  if (!tracers) return {"function_tracer", State::kMissing, tracers.error().message(), ""};
  std::string_view names = *tracers;
  while (names.ends_with('\n') || names.ends_with(' ')) names.remove_suffix(1);
  const std::string padded = fmt::format(" {} ", names);
  const bool function = padded.find(" function ") != std::string::npos;
  const bool graph = padded.find(" function_graph ") != std::string::npos;
  const std::string detail = fmt::format("available_tracers: {}", names);
  // A kernel may list the tracer and refuse it all the same, to root too; then it refuses this file.
  const std::string functions = tracefs->root() + "/available_filter_functions";
  if (function && !UniqueFd(::open(functions.c_str(), O_RDONLY | O_CLOEXEC)).valid()) {
    const Error refused = Error::from_errno("open " + functions);
    return {"function_tracer", State::kMissing, fmt::format("{}, but {}", detail, refused.message()),
            "a kernel without lockdown of ftrace"};
  }
  if (function && graph) return {"function_tracer", State::kAvailable, detail, ""};
  return {"function_tracer", function || graph ? State::kLimited : State::kMissing, detail, kRemedy};
}

}  // namespace

Privileges current_privileges() {
  Privileges privileges;
  privileges.uid = ::geteuid();
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> set(::cap_get_proc(), &::cap_free);
  if (set == nullptr) return privileges;
  privileges.cap_bpf = has_capability(set.get(), CAP_BPF);
  privileges.cap_perfmon = has_capability(set.get(), CAP_PERFMON);
  privileges.cap_sys_admin = has_capability(set.get(), CAP_SYS_ADMIN);
  privileges.cap_sys_ptrace = has_capability(set.get(), CAP_SYS_PTRACE);
  return privileges;
}

Status bpf_usable() {
  const UniqueFd map(::bpf_map_create(BPF_MAP_TYPE_ARRAY, nullptr, 4, 8, 1, nullptr));
  if (!map.valid()) return Error::from_errno("bpf(BPF_MAP_CREATE)");
  return {};
}

std::vector<Capability> detect_capabilities(const SystemRoots& roots) {
  const Result<Tracefs> tracefs = open_tracefs(roots);
  return {user(current_privileges()),
          kernel(),
          bpf(roots),
          btf(roots),
          tracefs_state(tracefs),
          tracepoints(tracefs),
          perf_events(roots),
          ptrace(roots),
          lockdown(roots),
          tracefs_file("kprobes", tracefs, "kprobe_events", "a kernel built with CONFIG_KPROBE_EVENTS=y"),
          tracefs_file("uprobes", tracefs, "uprobe_events", "a kernel built with CONFIG_UPROBE_EVENTS=y"),
          function_tracer(tracefs)};
}

}  // namespace polytap
