// Structures and netlink attributes as data: which parts they have and how each is shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/syscall/call_text.h"
#include "core/syscall/constants.h"

namespace polytap {

struct Structure;
struct AttributeSet;

// How a value is shown that lies in bytes as the kernel lays them out.
struct ValueKind {
  enum class Show : uint8_t {
    kSigned,       // decimal, as wide as the bytes are
    kUnsigned,     // decimal
    kHex,          // 0x..; 0 for 0
    kFlags,        // of TABLE
    kEnumeration,  // of TABLE
    kFd,
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
    kNested,  // attributes, of ATTRIBUTES
  };
  Show show = Show::kBytes;
  const ConstantTable* table = nullptr;
  const Structure* structure = nullptr;
  const AttributeSet* attributes = nullptr;
  // Of a number, a structure, an array's element; fewer bytes are shown as kBytes. 0: as many as there are.
  uint16_t size = 0;
};

struct Field {
  std::string_view name;
  uint16_t offset = 0;
  uint16_t size = 0;
  ValueKind kind;
  bool verbose_only = false;
};

struct Structure {
  std::span<const Field> fields;
  uint16_t size = 0;
};

struct AttributeRule {
  uint16_t type = 0;
  ValueKind kind;
};

struct AttributeSet {
  const ConstantTable* types = nullptr;
  std::span<const AttributeRule> rules;
  ValueKind others;  // types without a rule
};

// What the parts of a message have in common.
struct MessageContext {
  uint8_t family = 0;  // AF_*: of kInternet
};

// {a=1, b=2}: the fields that BYTES reach to.
void put_structure(CallText& text, std::span<const std::byte> bytes, const Structure& structure,
                   const MessageContext& context = {});
// The fields alone, ", " between them.
void put_fields(CallText& text, std::span<const std::byte> bytes, const Structure& structure,
                const MessageContext& context = {});
void put_value(CallText& text, std::span<const std::byte> bytes, const ValueKind& kind,
               const MessageContext& context = {});
// [{nla_len=8, nla_type=IFLA_MTU}, 1500], and [..] around several (struct nlattr of linux/netlink.h).
void put_attributes(CallText& text, std::span<const std::byte> bytes, const AttributeSet& set,
                    const MessageContext& context = {});
// The little-endian number in up to eight BYTES.
uint64_t number_in(std::span<const std::byte> bytes);

}  // namespace polytap

// A member of a kernel structure as a Field.
#define POLYTAP_FIELD(type, member, ...) \
  { #member, offsetof(type, member), sizeof(type::member), __VA_ARGS__ }
