// What a script may not use because its config says so: `config = { unstable_map_decl = error }`.
#pragma once

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// polytap has nothing that is unstable; whoever writes `error` wants scripts without it all the same.
void refuse_unstable(const ast::Script& script, Diagnostics& diagnostics);

}  // namespace polytap
