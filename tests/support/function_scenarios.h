// Functions to be probed, in the test binary itself, and scenarios (tests/support/scenarios.h) that call them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/probe/site.h"

namespace polytap::test {

// The scenario of that name, run now, if there is one: its exit status, else -1.
int run_function_scenario(const std::string& name, int count);

// A site in this binary (or in a library mapped here) at ADDRESS.
ProbeSite function_site(ProbeType type, const void* address, const std::string& name);

// What the scenarios call.
const void* leaf_function();
const void* recursive_function();
const void* leaving_function();   // leaves by longjmp every second time
const void* throwing_function();  // calls one that throws, and does not catch
// One instruction of each kind that needs care to be moved.
std::vector<const void*> delicate_instructions();

}  // namespace polytap::test
