// For tables of constants: a Constant with the name and the value that a header gives it. Of the tables' own files
// only.
#pragma once

#include "core/syscall/constants.h"

#define NAMED(constant) \
  { #constant, static_cast < uint64_t>(constant) }
