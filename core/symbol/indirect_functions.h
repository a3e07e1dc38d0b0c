// IFUNCs: symbols behind which code picks the implementation for the processor, once for each program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace polytap {

// What IFUNC NAME of the library at PATH has picked in this process, as an address in the file's own address space:
// other programs on this machine pick the same, unless GLIBC_TUNABLES tells them otherwise. Nullopt when this process
// has not loaded that very file, which it has of the C library.
std::optional<uint64_t> picked_implementation(const std::string& path, const std::string& name);

}  // namespace polytap
