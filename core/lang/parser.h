// The recursive descent parser behind parse(). Its methods return null (or nullopt) after they reported what is wrong;
// statements and top-level items are where parsing goes on after an error.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/lexer.h"

namespace polytap {

// Levels of parentheses, blocks, unary operators, types and C definitions inside each other.
inline constexpr unsigned kMaxNesting = 256;
// Bounds the height of an expression's tree, which `a + b + c + ...` adds to without nesting: later passes recurse over
// the tree.
inline constexpr unsigned kMaxHeight = 2048;

// After so many errors the rest of the script is not looked at.
inline constexpr unsigned kMaxErrors = 20;

class Parser {
 public:
  // Reads from BEGIN to the end of the text. Expression ids are given out from FIRST_ID on.
  Parser(const Source& source, Diagnostics& diagnostics, uint32_t begin = 0, ast::ExpressionId first_id = 0)
      : source_(source),
        diagnostics_(diagnostics),
        offset_(begin),
        last_end_(begin),
        begin_(begin),
        next_id_(first_id) {}

  ast::Script parse_script();

 private:
  // Counts nesting on the way down and the tree's height on the way up; see make().
  class Level {
   public:
    explicit Level(Parser& parser);
    ~Level();
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool ok() const { return ok_; }

   private:
    Parser& parser_;
    unsigned outer_height_;
    bool ok_;
  };

  // What an `if` is worth is known only at its end: it stays apart until then.
  struct IfParts {
    ast::ExpressionPtr condition;
    ast::Block then;
    std::optional<ast::Block> otherwise;
    std::unique_ptr<IfParts> else_if;
    Span span;
    // Every branch ends in an expression without ';', so this may stand for a value.
    bool has_value() const;
  };

  // --- tokens (parser.cc)
  const Token& peek(size_t ahead = 0);
  Token take();
  bool at(std::string_view punctuation) { return peek().is(punctuation); }
  bool at_word(std::string_view word) { return peek().is_word(word); }
  bool accept(std::string_view punctuation);
  // Takes PUNCTUATION or reports that it lacks WHERE ("after the condition").
  bool expect(std::string_view punctuation, std::string_view where, std::string hint = {});
  // For the `)` of the `(` at OPEN: a note points there when that is on another line.
  bool expect_closing(std::string_view punctuation, Span open, std::string_view where);
  // Where the parser stands; continue_at moves it (and forgets the tokens seen ahead).
  uint32_t position();
  // Keeps the comments between what was taken last and END.
  void keep_comments(uint32_t end);
  void continue_at(uint32_t offset);
  // Reports "expected WHAT, found ...", or the token's own error.
  void unexpected(std::string_view what, std::string hint = {});
  void error(Span span, std::string message, std::string hint = {});
  Span since(Span begin) const { return {begin.begin, last_end_}; }
  // Skips to where a statement may begin: behind a ';' or a balanced block, or before the '}' that ends the block.
  void skip_statement();
  // Skips what is left of a top-level item: behind its balanced block, or to the end.
  void skip_item();
  bool c_declarator_follows();

  // --- expressions (parse_expression.cc, parse_primary.cc)
  template <typename Node>
  ast::ExpressionPtr make(Node node, Span span) {
    count_height(span);
    auto expression = std::make_unique<ast::Expression>();
    expression->id = next_id_++;
    expression->span = span;
    expression->node = std::move(node);
    return expression;
  }
  void count_height(Span span);
  ast::ExpressionPtr parse_expression();
  ast::ExpressionPtr parse_binary(int least_precedence);
  ast::ExpressionPtr parse_unary();
  ast::ExpressionPtr parse_postfix();
  ast::ExpressionPtr parse_field(ast::ExpressionPtr object);
  ast::ExpressionPtr parse_primary();
  ast::ExpressionPtr parse_word();
  ast::ExpressionPtr parse_call();
  ast::ExpressionPtr parse_map();
  ast::ExpressionPtr parse_parenthesis();
  ast::ExpressionPtr parse_cast();
  ast::ExpressionPtr parse_record(Span open);
  ast::ExpressionPtr parse_sizeof();
  ast::ExpressionPtr parse_offsetof();
  ast::ExpressionPtr parse_type_or_expression();
  ast::ExpressionPtr parse_if_expression();
  // Comma-separated up to CLOSE, which is taken; a trailing comma is let pass.
  bool parse_list(std::string_view close, Span open, std::string_view where, std::vector<ast::ExpressionPtr>& elements);
  bool ends_predicate();
  bool cast_follows();
  ast::ExpressionPtr to_expression(IfParts parts);

  // --- types (parse_type.cc)
  struct TypeScan {
    bool found = false;
    bool certain = false;  // cannot be an expression
    size_t end = 0;        // tokens ahead
  };
  // Whether the tokens from AHEAD on read as a type; takes nothing.
  TypeScan scan_type(size_t ahead, unsigned depth = 0);
  TypeScan scan_base_type(size_t ahead, unsigned depth);
  std::optional<ast::TypeName> parse_type();
  std::optional<ast::TypeName> parse_base_type();
  std::optional<std::string> parse_c_type_words();
  bool parse_type_suffixes(ast::TypeName& type);
  bool is_type_word(const Token& token) const;

  // --- statements (parse_statement.cc)
  enum class BlockUse : uint8_t { kStatement, kValue };
  std::optional<ast::Block> parse_block(BlockUse use, std::string_view where);
  void parse_block_item(BlockUse use, ast::Block& block);
  ast::StatementPtr parse_statement(BlockUse use, ast::Block& block);
  ast::StatementPtr parse_simple_statement(BlockUse use, ast::Block& block);
  ast::StatementPtr parse_assignment(ast::ExpressionPtr target);
  ast::StatementPtr parse_declaration();
  ast::StatementPtr parse_while();
  ast::StatementPtr parse_for();
  ast::StatementPtr parse_unroll();
  ast::StatementPtr parse_return();
  ast::StatementPtr parse_block_or_if(BlockUse use, ast::Block& block);
  std::unique_ptr<IfParts> parse_if_parts();
  ast::ExpressionPtr parse_condition();
  bool end_statement(std::string_view after, const ast::Expression* written);
  bool statement_begins_on_next_line();
  bool refuse_operator_after_block(Span span);
  static ast::StatementPtr make_statement(decltype(ast::Statement::node) node, Span span);
  static ast::StatementPtr to_statement(IfParts parts);
  static void demote(ast::Block& block);

  // --- probes (parse_probe.cc)
  std::optional<ast::Probe> parse_probe();
  std::optional<ast::AttachPoint> parse_attach_point();
  bool parse_predicate(ast::Probe& probe);

  // --- top level (parse_top_level.cc)
  bool parse_item(ast::Script& script);
  std::optional<ast::ConfigBlock> parse_config();
  std::optional<ast::ConfigBlock::Entry> parse_config_entry();
  std::optional<ast::MapDeclaration> parse_map_declaration();
  std::optional<ast::Macro> parse_macro();
  std::optional<ast::Subprogram> parse_subprogram();
  std::optional<ast::Import> parse_import();
  void note_define(std::string_view line);

  // --- C definitions (parse_c.cc)
  struct Declarator {
    std::string name;
    std::vector<ast::TypeName::Suffix> suffixes;
    bool is_function = false;  // `(*f)(...)`: the suffixes then lead to a function, held as void
    Span span;
  };
  std::optional<ast::CDefinition> parse_c_definition();
  std::optional<ast::CDefinition> parse_c_aggregate();
  std::optional<ast::CDefinition> parse_c_enum();
  std::optional<ast::CDefinition> parse_c_typedef();
  bool parse_c_fields(std::vector<ast::CField>& fields);
  bool parse_c_field_declarators(const ast::CField& base, std::vector<ast::CField>& fields);
  // A type's specifiers; NESTED gets the definition when one is written in place.
  std::optional<ast::CField> parse_c_specifiers();
  std::optional<Declarator> parse_c_declarator();
  bool parse_c_array_sizes(std::vector<ast::TypeName::Suffix>& suffixes);
  bool skip_c_parameters();
  struct CAttributes {
    bool packed = false;
    uint32_t aligned = 0;
  };
  bool parse_c_attributes(CAttributes& attributes);
  bool parse_c_attribute(CAttributes& attributes);
  void skip_c_qualifiers();
  static void apply(const Declarator& declarator, ast::TypeName& type);
  // The value of an integer constant expression of literals, enumerators and #defines seen so far.
  std::optional<uint64_t> evaluate(const ast::Expression& expression) const;

  const Source& source_;
  Diagnostics& diagnostics_;
  std::deque<Token> ahead_;
  uint32_t offset_;    // where the first token not in ahead_ is looked for
  uint32_t last_end_;  // end of the last token taken
  uint32_t begin_;
  std::vector<ast::Comment> comments_;
  ast::ExpressionId next_id_;
  unsigned nesting_ = 0;
  unsigned height_ = 0;
  unsigned errors_ = 0;
  bool given_up_ = false;        // reported why; the script reads as if it ended here
  bool lost_line_ = false;       // a string that is never closed was met
  bool in_predicate_ = false;    // outside its parentheses: a '/' before '{' ends it
  bool in_arguments_ = false;    // types may stand for themselves
  uint32_t condition_at_ = ~0U;  // a '(' here opens a condition: `if (pid) f()` is no cast
  std::map<std::string, uint64_t, std::less<>> constants_;
  std::vector<std::string> typedefs_;
  std::vector<ast::TopLevel> hoisted_;  // `import` in a block counts for the whole script
};

}  // namespace polytap
