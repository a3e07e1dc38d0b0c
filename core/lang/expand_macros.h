// Macros: calls of them are replaced by their bodies.
//
// A parameter `$x` stands for the caller's variable, `@m` for its map, a plain name for the caller's expression (taken
// anew wherever it stands). Other variables of a body are its own: they get names that no script can write. Maps that
// are no parameters are refused.
#pragma once

#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

struct ExpandedScript {
  ast::Script script;  // without macros
  struct Expansion {
    Span macro;
    Span call;
  };
  std::vector<Expansion> expansions;

  // FOUND with a note at the call behind what lies inside of a macro.
  Diagnostics with_calls(const Diagnostics& found) const;
};

bool has_macros(const ast::Script& script);
ExpandedScript expand_macros(const ast::Script& script, Diagnostics& diagnostics);

}  // namespace polytap
