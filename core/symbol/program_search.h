// Which files a script means by the name of a program or a library.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

// Where programs and libraries are looked for.
struct ProgramSearch {
  std::vector<std::string> program_directories;
  std::vector<std::string> library_directories;
  std::string library_cache;  // ld.so's; "" for none
  // In front of absolute paths: the root directory of a process in a container, "/proc/PID/root". The directories above
  // have it already.
  std::string root;

  // PATH, /etc/ld.so.cache and the usual directories.
  static ProgramSearch of_environment();
  // As a process finds them: by its PATH, under its root directory.
  static ProgramSearch of_process(pid_t pid);
};

// The absolute paths of the files that NAME means, in order of name and each file once. With a slash: a path from the
// working directory, with globs. Without: a program in PATH; a library by its SONAME ("libc.so.6") or bare ("libc");
// globs match programs and libraries. An error says what there is not and what was meant instead.
Result<std::vector<std::string>> find_programs(std::string_view name, const ProgramSearch& search);

// SONAME and path of each x86-64 library in the text of an ld.so.cache; empty when it is damaged.
std::vector<std::pair<std::string, std::string>> parse_library_cache(std::string_view cache);

}  // namespace polytap
