#include "core/base/result.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace polytap {

void check_failed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "polytap: internal error at %s:%d: %s\nThis is a bug in polytap; please report it.\n", file,
               line, condition);
  std::abort();
}

Error Error::from_errno(const std::string& what, int code) {
  return Error(what + ": " + std::generic_category().message(code), code);
}

}  // namespace polytap
