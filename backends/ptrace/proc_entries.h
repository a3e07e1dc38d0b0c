// Single values from /proc/TID, read with one open, one read and no allocation.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace polytap {

// The start of /proc/TID/NAME, as much as fits into BUFFER. Empty when the thread is gone.
std::string_view read_proc_entry(pid_t tid, const char* name, std::span<char> buffer);

// Field NUMBER (from 1, at least 3) of /proc/TID/stat, as proc(5) counts them.
std::optional<int64_t> read_stat_field(pid_t tid, size_t number);
// The state letter of /proc/TID/stat: 'R', 'S', 'T', 't', 'Z' ...
std::optional<char> read_state(pid_t tid);

// Number INDEX behind NAME in /proc/TID/status: ("Uid", 0) is the real user id. BASE 16 for signal sets.
std::optional<uint64_t> read_status_value(pid_t tid, std::string_view name, size_t index = 0, int base = 10);

// The process whose thread traces PID (TracerPid names the thread); 0 when it is not traced.
pid_t tracing_process(pid_t pid);

// The thread ids of process PID; empty when it is gone.
std::vector<pid_t> threads_of(pid_t pid);

}  // namespace polytap
