#include "core/kernel/btf_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/kernel/tracefs.h"

namespace polytap {
namespace {

// Bytes that follow btf_type: FIXED, and EACH for each of what the type has.
struct PayloadSize {
  bool known = false;
  uint8_t fixed = 0;
  uint8_t each = 0;
};

// By kind. BTF_KIND_ENUM64 (6.0) is the last one so far.
constexpr std::array<PayloadSize, BTF_INFO_KIND(~0U) + 1> kPayloads = [] {
  std::array<PayloadSize, BTF_INFO_KIND(~0U) + 1> sizes;
  for (const uint32_t kind : {BTF_KIND_PTR, BTF_KIND_FWD, BTF_KIND_TYPEDEF, BTF_KIND_VOLATILE, BTF_KIND_CONST,
                              BTF_KIND_RESTRICT, BTF_KIND_FUNC, BTF_KIND_FLOAT, BTF_KIND_TYPE_TAG}) {
    sizes[kind] = {true, 0, 0};
  }
  for (const uint32_t kind : {BTF_KIND_INT, BTF_KIND_VAR, BTF_KIND_DECL_TAG}) sizes[kind] = {true, 4, 0};
  sizes[BTF_KIND_ARRAY] = {true, sizeof(btf_array), 0};
  sizes[BTF_KIND_STRUCT] = sizes[BTF_KIND_UNION] = {true, 0, sizeof(btf_member)};
  sizes[BTF_KIND_ENUM] = {true, 0, sizeof(btf_enum)};
  sizes[BTF_KIND_ENUM64] = {true, 0, sizeof(btf_enum64)};
  sizes[BTF_KIND_FUNC_PROTO] = {true, 0, sizeof(btf_param)};
  sizes[BTF_KIND_DATASEC] = {true, 0, sizeof(btf_var_secinfo)};
  return sizes;
}();

// Of a type of a known kind, with what follows it.
uint32_t type_size(uint32_t info) {
  const PayloadSize size = kPayloads[BTF_INFO_KIND(info)];
  return static_cast<uint32_t>(sizeof(btf_type)) + size.fixed + BTF_INFO_VLEN(info) * size.each;
}

// A kernel has 100,000 types: an index of all takes longer to make than a few more steps for each that is asked for.
constexpr uint32_t kStride = 8;

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

constexpr std::string_view kTracepointCaller = "__traceiter_";

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

Result<BtfFile> BtfFile::read_as_needed(const std::string& path) {
  ASSIGN_OR_RETURN(KernelBytes bytes, KernelBytes::of_file(path));
  Result<BtfFile> file = with_header(std::move(bytes), nullptr);
  if (!file) return std::move(file).error().context(path);
  return file;
}

Result<BtfFile> BtfFile::parse(KernelBytes bytes, const BtfFile* base) {
  ASSIGN_OR_RETURN(BtfFile file, with_header(std::move(bytes), base));
  TRY(file.index_types(~Id{0}));
  return file;
}

Result<BtfFile> BtfFile::with_header(KernelBytes bytes, const BtfFile* base) {
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
  file.types_start_ = file.indexed_ = header.hdr_len + header.type_off;
  file.types_end_ = static_cast<uint32_t>(types_end);
  file.strings_start_ = header.hdr_len + header.str_off;
  file.strings_size_ = header.str_len;
  // Every string then ends inside the section.
  const bool none = header.str_len == 0 && base != nullptr;
  if (!none && (header.str_len == 0 || file.bytes_.view()[strings_end - 1] != '\0'))
    return malformed("strings without an end");
  return file;
}

// MOST further ones, if there are so many.
Status BtfFile::index_types(Id most) const {
  const char* const bytes = bytes_.view().data();
  uint32_t at = indexed_;
  for (; at < types_end_ && most > 0; --most) {
    indexed_ = at;
    if (types_end_ - at < sizeof(btf_type)) return malformed("a type is cut short");
    uint32_t info = 0;
    std::memcpy(&info, bytes + at + offsetof(btf_type, info), sizeof info);
    const uint32_t kind = BTF_INFO_KIND(info);
    if (!kPayloads[kind].known) {
      return malformed(
          fmt::format("type {} is of kind {}, which this polytap does not know", first_type() + count_, kind));
    }
    const uint32_t size = type_size(info);
    if (types_end_ - at < size) return malformed("a type is cut short");
    if (count_ % kStride == 0) offsets_.push_back(at);
    if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) structures_.push_back(at);
    if (kind == BTF_KIND_DECL_TAG) tags_.push_back(at);
    ++count_;
    at += size;
  }
  indexed_ = at;
  return {};
}

// False: there are no more.
bool BtfFile::index_more() const {
  constexpr Id kStep = 1024;
  const Id before = count_;
  const bool well_formed = indexed_ < types_end_ && index_types(kStep).ok();
  return well_formed || count_ != before;
}

// Of its own types.
bool BtfFile::knows(Id id) const {
  while (id >= first_type() + count_) {
    if (!index_more()) return false;
  }
  return id >= first_type();
}

BtfFile::Id BtfFile::type_count() const {
  while (index_more()) {
  }
  return first_type() + count_;
}

uint32_t BtfFile::offset_of(Id id) const {
  const Id index = id - first_type();
  uint32_t offset = offsets_[index / kStride];
  for (Id steps = index % kStride; steps > 0; --steps) offset += type_size(load<btf_type>(offset).info);
  return offset;
}

BtfFile::Id BtfFile::id_at(uint32_t offset) const {
  const auto behind = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
  Id index = static_cast<Id>(behind - offsets_.begin() - 1) * kStride;
  for (uint32_t at = *(behind - 1); at < offset; ++index) at += type_size(load<btf_type>(at).info);
  return first_type() + index;
}

template <typename Visit>
void BtfFile::each_type(Visit visit) const {
  uint32_t offset = types_start_;
  const Id end = type_count();
  for (Id id = first_type(); id < end; ++id) {
    btf_type type;
    std::memcpy(&type, bytes_.view().data() + offset, sizeof type);
    if (visit(id, type)) return;
    offset += type_size(type.info);
  }
}

bool BtfFile::is_named(const btf_type& type) const {
  if (type.name_off == 0) return false;
  const uint32_t kind = BTF_INFO_KIND(type.info);
  return (kNamedKinds >> kind & 1U) != 0 ||
         (kind == BTF_KIND_FUNC && string(type.name_off).starts_with(kTracepointCaller));
}

void BtfFile::index_names() const {
  std::vector<Id> named;
  each_type([&](Id id, const btf_type& type) {
    if (is_named(type)) named.push_back(id);
    return false;
  });
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
  if (!knows(id)) return {};
  const auto type = load<btf_type>(offset_of(id));
  return {string(type.name_off), BTF_INFO_KIND(type.info), BTF_INFO_VLEN(type.info), BTF_INFO_KFLAG(type.info) != 0,
          type.size};
}

uint32_t BtfFile::payload(Id id, uint32_t index, uint32_t stride) const {
  return offset_of(id) + static_cast<uint32_t>(sizeof(btf_type)) + index * stride;
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

std::optional<BtfFile::Id> BtfFile::search_structures(std::string_view name, uint32_t kinds) const {
  for (size_t i = 0; i < structures_.size() || index_more();) {
    if (i == structures_.size()) continue;
    const uint32_t offset = structures_[i++];
    const auto type = load<btf_type>(offset);
    if ((kinds >> BTF_INFO_KIND(type.info) & 1U) != 0 && string(type.name_off) == name) return id_at(offset);
  }
  return std::nullopt;
}

// By the name's offset among the strings, without looking at those of other types.
std::optional<BtfFile::Id> BtfFile::search(std::string_view name, uint32_t kinds) const {
  if ((kinds & ~(1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION)) == 0) return search_structures(name, kinds);
  const std::string_view strings = bytes_.view().substr(strings_start_, strings_size_);
  const std::string wanted = '\0' + std::string(name) + '\0';
  std::optional<Id> found;
  for (size_t at = strings.find(wanted); at != std::string_view::npos && !found; at = strings.find(wanted, at + 1)) {
    each_type([&](Id id, const btf_type& type) {
      if (type.name_off != at + 1 || (kinds >> BTF_INFO_KIND(type.info) & 1U) == 0) return false;
      found = id;
      return true;
    });
  }
  return found;
}

std::optional<BtfFile::Id> BtfFile::find_callable_function(std::string_view name) const {
  while (index_more()) {
  }
  bool marks = false;
  for (const uint32_t offset : tags_) {
    const auto tag = load<btf_type>(offset);
    if (string(tag.name_off) != "bpf_kfunc") continue;
    marks = true;
    const Record marked = record(tag.type);
    if (marked.kind == BTF_KIND_FUNC && marked.name == name) return tag.type;
  }
  return marks || name.empty() ? std::nullopt : search(name, 1U << BTF_KIND_FUNC);
}

std::optional<BtfFile::Id> BtfFile::find(std::string_view name, uint32_t kinds) const {
  if (name.empty()) return std::nullopt;
  if (names_.empty() && base_ == nullptr && ++searches_ <= kSearches) {
    return search(name, kinds & (kNamedKinds | (name.starts_with(kTracepointCaller) ? 1U << BTF_KIND_FUNC : 0U)));
  }
  if (names_.empty()) index_names();
  const size_t mask = names_.size() - 1;
  for (size_t slot = hash_name(name) & mask; names_[slot] != 0; slot = (slot + 1) & mask) {
    const Record type = record(names_[slot]);
    if ((kinds >> type.kind & 1U) != 0 && type.name == name) return names_[slot];
  }
  return std::nullopt;
}

}  // namespace polytap
