#include "core/syscall/structure.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
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

int64_t signed_in(Bytes bytes) {
  const unsigned unused = 64 - 8 * static_cast<unsigned>(std::min<size_t>(bytes.size(), 8));
  return static_cast<int64_t>(number_in(bytes) << unused) >> unused;
}

void put_network_order(CallText& text, Bytes bytes) {
  uint64_t number = 0;
  for (const std::byte each : bytes) number = number << 8 | static_cast<uint64_t>(each);
  text.print("hton{}({})", bytes.size() == 2 ? "s" : bytes.size() == 4 ? "l" : "ll", number);
}

void put_mac(CallText& text, Bytes bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) text.print("{}{:02x}", i > 0 ? ":" : "", static_cast<unsigned>(bytes[i]));
}

void put_internet(CallText& text, Bytes bytes, uint8_t family) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  const bool is_six = family == AF_INET6 || (family == AF_UNSPEC && bytes.size() == 16);
  if (is_six && bytes.size() >= 16) {
    inet_ntop(AF_INET6, bytes.data(), name.data(), name.size());
    text.print("inet_pton(AF_INET6, \"{}\")", name.data());
  } else if (!is_six && bytes.size() >= 4 && (family == AF_INET || bytes.size() == 4)) {
    inet_ntop(AF_INET, bytes.data(), name.data(), name.size());
    text.print("inet_addr(\"{}\")", name.data());
  } else {
    put_bytes(text, bytes);
  }
}

void put_interface(CallText& text, uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  if (index == 0 || if_indextoname(index, name.data()) == nullptr) return text.print("{}", index);
  text.print("if_nametoindex(\"{}\")", name.data());
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
  text.put('[');
  size_t count = 0;
  for (size_t at = 0; at + element.size <= bytes.size(); at += element.size) {
    if (at > 0) text.put(", ");
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

// [NAME]=, as designated initializers have it.
void put_index(CallText& text, const ConstantTable& table, size_t index) {
  text.put('[');
  if (table.find(index).empty()) {
    text.print("{} /* {} */", index, table.unknown);
  } else {
    text.enumeration(table, index);
  }
  text.put("]=");
}

void put_array(CallText& text, Bytes bytes, const ValueKind& kind, const MessageContext& context) {
  const size_t step = kind.structure() != nullptr ? kind.structure()->size
                      : kind.size != 0            ? kind.size
                                                  : sizeof(uint32_t);
  text.put('[');
  size_t count = 0;
  for (size_t at = 0; at + step <= bytes.size(); at += step) {
    if (at > 0) text.put(", ");
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

void put_attribute(CallText& text, const nlattr& header, Bytes payload, const AttributeSet& set, const ValueKind* kind,
                   const MessageContext& context) {
  const auto length = header.nla_len;
  text.put(payload.empty() ? "{" : "[{");
  text.print("nla_len={}, nla_type=", length);
  for (const auto& [flag, name] :
       {std::pair(NLA_F_NESTED, "NLA_F_NESTED|"), std::pair(NLA_F_NET_BYTEORDER, "NLA_F_NET_BYTEORDER|")}) {
    if ((header.nla_type & flag) != 0) text.put(name);
  }
  const auto type = static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK);
  if (set.types != nullptr) {
    text.enumeration(*set.types, type);
  } else {
    text.hex(type);
  }
  text.put('}');
  if (payload.empty()) return;
  text.put(", ");
  put_value(text, payload, *kind, context);
  text.put(']');
}

const ValueKind& kind_of(const AttributeSet& set, uint16_t type) {
  const auto rule = std::ranges::find(set.rules, type, &AttributeRule::type);
  return rule != set.rules.end() ? rule->kind : set.others;
}

}  // namespace

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
    text.print("{}=", field.name);
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
  if (!shown.empty() && shown.back().offset < given && (shown.back().kind.print != nullptr)) {
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

void put_value(CallText& text, Bytes bytes, const ValueKind& kind, const MessageContext& context) {
  if (bytes.size() < kind.size) return put_bytes(text, bytes);
  if (kind.print() != nullptr) return kind.print()(text, bytes, bytes);
  const bool is_array = kind.show == Show::kArray || kind.show == Show::kSignedArray || kind.show == Show::kHexArray;
  const Bytes own = kind.size != 0 && !is_array ? bytes.first(kind.size) : bytes;
  switch (kind.show) {
    case Show::kText:
      return put_text(text, as_text(own).substr(0, as_text(own).find('\0')));
    case Show::kBytes:
      return put_bytes(text, own);
    case Show::kNetwork:
      return put_network_order(text, own);
    case Show::kMac:
      return put_mac(text, own);
    case Show::kInternet:
      return put_internet(text, own, context.family);
    case Show::kSocketPath:
      return put_socket_path(text, own);
    case Show::kSocketBits:
      return put_socket_bits(text, own);
    case Show::kStructure:
      return put_structure(text, own, *kind.structure(), context);
    case Show::kArray:
    case Show::kSignedArray:
    case Show::kHexArray:
      return put_array(text, own, kind, context);
    case Show::kCString:
      return put_c_string(text, own);
    case Show::kUuid:
      return put_uuid(text, own);
    case Show::kElements:
      return put_elements(text, own, *kind.element(), context);
    case Show::kNested:
      return put_attributes(text, own, *kind.attributes(), context);
    default:
      return put_number(text, own, kind);
  }
}

void put_attributes(CallText& text, Bytes bytes, const AttributeSet& set, const MessageContext& context) {
  const auto has_header = [&](size_t at) { return at + sizeof(nlattr) <= bytes.size(); };
  const auto header_at = [&](size_t at) {
    nlattr header{};
    std::memcpy(&header, bytes.data() + at, sizeof header);
    return header;
  };
  if (!has_header(0)) return put_bytes(text, bytes);
  const bool several = has_header(NLA_ALIGN(header_at(0).nla_len)) && header_at(0).nla_len >= sizeof(nlattr);
  if (several) text.put('[');
  size_t count = 0;
  for (size_t at = 0; has_header(at);) {
    if (at > 0) text.put(", ");
    if (!text.style.verbose && count++ >= text.style.string_limit) {
      text.put("...");
      break;
    }
    const nlattr header = header_at(at);
    const size_t length = std::clamp<size_t>(header.nla_len, sizeof header, bytes.size() - at);
    const auto type = static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK);
    put_attribute(text, header, bytes.subspan(at + sizeof header, length - sizeof header), set, &kind_of(set, type),
                  context);
    if (header.nla_len < sizeof header) break;
    at += NLA_ALIGN(header.nla_len);
  }
  if (several) text.put(']');
}

}  // namespace polytap
