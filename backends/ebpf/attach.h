// Attaching loaded programs to events. Every attachment is a file descriptor: when it is closed, by polytap or by the
// kernel after polytap's death, nothing is left.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/ebpf/probe_pmu.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

struct Attachment {
  UniqueFd event;  // the perf event that the link needs; none for raw tracepoints
  UniqueFd link;
  uint64_t watched = 0;  // watchpoints: their address
};

// COOKIE: what bpf_get_attach_cookie() returns there.
Result<Attachment> attach_tracepoint(int program_fd, const Tracefs& tracefs, std::string_view category,
                                     std::string_view event, std::optional<uint64_t> cookie);
Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& event);
// SITE: a function probe's, PMU: the one for its kind.
//
// In every process: a perf event of one process (perf_event_open's pid) does not follow its children, inherit or not,
// because the kernel hangs a program on the event that it was given and on no copy. So who is not of the target runs
// into the breakpoint as well, which costs it about a microsecond, and the program lets it pass.
Result<Attachment> attach_function(int program_fd, const ProbePmu& pmu, const ProbeSite& site,
                                   std::optional<uint64_t> cookie);
// The same for many sites in user functions, by a link for each file; PROGRAM_FD must be loaded for kUprobeMulti.
// COOKIES: each site gets its index in the program as its cookie.
Result<std::vector<Attachment>> attach_user_functions(int program_fd, std::span<const ProbeSite> all_sites,
                                                      std::span<const uint32_t> indices, bool cookies);

}  // namespace polytap::ebpf
