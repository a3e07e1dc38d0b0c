// Netlink attributes (struct nlattr of linux/netlink.h): a list of them, each by what its set says of its type.
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/syscall/structure.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;

void put_type_flag(CallText& text, uint16_t flag, std::string_view name) {
  if (text.style.constants != ConstantStyle::kAbbreviated) text.hex(flag);
  if (text.style.constants == ConstantStyle::kAbbreviated) text.put(name);
  if (text.style.constants == ConstantStyle::kVerbose) text.print(" /* {} */", name);
  text.put('|');
}

void put_header(CallText& text, const nlattr& header, const AttributeSet& set) {
  const uint16_t length = header.nla_len;
  text.print("{{nla_len={}, nla_type=", length);
  if ((header.nla_type & NLA_F_NESTED) != 0) put_type_flag(text, NLA_F_NESTED, "NLA_F_NESTED");
  if ((header.nla_type & NLA_F_NET_BYTEORDER) != 0) put_type_flag(text, NLA_F_NET_BYTEORDER, "NLA_F_NET_BYTEORDER");
  const auto type = static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK);
  if (set.types != nullptr) {
    text.enumeration(*set.types, type);
  } else {
    text.hex(type);
  }
  text.put('}');
}

const ValueKind& kind_of(const AttributeSet& set, uint16_t type) {
  const auto rule = std::ranges::find(set.rules, type, &AttributeRule::type);
  return rule != set.rules.end() ? rule->kind : set.others;
}

// What is behind the header; WHOLE is the list that the attribute is one of.
void put_payload(CallText& text, Bytes payload, Bytes whole, const ValueKind& kind, const MessageContext& context) {
  if (kind.print_attribute() == nullptr) return put_value(text, payload, kind, context);
  const bool fits = payload.size() >= kind.size && (kind.most == 0 || payload.size() <= kind.most);
  if (!fits || !kind.print_attribute()(text, payload, whole, context)) put_hex_bytes(text, payload, context);
}

nlattr header_in(Bytes bytes) {
  nlattr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

}  // namespace

// Goes on as long as the lengths in the headers say; what is left over behind the last is shown as bytes.
void put_attributes(CallText& text, Bytes bytes, const AttributeSet& set, const MessageContext& context) {
  bool is_list = false;
  Bytes rest = bytes;
  for (size_t count = 0;; count++) {
    if (rest.size() < sizeof(nlattr)) {
      put_hex_bytes(text, rest, context);
      break;
    }
    const Bytes start = rest.first(sizeof(nlattr));
    if (is_list ? put_unreadable_element(text, start, context) : put_unreadable(text, start, context)) break;
    if (!text.style.verbose && count == text.style.string_limit) {
      text.put("...");
      break;
    }
    const nlattr header = header_in(rest);
    const size_t step = NLA_ALIGN(header.nla_len);
    const bool has_next = header.nla_len >= sizeof(nlattr) && rest.size() > step;
    if (has_next && !std::exchange(is_list, true)) text.put('[');
    const Bytes payload =
        rest.first(std::clamp<size_t>(header.nla_len, sizeof(nlattr), rest.size())).subspan(sizeof(nlattr));
    if (!payload.empty()) text.put('[');
    put_header(text, header, set);
    if (!payload.empty()) {
      text.put(", ");
      const auto type = static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK);
      put_payload(text, payload, bytes, kind_of(set, type), context);
      text.put(']');
    }
    if (!has_next) break;
    text.put(", ");
    rest = rest.subspan(step);
  }
  if (is_list) text.put(']');
}

}  // namespace polytap
