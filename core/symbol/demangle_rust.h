// Rust's v0 mangling (RFC 2603), which rustc writes for the standard library and, since 2025, by default.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace polytap {

// "std::fs::metadata" of "_RNvNtCs...3std2fs8metadata": without the crates' hashes, as rustfilt and llvm-cxxfilt show
// it. Nullopt: not such a name, or a damaged one.
std::optional<std::string> demangle_rust_v0(std::string_view name);

}  // namespace polytap
