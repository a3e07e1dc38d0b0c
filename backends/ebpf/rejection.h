// When the kernel's verifier refuses a program: the place in the script, and a report for whoever mends polytap.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/ebpf/bytecode.h"
#include "core/base/result.h"

namespace polytap::ebpf {

// What a verifier's log says: the last instruction it looked at, and why it refused it.
struct VerifierVerdict {
  std::string reason;
  std::optional<uint32_t> instruction;
};
VerifierVerdict read_verifier_log(std::string_view log);

struct Rejection {
  std::string_view probe;  // as the user wrote it
  std::string_view log;    // the verifier's
  int code = 0;            // errno
};

// Writes the report into a new file in $TMPDIR (/tmp), which the message names.
Error rejection(const Rejection& what, const Bytecode& code);

}  // namespace polytap::ebpf
