// Attaching loaded programs to events. Every attachment is a file descriptor: when it is closed, by polytap or by the
// kernel after polytap's death, nothing is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"

namespace polytap::ebpf {

struct Attachment {
  UniqueFd event;  // tracepoints: the perf event that the link needs
  UniqueFd link;
};

// COOKIE: what bpf_get_attach_cookie() returns there.
Result<Attachment> attach_tracepoint(int program_fd, const Tracefs& tracefs, std::string_view category,
                                     std::string_view event, std::optional<uint64_t> cookie);
Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& event);

}  // namespace polytap::ebpf
