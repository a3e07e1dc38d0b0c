// What fentry and fexit programs are loaded for: a function of the kernel, of a module or of another BPF program, as
// its BTF numbers it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/probe/site.h"

struct btf;

namespace polytap::ebpf {

struct TracingTarget {
  uint32_t attach_type = 0;  // BPF_TRACE_FENTRY or BPF_TRACE_FEXIT
  uint32_t type_id = 0;      // of the function
  UniqueFd module;           // the module's BTF; none: the kernel's own
  UniqueFd program;          // the BPF program whose function it is
};

// Reads the kernel's BTF at the first question.
class TracingTargets {
 public:
  TracingTargets();
  ~TracingTargets();
  TracingTargets(const TracingTargets&) = delete;
  TracingTargets& operator=(const TracingTargets&) = delete;

  Result<TracingTarget> find(const ProbeSite& site);

 private:
  Status find_in_kernel(const ProbeSite& site, TracingTarget& target);
  Status find_in_module(const ProbeSite& site, TracingTarget& target);

  btf* kernel_ = nullptr;
};

// Why there are no fentry and fexit probes here; nullopt when there are. Loads and attaches a program.
std::optional<std::string> why_no_tracing();

// Links a loaded fentry or fexit program.
Result<UniqueFd> link_tracing(int program_fd);

}  // namespace polytap::ebpf
