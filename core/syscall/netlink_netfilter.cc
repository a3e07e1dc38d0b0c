// nfnetlink: the header that all its messages have, and attributes by number.
#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include <cstring>

#include "core/syscall/netlink.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink_types.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;

// Some senders do not convert the number.
void put_resource(CallText& text, std::span<const std::byte> own, bool is_tables) {
  const auto number = static_cast<uint16_t>(number_in(own));
  const bool converted = ntohs(number) == NFNL_SUBSYS_NFTABLES;
  if (!is_tables || (!converted && number != NFNL_SUBSYS_NFTABLES)) return put_value(text, own, {Show::kNetwork});
  const std::string_view name = converted ? "htons(NFNL_SUBSYS_NFTABLES)" : "NFNL_SUBSYS_NFTABLES";
  if (text.style.constants != ConstantStyle::kAbbreviated) text.hex(number);
  if (text.style.constants == ConstantStyle::kAbbreviated) text.put(name);
  if (text.style.constants == ConstantStyle::kVerbose) text.print(" /* {} */", name);
}

constexpr AttributeSet kAttributes{};

}  // namespace

bool put_netfilter_payload(CallText& text, const NetlinkMessage& message) {
  nfgenmsg header{};
  if (message.payload.size() < sizeof header) return false;
  const auto bytes = message.payload.first(sizeof header);
  if (put_unreadable(text, bytes, message.context)) return true;
  std::memcpy(&header, bytes.data(), sizeof header);
  text.put("{nfgen_family=");
  text.enumeration(kFamilies, header.nfgen_family);
  text.put(", version=");
  text.enumeration(kNetfilterVersions, header.version);
  text.put(", res_id=");
  const uint16_t type = message.header.nlmsg_type;
  put_resource(text, bytes.subspan(offsetof(nfgenmsg, res_id)), type >> 8 == NFNL_SUBSYS_NFTABLES);
  text.put('}');
  const auto rest = message.payload.subspan(sizeof header);
  if (rest.empty()) return true;
  text.put(", ");
  if (type == NFNL_MSG_BATCH_BEGIN || type == NFNL_MSG_BATCH_END) {
    put_hex_bytes(text, rest, message.context);
  } else {
    put_attributes(text, rest, kAttributes, message.context);
  }
  return true;
}

}  // namespace polytap
