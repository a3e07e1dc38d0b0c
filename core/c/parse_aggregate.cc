// struct, union and enum.
#include <fmt/format.h>

#include "core/c/parser.h"
#include "core/types/struct_layout.h"

namespace polytap {

uint32_t CParser::alignment_of(const Type& type) const {
  if (const auto found = out_.alignments.find(type.name); found != out_.alignments.end()) return found->second;
  return 1;
}

bool CParser::aggregate(Specifiers& result) {
  const std::string keyword(take().text);
  Attributes own;
  if (!attributes(own)) return false;
  std::string name;
  if (peek().kind == CTokenKind::kWord) name = fmt::format("{} {}", keyword, take().text);
  if (!attributes(own)) return false;
  if (!at("{")) {
    if (name.empty()) {
      why_ = fmt::format("'{}' has neither a name nor members", keyword);
      return false;
    }
    const auto found = out_.structs.find(name);
    result.type = types::structure(name, found == out_.structs.end() ? 0 : found->second.size);
    result.alignment = alignment_of(result.type);
    if (const auto why = out_.not_understood.find(name); why != out_.not_understood.end()) {
      // Behind a pointer it does no harm.
      result.type.size = 0;
    }
    return true;
  }
  const bool anonymous = name.empty();
  if (anonymous) name = fmt::format("{} (anonymous in headers {})", keyword, ++out_.anonymous);
  const uint32_t pack_limit = pack();
  const size_t open = at_;
  if (!skip_balanced("{", "}")) return false;
  // What follows the braces decides about the layout as well.
  const size_t close = at_;
  if (!attributes(own)) return false;
  const size_t behind = at_;
  at_ = open + 1;
  StructLayout layout(name, keyword == "union", own.packed, pack_limit);
  std::string unknown;
  while (at_ + 1 < close) {
    if (members(layout, unknown)) continue;
    unknown = why_;
    break;
  }
  at_ = behind;
  if (own.aligned != 0) layout.align(own.aligned);
  result.defines = true;
  result.type = types::structure(name, 0);
  auto finished = unknown.empty() ? std::move(layout).finish() : Result<StructLayout::Finished>(Error(unknown));
  if (!finished.ok()) {
    out_.not_understood[name] = finished.error().message();
    if (anonymous) result.unknown = finished.error().message();
    return true;
  }
  result.type.size = finished->definition.size;
  result.alignment = finished->alignment;
  if (anonymous) result.anonymous_struct = name;
  out_.alignments[name] = finished->alignment;
  out_.structs[name] = std::move(finished->definition);
  return true;
}

bool CParser::members(StructLayout& layout, std::string& unknown) {
  if (accept(";")) return true;
  if (peek().is_word("_Static_assert")) {
    take();
    return skip_balanced("(", ")") && expect(";");
  }
  Specifiers base;
  if (!specifiers(base)) return false;
  if (!at(";")) return member_declarators(base, layout, unknown);
  take();
  // An anonymous struct or union, whose members become this one's; `struct y { ... };` alone is a definition only.
  if (!base.defines || base.anonymous_struct.empty()) {
    if (!base.unknown.empty()) unknown = base.unknown;
    return true;
  }
  MemberDeclaration member;
  member.type = base.type;
  member.alignment = base.alignment;
  member.packed = base.attributes.packed;
  member.aligned = base.attributes.aligned;
  const auto inner = out_.structs.find(base.anonymous_struct);
  const Status added = layout.add(member, inner == out_.structs.end() ? nullptr : &inner->second);
  if (!added.ok()) unknown = added.error().message();
  return true;
}

bool CParser::member_declarators(const Specifiers& base, StructLayout& layout, std::string& unknown) {
  do {
    Declarator name;
    if (!declarator(name, false)) return false;
    MemberDeclaration member;
    if (accept(":")) {
      const auto width = conditional();
      if (!width || width->value < 0) {
        why_ = "a bit field's width is not constant";
        return false;
      }
      member.bits = static_cast<uint64_t>(width->value);
      if (!attributes(name.attributes)) return false;
    }
    auto [type, alignment] = apply(base, name);
    if (!base.unknown.empty() || !name.unknown.empty()) {
      // Behind a pointer its size does not matter.
      const bool pointer = !type.is(TypeKind::kNone) && type.size == 8 && type.is(TypeKind::kPointer);
      if (!pointer || !name.unknown.empty()) {
        unknown = fmt::format("the member '{}' is not understood: {}", name.name,
                              base.unknown.empty() ? name.unknown : base.unknown);
      } else {
        type = types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kNone);
      }
    }
    const Type* innermost = &type;
    while (innermost->is(TypeKind::kArray) && innermost->element != nullptr) innermost = innermost->element.get();
    if (innermost->is(TypeKind::kStruct) && innermost->size == 0 && !out_.structs.contains(innermost->name)) {
      unknown = fmt::format("the member '{}' is of type '{}', which is not defined", name.name, innermost->name);
    }
    member.name = name.name;
    member.type = std::move(type);
    member.alignment = alignment;
    member.packed = base.attributes.packed || name.attributes.packed;
    member.aligned = std::max(base.attributes.aligned, name.attributes.aligned);
    const Status added = layout.add(member, nullptr);
    if (!added.ok()) unknown = fmt::format("the member '{}': {}", member.name, added.error().message());
  } while (accept(","));
  return expect(";");
}

bool CParser::enumeration(Specifiers& result) {
  take();
  Attributes own;
  if (!attributes(own)) return false;
  std::string name;
  if (peek().kind == CTokenKind::kWord) name = fmt::format("enum {}", take().text);
  if (!attributes(own)) return false;
  if (!at("{")) {
    const auto found = out_.enums.find(name);
    result.type = found == out_.enums.end() ? types::enumeration(name, 4, false)
                                            : types::enumeration(name, found->second.size, found->second.is_signed);
    result.alignment = result.type.size;
    return true;
  }
  take();
  if (name.empty()) name = fmt::format("enum (anonymous in headers {})", ++out_.anonymous);
  EnumDefinition definition;
  definition.name = name;
  int64_t next = 0;
  while (!at("}")) {
    if (peek().kind != CTokenKind::kWord) {
      why_ = fmt::format("'{}' stands where an enumerator was expected", peek().text);
      return false;
    }
    const std::string enumerator(take().text);
    Attributes ignored;
    if (!attributes(ignored)) return false;
    if (accept("=")) {
      const auto value = conditional();
      if (!value) return false;
      next = value->value;
    }
    definition.is_signed = definition.is_signed || next < 0;
    if (next > int64_t{UINT32_MAX} || next < int64_t{INT32_MIN}) definition.size = 8;
    definition.enumerators.push_back({enumerator, next});
    out_.enumerators[enumerator] = {name, next};
    next = static_cast<int64_t>(static_cast<uint64_t>(next) + 1);
    if (!accept(",")) break;
  }
  if (!expect("}") || !attributes(own)) return false;
  if (own.packed) {
    // The smallest integer that holds them all.
    for (const uint32_t size : {1U, 2U, 4U, 8U}) {
      const int64_t limit = size == 8 ? INT64_MAX : (int64_t{1} << (size * 8 - (definition.is_signed ? 1 : 0))) - 1;
      definition.size = size;
      bool fits = true;
      for (const auto& each : definition.enumerators) {
        if (each.value > limit || (each.value < 0 && each.value < -limit - 1)) fits = false;
      }
      if (fits) break;
    }
  }
  result.defines = true;
  result.type = types::enumeration(name, definition.size, definition.is_signed);
  result.alignment = definition.size;
  out_.enums[name] = std::move(definition);
  return true;
}

}  // namespace polytap
