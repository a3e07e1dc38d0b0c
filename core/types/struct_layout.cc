#include "core/types/struct_layout.h"

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

// Kernel structs stay far below; what a script or a header makes up must not overflow.
constexpr uint64_t kMaxStructBytes = 1U << 28;

uint64_t round_up(uint64_t value, uint64_t to) { return to == 0 ? value : (value + to - 1) / to * to; }

}  // namespace

StructLayout::StructLayout(std::string name, bool is_union, bool packed, uint32_t pack)
    : is_union_(is_union), packed_(packed), pack_(pack) {
  definition_.name = std::move(name);
}

// Gives the bit behind the field. A bit field does not straddle a unit of its type, unless it is packed.
Result<uint64_t> StructLayout::place_bits(const MemberDeclaration& member, uint32_t alignment, Field& field) {
  const uint64_t unit = uint64_t{member.type.size} * 8;
  const uint64_t width = *member.bits;
  if (!member.type.is_integral() || unit == 0 || unit > 64 || width > unit) return Error("it does not fit its type");
  uint64_t at = is_union_ ? 0 : bits_;
  if (member.aligned != 0) at = round_up(at, uint64_t{member.aligned} * 8);
  if (width == 0) return round_up(at, unit);
  // Compilers disagree on where these go.
  if (alignment > std::max(member.type.size, member.aligned)) return Error("its type is aligned to more than its size");
  const bool straddles = at / unit != (at + width - 1) / unit;
  if (alignment != 1 && straddles) at = round_up(at, uint64_t{alignment} * 8);
  // Read by its own type's unit where that holds it; a packed one may lie across two.
  uint64_t storage = at / unit * unit;
  if (at + width > storage + unit) storage = at / 8 * 8;
  if (at + width > storage + unit) return Error("it is spread over more bytes than its type has");
  field.offset = static_cast<uint32_t>(storage / 8);
  field.bit_offset = static_cast<uint8_t>(at - storage);
  field.bit_size = static_cast<uint8_t>(width);
  return at + width;
}

Status StructLayout::add(const MemberDeclaration& member, const StructDefinition* inner) {
  uint32_t alignment = std::max(1U, member.alignment);
  if (packed_ || member.packed) alignment = 1;
  if (pack_ != 0) alignment = std::min(alignment, pack_);
  alignment = std::max(alignment, member.aligned);
  Field field;
  field.name = member.name;
  field.type = member.type;
  uint64_t end = 0;
  if (member.bits) {
    ASSIGN_OR_RETURN(end, place_bits(member, alignment, field));
    // Unnamed bit fields do not align the struct, whatever their type.
    if (member.name.empty()) alignment = 1;
  } else {
    const uint64_t offset = round_up(((is_union_ ? 0 : bits_) + 7) / 8, alignment);
    end = (offset + member.type.size) * 8;
    field.offset = static_cast<uint32_t>(std::min<uint64_t>(offset, kMaxStructBytes));
  }
  if (end / 8 > kMaxStructBytes) return Error("it makes the struct too large");
  alignment_ = std::max(alignment_, alignment);
  bits_ = std::max(bits_, end);
  if (member.name.empty()) {
    if (inner == nullptr) return {};
    for (Field each : inner->fields) {
      each.offset += field.offset;
      definition_.fields.push_back(std::move(each));
    }
    return {};
  }
  definition_.fields.push_back(std::move(field));
  return {};
}

void StructLayout::align(uint32_t alignment) { alignment_ = std::max(alignment_, alignment); }

Result<StructLayout::Finished> StructLayout::finish() && {
  const uint64_t size = round_up((bits_ + 7) / 8, alignment_);
  if (size > kMaxStructBytes) return Error("it is too large");
  definition_.size = static_cast<uint32_t>(size);
  // A bit field's unit must not reach behind the end: the bytes there may not be readable.
  for (Field& field : definition_.fields) {
    while (field.bit_size != 0 && field.offset + field.type.size > definition_.size && field.type.size > 1 &&
           field.bit_offset + field.bit_size <= field.type.size * 4) {
      field.type.size /= 2;
    }
  }
  return Finished{std::move(definition_), alignment_};
}

}  // namespace polytap
