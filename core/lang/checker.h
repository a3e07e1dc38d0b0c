// The checker of one function, one pass. Internal to core/lang: the parts are in check_*.cc.
//
// Types flow through maps and variables, whose types are known only once every use was seen. So check() runs passes
// over all functions until no type changes; only the last pass's diagnostics count. A type that is not known yet is
// kNone, and so is that of an erroneous expression: both pass silently.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/builtins.h"
#include "core/lang/checked.h"
#include "core/lang/compile.h"
#include "core/lang/functions.h"
#include "core/lang/printf_format.h"
#include "core/lang/program_variables.h"

namespace polytap {

class Checker {
 public:
  Checker(CheckedScript& script, CheckedFunction& function, const CompileInput& input, Diagnostics& diagnostics)
      : script_(script), function_(function), input_(input), diagnostics_(diagnostics) {}

  void run();
  // Whether a type of a map or variable changed.
  bool changed() const { return changed_; }

 private:
  // --- check_statement.cc
  void block(const ast::Block& block);
  void statements(const ast::Block& block);
  // Of a branch that is known not to run.
  void skip(const ast::Block& block);
  void statement(const ast::Statement& statement);
  void expression_statement(const ast::Expression& expression);
  // A call of a function that has none, or a choice between such.
  bool is_without_value(const ast::Expression& e) const;
  void assignment(const ast::Assignment& statement, Span span);
  void assign_variable(const ast::Expression& target, const ast::Assignment& statement, Span span);
  void assign_through(const ast::Expression& target, const ast::Expression& meant, const ast::Assignment& statement,
                      Span span);
  ExpressionInfo aggregated(const ast::Expression& value);
  void assign_map(const ast::Expression& target, const ast::Assignment& statement, Span span);
  void declaration(const ast::Declaration& statement, Span span);
  // The condition's value, where it is known.
  std::optional<int64_t> condition(const ast::Expression& expression, std::string_view what);
  void unsupported(Span span, std::string_view what, std::string hint = {});

  // --- check_subprogram.cc
 public:
  // Checks a function that nothing calls, as if this probe did.
  void check_uncalled(const CheckedScript::Subprogram& subprogram);

 private:
  ExpressionInfo subprogram_call(const ast::Call& call, const CheckedScript::Subprogram& subprogram, Span span,
                                 FunctionUse use);
  CheckedSubprogram& subprogram_body(const CheckedScript::Subprogram& subprogram,
                                     std::span<const ExpressionInfo> arguments);
  static void bind_reference(VariableInfo& parameter, const ExpressionInfo& argument);
  void declare_parameters(const ast::Subprogram& definition, CheckedSubprogram& checked);
  void return_statement(const ast::ReturnStatement& statement, Span span);

  // --- check_loop.cc
  void unroll(const ast::Unroll& statement);
  void while_loop(const ast::While& statement);
  void for_range(const ast::ForRange& statement);
  void for_map(const ast::ForMap& statement);
  // What the loop's variable is: (key, value); kNone with a diagnostic.
  Type entry_type(const ast::Expression& map);
  void loop_body(const ast::Block& body);
  void leave_loop(Span span, std::string_view what);

  // --- variables
  std::optional<VariableId> find_variable(std::string_view name) const;
  VariableId declare_variable(const std::string& name, bool wide = false);
  // A variable of that name ended with a block: whether it becomes one of the whole probe.
  bool widens_scope(std::string_view name);
  void widen_variable(VariableId id, const KnownType& value, Span span);
  // Whether a constant goes into a variable with a declared type; false with a diagnostic.
  bool fits_declaration(const VariableInfo& variable, const ExpressionInfo& value, Span span);
  std::string variable_hint(std::string_view name) const;

  // --- check_expression.cc
  const ExpressionInfo& expression(const ast::Expression& expression);
  ExpressionInfo visit(const ast::Expression& expression);
  ExpressionInfo integer(const ast::IntegerLiteral& literal);
  // EXPRESSION is compared with nothing: if it is a positional parameter, the script knows that it may be left out.
  void asks_for(const ast::Expression& expression);
  ExpressionInfo identifier(const ast::Expression& expression, std::string_view name, Span span);
  ExpressionInfo builtin(const BuiltinValue& value, Span span);
  std::optional<ExpressionInfo> module_constant(std::string_view name) const;
  ExpressionInfo numbered_argument(std::string_view name, Span span);
  ExpressionInfo static_argument(std::string_view name, Span span);
  ExpressionInfo stack_argument(std::string_view name, Span span);
  ExpressionInfo parameter(const ast::PositionalParameter& parameter, Span span);
  ExpressionInfo variable(const ast::Variable& variable, Span span);
  ExpressionInfo ternary(const ast::Ternary& node, Span span);
  ExpressionInfo if_expression(const ast::IfExpression& node, Span span);
  ExpressionInfo block_value(const ast::Block& block);
  // Refuses an aggregation that no single number tells, where one value is taken. False when it did.
  bool require_one_value(const Type& type, Span span);
  // Reports an array whose length only the program knows (`int values[]`): it cannot be taken as a whole.
  bool require_length(const Type& type, Span span);
  ExpressionInfo join_branches(const ExpressionInfo& a, const ExpressionInfo& b, Span span);
  ExpressionInfo tuple(const ast::TupleLiteral& node, Span span);
  ExpressionInfo record(const ast::RecordLiteral& node);
  std::string identifier_hint(std::string_view name) const;

  // --- check_reference.cc
  ExpressionInfo address_of(const ast::Expression& operand, Span span);
  AddressSpace space_of(const ast::Expression& e) const;
  ExpressionInfo value_behind(const ast::Expression& target);
  // `$p = &$x`.
  void keep_reference(VariableId id, const ExpressionInfo& value, Span span);

  // --- check_operator.cc
  ExpressionInfo unary(const ast::Unary& node, Span span);
  ExpressionInfo increment(const ast::Unary& node, Span span);
  ExpressionInfo binary(const ast::Binary& node, Span span);
  ExpressionInfo logical(const ast::Binary& node);
  void warn_of_unknown_sign(const ast::Binary& node, Span span);
  // Whether what is compared is a value that is shown by name (func, username, ...) with a literal.
  static bool compares_name(const ExpressionInfo& left, const ExpressionInfo& right);
  ExpressionInfo comparison(const ast::Binary& node, Span span, const ExpressionInfo& left,
                            const ExpressionInfo& right);
  ExpressionInfo exact_constant(ast::BinaryOp op, Span span, const KnownType& a, const KnownType& b);
  std::optional<ExpressionInfo> text_arithmetic(ast::BinaryOp op, Span span, const ExpressionInfo& left,
                                                const ExpressionInfo& right);
  ExpressionInfo arithmetic(ast::BinaryOp op, Span span, const ExpressionInfo& left, const ExpressionInfo& right);

  // --- check_access.cc
  ExpressionInfo field_access(const ast::FieldAccess& node, Span span);
  ExpressionInfo setting(std::string_view name, Span span);
  ExpressionInfo probe_argument(std::string_view name, Span span, Span name_span);
  // `args` alone: a record of them.
  ExpressionInfo whole_arguments(Span span);
  static bool is_shown(const ProbeArgument& argument);
  // program_variables.cc: `$$params`, `$$locals`
  ExpressionInfo whole_variables(ProgramVariables set, Span span);
  ExpressionInfo program_variable(ProgramVariables set, const ast::FieldAccess& node, Span span);
  bool at_program_place(ProgramVariables set, Span span);
  // `ctx`: fields of what it points to are read straight from the context.
  ExpressionInfo context_pointer(Span span);
  // `args.NAME` where there are no arguments with names.
  void no_arguments(std::string_view name, Span span);
  // The result in a function's return probe.
  ExpressionInfo function_result(Span span);
  ExpressionInfo struct_field(const Type& object, const ast::FieldAccess& node, Span span);
  ExpressionInfo index(const ast::Index& node, Span span);
  static std::optional<Type> cast_of_bytes(Type to, const ExpressionInfo& operand);
  ExpressionInfo cast(const ast::Cast& node, Span span);
  ExpressionInfo size_of(const ast::SizeOf& node, Span span);
  // Adds the offset of the field that PATH leads to from TYPE; false after an error.
  bool add_offset(Type type, std::span<const std::string> path, Span span, uint32_t& offset);
  ExpressionInfo offset_of(const ast::OffsetOf& node, Span span);
  std::optional<Type> type_name(const ast::TypeName& name);
  // What `typeof(e)` is: of a map without a key the key's type, where it has keys.
  Type type_of_expression(const ast::Expression& e);
  // Of what sizeof() and the like ask about: it is never run.
  Type unevaluated_type(const ast::Expression& e);
  std::optional<Type> type_called(const ast::Expression& e) const;
  // The types of the probed program; null elsewhere.
  const TypeProvider* module_types() const;
  // TYPE with pointers in it given SPACE where they have none.
  static Type in_space(Type type, AddressSpace space);
  AddressSpace default_space() const;

  // --- check_map.cc
  ExpressionInfo map_read(const ast::MapReference& reference, Span span);
  MapInfo& map(const ast::MapReference& reference, Span span);
  // Checks the key and widens the map's key types; false when it does not fit.
  bool map_key(MapInfo& info, const ast::MapReference& reference, Span span);
  bool use_key(MapInfo& info, const std::vector<ExpressionInfo>& key, Span span);
  void widen_map(MapInfo& info, const KnownType& value, Span span);
  // Whether a type that was BEFORE becomes NOW, which is changed when it has been widened too often.
  bool may_widen(const Type& before, Type& now, uint32_t& widenings) const;
  // A map that is named as a whole; a diagnostic when it is nowhere else.
  MapInfo* whole_map(const ast::MapReference& reference, Span span);
  // ARGUMENT as the map that a function takes, without a key; null with a diagnostic.
  MapInfo* map_argument(const ast::Expression& argument, const FunctionSignature& function);
  ExpressionInfo aggregation(const ast::Call& call, const FunctionSignature& function);
  ExpressionInfo histogram(const ast::Call& call, const FunctionSignature& function);
  ExpressionInfo time_series(const ast::Call& call);

  // --- check_call.cc
  ExpressionInfo call(const ast::Call& call, Span span, FunctionUse use);
  const FunctionSignature* signature(const ast::Call& call, FunctionUse use);
  bool argument_count(const ast::Call& call, const FunctionSignature& function);
  ExpressionInfo value_call(const ast::Call& call, const FunctionSignature& function, Span span);
  ExpressionInfo str(const ast::Call& call);
  std::optional<std::string> parameter_from(const ast::Expression& argument);
  ExpressionInfo buf(const ast::Call& call);
  ExpressionInfo stack(const ast::Call& call, bool user);
  ExpressionInfo ntop(const ast::Call& call);
  ExpressionInfo pton(const ast::Call& call);
  ExpressionInfo macaddr(const ast::Call& call);
  ExpressionInfo strncmp(const ast::Call& call);
  std::optional<ExpressionInfo> stack_length(const ast::Call& call);
  ExpressionInfo map_call(const ast::Call& call, const FunctionSignature& function, Span span);
  ExpressionInfo clock(const ast::Call& call);
  ExpressionInfo reg(const ast::Call& call);
  // --- check_text.cc
  ExpressionInfo find_text(const ast::Call& call, FunctionId id);
  ExpressionInfo join_texts(const ast::Call& call);
  ExpressionInfo capacity(const ast::Call& call);
  ExpressionInfo memcmp(const ast::Call& call);
  // The argument as a text; false with a diagnostic, or silently when its type is not known.
  bool is_text_argument(const ast::Call& call, size_t index);

  // --- check_system.cc: what is looked up on this machine
  ExpressionInfo kernel_address(const ast::Call& call, FunctionId id);
  ExpressionInfo user_address(const ast::Call& call);
  ExpressionInfo cgroup_id(const ast::Call& call);
  ExpressionInfo cgroup_path(const ast::Call& call);
  ExpressionInfo identity(const ast::Call& call, FunctionId id);
  ExpressionInfo of_task(const ast::Call& call, FunctionId id);
  ExpressionInfo socket_cookie(const ast::Call& call);
  ExpressionInfo skboutput(const ast::Call& call);
  ExpressionInfo getopt(const ast::Call& call);
  ExpressionInfo decode(const ast::Call& call);
  // Whether an argument points to a struct NAME that the kernel's types describe.
  bool points_to(const ast::Call& call, size_t index, std::string_view name);

  // --- check_action.cc: what changes the traced process
  void signal(const ast::Call& call);
  void override_result(const ast::Call& call);
  void delay(const ast::Call& call);
  ExpressionInfo write_user(const ast::Call& call);
  void poke(const ast::Call& call);
  // Whether the probe runs in a traced process.
  bool has_process(const ast::Call& call);

  // Checks an argument that must be an integer (or stand for one).
  const ExpressionInfo& integer_argument(const ast::Call& call, size_t index);
  std::optional<int64_t> constant_argument(const ast::Call& call, size_t index);
  std::optional<std::string> text_argument(const ast::Call& call, size_t index);
  void wrong_argument(const ast::Call& call, size_t index, std::string_view wanted, std::string hint = {});

  // --- check_meta.cc: what is asked of the script itself
  static bool asks_for_type(FunctionId id);
  ExpressionInfo container_of(const ast::Call& call);
  ExpressionInfo kernel_function_question(const ast::Call& call, FunctionId id);
  ExpressionInfo type_question(const ast::Call& call, FunctionId id);
  ExpressionInfo type_property(const ast::Call& call, const ast::FieldAccess& node);
  void assertion(const ast::Call& call, FunctionId id);
  void fail(const ast::Call& call, Span span);

  // --- check_output.cc
  void statement_call(const ast::Call& call, const FunctionSignature& function, Span span);
  void format_call(const ast::Call& call);
  void conversion_argument(const ast::Call& call, const FormatConversion& conversion, const ast::Expression& argument);
  void print(const ast::Call& call);
  void print_map(const ast::Call& call, const ast::MapReference& reference);
  void join(const ast::Call& call);

  CheckedScript& script_;
  CheckedFunction& function_;
  const CompileInput& input_;
  Diagnostics& diagnostics_;
  std::vector<std::vector<VariableId>> scopes_;
  VariableId next_variable_ = 0;  // numbers in the order of declaration: the same in every pass
  bool changed_ = false;
  std::vector<const ast::Subprogram*> active_;  // functions whose bodies are being checked, outermost first
  bool uncalled_ = false;                       // a function that nothing calls is being checked
  uint32_t deepest_map_loop_ = 0;               // in the body that is being checked
  int64_t repetitions_ = 1;                     // by the unrolls around the current statement
  uint32_t loops_ = 0;                          // around the current statement
  uint32_t map_loops_ = 0;                      // of these
  uint32_t unevaluated_ = 0;                    // sizeof() and the like around the current expression
  static constexpr int64_t kMaxRepetitions = 1000;
};

// Whether a value of TYPE may be taken as an integer: integers, and aggregations that one number tells.
bool is_number(const Type& type);
// The integer type that a number is.
Type number_type(const Type& type);
// Whether TYPE holds characters: a string, or an array of chars.
bool is_text(const Type& type);
// A text that is known before the script runs.
ExpressionInfo text_constant(std::string text);
// A constant that the script itself defines.
std::optional<ExpressionInfo> find_own_constant(const CheckedScript& script, std::string_view name);
// One of the headers', the kernel's or the script's.
std::optional<ExpressionInfo> find_constant(const CheckedScript& script, std::string_view name);

}  // namespace polytap
