// Memory of another process.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace polytap {

// All of OUT, or false: as bpf_probe_read_user does.
bool read_user_memory(pid_t pid, uint64_t address, std::span<std::byte> out);

// Bytes up to a NUL or up to OUT's end, the NUL not counted; -1 when one of them cannot be read.
int64_t read_user_string(pid_t pid, uint64_t address, std::span<char> out);

}  // namespace polytap
