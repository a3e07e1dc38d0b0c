// What strace says about options that do not go together, or do nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frontend/strace_options.h"

namespace polytap {

struct OptionComplaint {
  std::string message;
  bool try_help = true;  // followed by "Try 'strace -h' for more information."
};

// COUNTS: how often each option was given, by its letter or StraceLongOption.
class OptionChecks {
 public:
  OptionChecks(const StraceOptions& options, const std::map<int, int>& counts) : options_(options), counts_(counts) {}
  // The first mistake.
  std::optional<OptionComplaint> mistake() const;
  // Options that have no effect.
  std::vector<std::string> warnings() const;

 private:
  bool given(int option) const {
    const auto found = counts_.find(option);
    return found != counts_.end() && found->second > 0;
  }
  const StraceOptions& options_;
  const std::map<int, int>& counts_;
};

}  // namespace polytap
