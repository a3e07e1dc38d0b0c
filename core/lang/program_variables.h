// `$$params` and `$$locals`: the parameters and local variables of the program where a probe stands in it.
#pragma once

#include <optional>
#include <string_view>

#include "core/lang/ast.h"
#include "core/probe/site.h"

namespace polytap {

enum class ProgramVariables : uint8_t { kParameters, kLocals };

// Whether E is one of the two.
std::optional<ProgramVariables> program_variables(const ast::Expression& e);
std::optional<ProgramVariables> program_variables(std::string_view name);

// The one called NAME at SITE; null when there is none.
const ProbeVariable* find_program_variable(const ProbeSite& site, ProgramVariables set, std::string_view name);
// Whether `$$locals` as a whole has a field for it: those without a value here have none, nor those that are too large
// to be copied as a whole.
bool is_part_of_whole(const ProbeVariable& variable, ProgramVariables set);

}  // namespace polytap
