// What checking finds out: side tables beside the syntax tree, which stays as it was.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/lang/script_types.h"
#include "core/lang/unify.h"
#include "core/probe/site.h"

namespace polytap {

using VariableId = uint32_t;

// Of one expression in one function.
struct ExpressionInfo {
  Type type;
  std::optional<int64_t> constant;     // the value of an integer, where it is known
  std::optional<std::string> text;     // the value of a string, where it is known
  std::optional<VariableId> variable;  // which one a Variable is
  // What a reference leads to, a Variable or a MapReference: `&$x`, `&@m`, and a variable that keeps one.
  const ast::Expression* target = nullptr;

  KnownType known() const { return {type, constant}; }
};

struct VariableInfo {
  std::string name;  // with its $
  Type type;
  bool has_declared_type = false;  // `let $x: type`
  uint32_t widenings = 0;          // how often its type has changed
  bool by_let = false;
  const ast::Expression* target = nullptr;  // of a reference (ExpressionInfo::target)
};

struct MapInfo {
  std::string name;  // with its @
  bool key_known = false;
  std::vector<Type> key;   // empty: scalar
  Type value;              // kNone: not known
  uint32_t widenings = 0;  // how often the key's or the value's type has changed
  uint32_t max_entries = 0;
  bool evicts = false;   // declared as lruhash or percpulruhash
  bool per_cpu = false;  // declared as percpuhash or percpulruhash
  bool assumed = false;  // nothing is assigned to it: integers were assumed
  Span span;             // of the first mention
};

// A function of the script (`fn`) in a probe that calls it; its body is written out at every call.
struct CheckedSubprogram {
  std::vector<VariableId> parameters;
  Type result;             // kVoid: none
  uint32_t map_loops = 0;  // how deep loops over maps are nested in it
};

// A probe's body for sites that see the same context.
struct CheckedFunction {
  const ast::Probe* probe = nullptr;
  std::vector<ProbeSite> sites;
  Span place;  // the attach point of the first site
  // What is known of the probe's own expressions, whose ids follow each other, and of those in functions it calls.
  ast::ExpressionId first_expression = 0;
  std::vector<ExpressionInfo> own_expressions;
  std::unordered_map<ast::ExpressionId, ExpressionInfo> called_expressions;
  std::vector<VariableInfo> variables;
  std::unordered_map<const ast::Declaration*, VariableId> declarations;
  std::unordered_map<const ast::ForRange*, VariableId> loop_variables;
  std::unordered_map<const ast::ForMap*, VariableId> entry_variables;

  std::unordered_map<const ast::Subprogram*, CheckedSubprogram> subprograms;
  // Variables that blocks assign and what follows these blocks reads: the probe's, as bpftrace had it before 0.22.
  std::set<std::string, std::less<>> wide_variables;

  ExpressionInfo& row(ast::ExpressionId id) {
    const size_t own = size_t{id} - first_expression;  // huge for those in front
    return own < own_expressions.size() ? own_expressions[own] : called_expressions[id];
  }
  const ExpressionInfo& at(const ast::Expression& expression) const {
    static const ExpressionInfo kNotSeen;
    const size_t own = size_t{expression.id} - first_expression;
    if (own < own_expressions.size()) return own_expressions[own];
    const auto found = called_expressions.find(expression.id);
    return found == called_expressions.end() ? kNotSeen : found->second;
  }
  const ProbeSite& site() const { return sites.front(); }
  // Whether pointers among the arguments are the process's: those of system calls and of functions in user space.
  bool reads_user_memory() const {
    return site().category == "syscalls" || site().category == "raw_syscalls" || site().is_user_function() ||
           (site().type == ProbeType::kWatchpoint && static_cast<int64_t>(site().sampled.address) >= 0);
  }
};

// A `#define` or a positional parameter: what a name stands for.
struct NamedConstant {
  std::optional<int64_t> number;
  bool is_unsigned = false;  // `number` is a uint64
  std::string text;
};

struct CheckedScript {
  struct Subprogram {
    const ast::Subprogram* definition = nullptr;
    Span span;
    bool is_called = false;
  };
  std::map<std::string, Subprogram, std::less<>> subprograms;
  std::vector<CheckedFunction> functions;
  std::deque<MapInfo> maps;  // a deque: references stay valid while maps are added
  std::unique_ptr<ScriptTypes> types;
  ir::Settings settings;
  std::map<std::string, NamedConstant, std::less<>> defines;
  std::vector<std::string> parameters;
  std::set<std::string, std::less<>> skipped_maps;  // that branches name which are known not to run
  // Maps that a probe names which has no site, and why it has none.
  std::map<std::string, std::string, std::less<>> left_out_maps;
  std::map<uint32_t, Span> missing_parameters;  // that are not given, where each is first read
  std::set<uint32_t> asked_parameters;          // of which the script asks whether they are given: `$1 == 0`, `if ($1)`
  bool asks_parameter_count = false;            // `$#`
  std::map<std::string, std::string> options;   // that getopt() asks for, with their descriptions

  // The index of a map by its name.
  std::optional<uint32_t> find_map(std::string_view name) const;
};

}  // namespace polytap
