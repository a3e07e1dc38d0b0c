// A C function's prototype, and where the System V ABI of x86-64 puts its arguments and result.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/probe/site.h"
#include "core/types/type.h"

namespace polytap {

// How a value travels.
enum class PassedAs : uint8_t {
  kWord,        // integers, bools, enums, pointers: in a general register
  kFloat,       // float, double
  kLongDouble,  // on the stack; as a result in the x87 registers
  kStruct,      // structs, unions and other large values
  kReference,   // a C++ object that cannot be copied bit by bit: a pointer to it
  kUnclear,     // a C++ object of which is not told whether it is kStruct or kReference
};

struct PassedValue {
  std::string name;  // of a parameter; empty when it has none
  Type type;         // kWord: as C has it. Otherwise its size counts, and `spelling` says what it is
  PassedAs as = PassedAs::kWord;
  std::string spelling;  // "double", "struct point"
};

struct FunctionPrototype {
  std::vector<PassedValue> parameters;
  PassedValue result;  // type kVoid: none
};

// The arguments as `args.NAME` finds them at entry, or, for a return probe, the result ("ret"). What the registers do
// not tell has the form kElsewhere: refused by name rather than read wrong.
std::vector<ProbeArgument> arguments_of(const FunctionPrototype& prototype, bool at_return);

}  // namespace polytap
