// Why the kernel puts no probe on one of its functions.
#pragma once

#include <string>
#include <string_view>

#include "core/kernel/kernel_functions.h"

namespace polytap {

// A sentence; says what can be said when nothing about FUNCTION (of MODULE; empty: the kernel itself) explains it.
// Reads the kernel's lists, which takes some milliseconds.
std::string why_no_probe(const KernelFunctionFiles& files, std::string_view function, std::string_view module);

}  // namespace polytap
