// What a function reads through pointers, for backends that run it on a record of the event and cannot read late: they
// have the kernel fetch it along with the event, or refuse.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::ir {

// An address that the kernel can work out when the probe fires: a word of the context or a number, then constants added
// and pointers followed. With offsets {a, b, c}: *(*(start + a) + b) + c.
struct FetchAddress {
  bool is_absolute = false;      // the start is 0, offsets[0] a number
  uint32_t context_offset = 0;   // else: the start is the 8-byte word there
  std::vector<int64_t> offsets;  // never empty

  size_t pointers_followed() const { return offsets.size() - 1; }
  friend bool operator==(const FetchAddress&, const FetchAddress&) = default;
  friend std::strong_ordering operator<=>(const FetchAddress& a, const FetchAddress& b);
};

struct Capture {
  enum class Kind : uint8_t { kString, kBytes };
  Kind kind = Kind::kBytes;
  FetchAddress address;
  uint32_t length = 0;  // bytes; of a string at most, its NUL included
  AddressSpace space = AddressSpace::kUser;
  bool failure_shows = false;  // a failed read looks different from one of zeros
  Span span;                   // the first expression that reads it
};

// A read whose address cannot be told in advance.
struct Uncapturable {
  Span span;
  std::string why;  // "comes from a map": about the address
};

struct Captures {
  std::vector<Capture> captures;  // each once; what a pointer leads to comes behind the pointer
  std::optional<Uncapturable> uncapturable;
};

// FUNCTION of PROGRAM, verified. A read that one of several addresses may lead to (`$p = x ? arg0 : arg1`) gives a
// capture for each, up to a few.
Captures find_captures(const Program& program, const Function& function);

}  // namespace polytap::ir
