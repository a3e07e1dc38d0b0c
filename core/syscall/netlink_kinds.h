// The kinds of values that netlink's messages share. For the files that describe them.
#pragma once

#include <linux/if_link.h>

#include "core/syscall/tables.h"
#include "core/syscall/value_kinds.h"

namespace polytap::netlink_kinds {

using namespace value_kinds;

inline constexpr ValueKind kEndedText{Show::kEndedText};
inline constexpr ValueKind kInternet{Show::kInternet};
inline constexpr ValueKind kInternet4{Show::kInternet, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kInternet6{Show::kInternet, nullptr, nullptr, nullptr, 16};
inline constexpr ValueKind kInterface{Show::kInterface, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kFamily{Show::kEnumeration, &kFamilies};
inline constexpr ValueKind kUser{Show::kUser, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kNetwork16{Show::kNetwork, nullptr, nullptr, nullptr, 2};
inline constexpr ValueKind kNetwork64{Show::kNetwork, nullptr, nullptr, nullptr, 8};
inline constexpr ValueKind kNumbers{Show::kArray};

constexpr ValueKind at_most(ValueKind kind, uint16_t most) {
  kind.most = most;
  return kind;
}
// Numbers by name of at least SIZE bytes and no more than a word; of size 0, as many as there are.
constexpr ValueKind one_of_word(const ConstantTable& table, uint16_t size) { return at_most(one_of(table, size), 8); }
constexpr ValueKind flags_of_word(const ConstantTable& table, uint16_t size) {
  return at_most(flags_of(table, size), 8);
}
// 02:fc:00:00:00:05, or the bytes where constants have no names.
void put_hardware_address(CallText& text, std::span<const std::byte> own, std::span<const std::byte> whole);
inline constexpr ValueKind kHardware = printed_by(put_hardware_address);  // as wide as the field
inline constexpr ValueKind kMac = at_most(kHardware, 32);                 // MAX_ADDR_LEN
inline constexpr ValueKind kTicks = at_most({Show::kClockTicks}, 8);

constexpr ValueKind nested(const AttributeSet& set) { return {Show::kNested, nullptr, nullptr, &set}; }
// An older kernel's structure is SHORTER.
constexpr ValueKind structure_or(const Structure& structure, uint16_t shorter) {
  ValueKind kind = structure_of(structure);
  kind.shorter = shorter;
  return kind;
}
// SIZE: fewer bytes are shown as bytes.
constexpr ValueKind shown_by(ValueKind::AttributePrinter print, uint16_t size = 0) {
  return {ValueKind::Show::kBytes, nullptr, nullptr, nullptr, size, nullptr, nullptr, print};
}

}  // namespace polytap::netlink_kinds
