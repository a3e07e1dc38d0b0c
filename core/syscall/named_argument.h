// Arguments of system calls whose values have names: flags, and numbers of which each means something.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace polytap {

// What append_named_argument() knows ARGUMENT of the call by whose entry is EVENT ("sys_enter_openat", "flags"); empty:
// its values have no names.
std::string named_argument(std::string_view event, std::string_view argument);
// Whether values of both have the same names.
bool have_same_names(std::string_view named, std::string_view other);
// VALUE as strace shows it: O_RDONLY|O_CLOEXEC.
void append_named_argument(std::string& out, std::string_view named, uint64_t value);

}  // namespace polytap
