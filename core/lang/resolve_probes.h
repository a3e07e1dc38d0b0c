// Attach points to probe sites.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/compile.h"
#include "core/probe/site.h"

namespace polytap {

struct ResolvedProbe {
  const ast::Probe* probe = nullptr;
  std::vector<ProbeSite> sites;  // in the order written; of a wildcard: by name
  std::vector<Span> places;      // of the attach point of each site
  std::string why_none;          // when there is no site: the first reason
};

// One entry for each probe of SCRIPT, in order. $1, $# in attach points are replaced.
std::vector<ResolvedProbe> resolve_probes(const ast::Script& script, const CompileInput& input,
                                          Diagnostics& diagnostics);

// The type that a provider's name or alias names, case aside.
std::optional<ProbeType> find_provider(std::string_view name);
// "tracepoint", as `probetype` shows it.
std::string_view provider_name(ProbeType type);

// The period of `interval:` and `profile:` from the parts behind the provider ({"ms", "20"}, {"1s"}, {"1000"}).
Result<uint64_t> parse_period(const std::vector<std::string>& parts);

}  // namespace polytap
