// Probes that polytap fires itself, the same for every backend: Session::fire() runs them.
#pragma once

#include "core/probe/site.h"

namespace polytap {

inline bool is_own_probe(ProbeType type) {
  switch (type) {
    case ProbeType::kBegin:
    case ProbeType::kEnd:
    case ProbeType::kInterval:
    case ProbeType::kSelf:
    case ProbeType::kTest:
    case ProbeType::kBench:
      return true;
    default:
      return false;
  }
}

inline bool is_own_probe(const ProbeSite& site) { return is_own_probe(site.type); }

}  // namespace polytap
