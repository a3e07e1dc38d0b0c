// The tracepoints of this machine: from tracefs, or, for those who cannot read it, from polytap's own tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/probe/catalog.h"

namespace polytap {

class BtfTypes;

struct CatalogOptions {
  enum class Source : uint8_t {
    kAutomatic,  // tracefs when it is readable, else the tables
    kTracefs,
    kBuiltin,
  };
  Source source = Source::kAutomatic;
  std::string tracefs_root;       // empty: where the system has it
  const BtfTypes* btf = nullptr;  // for raw tracepoints; not owned. Null: the running kernel's, read when needed
  std::vector<std::string> debug_directories;  // of user programs, see DebugFileSearch::more_directories
  std::string traceable_functions;             // KernelFunctionFiles::traceable
};

// Reads nothing before the first question.
//
// Falling back to the tables, a question that they cannot answer in full (another event, or a pattern over a category
// of which they know a part) is an error that says how to get tracefs, rather than half of the events.
// Raw tracepoints come from BTF, for every user; those of modules only from tracefs, without argument types.
std::unique_ptr<ProbeCatalog> make_catalog(CatalogOptions options = {});

}  // namespace polytap
