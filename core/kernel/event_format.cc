#include "core/kernel/event_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/kernel/c_type.h"

namespace polytap {
namespace {

constexpr uint32_t kWord = 8;

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::optional<uint32_t> to_number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// One "field:" line taken apart.
struct FieldLine {
  std::string_view c_type;  // without dimensions: "char" of "char comm[16]"
  std::string_view name;
  std::string_view dimension;  // "16" of "[16]"
  bool is_array = false;
  ProbeArgument::Form form = ProbeArgument::Form::kInline;
  uint32_t offset = 0;
  uint32_t size = 0;
  bool is_signed = false;
};

// "char comm[16]", "__data_loc char[] name", "const char * name", "void (*call)(int)"
bool split_declaration(std::string_view declaration, FieldLine& line) {
  declaration = trim(declaration);
  for (const auto& [prefix, form] :
       {std::pair(std::string_view("__data_loc "), ProbeArgument::Form::kDataLocation),
        std::pair(std::string_view("__rel_loc "), ProbeArgument::Form::kRelativeLocation)}) {
    if (!declaration.starts_with(prefix)) continue;
    line.form = form;
    declaration.remove_prefix(prefix.size());
  }
  if (const size_t call = declaration.find("(*"); call != std::string_view::npos) {
    const size_t end = declaration.find(')', call);
    if (end == std::string_view::npos) return false;
    line.name = trim(declaration.substr(call + 2, end - call - 2));
    line.c_type = "void *";
    return !line.name.empty();
  }
  if (declaration.ends_with(']')) {
    const size_t open = declaration.rfind('[');
    if (open == std::string_view::npos) return false;
    line.is_array = true;
    line.dimension = declaration.substr(open + 1, declaration.size() - open - 2);
    declaration = trim(declaration.substr(0, open));
  }
  const size_t before_name = declaration.find_last_of(" *\t");
  if (before_name == std::string_view::npos) return false;
  line.name = declaration.substr(before_name + 1);
  line.c_type = trim(declaration.substr(0, before_name + 1));
  if (line.c_type.ends_with("[]")) {
    line.is_array = true;
    line.c_type.remove_suffix(2);
  }
  return !line.name.empty() && !line.c_type.empty();
}

// "field:TYPE NAME;	offset:8;	size:4;	signed:1;"
std::optional<FieldLine> parse_field_line(std::string_view text) {
  FieldLine line;
  bool has_offset = false;
  bool has_size = false;
  while (!text.empty()) {
    const size_t end = text.find(';');
    const std::string_view part = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (part.empty()) continue;
    const size_t colon = part.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view key = part.substr(0, colon);
    const std::string_view value = part.substr(colon + 1);
    if (key == "field") {
      if (!split_declaration(value, line)) return std::nullopt;
      continue;
    }
    const std::optional<uint32_t> number = to_number(value);
    if (!number) return std::nullopt;
    if (key == "offset") {
      line.offset = *number;
      has_offset = true;
    } else if (key == "size") {
      line.size = *number;
      has_size = true;
    } else if (key == "signed") {
      line.is_signed = *number != 0;
    }
  }
  if (line.name.empty() || !has_offset || !has_size) return std::nullopt;
  return line;
}

bool is_word_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

// A scalar or struct of SIZE bytes: the format knows size and sign, the text knows the kind.
Type value_type(const FieldLine& line) {
  const std::optional<Type> named = parse_c_type(line.c_type, AddressSpace::kKernel);
  if (named && (named->is(TypeKind::kPointer) || named->is(TypeKind::kBool)) && named->size == line.size) return *named;
  if (named && named->is(TypeKind::kStruct)) return types::structure(named->name, line.size);
  if (is_word_size(line.size)) {
    if (named && named->is(TypeKind::kEnum)) return types::enumeration(named->name, line.size, line.is_signed);
    return types::integer(line.size, line.is_signed);
  }
  return types::array(types::integer(1, false), line.size);
}

// An array: the text knows the element; where it does not, the dimension and the size do.
Type array_type(const FieldLine& line) {
  const bool dynamic = line.form != ProbeArgument::Form::kInline;
  const std::optional<uint32_t> count = to_number(trim(line.dimension));
  std::optional<Type> element = parse_c_type(line.c_type, AddressSpace::kKernel);
  if (!element || element->size == 0) {
    const uint32_t size = count.value_or(0) != 0 ? line.size / *count : 1;
    element = types::integer(is_word_size(size) ? size : 1, line.is_signed);
  }
  // A dimension may be the name of a constant (TASK_COMM_LEN on some kernels), so the size decides.
  const uint32_t elements = dynamic ? 0 : line.size / element->size;
  return types::array(std::move(*element), elements);
}

ProbeArgument to_argument(const FieldLine& line, EventKind kind) {
  const bool dynamic = line.form != ProbeArgument::Form::kInline;
  if (kind == EventKind::kSyscall && line.size == kWord && !dynamic && !line.is_array) {
    return syscall_argument(line.name, line.c_type, line.offset);
  }
  ProbeArgument argument;
  argument.name = line.name;
  argument.offset = line.offset;
  argument.size = line.size;
  argument.form = line.form;
  argument.type = line.is_array || dynamic ? array_type(line) : value_type(line);
  return argument;
}

}  // namespace

ProbeArgument syscall_argument(std::string_view name, std::string_view c_type, uint32_t offset) {
  ProbeArgument argument;
  argument.name = name;
  argument.offset = offset;
  std::optional<Type> type = parse_c_type(c_type, AddressSpace::kUser);
  const bool fits = type && type->size != 0 && type->size <= kWord;
  argument.type = fits ? std::move(*type) : types::integer(kWord, false);
  // The word is little-endian: a narrower argument is its first bytes. The rest is whatever the register held.
  argument.size = argument.type.size;
  return argument;
}

ProbeSite tracepoint_site(std::string_view category, EventFormat format) {
  ProbeSite site;
  site.type = ProbeType::kTracepoint;
  site.name = fmt::format("tracepoint:{}:{}", category, format.name);
  site.category = category;
  site.event = std::move(format.name);
  site.context = ContextKind::kTracepoint;
  site.context_size = format.size;
  site.arguments = std::move(format.arguments);
  return site;
}

Result<EventFormat> parse_event_format(std::string_view text, EventKind kind, std::string_view place) {
  EventFormat format;
  std::vector<ProbeArgument> common;
  uint32_t line_number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++line_number;
    if (line.starts_with("print fmt:")) break;
    if (line.starts_with("name:")) format.name = trim(line.substr(5));
    if (line.starts_with("ID:")) format.id = to_number(trim(line.substr(3))).value_or(0);
    if (!line.starts_with("field:")) continue;
    const std::optional<FieldLine> field = parse_field_line(line);
    if (!field) return Error(fmt::format("{}:{}: not a field description: '{}'", place, line_number, line), EINVAL);
    format.size = std::max(format.size, field->offset + field->size);
    auto& list = field->name.starts_with("common_") ? common : format.arguments;
    list.push_back(to_argument(*field, kind));
  }
  if (format.name.empty()) return Error(fmt::format("{}: not an event format (no name)", place), EINVAL);
  format.arguments.insert(format.arguments.end(), std::make_move_iterator(common.begin()),
                          std::make_move_iterator(common.end()));
  return format;
}

}  // namespace polytap
