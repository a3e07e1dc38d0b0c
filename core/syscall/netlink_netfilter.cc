// nfnetlink: the header that all its messages have, and attributes by number.
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

#include "core/syscall/netlink.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink_types.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;

constexpr Field kHeaderFields[] = {
    POLYTAP_FIELD(nfgenmsg, nfgen_family, one_of(kFamilies)),
    POLYTAP_FIELD(nfgenmsg, version, one_of(kNetfilterVersions)),
    POLYTAP_FIELD(nfgenmsg, res_id, {Show::kNetwork}),
};
constexpr Structure kHeader{kHeaderFields, sizeof(nfgenmsg)};
constexpr AttributeSet kAttributes{};

}  // namespace

bool put_netfilter_payload(CallText& text, uint16_t type, std::span<const std::byte> payload) {
  if (type < NLMSG_MIN_TYPE || payload.size() < kHeader.size) return false;
  put_structure(text, payload.first(kHeader.size), kHeader);
  const auto rest = payload.subspan(kHeader.size);
  if (rest.empty()) return true;
  text.put(", ");
  put_attributes(text, rest, kAttributes);
  return true;
}

}  // namespace polytap
