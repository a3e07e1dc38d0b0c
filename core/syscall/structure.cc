#include "core/syscall/structure.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/syscall/tables.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using Show = ValueKind::Show;

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void put_bytes(CallText& text, Bytes bytes, size_t limit) {
  const Bytes shown = bytes.first(std::min(bytes.size(), limit));
  text.put('"');
  for (const std::byte each : shown) text.print("\\x{:02x}", static_cast<unsigned>(each));
  text.put('"');
  if (shown.size() < bytes.size()) text.put("...");
}

void put_bytes(CallText& text, Bytes bytes) { put_bytes(text, bytes, text.style.string_limit); }

void put_text(CallText& text, std::string_view content) {
  const size_t limit = text.style.string_limit;
  text.quoted(content.substr(0, limit), content.size() > limit);
}

// A text in an attribute, whose length says where it ends.
void put_text_of(CallText& text, std::string_view bytes, Show show) {
  if (show == Show::kText) return put_text(text, bytes.substr(0, bytes.find('\0')));
  const std::string_view shown = bytes.substr(0, text.style.string_limit);
  if (show == Show::kEndedText) {
    if (shown.ends_with('\0')) return text.quoted(shown.substr(0, shown.size() - 1));
    return text.quoted(shown, true);
  }
  const size_t end = bytes.substr(0, text.style.string_limit + 1).find('\0');
  text.quoted(shown.substr(0, end), end == std::string_view::npos);
}

int64_t signed_in(Bytes bytes) {
  const unsigned unused = 64 - 8 * static_cast<unsigned>(std::min<size_t>(bytes.size(), 8));
  return static_cast<int64_t>(number_in(bytes) << unused) >> unused;
}

void put_network_order(CallText& text, Bytes bytes) {
  uint64_t number = 0;
  for (const std::byte each : bytes) number = number << 8 | static_cast<uint64_t>(each);
  text.print("{}({})", bytes.size() == 2 ? "htons" : bytes.size() == 4 ? "htonl" : "htobe64", number);
}

void put_mac(CallText& text, Bytes bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) text.print("{}{:02x}", i > 0 ? ":" : "", static_cast<unsigned>(bytes[i]));
}

void put_interface(CallText& text, uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  const ConstantStyle style = text.style.constants;
  const bool is_named = index != 0 && style != ConstantStyle::kRaw && if_indextoname(index, name.data()) != nullptr;
  if (!is_named || style == ConstantStyle::kVerbose) text.print("{}", index);
  if (!is_named) return;
  const bool beside = style == ConstantStyle::kVerbose;
  text.print("{}if_nametoindex(\"{}\"){}", beside ? " /* " : "", name.data(), beside ? " */" : "");
}

void put_socket_path(CallText& text, Bytes bytes) {
  const bool is_abstract = !bytes.empty() && bytes[0] == std::byte{0};
  if (is_abstract) text.put('@');
  text.quoted(as_text(bytes).substr(is_abstract ? 1 : 0));
}

void put_c_string(CallText& text, Bytes bytes) {
  const std::string_view all = as_text(bytes);
  const size_t end = all.find('\0');
  if (end != std::string_view::npos) return text.quoted(all.substr(0, end));
  text.quoted(all.substr(0, all.size() - 1), true);
}

void put_uuid(CallText& text, Bytes bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const bool is_group = i == 4 || i == 6 || i == 8 || i == 10;
    text.print("{}{:02x}", is_group ? "-" : "", static_cast<unsigned>(bytes[i]));
  }
}

void put_elements(CallText& text, Bytes bytes, const ValueKind& element, const MessageContext& context) {
  if (bytes.size() >= element.size && put_unreadable(text, bytes.first(element.size), context)) return;
  text.put('[');
  size_t count = 0;
  for (size_t at = 0; at + element.size <= bytes.size(); at += element.size) {
    if (at > 0) text.put(", ");
    if (put_unreadable_element(text, bytes.subspan(at, element.size), context)) break;
    if (!text.style.verbose && count++ >= text.style.string_limit) {
      text.put("...");
      break;
    }
    put_value(text, bytes.subspan(at, element.size), element, context);
  }
  text.put(']');
}

// Bit fields; the ones that are set unless all are asked for.
void put_socket_bits(CallText& text, Bytes bytes) {
  constexpr std::array<std::string_view, 11> kNames = {"recverr",         "is_icsk",      "freebind",
                                                       "hdrincl",         "mc_loop",      "transparent",
                                                       "mc_all",          "nodefrag",     "bind_address_no_port",
                                                       "recverr_rfc4884", "defer_connect"};
  const uint64_t bits = number_in(bytes);
  bool first = true;
  text.put('{');
  for (size_t i = 0; i < kNames.size(); ++i) {
    const bool is_set = (bits >> i & 1) != 0;
    if (!is_set && !text.style.verbose) continue;
    text.print("{}{}={}", std::exchange(first, false) ? "" : ", ", kNames[i], is_set ? 1 : 0);
  }
  const uint64_t unused = bits >> kNames.size();
  if (unused != 0 || text.style.verbose) {
    text.print("{}unused=", first ? "" : ", ");
    text.hex(unused);
    text.put(" /* bits 3..8 */");  // of the second byte
  }
  text.put('}');
}

// A number in decimal for which there may be a name.
void put_named_number(CallText& text, uint64_t number, std::string_view name) {
  const ConstantStyle style = text.style.constants;
  if (name.empty() || style != ConstantStyle::kAbbreviated) text.print("{}", number);
  if (name.empty() || style == ConstantStyle::kRaw) return;
  if (style == ConstantStyle::kVerbose) {
    text.print(" /* {} */", name);
  } else {
    text.put(name);
  }
}

// A hundredth of a second each, as the kernel tells user space.
void put_clock_ticks(CallText& text, uint64_t ticks) {
  constexpr uint64_t kPerSecond = 100;
  text.print("{}", ticks);
  const bool has_comment = ticks > 0 && text.style.constants != ConstantStyle::kRaw;
  if (has_comment) text.print(" /* {}.{:02} s */", ticks / kPerSecond, ticks % kPerSecond);
}

// [NAME]=, as designated initializers have it.
void put_index(CallText& text, const ConstantTable& table, size_t index) {
  text.put('[');
  const std::string_view name = table.find(index);
  const ConstantStyle style = text.style.constants;
  if (name.empty() || style != ConstantStyle::kAbbreviated) text.print("{}", index);
  if (style == ConstantStyle::kVerbose || (name.empty() && style != ConstantStyle::kRaw)) {
    text.print(" /* {} */", name.empty() ? table.unknown : name);
  } else if (style == ConstantStyle::kAbbreviated) {
    text.put(name);
  }
  text.put("]=");
}

void put_array(CallText& text, Bytes bytes, const ValueKind& kind, const MessageContext& context) {
  const size_t step = kind.structure() != nullptr ? kind.structure()->size
                      : kind.size != 0            ? kind.size
                                                  : sizeof(uint32_t);
  if (bytes.size() < step) return put_hex_bytes(text, bytes, context);
  if (put_unreadable(text, bytes.first(step), context)) return;
  text.put('[');
  size_t count = 0;
  for (size_t at = 0; at + step <= bytes.size(); at += step) {
    if (at > 0) text.put(", ");
    if (put_unreadable_element(text, bytes.subspan(at, step), context)) break;
    if (!text.style.verbose && count++ >= text.style.string_limit) {
      text.put("...");
      break;
    }
    const Bytes element = bytes.subspan(at, step);
    if (kind.structure() != nullptr) {
      put_structure(text, element, *kind.structure(), context);
      continue;
    }
    if (kind.table() != nullptr) {
      put_index(text, *kind.table(), at / step);
    }
    if (kind.show == Show::kHexArray) {
      text.hex(number_in(element));
    } else if (kind.show == Show::kSignedArray) {
      text.print("{}", signed_in(element));
    } else {
      text.print("{}", number_in(element));
    }
  }
  text.put(']');
}

void put_number(CallText& text, Bytes bytes, const ValueKind& kind) {
  const uint64_t number = number_in(bytes);
  switch (kind.show) {
    case Show::kSigned:
      return text.print("{}", signed_in(bytes));
    case Show::kHex:
      return text.hex(number);
    case Show::kOctal:
      return text.print("{:#03o}", number);
    case Show::kString:
      return text.string(number);
    case Show::kFlags:
      return text.flags(*kind.table(), number);
    case Show::kFlagsToo:
      return append_flags(text.out, *kind.table(), number,
                          text.style.constants == ConstantStyle::kRaw ? ConstantStyle::kRaw : ConstantStyle::kVerbose);
    case Show::kUser:
      return text.print("{}", static_cast<uint32_t>(number) == UINT32_MAX ? -1 : static_cast<int64_t>(number));
    case Show::kClockTicks:
      return put_clock_ticks(text, number);
    case Show::kFixedHex:
      if (number == 0) return text.print("{:0>{}}", "", 2 * bytes.size());
      return text.print("{:#0{}x}", number, 2 * bytes.size());
    case Show::kEnumeration:
      return text.enumeration(*kind.table(), number);
    case Show::kNamedNumber:
      if (bytes.size() == 8 && number == UINT64_MAX) return put_named_number(text, number, "UINT64_MAX");
      if (bytes.size() == 4 && number == UINT32_MAX) return put_named_number(text, number, "UINT32_MAX");
      return put_named_number(text, number, kind.table()->find(number));
    case Show::kLimit:
      return put_named_number(text, number, number == UINT64_MAX ? "UINT64_MAX" : "");
    case Show::kFd:
      return text.fd(static_cast<int>(number));
    case Show::kAddress:
      return text.address(number);
    case Show::kDevice:
      return text.device(number);
    case Show::kInterface:
      return put_interface(text, static_cast<uint32_t>(number));
    default:
      return text.print("{}", number);
  }
}

}  // namespace

bool put_unreadable(CallText& text, Bytes bytes, const MessageContext& context) {
  const ReadMemory* memory = context.memory;
  if (memory == nullptr || bytes.data() + bytes.size() <= memory->begin + memory->readable) return false;
  text.address(memory->address + static_cast<uint64_t>(bytes.data() - memory->begin));
  return true;
}

bool put_unreadable_element(CallText& text, Bytes bytes, const MessageContext& context) {
  const ReadMemory* memory = context.memory;
  if (memory == nullptr || bytes.data() + bytes.size() <= memory->begin + memory->readable) return false;
  text.print("... /* {:#x} */", memory->address + static_cast<uint64_t>(bytes.data() - memory->begin));
  return true;
}

void put_all_bytes(CallText& text, Bytes bytes) { put_bytes(text, bytes, bytes.size()); }

void put_hex_bytes(CallText& text, Bytes bytes, const MessageContext& context) {
  if (put_unreadable(text, bytes.first(std::min(bytes.size(), text.style.string_limit + 1)), context)) return;
  put_bytes(text, bytes);
}

void put_internet_field(CallText& text, Bytes bytes, uint8_t family, std::string_view name) {
  const ConstantStyle style = text.style.constants;
  const bool is_known = family == AF_INET || family == AF_INET6;
  const bool is_beside = is_known && style == ConstantStyle::kVerbose;
  if (!is_known || style != ConstantStyle::kAbbreviated) {
    if (!name.empty()) text.print("{}=", name);
    put_bytes(text, bytes, bytes.size());
    if (!is_beside) return;
    name = {};
    text.put(" /* ");
  }
  std::array<char, INET6_ADDRSTRLEN> shown{};
  inet_ntop(family, bytes.data(), shown.data(), shown.size());
  if (family == AF_INET6) {
    text.print("inet_pton(AF_INET6, \"{}\"", shown.data());
    if (!name.empty()) text.print(", &{}", name);
    text.put(')');
  } else {
    if (!name.empty()) text.print("{}=", name);
    text.print("inet_addr(\"{}\")", shown.data());
  }
  if (is_beside) text.put(" */");
}

void put_internet_address(CallText& text, Bytes bytes, uint8_t family, std::string_view name,
                          const MessageContext& context) {
  const size_t size = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
  const bool is_address = size != 0 && bytes.size() >= size;
  const ReadMemory* memory = context.memory;
  const bool is_read = memory == nullptr || bytes.data() + size <= memory->begin + memory->readable;
  if (is_address && is_read) return put_internet_field(text, bytes.first(size), family, name);
  if (!name.empty()) text.print("{}=", name);
  if (!is_address || !put_unreadable(text, bytes.first(size), context)) put_hex_bytes(text, bytes, context);
}

uint64_t number_in(std::span<const std::byte> bytes) {
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), std::min(bytes.size(), sizeof number));
  return number;
}

void put_fields(CallText& text, Bytes bytes, const Structure& structure, const MessageContext& context) {
  bool first = true;
  bool left_out = false;
  for (const Field& field : structure.fields) {
    if (static_cast<size_t>(field.offset) + field.size > bytes.size()) break;
    if (field.present != nullptr && !field.present(bytes)) continue;
    if (field.verbose_only && !text.style.verbose) {
      left_out = true;
      continue;
    }
    if (!std::exchange(first, false)) text.put(", ");
    if (!field.name.empty()) text.print("{}=", field.name);
    const Bytes own = bytes.subspan(field.offset, field.size);
    if (field.kind.print() != nullptr) {
      field.kind.print()(text, own, bytes);
    } else {
      put_value(text, own, field.kind, context);
    }
  }
  if (left_out) text.put(first ? "..." : ", ...");
}

void put_extensible(CallText& text, uint64_t address, uint64_t size, const Structure& structure,
                    std::string_view name) {
  constexpr uint64_t kMost = 4096;  // the kernel takes no more than a page
  std::vector<std::byte> bytes(std::min(size, kMost));
  if (address == 0 || bytes.empty() || text.memory.read(address, bytes) != bytes.size()) return text.address(address);
  const size_t given = bytes.size();
  bytes.resize(std::max<size_t>(given, structure.size));
  text.put('{');
  if (!name.empty()) text.print("{}={{", name);
  const auto missing =
      std::ranges::find_if(structure.fields, [&](const Field& field) { return field.later && field.offset >= given; });
  std::vector<Field> shown(structure.fields.begin(), missing);
  // A text is as long as what is given of it.
  if (!shown.empty() && shown.back().offset < given && (shown.back().kind.print() != nullptr)) {
    shown.back().size = static_cast<uint16_t>(std::min<size_t>(shown.back().size, given - shown.back().offset));
  }
  put_fields(text, bytes, {shown, structure.size});
  if (!name.empty()) text.put('}');
  const Bytes rest = Bytes(bytes).subspan(structure.size);
  if (std::ranges::any_of(rest, [](std::byte each) { return each != std::byte{0}; })) {
    if (text.style.verbose) {
      text.put(", extra_data=");
      put_bytes(text, rest, rest.size());
      text.print(" /* bytes {}..{} */", structure.size, given - 1);
    } else {
      text.put(", ...");
    }
  }
  text.put('}');
}

void put_trailing_bytes(CallText& text, uint64_t address, uint64_t from, uint64_t size) {
  constexpr uint64_t kMost = 4096;  // the kernel takes no more than a page
  const uint64_t end = std::min(size, kMost);
  if (end <= from) return;
  std::vector<std::byte> bytes(end - from);
  if (text.memory.read(address + from, bytes) != bytes.size()) return text.put(", ???");
  if (std::ranges::all_of(bytes, [](std::byte each) { return each == std::byte{0}; })) return;
  text.print(", /* bytes {}..{} */ ", from, end - 1);
  put_bytes(text, bytes);
}

void put_structure_at(CallText& text, uint64_t address, const Structure& structure) {
  std::vector<std::byte> bytes(structure.size);
  if (address == 0 || !text.style.dereference || text.memory.read(address, bytes) != bytes.size()) {
    return text.address(address);
  }
  put_structure(text, bytes, structure);
}

void put_structures_at(CallText& text, uint64_t address, uint64_t count, const Structure& structure) {
  std::vector<std::byte> bytes(structure.size);
  const auto readable = [&](uint64_t index) {
    return text.memory.read(address + index * structure.size, bytes) == bytes.size();
  };
  if (address == 0) return text.put("NULL");
  if (count == 0) return text.put("[]");
  const bool wraps = count > (UINT64_MAX - address) / structure.size;
  if (wraps || !text.style.dereference || !readable(0)) return text.address(address);
  text.put('[');
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) text.put(", ");
    if (!text.style.verbose && i >= text.style.string_limit) {
      text.put("...");
      break;
    }
    if (!readable(i)) {
      text.print("... /* {:#x} */", address + i * structure.size);
      break;
    }
    put_structure(text, bytes, structure);
  }
  text.put(']');
}

void put_structure(CallText& text, Bytes bytes, const Structure& structure, const MessageContext& context) {
  text.put('{');
  put_fields(text, bytes, structure, context);
  text.put('}');
}

// The part of BYTES that a value of KIND has; nullopt: there are too few or too many.
static std::optional<Bytes> own_bytes(Bytes bytes, const ValueKind& kind) {
  if (kind.shorter != 0 && bytes.size() == kind.shorter) return bytes;
  if (bytes.size() < kind.size || (kind.most != 0 && bytes.size() > kind.most)) return std::nullopt;
  const bool is_array = kind.show == Show::kArray || kind.show == Show::kSignedArray || kind.show == Show::kHexArray ||
                        (kind.show == Show::kElements && kind.size == kind.element()->size);
  return kind.size != 0 && !is_array ? bytes.first(kind.size) : bytes;
}

// What is shown as far as the limit of texts goes, or piece by piece.
static bool put_partly(CallText& text, Bytes own, const ValueKind& kind, const MessageContext& context) {
  switch (kind.show) {
    case Show::kText:
    case Show::kEndedText:
    case Show::kBegunText:
      if (!put_unreadable(text, own.first(std::min(own.size(), text.style.string_limit + 1)), context)) {
        put_text_of(text, as_text(own), kind.show);
      }
      return true;
    case Show::kBytes:
      put_hex_bytes(text, own, context);
      return true;
    case Show::kInternet:
      put_internet_address(text, own,
                           kind.size == 4    ? AF_INET
                           : kind.size == 16 ? AF_INET6
                                             : context.family,
                           {}, context);
      return true;
    case Show::kArray:
    case Show::kSignedArray:
    case Show::kHexArray:
      put_array(text, own, kind, context);
      return true;
    case Show::kElements:
      put_elements(text, own, *kind.element(), context);
      return true;
    case Show::kNested:
      put_attributes(text, own, *kind.attributes(), context);
      return true;
    default:
      return false;
  }
}

void put_value(CallText& text, Bytes bytes, const ValueKind& kind, const MessageContext& context) {
  const auto part = own_bytes(bytes, kind);
  if (!part) return put_hex_bytes(text, bytes, context);
  if (kind.print_attribute() != nullptr) {
    if (!kind.print_attribute()(text, *part, bytes, context)) put_hex_bytes(text, bytes, context);
    return;
  }
  if (kind.print() == nullptr && put_partly(text, *part, kind, context)) return;
  if (put_unreadable(text, *part, context)) return;
  if (kind.print() != nullptr) return kind.print()(text, *part, bytes);
  switch (kind.show) {
    case Show::kNetwork:
      return put_network_order(text, *part);
    case Show::kMac:
      return put_mac(text, *part);
    case Show::kSocketPath:
      return put_socket_path(text, *part);
    case Show::kSocketBits:
      return put_socket_bits(text, *part);
    case Show::kStructure:
      return put_structure(text, *part, *kind.structure(), context);
    case Show::kCString:
      return put_c_string(text, *part);
    case Show::kUuid:
      return put_uuid(text, *part);
    default:
      return put_number(text, *part, kind);
  }
}

}  // namespace polytap
