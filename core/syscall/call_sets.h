// Sets of system calls by what they have in common: strace's classes, and regular expressions over their names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

// The numbers of the calls of a class, written without its first '%': "file", "net", "%stat". Nullopt: no such class.
std::optional<std::vector<uint32_t>> calls_of_class(std::string_view name);
std::vector<std::string_view> call_classes();

// The numbers of the calls whose names match a POSIX extended regular expression.
Result<std::vector<uint32_t>> calls_matching(std::string_view expression);

}  // namespace polytap
