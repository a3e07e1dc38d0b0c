// Which probe sites exist here, and what they look like.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap {

// Finds tracepoints and raw tracepoints. Reads lazily: only the formats that are asked for.
class ProbeCatalog {
 public:
  virtual ~ProbeCatalog() = default;
  // Every tracepoint whose category and event match the globs (* ? [..]), in order of name. Empty: none match.
  // An error only when the machine cannot be asked at all (the message names the remedy).
  virtual Result<std::vector<ProbeSite>> tracepoints(std::string_view category, std::string_view event) const = 0;
  // Every raw tracepoint that matches; arguments typed from BTF where it knows them.
  virtual Result<std::vector<ProbeSite>> raw_tracepoints(std::string_view event) const = 0;
  // All names "category:event", for suggestions and -l.
  virtual std::vector<std::string> tracepoint_names() const = 0;
  virtual std::vector<std::string> raw_tracepoint_names() const = 0;
};

}  // namespace polytap
