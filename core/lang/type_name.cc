#include "core/lang/type_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/base/nearest.h"
#include "core/kernel/c_type.h"

namespace polytap {
namespace {

// Of one value; what a probe can hold is less (see core/ir/verify.h).
constexpr uint64_t kMaxBytes = 1U << 20;

constexpr std::string_view kNames[] = {
    "bool",   "int8",   "int16", "int32", "int64", "uint8", "uint16",   "uint32", "uint64", "string",
    "buffer", "inet",   "char",  "short", "int",   "long",  "unsigned", "void",   "size_t", "pid_t",
    "min_t",  "typeof", "u8",    "u16",   "u32",   "u64",   "s8",       "s16",    "s32",    "s64",
};

// There is no arithmetic with them: they are carried as their bytes, and printed.
uint32_t float_size(std::string_view name) {
  return name == "float" ? 4 : name == "double" ? 8 : name == "long double" ? 16 : 0;
}

std::optional<Type> language_type(std::string_view name, uint32_t max_string) {
  if (name == "bool") return types::boolean();
  if (name == "int8") return types::integer(1, true);
  if (name == "int16") return types::integer(2, true);
  if (name == "int32") return types::integer(4, true);
  if (name == "int64") return types::integer(8, true);
  if (name == "uint8") return types::integer(1, false);
  if (name == "uint16") return types::integer(2, false);
  if (name == "uint32") return types::integer(4, false);
  if (name == "uint64") return types::integer(8, false);
  if (name == "string") return types::string(max_string);
  if (name == "buffer") return types::buffer(max_string);
  if (name == "inet") return types::of_kind(TypeKind::kInet);
  if (const uint32_t size = float_size(name); size != 0) {
    Type bytes = types::array(types::integer(1, false), size);
    bytes.name = name;
    return bytes;
  }
  if (name == "void") {
    Type type;
    type.kind = TypeKind::kVoid;
    return type;
  }
  return std::nullopt;
}

std::optional<Type> named_type(const ast::TypeName& name, const TypeProvider& types, uint32_t max_string) {
  const std::string_view text = name.name;
  if (auto type = language_type(text, max_string)) return type;
  if (text.starts_with("struct ") || text.starts_with("union ")) {
    if (const StructDefinition* found = types.find_struct(text)) return types::structure(found->name, found->size);
    // Behind a pointer an unknown struct does no harm.
    if (!name.suffixes.empty() && name.suffixes.front().kind == ast::TypeName::Suffix::Kind::kPointer) {
      return types::structure(std::string(text), 0);
    }
    return std::nullopt;
  }
  if (text.starts_with("enum ")) {
    if (const EnumDefinition* found = types.find_enum(text)) {
      return types::enumeration(found->name, found->size, found->is_signed);
    }
    return std::nullopt;
  }
  if (const Type* found = types.find_type(text)) return *found;
  if (auto type = parse_c_type(text, AddressSpace::kNone)) return type;
  // Old scripts leave the keyword out.
  const std::string with_keyword = "struct " + std::string(text);
  if (const StructDefinition* found = types.find_struct(with_keyword)) {
    return types::structure(found->name, found->size);
  }
  return std::nullopt;
}

std::string hint_for(std::string_view name) {
  if (name.starts_with("struct ") || name.starts_with("union ") || name.starts_with("enum ")) {
    return "define it in the script, in front of the probes";
  }
  std::vector<std::string> names(std::begin(kNames), std::end(kNames));
  return did_you_mean(name, names);
}

}  // namespace

std::optional<Type> resolve_type_name(const ast::TypeName& name, const ScriptTypeProvider& types, uint32_t max_string,
                                      const TypeOfExpression& type_of, Diagnostics& diagnostics) {
  std::optional<Type> type;
  if (name.of != nullptr) {
    type = type_of ? type_of(*name.of) : types::none();
  } else if (name.name.empty()) {
    std::vector<Type> elements;
    for (const ast::TypeName& element : name.elements) {
      auto resolved = resolve_type_name(element, types, max_string, type_of, diagnostics);
      if (!resolved) return std::nullopt;
      elements.push_back(std::move(*resolved));
    }
    type = types::tuple(std::move(elements));
  } else {
    type = named_type(name, types, max_string);
  }
  if (!type) {
    std::string hint = types.why_unknown(name.name);
    if (hint.empty()) hint = hint_for(name.name);
    diagnostics.error(name.span, fmt::format("Unknown type: '{}'", name.name), hint);
    return std::nullopt;
  }
  return apply_suffixes(name, std::move(*type), types, diagnostics);
}

std::optional<Type> apply_suffixes(const ast::TypeName& name, Type type, const ScriptTypeProvider& types,
                                   Diagnostics& diagnostics) {
  using Kind = ast::TypeName::Suffix::Kind;
  // `int a[2][3]` is two arrays of three: sizes that follow each other apply from the last to the first.
  std::vector<ast::TypeName::Suffix> suffixes = name.suffixes;
  const bool sized = type.is(TypeKind::kString) || type.is(TypeKind::kBuffer) || type.is(TypeKind::kInet);
  for (auto at = suffixes.begin() + (sized && !suffixes.empty() ? 1 : 0); at != suffixes.end();) {
    const auto end = std::find_if(at, suffixes.end(), [](const auto& each) { return each.kind != Kind::kArray; });
    std::reverse(at, end);
    at = end == suffixes.end() ? end : end + 1;
  }
  bool first = true;
  for (const ast::TypeName::Suffix& suffix : suffixes) {
    std::optional<uint64_t> count = suffix.count;
    if (!suffix.constant.empty()) {
      const auto value = types.find_constant(suffix.constant);
      if (!value || *value < 0) {
        diagnostics.error(name.span,
                          fmt::format("The size of the array, '{}', is not a known constant", suffix.constant),
                          types.why_unknown(suffix.constant));
        return std::nullopt;
      }
      count = static_cast<uint64_t>(*value);
    }
    if (suffix.kind == Kind::kPointer) {
      type = types::pointer(std::move(type), AddressSpace::kNone);
    } else if (first && (type.is(TypeKind::kString) || type.is(TypeKind::kBuffer)) && name.of == nullptr) {
      if (count) type.size = static_cast<uint32_t>(std::min<uint64_t>(*count, 1U << 20));
      if (type.size == 0) {
        diagnostics.error(name.span, fmt::format("The size of a {} must be at least 1", name.name));
        return std::nullopt;
      }
    } else if (first && type.is(TypeKind::kInet) && name.of == nullptr) {
      if (count && *count != 4 && *count != 16) {
        diagnostics.error(name.span, "An inet has 4 bytes (IPv4) or 16 (IPv6)");
        return std::nullopt;
      }
    } else {
      if (count.value_or(0) > kMaxBytes || count.value_or(0) * type.size > kMaxBytes) {
        diagnostics.error(name.span, fmt::format("An array of {} elements is too large", *count));
        return std::nullopt;
      }
      type = types::array(std::move(type), static_cast<uint32_t>(count.value_or(0)));
    }
    first = false;
  }
  return type;
}

}  // namespace polytap
