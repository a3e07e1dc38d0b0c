// Loads compiled functions into the kernel.
#pragma once

#include <linux/bpf.h>

#include <string>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/tracing_target.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {

struct LoadRequest {
  ProgramKind kind = ProgramKind::kTracepoint;
  std::string license = "GPL";
  std::string probe;  // as the user wrote it, for messages
  bool may_sleep = false;
  std::string iterator = {};               // kIterator: its name
  const TracingTarget* tracing = nullptr;  // kTracing: what it is for
  uint32_t attach_type = 0;                // bpf_attach_type, for the kinds of links that want to know beforehand
  bool just_try = false;                   // a refusal is no fault of polytap's: no report
  uint32_t log_bytes = 0;                  // of the verifier's log; 0: enough
};

Result<UniqueFd> load_program(const LoadRequest& request, const CompiledFunction& function);

}  // namespace polytap::ebpf
