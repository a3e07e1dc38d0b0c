// Netlink protocols with few messages: the kernel's algorithms, SELinux, events of devices.
#include <arpa/inet.h>
#include <linux/cryptouser.h>
#include <linux/selinux_netlink.h>

#include <cstring>

#include "core/syscall/netlink.h"
#include "core/syscall/netlink_kinds.h"
#include "core/syscall/tables_netlink_diag.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr Field kAlgorithmFields[] = {
    POLYTAP_FIELD(crypto_user_alg, cru_name, kCString),
    POLYTAP_FIELD(crypto_user_alg, cru_driver_name, kCString),
    POLYTAP_FIELD(crypto_user_alg, cru_module_name, kCString),
    POLYTAP_FIELD(crypto_user_alg, cru_type, kHex),
    POLYTAP_FIELD(crypto_user_alg, cru_mask, kHex),
    POLYTAP_FIELD(crypto_user_alg, cru_refcnt, kNumber),
    POLYTAP_FIELD(crypto_user_alg, cru_flags, kHex),
};
constexpr Structure kAlgorithm{kAlgorithmFields, sizeof(crypto_user_alg)};
constexpr Field kHashFields[] = {
    POLYTAP_FIELD(crypto_report_hash, type, kCString),
    POLYTAP_FIELD(crypto_report_hash, blocksize, kNumber),
    POLYTAP_FIELD(crypto_report_hash, digestsize, kNumber),
};
constexpr Structure kHash{kHashFields, sizeof(crypto_report_hash)};
constexpr Field kBlockCipherFields[] = {
    POLYTAP_FIELD(crypto_report_blkcipher, type, kCString),
    POLYTAP_FIELD(crypto_report_blkcipher, geniv, kCString),
    POLYTAP_FIELD(crypto_report_blkcipher, blocksize, kNumber),
    POLYTAP_FIELD(crypto_report_blkcipher, min_keysize, kNumber),
    POLYTAP_FIELD(crypto_report_blkcipher, max_keysize, kNumber),
    POLYTAP_FIELD(crypto_report_blkcipher, ivsize, kNumber),
};
constexpr Structure kBlockCipher{kBlockCipherFields, sizeof(crypto_report_blkcipher)};
constexpr Field kAuthenticatedFields[] = {
    POLYTAP_FIELD(crypto_report_aead, type, kCString),     POLYTAP_FIELD(crypto_report_aead, geniv, kCString),
    POLYTAP_FIELD(crypto_report_aead, blocksize, kNumber), POLYTAP_FIELD(crypto_report_aead, maxauthsize, kNumber),
    POLYTAP_FIELD(crypto_report_aead, ivsize, kNumber),
};
constexpr Structure kAuthenticated{kAuthenticatedFields, sizeof(crypto_report_aead)};
constexpr Field kGeneratorFields[] = {
    POLYTAP_FIELD(crypto_report_rng, type, kCString),
    POLYTAP_FIELD(crypto_report_rng, seedsize, kNumber),
};
constexpr Structure kGenerator{kGeneratorFields, sizeof(crypto_report_rng)};
constexpr Field kCipherFields[] = {
    POLYTAP_FIELD(crypto_report_cipher, type, kCString),
    POLYTAP_FIELD(crypto_report_cipher, blocksize, kNumber),
    POLYTAP_FIELD(crypto_report_cipher, min_keysize, kNumber),
    POLYTAP_FIELD(crypto_report_cipher, max_keysize, kNumber),
};
constexpr Structure kCipher{kCipherFields, sizeof(crypto_report_cipher)};

// Bytes that are too few for a structure, as a text of them all.
void put_short(CallText& text, Bytes bytes, const MessageContext& context) {
  const size_t limit = text.style.string_limit;
  if (put_unreadable(text, bytes.first(std::min(bytes.size(), limit + 1)), context)) return;
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text.quoted(all.substr(0, limit), all.size() > limit);
}

template <const Structure& kReport>
bool put_report(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  if (bytes.size() < kReport.size) {
    put_short(text, bytes, context);
  } else {
    put_value(text, bytes, structure_of(kReport), context);
  }
  return true;
}

bool put_type_only(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  text.put("{type=");
  put_value(text, bytes, {Show::kBegunText}, context);
  text.put('}');
  return true;
}

constexpr AttributeRule kCryptoRules[] = {
    {CRYPTOCFGA_PRIORITY_VAL, kUint32},
    {CRYPTOCFGA_REPORT_LARVAL, shown_by(put_type_only)},
    {CRYPTOCFGA_REPORT_HASH, shown_by(put_report<kHash>)},
    {CRYPTOCFGA_REPORT_BLKCIPHER, shown_by(put_report<kBlockCipher>)},
    {CRYPTOCFGA_REPORT_AEAD, shown_by(put_report<kAuthenticated>)},
    {CRYPTOCFGA_REPORT_COMPRESS, shown_by(put_type_only)},
    {CRYPTOCFGA_REPORT_RNG, shown_by(put_report<kGenerator>)},
    {CRYPTOCFGA_REPORT_CIPHER, shown_by(put_report<kCipher>)},
    {CRYPTOCFGA_REPORT_AKCIPHER, shown_by(put_type_only)},
    {CRYPTOCFGA_REPORT_KPP, shown_by(put_type_only)},
    {CRYPTOCFGA_REPORT_ACOMP, shown_by(put_type_only)},
};
constexpr AttributeSet kCryptoSet{&kCryptoAttributes, kCryptoRules, {}};

constexpr Field kEnforceFields[] = {POLYTAP_FIELD(selnl_msg_setenforce, val, kSigned)};
constexpr Structure kEnforce{kEnforceFields, sizeof(selnl_msg_setenforce)};
constexpr Field kPolicyFields[] = {POLYTAP_FIELD(selnl_msg_policyload, seqno, kNumber)};
constexpr Structure kPolicy{kPolicyFields, sizeof(selnl_msg_policyload)};

// What udevd puts before the properties of an event (udev_monitor_netlink_header of systemd's libudev).
struct DeviceEventHeader {
  char prefix[8];
  uint32_t magic;
  uint32_t header_size;
  uint32_t properties_off;
  uint32_t properties_len;
  uint32_t filter_subsystem_hash;
  uint32_t filter_devtype_hash;
  uint32_t filter_tag_bloom_hi;
  uint32_t filter_tag_bloom_lo;
};
void put_network_hex(CallText& text, Bytes own, Bytes) {
  text.put("htonl(");
  text.hex(ntohl(static_cast<uint32_t>(number_in(own))));
  text.put(')');
}
constexpr ValueKind kNetworkHex = printed_by(put_network_hex);
constexpr Field kDeviceEventFields[] = {
    POLYTAP_FIELD(DeviceEventHeader, prefix, kCString),
    POLYTAP_FIELD(DeviceEventHeader, magic, kNetworkHex),
    POLYTAP_FIELD(DeviceEventHeader, header_size, kNumber),
    POLYTAP_FIELD(DeviceEventHeader, properties_off, kNumber),
    POLYTAP_FIELD(DeviceEventHeader, properties_len, kNumber),
    POLYTAP_FIELD(DeviceEventHeader, filter_subsystem_hash, kNetworkHex),
    POLYTAP_FIELD(DeviceEventHeader, filter_devtype_hash, kNetworkHex),
    POLYTAP_FIELD(DeviceEventHeader, filter_tag_bloom_hi, kNetworkHex),
    POLYTAP_FIELD(DeviceEventHeader, filter_tag_bloom_lo, kNetworkHex),
};
constexpr Structure kDeviceEvent{kDeviceEventFields, sizeof(DeviceEventHeader)};

}  // namespace

bool put_crypto_payload(CallText& text, const NetlinkMessage& message) {
  const uint16_t type = message.header.nlmsg_type;
  if (type < CRYPTO_MSG_NEWALG || type > CRYPTO_MSG_GETALG) return false;
  const Bytes payload = message.payload;
  if (payload.size() < kAlgorithm.size) {
    put_short(text, payload, message.context);
    return true;
  }
  if (put_unreadable(text, payload.first(kAlgorithm.size), message.context)) return true;
  put_structure(text, payload.first(kAlgorithm.size), kAlgorithm, message.context);
  if (payload.size() > kAlgorithm.size) {
    text.put(", ");
    put_attributes(text, payload.subspan(kAlgorithm.size), kCryptoSet, message.context);
  }
  return true;
}

bool put_selinux_payload(CallText& text, const NetlinkMessage& message) {
  const uint16_t type = message.header.nlmsg_type;
  if (type != SELNL_MSG_SETENFORCE && type != SELNL_MSG_POLICYLOAD) return false;
  put_value(text, message.payload, structure_of(type == SELNL_MSG_SETENFORCE ? kEnforce : kPolicy), message.context);
  return true;
}

bool put_device_event(CallText& text, Bytes bytes, const MessageContext& context) {
  constexpr std::string_view kPrefix("libudev", sizeof(DeviceEventHeader::prefix));  // with its NUL
  const bool readable = bytes.size() >= kDeviceEvent.size && context.memory->readable >= kDeviceEvent.size;
  if (!readable || std::memcmp(bytes.data(), kPrefix.data(), kPrefix.size()) != 0) return false;
  const bool has_more = bytes.size() > kDeviceEvent.size;
  if (has_more) text.put('[');
  put_structure(text, bytes.first(kDeviceEvent.size), kDeviceEvent);
  if (has_more) {
    text.put(", ");
    put_short(text, bytes.subspan(kDeviceEvent.size), context);
    text.put(']');
  }
  return true;
}

}  // namespace polytap
