#include "core/ir/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/ir/text_fields.h"

namespace polytap::ir {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Whether NAME can stand for its thing: SIGIL and word characters, and no other of ALL is called so.
template <typename Things>
bool is_usable_name(const std::string& name, char sigil, const Things& all) {
  if (name.empty() || name[0] != sigil) return false;
  if (!std::all_of(name.begin() + 1, name.end(), is_word_character)) return false;
  return std::ranges::count_if(all, [&](const auto& thing) { return thing.name == name; }) == 1;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (byte < 0x20 || byte >= 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result + '"';
}

// The writing Io of text_fields.h.
class Writer {
 public:
  Writer(const Program& program, std::string& out) : program_(program), out_(out) {}

  void set_function(const Function* function) { function_ = function; }

  // "WORD field, field"
  template <typename Thing>
  void line(std::string_view head, const Thing& thing) {
    out_ += head;
    is_first_ = true;
    Thing copy = thing;  // fields() serves the reader too, and takes references that it may assign to
    fields(*this, copy);
    out_ += '\n';
  }

  void temp(std::string_view label, Temp temp) { put(label, temp == kNoTemp ? "%-" : fmt::format("%{}", temp)); }
  void place(std::string_view label, Place place) {
    std::string slot = fmt::format("s{}", place.slot);
    if (function_ != nullptr && place.slot < function_->slots.size()) {
      const std::string& name = function_->slots[place.slot].name;
      if (is_usable_name(name, '$', function_->slots)) slot = name;
    }
    put(label, fmt::format("{}+{}", slot, place.offset));
  }
  template <typename Number>
  void number(std::string_view label, Number value) {
    put(label, fmt::format("{}", value));
  }
  template <typename Number>
  void optional_number(std::string_view label, Number value, Number standard) {
    if (value != standard) number(label, value);
  }
  void flag(std::string_view name, bool value) {
    if (value) put("", name);
  }
  template <typename Names, typename Enum>
  void word(std::string_view label, const Names& names, Enum value) {
    put(label, name_of(names, value));
  }
  template <typename Names, typename Enum>
  void optional_word(std::string_view label, const Names& names, Enum value) {
    if (value != Enum{}) word(label, names, value);
  }
  void text(std::string_view label, const std::string& value) { put(label, quoted(value)); }
  void optional_text(std::string_view label, const std::string& value) {
    if (!value.empty()) text(label, value);
  }
  void string_id(std::string_view label, StringId id) { put(label, fmt::format("#{}", id)); }
  void emit_id(std::string_view label, EmitId id) { put(label, fmt::format("#{}", id)); }
  void block_id(std::string_view label, BlockId id) { put(label, fmt::format("b{}", id)); }
  void map_id(std::string_view label, MapId id) {
    const bool is_named = id < program_.maps.size() && is_usable_name(program_.maps[id].name, '@', program_.maps);
    put(label, is_named ? program_.maps[id].name : fmt::format("#{}", id));
  }

  void type(std::string_view label, Type& value) {
    start(label);
    item(value);
  }
  void optional_element(std::string_view label, const std::shared_ptr<const Type>& value) {
    if (value == nullptr) return;
    Type copy = *value;
    type(label, copy);
  }
  void optional_aggregation(std::string_view label, Aggregation& value) {
    if (value == Aggregation{}) return;
    start(label);
    braced('(', value, ')');
  }
  template <typename Element>
  void list(std::string_view label, std::vector<Element>& elements) {
    start(label);
    out_ += '[';
    for (size_t i = 0; i < elements.size(); ++i) {
      if (i != 0) out_ += ", ";
      item(elements[i]);
    }
    out_ += ']';
    is_first_ = false;
  }
  template <typename Element>
  void optional_list(std::string_view label, std::vector<Element>& elements) {
    if (!elements.empty()) list(label, elements);
  }

 private:
  void start(std::string_view label) {
    if (is_first_) {
      if (!out_.ends_with('(')) out_ += ' ';
    } else {
      out_ += ", ";
    }
    is_first_ = false;
    if (!label.empty()) out_ += fmt::format("{}=", label);
  }
  void put(std::string_view label, std::string_view value) {
    start(label);
    out_ += value;
  }
  template <typename Thing>
  void braced(char open, Thing& thing, char close) {
    out_ += open;
    is_first_ = true;
    fields(*this, thing);
    out_ += close;
    is_first_ = false;
  }
  void item(uint32_t value) { out_ += fmt::format("{}", value); }
  void item(const std::string& value) { out_ += quoted(value); }
  void item(EmitField& value) { braced('(', value, ')'); }
  void item(ProbeArgument& value) { braced('(', value, ')'); }
  void item(Type& value) {
    if (value.is(TypeKind::kInteger) && value == types::integer(value.size, value.is_signed)) {
      out_ += to_string(value);
    } else if (value.is(TypeKind::kString) && value == types::string(value.size)) {
      out_ += to_string(value);
    } else {
      out_ += name_of(kTypeKindNames, value.kind);
      braced('(', value, ')');
    }
  }

  const Program& program_;
  const Function* function_ = nullptr;
  std::string& out_;
  bool is_first_ = true;
};

std::string_view operation_name(const Operation& operation) {
  if (const auto* binary = std::get_if<Binary>(&operation)) return name_of(kBinaryOpNames, binary->op);
  return kOperationNames.at(operation.index());
}

void write_block(Writer& writer, const Block& block) {
  for (const Instruction& instruction : block.instructions) {
    std::string head = "    ";
    if (instruction.result != kNoTemp) head += fmt::format("%{} = ", instruction.result);
    head += operation_name(instruction.operation);
    std::visit([&](const auto& op) { writer.line(head, op); }, instruction.operation);
  }
  constexpr std::array<std::string_view, 3> kTerminatorHeads = {"    return", "    jump", "    branch"};
  std::visit([&](const auto& end) { writer.line(kTerminatorHeads.at(block.end.index()), end); }, block.end);
}

}  // namespace

std::string to_text(const Program& program) {
  std::string out;
  Writer writer(program, out);
  writer.line("settings", program.settings);
  for (const ProbeSite& site : program.sites) writer.line("site", site);
  for (const MapSpec& map : program.maps) writer.line("map", map);
  for (const EmitSpec& emit : program.emits) writer.line("record", emit);
  for (const std::string& text : program.strings) out += fmt::format("string {}\n", quoted(text));
  for (const Function& function : program.functions) {
    out += '\n';
    writer.set_function(&function);
    writer.line("function", function);
    for (const Slot& slot : function.slots) writer.line("  slot", slot);
    for (size_t i = 0; i < function.blocks.size(); ++i) {
      out += fmt::format("  b{}:\n", i);
      write_block(writer, function.blocks[i]);
    }
  }
  return out;
}

}  // namespace polytap::ir
