// Values of type ksym_t that name the function of a site instead of an address: what a map holds that gets `func` as
// well as ksym().
#pragma once

#include <cstdint>
#include <optional>

namespace polytap::ir {

// Set above the index of the site. No address has these bits: x86-64 and aarch64 take the 16 highest as all alike.
inline constexpr uint64_t kSiteSymbol = 0x00ffULL << 48U;

inline std::optional<uint64_t> site_of_symbol(uint64_t word) {
  if (word >> 48U != kSiteSymbol >> 48U) return std::nullopt;
  return word & ~kSiteSymbol;
}

}  // namespace polytap::ir
