// No text may crash the parser of event formats, and no field may lie outside what a record can hold.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/kernel/event_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const EventKind kind : {EventKind::kOrdinary, EventKind::kSyscall}) {
    Result<EventFormat> format = parse_event_format(text, kind, "fuzzed");
    if (!format.ok()) {
      CHECK(!format.error().message().empty());
      continue;
    }
    const ProbeSite site = tracepoint_site("category", std::move(*format));
    CHECK(!site.name.empty());
  }
  return 0;
}
