// The functions of Go programs, which have them in a table of their own for their runtime: strip(1) leaves it.
#pragma once

#include "core/symbol/elf_file.h"
#include "core/symbol/symbol_index.h"

namespace polytap {

// Adds what .gopclntab tells, of Go 1.16 and newer. False when there is none, or one of another form.
bool add_go_functions(const ElfFile& file, SymbolIndex& index);

}  // namespace polytap
