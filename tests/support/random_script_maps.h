// The maps of random scripts.
#pragma once

#include <set>
#include <string>

namespace polytap::test {

// A statement for each of MAPS that gives it its type.
std::string map_assignments(const std::set<std::string, std::less<>>& maps);

}  // namespace polytap::test
