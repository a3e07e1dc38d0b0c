// The recursive descent parser behind parse_c_declarations() and evaluate_c(). Internal to core/c. Methods give nullopt
// or false when they do not understand what they see; `why_` then says what it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/c/declarations.h"
#include "core/c/token.h"

namespace polytap {

class CParser {
 public:
  CParser(std::string_view text, CDeclarations& declarations);

  void parse_all();
  // The whole text as one constant.
  std::optional<CValue> parse_constant();

 private:
  static constexpr unsigned kMaxNesting = 100;

  // What __attribute__((...)), _Alignas and #pragma say about the layout.
  struct Attributes {
    bool packed = false;
    uint32_t aligned = 0;
    uint32_t mode_size = 0;  // __attribute__((mode(DI)))
    bool vector = false;
  };
  struct Specifiers {
    Type type;
    uint32_t alignment = 1;
    bool is_typedef = false;
    std::string unknown;  // why the type is not known; empty: it is
    Attributes attributes;
    bool defines = false;          // a struct, union or enum in place
    std::string anonymous_struct;  // its name when it has no tag
  };
  struct Declarator {
    enum class Step : uint8_t { kPointer, kArray, kFunction };
    std::string name;
    std::vector<std::pair<Step, uint64_t>> steps;  // from the name outwards reversed: applied to the base in order
    Attributes attributes;
    std::string unknown;
  };
  class Level {
   public:
    explicit Level(CParser& parser) : parser_(parser) { ++parser_.nesting_; }
    ~Level() { --parser_.nesting_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool ok() const { return parser_.nesting_ <= kMaxNesting; }

   private:
    CParser& parser_;
  };

  // --- tokens
  const CToken& peek(size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const CToken& take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_.back(); }
  bool at(std::string_view punctuation) const { return peek().is(punctuation); }
  bool accept(std::string_view punctuation);
  bool expect(std::string_view punctuation);
  bool at_end() const { return peek().kind == CTokenKind::kEnd; }
  bool skip_balanced(std::string_view open, std::string_view close);
  void directive(const CToken& token);
  uint32_t pack() const;
  std::string place(size_t token) const;

  // --- declarations
  void declaration();
  bool declare();
  void skip_declaration(size_t begin);
  void add_typedef(const Specifiers& specifiers, const Declarator& declarator);
  bool specifiers(Specifiers& result);
  bool base_word(Specifiers& result, std::string_view word);
  void base_type(Specifiers& result, const std::vector<std::string_view>& words);
  void named_type(Specifiers& result, std::string_view name);
  bool attributes(Attributes& result);
  bool attribute(Attributes& result);
  bool declarator(Declarator& result, bool abstract);
  bool inner_declarator_follows(bool abstract) const;
  // BASE with DECLARATOR's steps applied; its alignment beside it.
  std::pair<Type, uint32_t> apply(const Specifiers& base, const Declarator& declarator) const;
  bool starts_type(const CToken& token) const;
  std::optional<CDeclarations::Named> type_name();

  // --- structs and enums
  bool aggregate(Specifiers& result);
  bool members(class StructLayout& layout, std::string& unknown);
  bool member_declarators(const Specifiers& base, StructLayout& layout, std::string& unknown);
  bool enumeration(Specifiers& result);
  uint32_t alignment_of(const Type& type) const;

  // --- constants
  std::optional<CValue> conditional();
  std::optional<CValue> binary(int least);
  std::optional<CValue> unary();
  std::optional<CValue> primary();
  std::optional<CValue> size_of(bool alignment);
  std::optional<CValue> offset_of();

  std::string_view text_;
  CDeclarations& out_;
  std::vector<CToken> tokens_;  // without directives
  std::vector<std::pair<size_t, uint32_t>> packs_;
  std::vector<uint32_t> pack_stack_;
  struct LineMark {
    uint32_t offset = 0;  // of the line behind the mark
    uint32_t line = 1;
    std::string_view file;
  };
  std::vector<LineMark> marks_;
  size_t at_ = 0;
  unsigned nesting_ = 0;
  std::string why_;
};

}  // namespace polytap
