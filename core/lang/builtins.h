// The builtin values (`pid`, `comm`, ...): one table for checking, lowering and hints.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/ir.h"
#include "core/types/type.h"

namespace polytap {

// Builtins that need more than one ReadBuiltin.
enum class BuiltinForm : uint8_t {
  kWord,        // ReadBuiltin of `word`
  kCommand,     // comm
  kArguments,   // args
  kResult,      // retval
  kContext,     // ctx
  kProcessors,  // ncpus: a constant of this machine
  kProbeType,   // probetype: a constant of the probe
  kFunction,    // func
  kUserMode,    // usermode
  kHasChild,    // has_cpid
};

struct BuiltinValue {
  std::string_view name;
  BuiltinForm form = BuiltinForm::kWord;
  ir::Builtin word = ir::Builtin::kPid;
  bool of_process = false;  // kCommand: the name of the process and not of the thread
  Type type;
};

// Also argN (type uint64, form kArguments; see argument_number()).
std::optional<BuiltinValue> find_builtin(std::string_view name);
// N of `argN`.
std::optional<uint32_t> argument_number(std::string_view name);
// Whether NAME.FIELD is an argument of SITE: args, and ctx of iterators.
bool names_arguments(std::string_view name, const ProbeSite& site);
// N of `sargN`, the Nth word above the return address.
std::optional<uint32_t> stack_argument_number(std::string_view name);
std::vector<std::string> builtin_names();

}  // namespace polytap
