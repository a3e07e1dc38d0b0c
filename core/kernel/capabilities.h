// What this kernel and this user can do for a tracer: `polytap doctor`, and the reasons that backends give.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace polytap {

struct Privileges {
  uid_t uid = 0;  // effective
  // Effective capabilities. A kernel before 5.8 knows no CAP_BPF and CAP_PERFMON: CAP_SYS_ADMIN stands for both, on
  // every kernel.
  bool cap_bpf = false;
  bool cap_perfmon = false;
  bool cap_sys_admin = false;
  bool cap_sys_ptrace = false;

  bool may_load_bpf() const { return cap_sys_admin || (cap_bpf && cap_perfmon); }
};
Privileges current_privileges();

enum class CapabilityState : uint8_t {
  kAvailable,
  kLimited,  // works in part; `detail` says which
  kMissing,
};

// One thing that a tracer needs, and how it stands here and now.
struct Capability {
  std::string name;  // stable, lower case: "bpf", "tracefs", "ptrace"
  CapabilityState state = CapabilityState::kMissing;
  std::string detail;  // what was found
  std::string remedy;  // an exact command, or what to change; empty: nothing to do or nothing helps
};

// Where procfs and sysfs are; tests put trees of their own there.
struct SystemRoots {
  std::string proc = "/proc";
  std::string sys = "/sys";
  std::string tracefs;  // empty: found by Tracefs::open()
};

// Every capability, in the order to show them: user, kernel, bpf, btf, tracefs, tracepoints, perf_events, ptrace,
// lockdown, kprobes, uprobes, function_tracer. Looks only; creates one small BPF map and closes it again.
std::vector<Capability> detect_capabilities(const SystemRoots& roots = {});

// Whether bpf(2) lets this process create a map; the error says why not.
Status bpf_usable();

}  // namespace polytap
