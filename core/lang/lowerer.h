// The lowering of one function. Internal to core/lang: the parts are in lower_*.cc.
//
// Two kinds of values: words (Type::is_scalar()) are temporaries, everything else is a region of a slot, laid out as
// Type::storage_size() says. store() builds a value straight where it is wanted, so that strings, keys and tuples are
// not copied about. Structs and arrays in memory are read only as far as they are used.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/source.h"
#include "core/ir/builder.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/lang/checked.h"
#include "core/lang/functions.h"
#include "core/lang/program_variables.h"

namespace polytap {

class Lowerer {
 public:
  Lowerer(const CheckedScript& script, const CheckedFunction& function, ir::Program& program, Diagnostics& diagnostics);
  ir::Function run();

 private:
  // Where a struct, an array or a field lies.
  struct Object {
    enum class Where : uint8_t { kMemory, kSlot, kContext } where = Where::kSlot;
    ir::Temp address = ir::kNoTemp;  // kMemory
    AddressSpace space = AddressSpace::kKernel;
    ir::SlotId slot = 0;  // kSlot
    uint32_t offset = 0;  // added to the address, in the slot or in the context
    uint8_t bit_offset = 0;
    uint8_t bit_size = 0;  // 0: not a bit field
    Type type;             // as it lies there: a char array is an array
  };
  // A string in a slot.
  struct Text {
    ir::Place place;
    uint32_t capacity = 0;  // multiple of 8
    bool terminated = true;
  };

  const ExpressionInfo& info(const ast::Expression& e) const { return function_.at(e); }
  // The type of E as a value: an aggregation is the integer that it tells.
  Type value_type(const ast::Expression& e) const;
  ir::Temp constant(int64_t value) { return build_.constant(value); }

  // --- lower_statement.cc
  void block(const ast::Block& block);
  void statement(const ast::Statement& statement);
  void statement_body(const ast::Statement& statement);
  void expression_statement(const ast::Expression& e);
  void assignment(const ast::Assignment& statement);
  void if_statement(const ast::If& statement);
  void assign_variable(VariableId id, const ast::Assignment& statement);
  ir::Place variable_place(VariableId id);

  // --- lower_subprogram.cc
  // Where `return` leads in the body of a function of the script.
  struct Returns {
    ir::BlockId behind = 0;
    ir::Place result;
    Type type;
  };
  const ast::Subprogram* called_subprogram(const ast::Call& call) const;
  // Writes the body out. The result's place: contents are there until the next call of the same function.
  ir::Place inline_call(const ast::Call& call, const ast::Subprogram& subprogram);
  ir::Place result_place(const ast::Subprogram& subprogram);
  void return_statement(const ast::ReturnStatement& statement);

  // --- lower_loop.cc
  // Where break and continue lead.
  struct Loop {
    ir::BlockId next_round = 0;
    ir::BlockId behind = 0;
  };
  void unroll(const ast::Unroll& statement);
  void while_loop(const ast::While& statement);
  void for_range(const ast::ForRange& statement);
  void for_map(const ast::ForMap& statement);
  // Goes back to HEAD, unless the function's loops have gone round too often: then says so and returns.
  void next_round(ir::BlockId head, Span loop);

  // --- lower_word.cc
  ir::Temp word(const ast::Expression& e);
  ir::Temp word_of(const ast::Expression& e);
  // The word of E as TO holds it.
  ir::Temp word_as(const ast::Expression& e, const Type& to);
  ir::Temp convert_word(ir::Temp value, const Type& from, const Type& to);
  ir::Temp identifier(std::string_view name);
  ir::Temp numbered_argument(uint32_t number);
  ir::Temp static_argument(uint32_t number);
  ir::Temp function_name();
  ir::Temp stack_argument(uint32_t number);
  // Whether the number of a value that is shown by name is one that TEXT names.
  ir::Temp is_named(const ast::Expression& value, const std::string& text);
  ir::Temp unary(const ast::Unary& node, const ast::Expression& e);
  ir::Temp increment(const ast::Unary& node);
  ir::Temp binary(const ast::Binary& node, const ast::Expression& e);
  ir::Temp arithmetic(ast::BinaryOp op, ir::Temp left, const KnownType& a, ir::Temp right, const KnownType& b);
  ir::Temp compare(const ast::Binary& node);
  ir::Temp cast(const ast::Cast& node, const ast::Expression& e);
  // Goes to IF_TRUE or IF_FALSE; no code may follow in the current block.
  void branch(const ast::Expression& e, ir::BlockId if_true, ir::BlockId if_false);
  // Runs one of two builders by CONDITION and goes on behind both.
  template <typename IfTrue, typename IfFalse>
  void choose(const ast::Expression& condition, IfTrue&& if_true, IfFalse&& if_false) {
    const ir::BlockId yes = build_.new_block();
    const ir::BlockId no = build_.new_block();
    const ir::BlockId after = build_.new_block();
    branch(condition, yes, no);
    build_.switch_to(yes);
    if_true();
    build_.jump(after);
    build_.switch_to(no);
    if_false();
    build_.jump(after);
    build_.switch_to(after);
  }

  // --- lower_region.cc
  // Builds E's value, as a value of type WANT, in TO.
  void store(const ast::Expression& e, ir::Place to, const Type& want);
  bool store_directly(const ast::Expression& e, ir::Place to, const Type& want);
  bool store_call(const ast::Call& call, const ast::Expression& e, ir::Place to, const Type& want);
  void store_elements(std::span<const ast::Expression* const> elements, ir::Place to, const Type& want);
  // A region with E's value as WANT; E's own region when it fits.
  ir::Place region(const ast::Expression& e, const Type& want);
  // E's value where it lies already (a variable, a map's value), nullopt when it must be built.
  std::optional<ir::Place> existing_region(const ast::Expression& e);
  // Copies a value of type FROM_TYPE in FROM to TO, as a value of type WANT.
  void convert(ir::Place from, const Type& from_type, ir::Place to, const Type& want);
  void copy_padded(ir::Place from, uint32_t from_size, ir::Place to, uint32_t to_size);
  ir::Place scratch_for(const Type& type);
  void block_value(const ast::Block& block, ir::Place to, const Type& want);
  void value_or(const ast::Ternary& node, ir::Place to, const Type& want);

  // --- lower_text.cc
  ir::StringId intern(std::string text);
  void literal(const std::string& text, ir::Place to, uint32_t capacity);
  Text text(const ast::Expression& e);
  // Zeros from byte SIZE - 1 to the end of its word: cuts a string to its type's size.
  void cut(ir::Place place, uint32_t size);
  void read_string(const ast::Call& call, const ast::Expression& e, ir::Place to, const Type& want);
  void argument_string(const ProbeArgument& argument, ir::Place to, uint32_t capacity);
  void object_string(const Object& object, ir::Place to, uint32_t capacity);
  // 0 when equal in the first LIMIT bytes.
  ir::Temp compare_texts(const ast::Expression& left, const ast::Expression& right, uint32_t limit);

  // --- lower_object.cc
  // Whether E names a part of memory, of the context or of a struct.
  bool is_object(const ast::Expression& e) const;
  Object object(const ast::Expression& e);
  Object pointed_to(const ast::Expression& pointer);
  Object argument_object(const ProbeArgument& argument);
  // What `*reference` stands for: a variable or a map of the script; null for anything else.
  const ast::Expression* reference_target(const ast::Expression& e) const;
  ir::Temp address_of(const ast::Expression& e);
  // `args` as a whole, a record of type WANT.
  void store_arguments(ir::Place to, const Type& want);
  // Reports what lies outside of the probe's context.
  bool inside_context(const Object& object, uint32_t size);
  Object field_object(const ast::FieldAccess& node);
  Object index_object(const ast::Index& node);
  ir::Temp load_object(const Object& object);
  ir::Temp object_address(const Object& object);
  void read_object(const Object& object, ir::Place to, uint32_t size);
  ir::Temp load_context(uint32_t offset, uint32_t size, bool is_signed);
  ir::Temp load_slot(ir::SlotId slot, uint32_t offset, uint32_t size, bool is_signed);
  void copy_bytes(ir::SlotId from, uint32_t offset, ir::Place to, uint32_t size);
  const ProbeArgument* probe_argument(const ast::Expression& e) const;

  // --- program_variables.cc: `$$params.NAME`, `$$locals.NAME`, and both as a whole
  const ProbeVariable* program_variable(const ast::Expression& e) const;
  Object variable_object(const ProbeVariable& variable);
  ir::Temp location_node(const LocationNode& node, std::span<const ir::Temp> words);
  void store_variables(ProgramVariables set, ir::Place to, const Type& want);

  // --- lower_map.cc
  ir::MapId map_id(const ast::MapReference& reference) const;
  const MapInfo& map(ir::MapId id) const { return script_.maps[id]; }
  ir::Place key(const ast::MapReference& reference);
  ir::Place key_of(ir::MapId id, const ast::Expression& e);
  ir::Temp map_word(const ast::MapReference& reference);
  ir::Place map_region(const ast::MapReference& reference);
  void assign_map(const ast::MapReference& target, const ast::Assignment& statement);
  void aggregate(const ast::MapReference& target, const ast::Call& call);
  ir::Temp add_to_map(const ast::MapReference& target, ir::Temp delta);

  // --- lower_call.cc
  ir::Temp call_word(const ast::Call& call, const ast::Expression& e);
  ir::Temp stack_length(const ast::Expression& e);
  ir::Temp byte_swap(ir::Temp value, uint32_t size);
  void store_inet(const ast::Call& call, ir::Place to);
  // The bytes of an IPv4 or IPv6 address, 8 or 16 bytes of storage.
  void store_address(const std::string& text, ir::Place to);
  void store_buffer(const ast::Call& call, ir::Place to, const Type& type);

  // --- lower_text.cc
  ir::Temp find_text(const ast::Expression& text, const ast::Expression& pattern);
  ir::Temp compare_memory(const ast::Call& call);
  void join_texts(const ast::Call& call, ir::Place to, const Type& want);

  // --- lower_system.cc
  ir::Temp percpu_address(const ast::Call& call);
  ir::Temp user_address(const ast::Call& call);
  ir::Temp parent_of(const ast::Call& call);
  void process_name_of(const ast::Call& call, ir::Place to, const Type& want);
  ir::Temp socket_cookie(const ast::Call& call);
  ir::Temp skboutput(const ast::Call& call);
  // SIZE bytes at OFFSET behind ADDRESS in the kernel.
  ir::Temp read_kernel(ir::Temp address, uint32_t offset, uint32_t size);
  uint32_t field_offset(std::string_view structure, std::string_view field) const;

  // --- lower_action.cc
  void signal(const ast::Call& call, bool to_thread);
  ir::Temp write_user(const ast::Call& call);
  void poke(const ast::Call& call);
  void unwatch(const ast::Call& call);

  // --- lower_output.cc
  void statement_call(const ast::Call& call);
  void format_call(const ast::Call& call, ir::EmitKind kind);
  void name_fields(const ast::Call& call, ir::EmitSpec& spec);
  void print(const ast::Call& call);
  void print_map(const ast::Call& call, ir::MapId id);
  void print_scalar_map(ir::MapId id);
  void print_entry(const ast::Call& call, const ast::MapReference& reference);
  void clear_or_zero(ir::MapId id, bool clear);
  void join(const ast::Call& call);
  ir::Temp remove(const ast::Call& call);
  void exit(const ast::Call& call);
  void assertion(const ast::Call& call);
  // Appends E to a record's fields.
  void add_field(const ast::Expression& e, std::vector<Type>& types, std::vector<ir::EmitField>& fields);
  void emit(ir::EmitSpec spec, std::vector<ir::EmitField> fields);

  const CheckedScript& script_;
  const CheckedFunction& function_;
  ir::Program& program_;
  Diagnostics& diagnostics_;
  ir::Builder build_;
  std::vector<std::optional<ir::SlotId>> variables_;
  std::vector<Loop> loops_;       // around the current statement
  std::vector<Returns> returns_;  // of the functions of the script around the current statement
  std::unordered_map<const ast::Subprogram*, ir::SlotId> results_;
  uint32_t inlined_ = 0;              // bodies written out so far
  std::optional<ir::SlotId> rounds_;  // how often all loops together went round
};

inline uint32_t round_to_words(uint32_t bytes) { return (bytes + 7) & ~7U; }

}  // namespace polytap
