#include "core/kernel/btf_file.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "core/kernel/tracefs.h"

namespace polytap {
namespace {

// Bytes that follow btf_type; nullopt for a kind newer than BTF_KIND_ENUM64 (6.0, the last one so far).
std::optional<uint32_t> payload_size(uint32_t kind, uint32_t count) {
  switch (kind) {
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * sizeof(btf_member);
    case BTF_KIND_ENUM:
      return count * sizeof(btf_enum);
    case BTF_KIND_ENUM64:
      return count * sizeof(btf_enum64);
    case BTF_KIND_FUNC_PROTO:
      return count * sizeof(btf_param);
    case BTF_KIND_DATASEC:
      return count * sizeof(btf_var_secinfo);
    default:
      return std::nullopt;
  }
}

// An index takes about as long as this many searches.
constexpr uint32_t kSearches = 8;

// FNV-1a
uint32_t hash_name(std::string_view name) {
  uint32_t hash = 2166136261U;
  for (const char character : name) hash = (hash ^ static_cast<unsigned char>(character)) * 16777619U;
  return hash;
}

constexpr uint32_t kNamedKinds = 1U << BTF_KIND_INT | 1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION |
                                 1U << BTF_KIND_ENUM | 1U << BTF_KIND_ENUM64 | 1U << BTF_KIND_FWD |
                                 1U << BTF_KIND_TYPEDEF | 1U << BTF_KIND_FLOAT;

Error malformed(std::string_view what) { return Error(fmt::format("malformed BTF: {}", what), EINVAL); }

}  // namespace

template <typename T>
T BtfFile::load(uint32_t offset) const {
  T value{};
  if (offset + sizeof(T) <= bytes_.view().size()) std::memcpy(&value, bytes_.view().data() + offset, sizeof(T));
  return value;
}

Result<BtfFile> BtfFile::read(const std::string& path, const BtfFile* base) {
  ASSIGN_OR_RETURN(KernelBytes bytes, KernelBytes::of_file(path));
  Result<BtfFile> file = parse(std::move(bytes), base);
  if (!file) return std::move(file).error().context(path);
  return file;
}

Result<BtfFile> BtfFile::parse(KernelBytes bytes, const BtfFile* base) {
  BtfFile file;
  if (base != nullptr) {
    file.base_ = base;
    file.first_ = base->type_count();
    file.base_strings_ = base->base_strings_ + base->strings_size_;
  }
  file.bytes_ = std::move(bytes);
  if (file.bytes_.view().size() < sizeof(btf_header)) return malformed("shorter than its header");
  const auto header = file.load<btf_header>(0);
  if (header.magic != BTF_MAGIC) return malformed("wrong magic number (or of the other byte order)");
  const uint64_t types_end = uint64_t{header.hdr_len} + header.type_off + header.type_len;
  const uint64_t strings_end = uint64_t{header.hdr_len} + header.str_off + header.str_len;
  if (types_end > file.bytes_.view().size() || strings_end > file.bytes_.view().size()) return malformed("cut short");
  file.types_start_ = header.hdr_len + header.type_off;
  file.strings_start_ = header.hdr_len + header.str_off;
  file.strings_size_ = header.str_len;
  // Every string then ends inside the section.
  const bool none = header.str_len == 0 && base != nullptr;
  if (!none && (header.str_len == 0 || file.bytes_.view()[strings_end - 1] != '\0'))
    return malformed("strings without an end");
  TRY(file.index_types(header.type_len));
  return file;
}

Status BtfFile::index_types(uint32_t types_size) {
  offsets_.reserve(types_size / 24);
  if (first_ == 0) offsets_.push_back(0);
  const uint32_t end = types_start_ + types_size;
  uint32_t at = types_start_;
  while (at < end) {
    if (end - at < sizeof(btf_type)) return malformed("a type is cut short");
    const auto type = load<btf_type>(at);
    const std::optional<uint32_t> size = payload_size(BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info));
    if (!size) {
      return malformed(fmt::format("type {} is of kind {}, which this polytap does not know", type_count(),
                                   BTF_INFO_KIND(type.info)));
    }
    if (end - at < sizeof(btf_type) + *size) return malformed("a type is cut short");
    offsets_.push_back(at);
    at += static_cast<uint32_t>(sizeof(btf_type)) + *size;
  }
  return {};
}

bool BtfFile::is_named(const btf_type& type) const {
  if (type.name_off == 0) return false;
  const uint32_t kind = BTF_INFO_KIND(type.info);
  return (kNamedKinds >> kind & 1U) != 0 ||
         (kind == BTF_KIND_FUNC && string(type.name_off).starts_with("__traceiter_"));
}

void BtfFile::index_names() const {
  std::vector<Id> named;
  for (Id id = first_type(); id < type_count(); ++id) {
    const auto type = load<btf_type>(offsets_[id - first_]);
    if (is_named(type)) named.push_back(id);
  }
  size_t slots = 16;
  while (slots < named.size() * 2) slots *= 2;
  names_.assign(slots, 0);
  for (const Id id : named) {
    size_t slot = hash_name(record(id).name) & (slots - 1);
    while (names_[slot] != 0) slot = (slot + 1) & (slots - 1);
    names_[slot] = id;
  }
}

BtfFile::Record BtfFile::record(Id id) const {
  if (id < first_) return base_->record(id);
  if (id == 0 || id >= type_count()) return {};
  const auto type = load<btf_type>(offsets_[id - first_]);
  return {string(type.name_off), BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info), BTF_INFO_KFLAG(type.info) != 0,
          type.size};
}

uint32_t BtfFile::payload(Id id, uint32_t index, uint32_t stride) const {
  return offsets_[id - first_] + static_cast<uint32_t>(sizeof(btf_type)) + index * stride;
}

BtfFile::Member BtfFile::member(Id id, uint32_t index) const {
  if (id < first_) return base_->member(id, index);
  const auto raw = load<btf_member>(payload(id, index, sizeof(btf_member)));
  Member member{string(raw.name_off), raw.type, raw.offset, 0};
  if (record(id).flag) {
    member.bit_offset = BTF_MEMBER_BIT_OFFSET(raw.offset);
    member.bit_size = BTF_MEMBER_BITFIELD_SIZE(raw.offset);
  }
  return member;
}

BtfFile::Enumerator BtfFile::enumerator(Id id, uint32_t index) const {
  if (id < first_) return base_->enumerator(id, index);
  const Record type = record(id);
  if (type.kind == BTF_KIND_ENUM64) {
    const auto raw = load<btf_enum64>(payload(id, index, sizeof(btf_enum64)));
    return {string(raw.name_off), static_cast<int64_t>(uint64_t{raw.val_hi32} << 32 | raw.val_lo32)};
  }
  const auto raw = load<btf_enum>(payload(id, index, sizeof(btf_enum)));
  // The flag says signed (6.0 and later).
  const bool is_signed = type.flag;
  return {string(raw.name_off), is_signed ? int64_t{raw.val} : int64_t{static_cast<uint32_t>(raw.val)}};
}

btf_param BtfFile::parameter(Id id, uint32_t index) const {
  if (id < first_) return base_->parameter(id, index);
  return load<btf_param>(payload(id, index, sizeof(btf_param)));
}

btf_array BtfFile::array(Id id) const {
  if (id < first_) return base_->array(id);
  return load<btf_array>(payload(id, 0, sizeof(btf_array)));
}

uint32_t BtfFile::integer_encoding(Id id) const {
  if (id < first_) return base_->integer_encoding(id);
  return load<uint32_t>(payload(id, 0, sizeof(uint32_t)));
}

std::string_view BtfFile::string(uint32_t offset) const {
  if (offset < base_strings_) return base_->string(offset);
  offset -= base_strings_;
  if (offset >= strings_size_) return {};
  return bytes_.view().data() + strings_start_ + offset;
}

// By the name's offset among the strings, without looking at those of other types.
std::optional<BtfFile::Id> BtfFile::search(std::string_view name, uint32_t kinds) const {
  const std::string_view strings = bytes_.view().substr(strings_start_, strings_size_);
  const std::string wanted = '\0' + std::string(name) + '\0';
  for (size_t at = strings.find(wanted); at != std::string_view::npos; at = strings.find(wanted, at + 1)) {
    for (Id id = first_type(); id < type_count(); ++id) {
      const auto type = load<btf_type>(offsets_[id - first_]);
      if (type.name_off == at + 1 && (kinds >> BTF_INFO_KIND(type.info) & 1U) != 0 && is_named(type)) return id;
    }
  }
  return std::nullopt;
}

std::optional<BtfFile::Id> BtfFile::find(std::string_view name, uint32_t kinds) const {
  if (name.empty()) return std::nullopt;
  if (names_.empty() && base_ == nullptr && ++searches_ <= kSearches) return search(name, kinds);
  if (names_.empty()) index_names();
  const size_t mask = names_.size() - 1;
  for (size_t slot = hash_name(name) & mask; names_[slot] != 0; slot = (slot + 1) & mask) {
    const Record type = record(names_[slot]);
    if ((kinds >> type.kind & 1U) != 0 && type.name == name) return names_[slot];
  }
  return std::nullopt;
}

}  // namespace polytap
