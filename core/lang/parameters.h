// Positional parameters: $1, $2, ...
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

// The text of $INDEX (from 1); nullopt when it was not given.
std::optional<std::string> parameter_text(const std::vector<std::string>& parameters, uint32_t index);

// A decimal, octal (0...), hexadecimal (0x...) number with an optional minus sign, and nothing else.
std::optional<int64_t> parse_number(std::string_view text);

}  // namespace polytap
