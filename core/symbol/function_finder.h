// Sites of user function probes: from what a script writes to places in ELF files.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/catalog.h"
#include "core/symbol/program_search.h"

namespace polytap {

class DwarfTypes;
class FunctionFile;

// Opens each file once. For one thread.
class FunctionFinder {
 public:
  // DEBUG_DIRECTORIES: see DebugFileSearch::more_directories.
  explicit FunctionFinder(ProgramSearch search = ProgramSearch::of_environment(),
                          std::vector<std::string> debug_directories = {});
  ~FunctionFinder();
  FunctionFinder(const FunctionFinder&) = delete;
  FunctionFinder& operator=(const FunctionFinder&) = delete;

  // ProbeCatalog::user_functions(). Of files that a pattern matches, those that are not ELF are left out.
  Result<std::vector<ProbeSite>> find(ProbeType type, const FunctionQuery& query);
  // Names of the functions of MODULE, for suggestions.
  std::vector<std::string> names(std::string_view module);
  // ProbeCatalog::module_types() and user_types().
  const TypeProvider* module_types(std::string_view module);
  const TypeProvider* all_types() const;

 private:
  Result<const FunctionFile*> open(const std::string& path);
  // ADDRESSES: of each of SITES.
  void add_variables(std::span<ProbeSite> sites, std::span<const uint64_t> addresses, const FunctionFile& file,
                     uint32_t line);
  Status add_sites(ProbeType type, const FunctionQuery& query, const FunctionFile& file, std::vector<ProbeSite>& sites);

  ProgramSearch search_;
  std::vector<std::string> debug_directories_;
  const DwarfTypes& types_of(const FunctionFile& file);

  std::map<std::string, std::unique_ptr<const FunctionFile>> files_;
  class AllTypes;
  std::unique_ptr<AllTypes> types_;
};

}  // namespace polytap
