// strace's -c: how often each call was made, how often it failed, and how long it took.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace polytap {

class StraceSummary {
 public:
  void add(uint64_t number, uint64_t ns, bool failed);
  // KEY: time, calls, errors, name, nothing, max, min, avg.
  std::string render(const std::string& key) const;

 private:
  struct Row {
    uint64_t calls = 0;
    uint64_t errors = 0;
    uint64_t ns = 0;
    uint64_t min_ns = UINT64_MAX;
    uint64_t max_ns = 0;
  };
  std::map<uint64_t, Row> rows_;
};

}  // namespace polytap
