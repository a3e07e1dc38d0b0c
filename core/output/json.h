// JSON's tokens, spaced as bpftrace prints them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace polytap {

// TEXT in quotes. Bytes that are not UTF-8 become U+FFFD, so that every line is valid JSON.
void append_json_string(std::string& out, std::string_view text);

// Integers that a double cannot hold exactly are given as strings: JSON readers would round them silently.
void append_json_integer(std::string& out, int64_t value);
void append_json_integer(std::string& out, uint64_t value);

}  // namespace polytap
