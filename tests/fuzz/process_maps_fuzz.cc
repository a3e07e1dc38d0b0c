// No text may crash the reader of /proc/PID/maps, and what it gives is in order and holds no empty mapping.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/symbol/process_maps.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace polytap;
  const std::vector<Mapping> mappings =
      parse_process_maps(std::string_view(reinterpret_cast<const char*>(data), size));
  ProcessMaps maps("/nonexistent");
  for (size_t i = 0; i < mappings.size(); ++i) {
    CHECK(mappings[i].start < mappings[i].end);
    CHECK(i == 0 || mappings[i - 1].start <= mappings[i].start);
    maps.add(1, mappings[i]);
    CHECK(maps.find(1, mappings[i].start) == mappings[i]);
    CHECK(maps.find(1, mappings[i].end - 1) == mappings[i]);
  }
  maps.fork(1, 2);
  CHECK(maps.mappings(2) == maps.mappings(1));
  return 0;
}
