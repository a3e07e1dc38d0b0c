// What must be copied from a call's memory at its entry and at its exit, so that it can be rendered later: derived from
// the argument descriptions.
#pragma once

#include <cstdint>
#include <optional>

namespace polytap {

struct ArgumentCapture {
  enum class Kind : uint8_t {
    kNone,
    kFixedIn,    // SIZE bytes, at the entry
    kStringIn,   // up to a NUL, at most SIZE bytes, at the entry
    kBufferIn,   // as many bytes as another argument says, at most SIZE, at the entry
    kFixedOut,   // SIZE bytes, at the exit of a call that succeeded
    kBufferOut,  // as many bytes as the call returned, at most SIZE, at its exit
  };
  Kind kind = Kind::kNone;
  uint8_t argument = 0;
  uint8_t length_argument = 0;  // kBufferIn
  uint32_t size = 0;
};

// Plain data: it lies in memory that tracer and tracee share.
struct CaptureRecipe {
  static constexpr uint32_t kCaptures = 4;
  uint32_t possible = 0;       // 0: this call cannot be captured
  uint32_t command_below = 0;  // not 0: only when the second argument is less
  uint32_t worst_bytes = 0;    // of all captures together
  uint32_t unused = 0;
  ArgumentCapture captures[kCaptures];
};

// For calls that return soon and change nothing that their tracer has to know. STRING_LIMIT: of buffers, as -s says.
std::optional<CaptureRecipe> capture_recipe(uint64_t number, uint32_t string_limit);

}  // namespace polytap
