// Small programs to be traced: the test binary itself, started with another first argument.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace polytap::test {

// The command line that runs scenario NAME in a new process. See scenarios.cc for what there is.
std::vector<std::string> scenario(const std::string& name, const std::vector<std::string>& arguments = {});

// Where the code of the scenario "frames" begins in this binary, innermost function first.
std::vector<uint64_t> frames_functions();

}  // namespace polytap::test
