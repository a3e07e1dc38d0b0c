// Attaching loaded programs to events. Every attachment is a file descriptor: when it is closed, by polytap or by the
// kernel after polytap's death, nothing is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {

struct Attachment {
  UniqueFd event;  // tracepoints: the perf event that the link needs
  UniqueFd link;
};

// The directory of tracefs, mounted if it was not. An error tells the remedy.
Result<std::string> find_tracefs();

// A tracepoint's id and the layout of the fields that the target filter reads.
Result<uint64_t> tracepoint_id(std::string_view category, std::string_view event);
Result<std::string> tracepoint_format(std::string_view category, std::string_view event);
// The offset of FIELD in a tracefs format text.
std::optional<uint32_t> field_offset(std::string_view format, std::string_view field);

// COOKIE: what bpf_get_attach_cookie() returns there.
Result<Attachment> attach_tracepoint(int program_fd, std::string_view category, std::string_view event,
                                     std::optional<uint64_t> cookie);
Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& event);

}  // namespace polytap::ebpf
