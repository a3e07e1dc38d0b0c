#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "core/ir/text.h"
#include "core/ir/text_fields.h"

namespace polytap::ir {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The reading Io of text_fields.h. The first error stays; after it nothing more is read.
class Reader {
 public:
  Reader(std::string_view text, Program& program) : text_(text), program_(program) {}

  bool failed() const { return !error_.empty(); }
  Error error() const { return Error(error_); }
  void set_function(const Function* function) { function_ = function; }

  bool at_end() {
    skip_space();
    return position_ == text_.size();
  }
  // Takes the next word when it is WORD.
  bool accept_word(std::string_view word) {
    const size_t before = position_;
    if (take_word() == word) return true;
    position_ = before;
    return false;
  }
  bool accept(char c) {
    skip_space();
    if (failed() || position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}' is missing", c));
  }
  std::string_view take_word() {
    skip_space();
    const size_t begin = position_;
    while (!failed() && position_ < text_.size() && is_word_character(text_[position_])) ++position_;
    return text_.substr(begin, position_ - begin);
  }
  template <typename Thing>
  void take(Thing& thing) {
    is_first_ = true;
    fields(*this, thing);
  }
  void fail(const std::string& message) {
    if (failed()) return;
    const std::string_view before = text_.substr(0, position_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    error_ = fmt::format("IR text:{}:{}: {}", line, position_ - line_start + 1, message);
  }
  // "PREFIX" and a number: b3, s0, #2, %7.
  template <typename Number>
  void numbered(char prefix, Number& value) {
    expect(prefix);
    value = take_number<Number>();
  }
  std::string take_string() {
    std::string result;
    expect('"');
    while (!failed()) {
      if (position_ == text_.size() || text_[position_] == '\n') {
        fail("the string has no end");
        break;
      }
      const char c = text_[position_++];
      if (c == '"') break;
      result += c == '\\' ? take_escape() : c;
    }
    return result;
  }

  // --- Io ---
  void temp(std::string_view label, Temp& temp) {
    start(label);
    expect('%');
    temp = accept('-') ? kNoTemp : take_number<Temp>();
  }
  void place(std::string_view label, Place& place) {
    start(label);
    place.slot = take_slot();
    expect('+');
    place.offset = take_number<uint32_t>();
  }
  template <typename Number>
  void number(std::string_view label, Number& value) {
    start(label);
    value = take_number<Number>();
  }
  template <typename Number>
  void optional_number(std::string_view label, Number& value, Number standard) {
    value = accept_label(label) ? take_number<Number>() : standard;
  }
  void flag(std::string_view name, bool& value) {
    const size_t before = position_;
    const bool was_first = is_first_;
    value = accept_separator() && accept_word(name);
    if (!value) {
      position_ = before;
      is_first_ = was_first;
    }
  }
  template <typename Names, typename Enum>
  void word(std::string_view label, const Names& names, Enum& value) {
    start(label);
    take_enumerator(names, value);
  }
  template <typename Names, typename Enum>
  void optional_word(std::string_view label, const Names& names, Enum& value) {
    value = Enum{};
    if (accept_label(label)) take_enumerator(names, value);
  }
  void text(std::string_view label, std::string& value) {
    start(label);
    value = take_string();
  }
  void optional_text(std::string_view label, std::string& value) {
    value = accept_label(label) ? take_string() : std::string();
  }
  void string_id(std::string_view label, StringId& id) {
    start(label);
    numbered('#', id);
  }
  void emit_id(std::string_view label, EmitId& id) {
    start(label);
    numbered('#', id);
  }
  void block_id(std::string_view label, BlockId& id) {
    start(label);
    numbered('b', id);
  }
  void map_id(std::string_view label, MapId& id) {
    start(label);
    if (!accept('@')) return numbered('#', id);
    const std::string name = "@" + std::string(take_word());
    for (id = 0; id < program_.maps.size(); ++id) {
      if (program_.maps[id].name == name) return;
    }
    fail("there is no map " + name);
  }
  void type(std::string_view label, Type& value) {
    start(label);
    item(value);
  }
  void optional_element(std::string_view label, std::shared_ptr<const Type>& value) {
    value = nullptr;
    if (!accept_label(label)) return;
    Type element;
    item(element);
    value = std::make_shared<const Type>(std::move(element));
  }
  void optional_aggregation(std::string_view label, Aggregation& value) {
    value = {};
    if (accept_label(label)) braced(value);
  }
  template <typename Element>
  void list(std::string_view label, std::vector<Element>& elements) {
    start(label);
    take_list(elements);
  }
  template <typename Element>
  void optional_list(std::string_view label, std::vector<Element>& elements) {
    elements.clear();
    if (accept_label(label)) take_list(elements);
  }

 private:
  void skip_space() {
    while (position_ < text_.size()) {
      const char c = text_[position_];
      if (c == ';') {
        position_ = std::min(text_.find('\n', position_), text_.size());
      } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        ++position_;
      } else {
        return;
      }
    }
  }
  bool accept_separator() {
    if (!is_first_) return accept(',');
    is_first_ = false;
    return !failed();
  }
  void start(std::string_view label) {
    if (!accept_separator()) fail("',' is missing");
    if (label.empty()) return;
    if (!accept_word(label)) fail(fmt::format("'{}=' is missing", label));
    expect('=');
  }
  bool accept_label(std::string_view label) {
    const size_t before = position_;
    const bool was_first = is_first_;
    if (accept_separator() && accept_word(label) && accept('=')) return true;
    position_ = before;
    is_first_ = was_first;
    return false;
  }
  template <typename Number>
  Number take_number() {
    skip_space();
    Number value = 0;
    if (failed()) return value;
    const auto [end, code] = std::from_chars(text_.data() + position_, text_.data() + text_.size(), value);
    if (code != std::errc()) {
      fail("a number (that fits) is missing");
    } else {
      position_ = static_cast<size_t>(end - text_.data());
    }
    return value;
  }
  template <typename Names, typename Enum>
  void take_enumerator(const Names& names, Enum& value) {
    const std::string_view word = take_word();
    const auto found = value_of<Enum>(names, word);
    if (found) {
      value = *found;
    } else {
      fail(fmt::format("unknown word '{}'", word));
    }
  }
  SlotId take_slot() {
    if (!accept('$')) {
      SlotId slot = 0;
      numbered('s', slot);
      return slot;
    }
    const std::string name = "$" + std::string(take_word());
    for (SlotId slot = 0; function_ != nullptr && slot < function_->slots.size(); ++slot) {
      if (function_->slots[slot].name == name) return slot;
    }
    fail("there is no slot " + name);
    return 0;
  }
  char take_escape() {
    if (position_ == text_.size()) return '\\';
    const char c = text_[position_++];
    if (c == 'n') return '\n';
    if (c != 'x') return c;
    uint8_t value = 0;
    const size_t end = std::min(position_ + 2, text_.size());
    const auto result = std::from_chars(text_.data() + position_, text_.data() + end, value, 16);
    if (result.ptr != text_.data() + position_ + 2) fail("two hexadecimal digits are missing");
    position_ = end;
    return static_cast<char>(value);
  }
  template <typename Thing>
  void braced(Thing& thing) {
    expect('(');
    is_first_ = true;
    fields(*this, thing);
    expect(')');
    is_first_ = false;
  }
  template <typename Element>
  void take_list(std::vector<Element>& elements) {
    expect('[');
    if (accept(']')) return;
    do {
      item(elements.emplace_back());
    } while (accept(','));
    expect(']');
  }
  void item(uint32_t& value) { value = take_number<uint32_t>(); }
  void item(std::string& value) { value = take_string(); }
  void item(EmitField& value) { braced(value); }
  void item(ProbeArgument& value) { braced(value); }
  void item(Type& value) {
    // A hostile text must not exhaust the stack.
    constexpr int kMaxDepth = 100;
    if (depth_ == kMaxDepth) return fail("the type is nested too deeply");
    ++depth_;
    take_type(value);
    --depth_;
  }
  void take_type(Type& value) {
    const size_t before = position_;
    const std::string_view word = take_word();
    for (const uint32_t size : {1U, 2U, 4U, 8U}) {
      for (const bool is_signed : {false, true}) {
        value = types::integer(size, is_signed);
        if (to_string(value) == word) return;
      }
    }
    value = {};
    if (word == "string" && accept('[')) {
      value = types::string(take_number<uint32_t>());
      return expect(']');
    }
    position_ = before;
    take_enumerator(kTypeKindNames, value.kind);
    braced(value);
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string error_;
  Program& program_;
  const Function* function_ = nullptr;
  bool is_first_ = true;
  int depth_ = 0;
};

template <size_t Index = 0>
Operation operation_at(size_t index) {
  if constexpr (Index < std::variant_size_v<Operation>) {
    if (index == Index) return Operation(std::in_place_index<Index>);
    return operation_at<Index + 1>(index);
  } else {
    return Const{};
  }
}

void take_instruction(Reader& reader, std::string_view first_word, Instruction& instruction) {
  std::string_view word = first_word;
  if (word.empty()) {
    reader.numbered('%', instruction.result);
    reader.expect('=');
    word = reader.take_word();
  }
  if (const auto binary = value_of<BinaryOp>(kBinaryOpNames, word)) {
    instruction.operation = Binary{.op = *binary};
  } else if (const auto index = value_of<size_t>(kOperationNames, word)) {
    instruction.operation = operation_at(*index);
  } else {
    return reader.fail(fmt::format("unknown operation '{}'", word));
  }
  std::visit([&](auto& op) { reader.take(op); }, instruction.operation);
}

void take_block(Reader& reader, Block& block) {
  while (!reader.failed()) {
    const std::string_view word = reader.take_word();
    if (word == "return") {
      block.end = Return{};
      return;
    }
    if (word == "jump") return reader.take(block.end.emplace<Jump>());
    if (word == "branch") return reader.take(block.end.emplace<Branch>());
    take_instruction(reader, word, block.instructions.emplace_back());
  }
}

void take_function(Reader& reader, Function& function) {
  reader.take(function);
  reader.set_function(&function);
  while (reader.accept_word("slot")) reader.take(function.slots.emplace_back());
  while (!reader.failed() && reader.accept_word(fmt::format("b{}", function.blocks.size()))) {
    reader.expect(':');
    take_block(reader, function.blocks.emplace_back());
  }
  reader.set_function(nullptr);
}

}  // namespace

Result<Program> parse_text(std::string_view text) {
  Program program;
  Reader reader(text, program);
  while (!reader.failed() && !reader.at_end()) {
    const std::string_view word = reader.take_word();
    if (word == "settings") {
      reader.take(program.settings);
    } else if (word == "site") {
      reader.take(program.sites.emplace_back());
    } else if (word == "map") {
      reader.take(program.maps.emplace_back());
    } else if (word == "record") {
      reader.take(program.emits.emplace_back());
    } else if (word == "string") {
      program.strings.push_back(reader.take_string());
    } else if (word == "function") {
      take_function(reader, program.functions.emplace_back());
    } else {
      reader.fail(
          fmt::format("'{}' begins nothing: settings, site, map, record, string or function is expected", word));
    }
  }
  if (reader.failed()) return reader.error();
  return program;
}

}  // namespace polytap::ir
