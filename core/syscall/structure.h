// Structures and netlink attributes as data: which parts they have and how each is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/check.h"
#include "core/syscall/call_text.h"
#include "core/syscall/constants.h"

namespace polytap {

struct Structure;
struct AttributeSet;
struct MessageContext;

// How a value is shown that lies in bytes as the kernel lays them out.
struct ValueKind {
  enum class Show : uint8_t {
    kSigned,       // decimal, as wide as the bytes are
    kUnsigned,     // decimal
    kHex,          // 0x..; 0 for 0
    kFlags,        // of TABLE
    kEnumeration,  // of TABLE
    kFd,
    kAddress,     // NULL or 0x..
    kPrinted,     // by PRINT
    kText,        // "..." up to NUL
    kBytes,       // "\x01\x02"
    kNetwork,     // htons(1), htonl(1): big-endian
    kMac,         // 02:fc:00:00:00:05
    kInternet,    // an address; of which family, the message says, or the number of bytes
    kInterface,   // if_nametoindex("lo")
    kDevice,      // makedev(0x8, 0x1)
    kSocketPath,  // "/path", or @"name" where it begins with NUL
    kSocketBits,  // {is_icsk=1, mc_loop=1}: struct inet_diag_sockopt
    kStructure,   // of STRUCTURE
    kArray,       // of STRUCTURE, or of 32-bit numbers, with names of TABLE for their indices; as many as there are
    kSignedArray,
    kHexArray,
    kString,  // a pointer to text
    kOctal,
    kNested,       // attributes, of ATTRIBUTES
    kCString,      // "..." in an array that has room for the NUL; "..."... where there is none
    kUuid,         // 01020304-0506-0708-090a-0b0c0d0e0f10
    kElements,     // [..] of ELEMENT
    kNamedNumber,  // decimal, or of TABLE
    kLimit,        // decimal, but UINT64_MAX by name
    kEndedText,    // "..." of all bytes but the NUL at the end; "..."... where there is none
    kBegunText,    // "..." up to NUL; "..."... where there is none
    kUser,         // decimal, but -1
    kClockTicks,   // 250 /* 2.50 s */
    kFixedHex,     // 0x.., as many digits as the bytes have
    kFlagsToo,     // 0x3 /* of TABLE */: for names that no header has
  };
  // Shows BYTES, a part of WHOLE.
  using Printer = void (*)(CallText& text, std::span<const std::byte> bytes, std::span<const std::byte> whole);
  // Shows an attribute's BYTES; WHOLE is the list of attributes that it is one of. False: they are shown as kBytes.
  using AttributePrinter = bool (*)(CallText& text, std::span<const std::byte> bytes, std::span<const std::byte> whole,
                                    const MessageContext& context);

  // SIZE: of a number, a structure, an array's element; fewer bytes are shown as kBytes. 0: as many as there are. Of
  // the pointers at most one: there are thousands of kinds in tables, and what they point to is relocated when polytap
  // starts.
  constexpr ValueKind(Show how = Show::kBytes, const ConstantTable* table = nullptr,  // NOLINT: a Show is a kind
                      const Structure* structure = nullptr, const AttributeSet* attributes = nullptr,
                      uint16_t bytes = 0, Printer printer = nullptr, const ValueKind* element = nullptr,
                      AttributePrinter attribute_printer = nullptr)
      : size(bytes), show(how) {
    const int pointers = (table != nullptr) + (structure != nullptr) + (attributes != nullptr) + (printer != nullptr) +
                         (element != nullptr) + (attribute_printer != nullptr);
    CHECK(pointers <= 1);
    if (table != nullptr) to_ = To{.table = table}, refers_ = Refers::kTable;
    if (structure != nullptr) to_ = To{.structure = structure}, refers_ = Refers::kStructure;
    if (attributes != nullptr) to_ = To{.attributes = attributes}, refers_ = Refers::kAttributes;
    if (printer != nullptr) to_ = To{.print = printer}, refers_ = Refers::kPrinter;
    if (element != nullptr) to_ = To{.element = element}, refers_ = Refers::kElement;
    if (attribute_printer != nullptr)
      to_ = To{.print_attribute = attribute_printer}, refers_ = Refers::kAttributePrinter;
  }

  constexpr const ConstantTable* table() const { return refers_ == Refers::kTable ? to_.table : nullptr; }
  constexpr const Structure* structure() const { return refers_ == Refers::kStructure ? to_.structure : nullptr; }
  constexpr const AttributeSet* attributes() const { return refers_ == Refers::kAttributes ? to_.attributes : nullptr; }
  constexpr Printer print() const { return refers_ == Refers::kPrinter ? to_.print : nullptr; }
  constexpr const ValueKind* element() const { return refers_ == Refers::kElement ? to_.element : nullptr; }
  constexpr AttributePrinter print_attribute() const {
    return refers_ == Refers::kAttributePrinter ? to_.print_attribute : nullptr;
  }

 private:
  enum class Refers : uint8_t { kNothing, kTable, kStructure, kAttributes, kPrinter, kElement, kAttributePrinter };
  union To {
    const ConstantTable* table;
    const Structure* structure;
    const AttributeSet* attributes;
    Printer print;
    const ValueKind* element;
    AttributePrinter print_attribute;
  };
  To to_{.table = nullptr};

 public:
  uint16_t size = 0;
  // More bytes than this are shown as kBytes. 0: there is no such limit.
  uint16_t most = 0;
  // The only number of bytes besides SIZE and more that is taken for a structure (of an older kernel). 0: none.
  uint16_t shorter = 0;
  Show show = Show::kBytes;

 private:
  Refers refers_ = Refers::kNothing;
};

struct Field {
  std::string_view name;
  uint16_t offset = 0;
  uint16_t size = 0;
  [[no_unique_address]] ValueKind kind{};  // what follows lies in its padding
  bool verbose_only = false;
  // Whether it means something in WHOLE; null: always.
  bool (*present)(std::span<const std::byte> whole) = nullptr;
  bool later = false;  // came with a later kernel: not shown where the caller's structure ends before it
};

struct Structure {
  std::span<const Field> fields;
  uint16_t size = 0;
};

struct AttributeRule {
  uint16_t type = 0;
  ValueKind kind{};
};

struct AttributeSet {
  const ConstantTable* types = nullptr;
  std::span<const AttributeRule> rules;
  ValueKind others;  // types without a rule
};

// Bytes of a tracee of which only the first could be read.
struct ReadMemory {
  const std::byte* begin = nullptr;
  size_t readable = 0;
  uint64_t address = 0;
};

// What the parts of a message have in common.
struct MessageContext {
  uint8_t family = 0;                  // AF_*: of kInternet
  const ReadMemory* memory = nullptr;  // null: all of it was read
};

// Shows where BYTES lie and returns true when not all of them could be read.
bool put_unreadable(CallText& text, std::span<const std::byte> bytes, const MessageContext& context);
// The same within a list: ... /* 0x5000 */
bool put_unreadable_element(CallText& text, std::span<const std::byte> bytes, const MessageContext& context);

// {a=1, b=2}: the fields that BYTES reach to, or all but the later ones when the bytes are followed by zeros up to
// the structure's size (see put_extensible()).
void put_structure(CallText& text, std::span<const std::byte> bytes, const Structure& structure,
                   const MessageContext& context = {});
// The fields alone, ", " between them.
void put_fields(CallText& text, std::span<const std::byte> bytes, const Structure& structure,
                const MessageContext& context = {});
// A structure of which the caller passes the first SIZE bytes, at ADDRESS: what is missing counts as zero, later fields
// are left out, and what follows the last field is shown when it is not zero. NAME: "query={..}" inside; may be empty.
void put_extensible(CallText& text, uint64_t address, uint64_t size, const Structure& structure,
                    std::string_view name = {});
// ", /* bytes 32..39 */ "\x01..."": what the caller passes at ADDRESS between FROM and SIZE, unless it is all zeros.
void put_trailing_bytes(CallText& text, uint64_t address, uint64_t from, uint64_t size);
// A structure at ADDRESS; the address where it cannot be read.
void put_structure_at(CallText& text, uint64_t address, const Structure& structure);
// COUNT of them.
void put_structures_at(CallText& text, uint64_t address, uint64_t count, const Structure& structure);
void put_value(CallText& text, std::span<const std::byte> bytes, const ValueKind& kind,
               const MessageContext& context = {});
// [{nla_len=8, nla_type=IFLA_MTU}, 1500], and [..] around several (struct nlattr of linux/netlink.h).
void put_attributes(CallText& text, std::span<const std::byte> bytes, const AttributeSet& set,
                    const MessageContext& context = {});
// For Field::present: whether any of the SIZE bytes at OFFSET is not zero.
template <size_t kOffset, size_t kSize>
bool is_nonzero(std::span<const std::byte> whole) {
  for (size_t i = kOffset; i < kOffset + kSize && i < whole.size(); ++i) {
    if (whole[i] != std::byte{0}) return true;
  }
  return false;
}
// "\x01\x02", up to the limit of texts; their address where they could not be read.
void put_hex_bytes(CallText& text, std::span<const std::byte> bytes, const MessageContext& context = {});
// The same of bytes at hand, however many there are.
void put_all_bytes(CallText& text, std::span<const std::byte> bytes);
// inet_addr("127.0.0.1"), with NAME= before it unless it is empty; bytes for other families.
void put_internet_address(CallText& text, std::span<const std::byte> bytes, uint8_t family, std::string_view name = {},
                          const MessageContext& context = {});
// The same of a structure's field of BYTES, which an IPv4 address need not fill.
void put_internet_field(CallText& text, std::span<const std::byte> bytes, uint8_t family, std::string_view name);
// The little-endian number in up to eight BYTES.
uint64_t number_in(std::span<const std::byte> bytes);

}  // namespace polytap

// A member of a kernel structure as a Field.
#define POLYTAP_FIELD(type, member, ...) \
  { #member, offsetof(type, member), sizeof(type::member), __VA_ARGS__ }
// The same of a reserved member: shown only when it is not zero.
#define POLYTAP_RESERVED_FIELD(type, member, ...)                                                                   \
  {                                                                                                                 \
#member, offsetof(type, member), sizeof(type::member), __VA_ARGS__, false, is_nonzero < offsetof(type, member), \
        sizeof(type::member)>                                                                                       \
  }
// A member that is shown with -v only.
#define POLYTAP_VERBOSE_FIELD(type, member, ...) \
  { #member, offsetof(type, member), sizeof(type::member), __VA_ARGS__, true }
