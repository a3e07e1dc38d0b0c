// CHECK: for what cannot happen unless polytap itself is wrong. Prints the place and aborts.
#pragma once

namespace polytap {
[[noreturn]] void check_failed(const char* file, int line, const char* condition);
}  // namespace polytap

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) ::polytap::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
