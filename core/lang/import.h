// Scripts that import others, and the standard library.
#pragma once

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// parse() of SOURCE with what it imports in the places of the imports, and with the macros of the standard library that
// it uses. Imported paths are relative to the importing script (of standard input: to the current folder). A script
// that was imported already is not imported again, so that circles do no harm. Imported texts are appended to SOURCE.
ast::Script parse_with_imports(Source& source, Diagnostics& diagnostics);

}  // namespace polytap
