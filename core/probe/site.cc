#include "core/probe/site.h"

namespace polytap {

const ProbeArgument* ProbeSite::find_argument(std::string_view argument) const {
  for (const ProbeArgument& candidate : arguments) {
    if (candidate.name == argument) return &candidate;
  }
  return nullptr;
}

}  // namespace polytap
