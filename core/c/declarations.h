// What C text declares: structs, unions, enums, typedefs and macros. Meant for headers behind the preprocessor, so what
// it does not understand it leaves out, says why, and goes on; functions and variables it only skips.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types/type.h"

namespace polytap {

// A constant as C has it: an int, unsigned int, long or unsigned long.
struct CValue {
  int64_t value = 0;  // extended by its sign
  bool is_unsigned = false;
  uint8_t size = 4;  // 4 or 8
};

struct CMacro {
  std::string body;
  std::vector<std::string> parameters;
  bool takes_arguments = false;
  bool is_variadic = false;
};

struct CDeclarations {
  std::map<std::string, StructDefinition, std::less<>> structs;  // "struct x"; an anonymous one by its typedef
  std::map<std::string, EnumDefinition, std::less<>> enums;      // "enum x"
  struct Named {
    Type type;
    uint32_t alignment = 1;
  };
  std::map<std::string, Named, std::less<>> typedefs;
  struct Enumerator {
    std::string enumeration;
    int64_t value = 0;
  };
  std::map<std::string, Enumerator, std::less<>> enumerators;
  std::map<std::string, uint32_t, std::less<>> alignments;  // of structs
  std::map<std::string, CMacro, std::less<>> macros;
  // What was left out, by its name as in `structs` or `typedefs`, and why.
  std::map<std::string, std::string, std::less<>> not_understood;
  std::vector<std::string> notes;  // "FILE:LINE: what was left out"
  uint32_t anonymous = 0;          // how many got a number
};

// Adds what TEXT declares. TEXT is preprocessed, with its #define lines kept or not (gcc -E -dD); line marks tell the
// notes where things stand.
void parse_c_declarations(std::string_view text, CDeclarations& declarations);

// `NAME body`, `NAME(a, b) body`: what stands behind #define. Nullopt when it is no macro's definition.
std::optional<std::pair<std::string, CMacro>> parse_c_macro(std::string_view definition);

// TEXT with the macros in it replaced. What grows without end is cut off.
std::string expand_c_macros(std::string_view text, const CDeclarations& declarations);

// The value of TEXT as a constant expression: literals, enumerators, macros, sizeof, casts and operators. Nullopt when
// it is none. (What a cast in it declares is added to the declarations.)
std::optional<CValue> evaluate_c(std::string_view text, CDeclarations& declarations);

}  // namespace polytap
