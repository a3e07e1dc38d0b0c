// Sites of USDT probes: from what a script writes to places in ELF files and where their arguments are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/catalog.h"
#include "core/symbol/program_search.h"

namespace polytap {

class FunctionFile;

// Opens each file once. For one thread.
class UsdtFinder {
 public:
  explicit UsdtFinder(ProgramSearch search = ProgramSearch::of_environment());
  ~UsdtFinder();
  UsdtFinder(const UsdtFinder&) = delete;
  UsdtFinder& operator=(const UsdtFinder&) = delete;

  // ProbeCatalog::usdt_probes().
  Result<std::vector<ProbeSite>> find(const UsdtQuery& query);
  // Names "provider:probe" of MODULE, each once, for suggestions.
  std::vector<std::string> names(std::string_view module);

 private:
  Result<const FunctionFile*> open(const std::string& path);
  Result<std::vector<std::string>> files_of(const UsdtQuery& query) const;

  ProgramSearch search_;
  std::map<std::string, std::unique_ptr<const FunctionFile>> files_;
};

}  // namespace polytap
