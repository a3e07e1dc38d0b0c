// Syntax tree to program: resolve probes, check types, lower to IR. Each pass is a function on values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/source.h"
#include "core/c/headers.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/probe/catalog.h"
#include "core/types/type.h"

namespace polytap {

// What a script is checked against.
struct CompileInput {
  const ProbeCatalog* catalog = nullptr;
  const TypeProvider* types = nullptr;                                // null: no BTF
  std::vector<std::string> parameters;                                // $1..$n
  std::vector<std::pair<std::string, std::string>> named_parameters;  // what getopt() finds; a flag's value is ""
  std::string probe_filter;                                           // --probe-filter: only probes of such names
  bool allow_unsafe = false;                                          // --unsafe
  pid_t process = 0;      // -p, the first one: whose files probes in user space mean; 0: none was given
  HeaderOptions headers;  // -I, --include, where the script is
  ir::Settings settings;  // environment and command line
  std::vector<std::string> settings_kept;  // those that `config = {...}` in the script leaves as they are
};

// A checked and lowered script.
struct Compiled {
  ir::Program program;  // verified, optimized
  // The pid that every probe's predicate demands (`pid == 1234` as a conjunct of all of them): whom to attach to when
  // neither -c nor -p says.
  std::optional<int64_t> implied_pid;
  // What was left out of the headers, for -v: "FILE:LINE: left out: why".
  std::vector<std::string> header_notes;
  // What the script's getopt() calls ask for: name and description.
  std::vector<std::pair<std::string, std::string>> options;
  // Types that the script defines, in front of CompileInput::types (which must outlive this): for the renderer.
  std::unique_ptr<TypeProvider> types;
};

// Nullopt when there were errors (in `diagnostics`); warnings may be there either way.
std::optional<Compiled> compile(const ast::Script& script, const CompileInput& input, Diagnostics& diagnostics);

}  // namespace polytap
