// What the language offers that is written in the language itself.
#pragma once

#include <string_view>

namespace polytap {

// Macros; each is used only by scripts that have none of the same name.
inline constexpr std::string_view kStandardLibrary =
    R"(// The value of @map[key] in $value when it is there; whether it is.
macro find(@map, key, $value) {
  let $key = key;
  let $found = has_key(@map, $key);
  if ($found) {
    $value = @map[$key];
  }
  $found
}

// Whether a pointer holds one of the kernel's error numbers.
macro is_err(pointer) {
  (uint64)(pointer) >= 0xfffffffffffff001
}
)";

}  // namespace polytap
