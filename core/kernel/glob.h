// Shell-style patterns for names of events: * ? [a-z] [!a-z].
#pragma once

#include <string_view>

namespace polytap {

// Whether TEXT as a whole matches PATTERN. A '[' without its ']' stands for itself.
bool glob_match(std::string_view pattern, std::string_view text);

// Whether PATTERN can match anything but itself.
bool has_glob(std::string_view pattern);

}  // namespace polytap
