// System calls of i386 programs, in terms of those of x86-64.
#pragma once

#include "core/syscall/call_text.h"

namespace polytap {

// CALL has an i386 number and arguments. Becomes the x86-64 call of the same name where its arguments mean the same
// there (numbers, paths, buffers); of others only the name and the plain arguments are known.
void translate_i386(CallValues& call);

}  // namespace polytap
