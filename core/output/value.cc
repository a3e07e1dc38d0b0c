#include "core/output/value.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/ir/site_symbol.h"
#include "core/output/json.h"
#include "core/output/stack_frames.h"
#include "core/symbol/demangle.h"
#include "core/syscall/named_argument.h"
#include "core/types/characters.h"

namespace polytap {
namespace {

// An integer of SIZE bytes as C stores it, extended to a word.
uint64_t load_integer(Bytes bytes, uint32_t size, bool is_signed) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), std::min<size_t>({bytes.size(), size, sizeof word}));
  if (!is_signed || size == 0 || size >= 8) return word;
  const unsigned unused = 64 - 8 * size;
  return static_cast<uint64_t>(static_cast<int64_t>(word << unused) >> unused);
}

uint64_t load_bit_field(Bytes bytes, const Field& field) {
  const uint64_t unit = load_integer(bytes, field.type.size, false) >> field.bit_offset;
  if (field.bit_size >= 64) return unit;
  const unsigned unused = 64 - field.bit_size;
  if (!field.type.is_signed) return (unit << unused) >> unused;
  return static_cast<uint64_t>(static_cast<int64_t>(unit << unused) >> unused);
}

Bytes part(Bytes bytes, size_t offset, size_t length) {
  if (offset >= bytes.size()) return {};
  return bytes.subspan(offset, std::min(length, bytes.size() - offset));
}

void append_hex(std::string& out, uint64_t value) { fmt::format_to(std::back_inserter(out), "0x{:x}", value); }

void append_inet(std::string& out, Bytes bytes) {
  std::array<unsigned char, 16> address = {};
  const Bytes stored = part(bytes, 8, address.size());
  if (!stored.empty()) std::memcpy(address.data(), stored.data(), stored.size());
  const int family = load_word(bytes) == AF_INET6 ? AF_INET6 : AF_INET;
  std::array<char, INET6_ADDRSTRLEN> text = {};
  if (::inet_ntop(family, address.data(), text.data(), text.size()) != nullptr) out += text.data();
}

void append_mac_address(std::string& out, Bytes bytes) {
  for (size_t i = 0; i < 6; ++i) {
    if (i != 0) out += ':';
    fmt::format_to(std::back_inserter(out), "{:02X}", i < bytes.size() ? std::to_integer<unsigned>(bytes[i]) : 0U);
  }
}

void append_function(std::string& out, const ir::Program& program, uint64_t site) {
  if (site >= program.sites.size()) return;
  const std::string& function = program.sites[site].function;
  out += program.settings.demangle ? demangle(function) : function;
}

}  // namespace

uint64_t load_word(Bytes bytes, size_t offset) {
  uint64_t word = 0;
  if (offset + sizeof word <= bytes.size()) {
    std::memcpy(&word, bytes.data() + offset, sizeof word);
  } else if (offset < bytes.size()) {
    std::memcpy(&word, bytes.data() + offset, bytes.size() - offset);
  }
  return word;
}

std::string_view string_text(Bytes bytes) {
  if (bytes.empty()) return {};
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return {text, ::strnlen(text, bytes.size())};
}

int64_t value_number(const Type& type, Bytes bytes) {
  return static_cast<int64_t>(load_word(bytes, type.is(TypeKind::kUserSymbol) ? 8 : 0));
}

Bytes buffer_content(Bytes bytes) { return part(bytes, 8, load_word(bytes)); }

bool shows_sign(const Type& type) {
  switch (type.kind) {
    case TypeKind::kInteger:
    case TypeKind::kEnum:
      return type.is_signed;
    case TypeKind::kErrorName:
    case TypeKind::kSignalName:
      return true;
    case TypeKind::kAggregation:
      return type.aggregation.kind != AggregationKind::kCount && type.aggregation.is_signed;
    default:
      return false;
  }
}

void append_escaped_bytes(std::string& out, Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte b : bytes) {
    const auto value = std::to_integer<unsigned>(b);
    if (value >= 0x20 && value < 0x7f) {
      out += static_cast<char>(value);
    } else {
      out += "\\x";
      out += kDigits[value >> 4U];
      out += kDigits[value & 0xfU];
    }
  }
}

ValueRenderer::ValueRenderer(const ir::Program& program, Symbolizer& symbolizer, const TypeProvider* types)
    : program_(program), symbolizer_(symbolizer), types_(types) {}

void ValueRenderer::text(std::string& out, const Type& type, Bytes bytes) {
  render(out, type, bytes, Layout::kStorage, Style::kText);
}

void ValueRenderer::json(std::string& out, const Type& type, Bytes bytes) {
  render(out, type, bytes, Layout::kStorage, Style::kJson);
}

void ValueRenderer::key_text(std::string& out, const Type& type, Bytes bytes) {
  render(out, type, bytes, Layout::kStorage, Style::kKeyText);
}

void ValueRenderer::render(std::string& out, const Type& type, Bytes bytes, Layout layout, Style style) {
  const auto word = [&] {
    return layout == Layout::kStorage ? load_word(bytes) : load_integer(bytes, type.size, type.is_signed);
  };
  switch (type.kind) {
    case TypeKind::kBool:
      out += word() != 0 ? "true" : "false";
      return;
    case TypeKind::kInteger:
      if (style == Style::kText && !type.name.empty()) return append_named_argument(out, type.name, word());
      [[fallthrough]];
    case TypeKind::kAggregation:
      return number(out, shows_sign(type), word(), style);
    case TypeKind::kPointer:
      if (style != Style::kJson) break;
      return number(out, false, word(), style);
    case TypeKind::kEnum:
      return enumerator(out, type, word(), style);
    case TypeKind::kBuffer:
      return buffer(out, layout == Layout::kStorage ? buffer_content(bytes) : part(bytes, 0, type.size), style);
    case TypeKind::kArray:
      return array(out, type, bytes, style);
    case TypeKind::kStruct:
      return structure(out, type, bytes, style);
    case TypeKind::kTuple:
    case TypeKind::kRecord:
      return tuple(out, type, bytes, style);
    default:
      break;
  }
  if (style != Style::kJson) return plain(out, type, bytes, layout, style);
  std::string unquoted;
  plain(unquoted, type, bytes, layout, Style::kJson);
  append_json_string(out, unquoted);
}

// What JSON shows as a string of the same text.
void ValueRenderer::plain(std::string& out, const Type& type, Bytes bytes, Layout layout, Style style) {
  const uint64_t word = layout == Layout::kStorage ? load_word(bytes) : load_integer(bytes, type.size, type.is_signed);
  switch (type.kind) {
    case TypeKind::kString:
      return string(out, type, bytes);
    case TypeKind::kPointer:
      return append_hex(out, word);
    case TypeKind::kUserStack:
    case TypeKind::kKernelStack:
      return stack(out, type, bytes, style != Style::kKeyText);
    case TypeKind::kUserSymbol: {
      const uint64_t address = load_word(bytes, 8);
      const Symbol symbol = symbolizer_.user(static_cast<pid_t>(word), address);
      out += symbol.name.empty() ? user_frame(symbol, address) : symbol.name;
      return;
    }
    case TypeKind::kKernelSymbol: {
      if (const auto site = ir::site_of_symbol(word)) return append_function(out, program_, *site);
      const Symbol symbol = symbolizer_.kernel(word);
      out += symbol.name.empty() ? kernel_frame(symbol, word) : symbol.name;
      return;
    }
    case TypeKind::kTimestamp:
      return clock_.append_boot(out, type.name, word);
    case TypeKind::kInet:
      return append_inet(out, bytes);
    case TypeKind::kMacAddress:
      return append_mac_address(out, bytes);
    case TypeKind::kProbeName:
      if (word < program_.sites.size()) out += program_.sites[word].name;
      return;
    case TypeKind::kFunctionName:
      return append_function(out, program_, word);
    case TypeKind::kUserName:
      out += names_.user(static_cast<uint32_t>(word));
      return;
    case TypeKind::kCgroupPath:
      out += names_.cgroup_path(word, type.name);
      return;
    case TypeKind::kErrorName:
      out += error_name(static_cast<int64_t>(word));
      return;
    case TypeKind::kSignalName:
      out += signal_name(static_cast<int64_t>(word));
      return;
    case TypeKind::kSyscallName:
      out += syscall_name(word);
      return;
    case TypeKind::kProcessName:
      out += process_name(word);
      return;
    default:
      return;
  }
}

void ValueRenderer::number(std::string& out, bool is_signed, uint64_t word, Style style) {
  if (style == Style::kJson) {
    if (is_signed) {
      append_json_integer(out, static_cast<int64_t>(word));
    } else {
      append_json_integer(out, word);
    }
    return;
  }
  const fmt::format_int digits = is_signed ? fmt::format_int(static_cast<int64_t>(word)) : fmt::format_int(word);
  out.append(digits.data(), digits.size());
}

const EnumDefinition* ValueRenderer::find_enum(const Type& type) const {
  return types_ != nullptr ? types_->find_enum(type.name) : nullptr;
}

// JSON has the number: programs compare it.
void ValueRenderer::enumerator(std::string& out, const Type& type, uint64_t word, Style style) {
  if (const EnumDefinition* definition = style == Style::kJson ? nullptr : find_enum(type)) {
    for (const auto& candidate : definition->enumerators) {
      if (static_cast<uint64_t>(candidate.value) != word) continue;
      out += candidate.name;
      return;
    }
  }
  number(out, type.is_signed, word, style);
}

// A string that fills the capacity which max_strlen gave it was most likely cut there: shown by the trailer.
void ValueRenderer::string(std::string& out, const Type& type, Bytes bytes) {
  const std::string_view content = string_text(bytes);
  out += content;
  if (type.size >= program_.settings.max_string && content.size() + 1 >= type.size)
    out += program_.settings.cut_trailer;
}

void ValueRenderer::buffer(std::string& out, Bytes bytes, Style style) {
  if (style != Style::kJson) return append_escaped_bytes(out, bytes);
  out += '[';
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0) out += ',';
    append_json_integer(out, static_cast<int64_t>(static_cast<int8_t>(bytes[i])));
  }
  out += ']';
}

namespace {

template <typename Float>
void floating(std::string& out, Float value, bool is_json) {
  if (is_json && !std::isfinite(value)) {
    out += "null";  // JSON has no word for it
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

void ValueRenderer::array(std::string& out, const Type& type, Bytes bytes, Style style) {
  // Floating point numbers of programs are carried as their bytes.
  if (type.name == "double" && type.size == sizeof(double) && bytes.size() >= type.size) {
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return floating(out, value, style == Style::kJson);
  }
  if (type.name == "float" && type.size == sizeof(float) && bytes.size() >= type.size) {
    float value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return floating(out, value, style == Style::kJson);
  }
  out += '[';
  for (uint32_t i = 0; type.element != nullptr && i < type.count; ++i) {
    if (i != 0) out += ',';
    const uint32_t size = type.element->size;
    render(out, *type.element, part(bytes, size_t{i} * size, size), Layout::kMemory, style);
  }
  out += ']';
}

void ValueRenderer::begin_field(std::string& out, std::string_view name, bool first, Style style) {
  if (!first) out += ", ";
  if (style == Style::kJson) {
    append_json_string(out, name);
    out += ": ";
  } else {
    out += '.';
    out += name;
    out += " = ";
  }
}

void ValueRenderer::structure(std::string& out, const Type& type, Bytes bytes, Style style) {
  const StructDefinition* definition = types_ != nullptr ? types_->find_struct(type.name) : nullptr;
  if (definition == nullptr) {
    // Nothing is known of its fields: its bytes.
    return buffer(out, part(bytes, 0, type.size), style);
  }
  if (definition->fields.empty()) {
    out += "{}";
    return;
  }
  out += style == Style::kJson ? "{" : "{ ";
  bool first = true;
  for (const Field& field : definition->fields) {
    begin_field(out, field.name, first, style);
    first = false;
    const Bytes stored = part(bytes, field.offset, field.type.size);
    if (field.bit_size != 0) {
      const uint64_t word = load_bit_field(stored, field);
      render(out, field.type, std::as_bytes(std::span(&word, 1)), Layout::kStorage, style);
    } else {
      render(out, characters_as_text(field.type), stored, Layout::kMemory, style);
    }
  }
  out += style == Style::kJson ? "}" : " }";
}

void ValueRenderer::tuple(std::string& out, const Type& type, Bytes bytes, Style style) {
  const bool is_record = type.is(TypeKind::kRecord);
  const bool is_json = style == Style::kJson;
  out += is_record ? (is_json ? "{" : "{ ") : (is_json ? "[" : "(");
  size_t offset = 0;
  for (size_t i = 0; i < type.elements.size(); ++i) {
    if (is_record) {
      begin_field(out, i < type.field_names.size() ? type.field_names[i] : std::string(), i == 0, style);
    } else if (i != 0) {
      out += is_json || style == Style::kKeyText ? "," : ", ";
    }
    const uint32_t size = type.elements[i].storage_size();
    render(out, type.elements[i], part(bytes, offset, size), Layout::kStorage, style);
    offset += size;
  }
  out += is_record ? (is_json ? "}" : " }") : (is_json ? "]" : ")");
}

void ValueRenderer::stack(std::string& out, const Type& type, Bytes bytes, bool indented) {
  StackFrames frames(symbolizer_, type, static_cast<int64_t>(load_word(bytes)));
  out += '\n';
  for (uint32_t i = 0; i < type.count; ++i) {
    const uint64_t address = load_word(bytes, 8 + 8 * size_t{i});
    if (address == 0) break;
    const bool bare = type.stack_mode == StackMode::kRaw || type.stack_mode == StackMode::kBuildId;
    const char* indent = !indented || bare ? "" : type.stack_mode == StackMode::kPerf ? "\t" : "        ";
    out += indent;
    frames.append(out, address, indent);
    out += '\n';
  }
}

}  // namespace polytap
