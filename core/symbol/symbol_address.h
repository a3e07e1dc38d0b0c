// Addresses of symbols by name: the kernel's, and those of a program or library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace polytap {

// From /proc/kallsyms. An error: there is no such symbol, or this user is not shown addresses.
Result<uint64_t> kernel_symbol_address(std::string_view name);

struct UserSymbol {
  uint64_t address = 0;  // in the file's own address space
  uint64_t size = 0;
  bool relocated = false;  // the file is loaded anywhere (a shared library, or PIE)
};
// Of any kind: functions and variables.
Result<UserSymbol> user_symbol(const std::string& path, std::string_view name);

// What lies at FILE_OFFSET of the file: its address in the file's own address space.
Result<uint64_t> user_address_of(const std::string& path, uint64_t file_offset);

}  // namespace polytap
