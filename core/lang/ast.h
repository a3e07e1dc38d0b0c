// The syntax tree of a script, as written: passes read it and never change it; what they learn goes into side tables
// indexed by Expression::id.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/source.h"

namespace polytap::ast {

struct Expression;
struct Statement;
using ExpressionPtr = std::unique_ptr<Expression>;
using StatementPtr = std::unique_ptr<Statement>;
using ExpressionId = uint32_t;

// `{ ... }`; in expression position `value` is what the block is worth.
struct Block {
  std::vector<StatementPtr> statements;
  ExpressionPtr value;  // null in statement position
  Span span;
};

// A type as written: `int32`, `struct foo *`, `string[64]`, `uint8[4]`, `(int64, string[8])`, `typeof(expr)`.
struct TypeName {
  std::string name;                // "struct foo", "unsigned int", "string", "typeof"; empty for a tuple
  std::vector<TypeName> elements;  // of a tuple
  ExpressionPtr of;                // typeof(expression)
  struct Suffix {
    enum class Kind : uint8_t { kPointer, kArray } kind = Kind::kPointer;
    std::optional<uint64_t> count;  // kArray; absent for [] and for a count by name
    std::string constant;           // kArray: the count's text, when the script alone does not give its value
  };
  std::vector<Suffix> suffixes;  // in the order written
  Span span;
};

// --- expressions
// ------------------------------------------------------------------------------------------------------
struct IntegerLiteral {
  uint64_t value = 0;
  std::string text;          // as written: "0x10", "1e6", "5ms", "10ul"
  bool is_unsigned = false;  // a u suffix
  bool is_long = false;      // an l or ll suffix
  bool is_duration = false;
};
struct BoolLiteral {
  bool value = false;
};
struct StringLiteral {
  std::string value;
};  // escapes resolved
struct Identifier {
  std::string name;
};  // builtin, enumerator, #define, stack mode, ...
struct Variable {
  std::string name;
};  // with its $
struct MapReference {
  std::string name;
  std::vector<ExpressionPtr> key;
  bool has_key = false;
};  // name with its @
struct PositionalParameter {
  uint32_t index = 1;
};
struct ParameterCount {};
struct Call {
  std::string name;
  Span name_span;
  std::vector<ExpressionPtr> arguments;
};
enum class UnaryOp : uint8_t {
  kNegate,
  kNot,
  kComplement,
  kDereference,
  kAddress,
  kPlus,
  kPreIncrement,
  kPreDecrement,
  kPostIncrement,
  kPostDecrement
};
struct Unary {
  UnaryOp op = UnaryOp::kNegate;
  ExpressionPtr operand;
};
enum class BinaryOp : uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kShiftLeft,
  kShiftRight,
  kAnd,
  kOr,
  kXor,
  kLogicalAnd,
  kLogicalOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
};
struct Binary {
  BinaryOp op = BinaryOp::kAdd;
  ExpressionPtr left;
  ExpressionPtr right;
};
struct Ternary {
  ExpressionPtr condition;
  ExpressionPtr if_true;
  ExpressionPtr if_false;
};  // if_true null: `a ?: b`
struct FieldAccess {
  ExpressionPtr object;
  std::string field;
  Span field_span;
  bool arrow = false;
};  // field "0": tuple index
struct Index {
  ExpressionPtr object;
  ExpressionPtr index;
};
struct Cast {
  TypeName type;
  ExpressionPtr operand;
};
struct TupleLiteral {
  std::vector<ExpressionPtr> elements;
};
struct RecordLiteral {
  struct Element {
    std::string name;
    ExpressionPtr value;
  };
  std::vector<Element> elements;
};
struct SizeOf {
  std::optional<TypeName> type;
  ExpressionPtr expression;
};
struct OffsetOf {
  std::optional<TypeName> type;
  ExpressionPtr expression;
  std::vector<std::string> path;
};
struct IfExpression {
  ExpressionPtr condition;
  Block if_true;
  Block if_false;
};  // both have a value
struct BlockExpression {
  Block block;
};
struct Comptime {
  ExpressionPtr expression;
};  // `comptime e`
struct TypeExpression {
  TypeName type;
};  // a type where a call takes one: typeof(...), sizeof's kin

struct Expression {
  ExpressionId id = 0;  // unique in a script, less than Script::expressions
  Span span;
  bool parenthesized = false;
  std::variant<IntegerLiteral, BoolLiteral, StringLiteral, Identifier, Variable, MapReference, PositionalParameter,
               ParameterCount, Call, Unary, Binary, Ternary, FieldAccess, Index, Cast, TupleLiteral, RecordLiteral,
               SizeOf, OffsetOf, IfExpression, BlockExpression, Comptime, TypeExpression>
      node;
};

// --- statements
// -------------------------------------------------------------------------------------------------------
struct ExpressionStatement {
  ExpressionPtr expression;
};
// target: Variable, MapReference, FieldAccess, Index or Unary dereference. op: for `+=` and its kin.
struct Assignment {
  ExpressionPtr target;
  std::optional<BinaryOp> op;
  ExpressionPtr value;
};
struct Declaration {
  std::string name;
  Span name_span;
  std::optional<TypeName> type;
  ExpressionPtr value;
};  // let $x[: t][= e]
struct If {
  ExpressionPtr condition;
  Block then;
  std::optional<Block> otherwise;
};  // else if: a block with one If
struct While {
  ExpressionPtr condition;
  Block body;
};
struct ForMap {
  std::string variable;
  Span variable_span;
  ExpressionPtr map;
  Block body;
};
struct ForRange {
  std::string variable;
  Span variable_span;
  ExpressionPtr from;
  ExpressionPtr to;
  Block body;
};
struct Unroll {
  ExpressionPtr count;
  Block body;
};
struct Break {};
struct Continue {};
struct ReturnStatement {
  ExpressionPtr value;
};
struct Discard {
  ExpressionPtr value;
};  // `_ = e`
struct BlockStatement {
  Block block;
};

struct Statement {
  Span span;
  std::variant<ExpressionStatement, Assignment, Declaration, If, While, ForMap, ForRange, Unroll, Break, Continue,
               ReturnStatement, Discard, BlockStatement>
      node;
};

// --- top level
// --------------------------------------------------------------------------------------------------------
// `tracepoint:syscalls:sys_enter_*`: cut at colons outside quotes; quotes removed.
struct AttachPoint {
  std::string provider;            // as written
  std::vector<std::string> parts;  // after the provider; may hold wildcards and $1 / $#
  std::string text;                // the whole, as written
  Span span;
};
struct Probe {
  std::string name;  // `name = probe ...`; empty without
  std::vector<AttachPoint> attach_points;
  ExpressionPtr predicate;  // null without
  Block body;
  Span span;
};
struct Preprocessor {
  std::string text;
};  // a line beginning with #, as written
// struct, union or enum definition (or typedef) in C.
struct CField {
  TypeName type;
  std::string name;
  std::optional<uint64_t> bits;
  std::shared_ptr<struct CDefinition> nested;
  bool packed = false;
  uint32_t aligned = 0;  // __attribute__((aligned(n))); 0: none
  Span span;
};
struct CEnumerator {
  std::string name;
  ExpressionPtr value;
};
struct CDefinition {
  enum class Kind : uint8_t { kStruct, kUnion, kEnum, kTypedef } kind = Kind::kStruct;
  std::string name;            // without the keyword; empty for an anonymous one
  std::vector<CField> fields;  // kTypedef: one, the type
  std::vector<CEnumerator> enumerators;
  bool forward = false;  // `struct x;`
  bool packed = false;   // __attribute__((packed))
  uint32_t aligned = 0;  // __attribute__((aligned(n))); 0: none
};
struct ConfigBlock {
  struct Entry {
    std::string name;
    std::string value;
    bool quoted = false;
    Span span;
    Span value_span;
  };
  std::vector<Entry> entries;
};
struct MapDeclaration {
  std::string name;
  std::string kind;
  ExpressionPtr entries;
};  // let @a = hash(n)
struct Macro {
  std::string name;
  struct Parameter {
    std::string name;
    Span span;
  };
  std::vector<Parameter> parameters;
  Block body;
};  // names with $ or @, or bare
struct Subprogram {
  std::string name;
  struct Parameter {
    std::string name;
    TypeName type;
  };
  std::vector<Parameter> parameters;
  TypeName result;
  Block body;
};
struct Import {
  std::string path;
  Span path_span;
};

struct TopLevel {
  Span span;
  std::variant<Probe, Preprocessor, CDefinition, ConfigBlock, MapDeclaration, Macro, Subprogram, Import> node;
};

struct Comment {
  uint32_t begin = 0;        // in the source
  std::string text;          // as written, without the end of the line
  bool own_line = false;     // it begins its line
  bool blank_after = false;  // an empty line follows
};

struct Script {
  std::vector<TopLevel> items;
  std::vector<Comment> comments;  // in order; those inside of a preprocessor line or an attach point belong to it
  ExpressionId expressions = 0;   // how many ids were given out
};

}  // namespace polytap::ast
