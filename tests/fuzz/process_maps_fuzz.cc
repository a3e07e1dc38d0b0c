// No text may crash the reader of /proc/PID/maps, and every mapping that it gives can be found.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/symbol/process_maps.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const std::vector<Mapping> mappings = parse_process_maps(std::string_view(reinterpret_cast<const char*>(data), size));
  ProcessMaps maps("/nonexistent");
  for (const Mapping& mapping : mappings) {
    CHECK(mapping.start < mapping.end);
    maps.add(1, mapping);
    CHECK(maps.find(1, mapping.start) == mapping);
    CHECK(maps.find(1, mapping.end - 1) == mapping);
  }
  maps.fork(1, 2);
  CHECK(maps.mappings(2) == maps.mappings(1));
  return 0;
}
