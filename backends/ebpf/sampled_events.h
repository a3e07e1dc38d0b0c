// Attaching programs to perf events that are sampled on every CPU: profile, software, hardware and watchpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "backends/ebpf/attach.h"
#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

// Why this machine cannot sample SITE's event, and the remedy; nullopt when it can.
std::optional<std::string> why_not_sampled(const ProbeSite& site);

// One event on each CPU that is online. They look at every process, and the program lets pass who is not of the target:
// events of a process would not see the children of its other threads.
Result<std::vector<Attachment>> attach_sampled(int program_fd, const ProbeSite& site, std::optional<uint64_t> cookie);

}  // namespace polytap::ebpf
