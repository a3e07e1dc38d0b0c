// Symbol names as the programmer wrote them.
#pragma once

#include <string>
#include <string_view>

namespace polytap {

// C++ names (Itanium ABI) and Rust's (both manglings, without the hashes). Any other name comes back as it is.
std::string demangle(std::string_view name);

// "ns::f" of "int ns::f<int>[abi:cxx11](int)": the name of a demangled C++ function alone, its template arguments
// included.
std::string bare_function_name(std::string_view demangled);

}  // namespace polytap
