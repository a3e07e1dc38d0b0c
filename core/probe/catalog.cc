#include "core/probe/catalog.h"

namespace polytap {

// A catalog that knows of tracepoints only: a table, a test's.
Result<std::vector<ProbeSite>> ProbeCatalog::user_functions(ProbeType /*type*/, const FunctionQuery& /*query*/) const {
  return std::vector<ProbeSite>{};
}

Result<std::vector<ProbeSite>> ProbeCatalog::kernel_functions(ProbeType /*type*/,
                                                              const FunctionQuery& /*query*/) const {
  return std::vector<ProbeSite>{};
}

Result<std::vector<ProbeSite>> ProbeCatalog::usdt_probes(const UsdtQuery& /*query*/) const {
  return std::vector<ProbeSite>{};
}

std::vector<std::string> ProbeCatalog::function_names(ProbeType /*type*/, std::string_view /*module*/) const {
  return {};
}

const TypeProvider* ProbeCatalog::module_types(std::string_view) const { return nullptr; }
const TypeProvider* ProbeCatalog::user_types() const { return nullptr; }

}  // namespace polytap
