// Loads compiled functions into the kernel, and tells the place in the script when the kernel's verifier refuses one.
#pragma once

#include <linux/bpf.h>

#include <string>
#include <string_view>

#include "backends/ebpf/function_compiler.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {

struct LoadRequest {
  ProgramKind kind = ProgramKind::kTracepoint;
  std::string license = "GPL";
  std::string probe;  // as the user wrote it, for messages
  bool may_sleep = false;
  uint32_t attach_type = 0;  // bpf_attach_type, for the kinds of links that want to know beforehand
  uint32_t log_bytes = 0;    // of the verifier's log; 0: enough
};

Result<UniqueFd> load_program(const LoadRequest& request, const CompiledFunction& function);

// What a verifier's log says: the last instruction it looked at, and why it refused it.
struct VerifierVerdict {
  std::string reason;
  std::optional<uint32_t> instruction;
};
VerifierVerdict read_verifier_log(std::string_view log);

}  // namespace polytap::ebpf
