// Structures of calls that came since Linux 5: mounts, Landlock, security modules, futex2, file attributes.
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_system.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kAddressKind{Show::kAddress};
constexpr ValueKind kHexKind{Show::kHex};
constexpr ValueKind kFdKind{Show::kFd, nullptr, nullptr, nullptr, 4};

constexpr Field kMountSettingFields[] = {
    POLYTAP_FIELD(mount_attr, attr_set, flags_of(kMountAttributes)),
    POLYTAP_FIELD(mount_attr, attr_clr, flags_of(kMountAttributes)),
    POLYTAP_FIELD(mount_attr, propagation, one_of(kMountPropagation)),
    POLYTAP_FIELD(mount_attr, userns_fd, kNumber),
};
constexpr Structure kMountSetting{kMountSettingFields, sizeof(mount_attr)};

// As of Linux 6.12, with the parts that came later marked.
constexpr uint16_t kRulesetSize = 24;
constexpr Field kRulesetFields[] = {
    {"handled_access_fs", 0, 8, flags_of(kLandlockFiles)},
    {"handled_access_net", 8, 8, flags_of(kLandlockNetwork), false, nullptr, true},
    {"scoped", 16, 8, flags_of(kLandlockScopes), false, nullptr, true},
};
constexpr Structure kRuleset{kRulesetFields, kRulesetSize};
constexpr Field kPathRuleFields[] = {
    {"allowed_access", 0, 8, flags_of(kLandlockFiles)},
    {"parent_fd", 8, 4, kFdKind},
};
constexpr Structure kPathRule{kPathRuleFields, 12};
constexpr Field kPortRuleFields[] = {
    {"allowed_access", 0, 8, flags_of(kLandlockNetwork)},
    {"port", 8, 8, kNumber},
};
constexpr Structure kPortRule{kPortRuleFields, 16};

constexpr Field kFutexFields[] = {
    POLYTAP_FIELD(futex_waitv, val, kHexKind),
    POLYTAP_FIELD(futex_waitv, uaddr, kAddressKind),
    POLYTAP_FIELD(futex_waitv, flags, flags_of(kFutexWaitFlags)),
    {"__reserved", offsetof(futex_waitv, __reserved), 4, kHexKind, false,
     is_nonzero<offsetof(futex_waitv, __reserved), 4>},
};
constexpr Structure kFutex{kFutexFields, sizeof(futex_waitv)};

constexpr Field kCacheRangeFields[] = {{"off", 0, 8, kNumber}, {"len", 8, 8, kNumber}};
constexpr Structure kCacheRange{kCacheRangeFields, 16};
constexpr Field kCacheStatusFields[] = {
    {"nr_cache", 0, 8, kNumber},
    {"nr_dirty", 8, 8, kNumber},
    {"nr_writeback", 16, 8, kNumber},
    {"nr_evicted", 24, 8, kNumber},
    {"nr_recently_evicted", 32, 8, kNumber},
};
constexpr Structure kCacheStatus{kCacheStatusFields, 40};

// struct mnt_id_req of Linux 6.8, with mnt_ns_id of 6.11.
constexpr ValueKind kListedId =
    printed_by([](CallText& text, std::span<const std::byte> own, std::span<const std::byte>) {
      const uint64_t id = number_in(own);
      kListmountIds.find(id).empty() ? text.hex(id) : text.enumeration(kListmountIds, id);
    });
constexpr Field kStatmountRequestFields[] = {
    {"size", 0, 4, kNumber},
    {"mnt_ns_fd", 4, 4, kHexKind, false, is_nonzero<4, 4>},
    {"mnt_id", 8, 8, kHexKind},
    {"param", 16, 8, flags_of(kStatmountMask)},
    {"mnt_ns_id", 24, 8, kHexKind, false, nullptr, true},
};
constexpr Structure kStatmountRequest{kStatmountRequestFields, 32};
constexpr Field kListmountRequestFields[] = {
    {"size", 0, 4, kNumber},    {"mnt_ns_fd", 4, 4, kHexKind, false, is_nonzero<4, 4>}, {"mnt_id", 8, 8, kListedId},
    {"param", 16, 8, kHexKind}, {"mnt_ns_id", 24, 8, kHexKind, false, nullptr, true},
};
constexpr Structure kListmountRequest{kListmountRequestFields, 32};

// struct statmount up to its strings; what MASK has.
constexpr uint16_t kStatmountSize = 512;
template <uint64_t kBits>
bool mask_has(std::span<const std::byte> whole) {
  return (number_in(whole.subspan(8, 8)) & kBits) != 0;
}
constexpr ValueKind kStatmountText =
    printed_by([](CallText& text, std::span<const std::byte> own, std::span<const std::byte> whole) {
      const uint64_t at = kStatmountSize + number_in(own);
      if (at >= whole.size()) return text.print("{}", number_in(own));
      const auto rest = whole.subspan(at);
      const std::string_view bytes(reinterpret_cast<const char*>(rest.data()), rest.size());
      text.quoted(bytes.substr(0, bytes.find('\0')));
    });
constexpr Field kStatmountFields[] = {
    {"size", 0, 4, kNumber},
    {"mask", 8, 8, flags_of(kStatmountMask)},
    {"sb_dev_major", 16, 4, kNumber, false, mask_has<1>},
    {"sb_dev_minor", 20, 4, kNumber, false, mask_has<1>},
    {"sb_magic", 24, 8, one_of(kFileSystems), false, mask_has<1>},
    {"sb_flags", 32, 4, flags_of(kMountFlags), false, mask_has<1>},
    {"fs_type", 36, 4, kStatmountText, false, mask_has<0x20>},
    {"mnt_id", 40, 8, kHexKind, false, mask_has<2>},
    {"mnt_parent_id", 48, 8, kHexKind, false, mask_has<2>},
    {"mnt_id_old", 56, 4, kNumber, false, mask_has<2>},
    {"mnt_parent_id_old", 60, 4, kNumber, false, mask_has<2>},
    {"mnt_attr", 64, 8, flags_of(kMountAttributes), false, mask_has<2>},
    {"mnt_propagation", 72, 8, flags_of(kMountPropagation), false, mask_has<2>},
    {"mnt_peer_group", 80, 8, kHexKind, false, mask_has<2>},
    {"mnt_master", 88, 8, kHexKind, false, mask_has<2>},
    {"propagate_from", 96, 8, kHexKind, false, mask_has<4>},
    {"mnt_root", 104, 4, kStatmountText, false, mask_has<8>},
    {"mnt_point", 108, 4, kStatmountText, false, mask_has<0x10>},
    {"mnt_ns_id", 112, 8, kHexKind, false, mask_has<0x40>},
    {"mnt_opts", 4, 4, kStatmountText, false, mask_has<0x80>},
};
constexpr Structure kStatmount{kStatmountFields, kStatmountSize};

// struct lsm_ctx (Linux 6.8).
constexpr ValueKind kContextBytes =
    printed_by([](CallText& text, std::span<const std::byte> own, std::span<const std::byte> whole) {
      const uint64_t length = std::min<uint64_t>(number_in(own), whole.size() - 32);
      text.quoted({reinterpret_cast<const char*>(whole.data()) + 32, length});
    });
constexpr Field kContextFields[] = {
    {"id", 0, 8, one_of(kSecurityModules)},
    {"flags", 8, 8, kHexKind},
    {"len", 16, 8, kNumber},
    {"ctx_len", 24, 8, kNumber},
    {"ctx", 24, 8, kContextBytes},
};
constexpr Structure kContext{kContextFields, 32};

constexpr Field kFileAttributeFields[] = {
    {"fa_xflags", 0, 8, flags_of(kFileAttributes)},
    {"fa_extsize", 8, 4, kNumber},
    {"fa_nextents", 12, 4, kNumber},
    {"fa_projid", 16, 4, kNumber},
    {"fa_cowextsize", 20, 4, kNumber},
};
constexpr Structure kFileAttribute{kFileAttributeFields, 24};

constexpr Field kXattrFields[] = {
    {"value", 0, 8, kAddressKind}, {"size", 8, 4, kNumber}, {"flags", 12, 4, flags_of(kXattrFlags)}};
constexpr Structure kXattr{kXattrFields, 16};

// As long as ARGUMENT says, for the bytes that TABLE describes; a structure that the kernel fills in is known later.
void put_sized(CallText& text, uint64_t value, uint64_t size, const Structure& structure) {
  put_extensible(text, value, size, structure);
}

}  // namespace

void mount_setting(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint64_t size = text.argument(4);
  std::array<std::byte, sizeof(mount_attr)> bytes{};
  if (size < bytes.size() || !text.fetch(value, bytes)) return size < bytes.size() ? text.address(value) : void();
  text.put('{');
  put_fields(text, bytes, kMountSetting);
  put_trailing_bytes(text, value, bytes.size(), size);
  text.put('}');
}

void landlock_ruleset(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kLeast = 8;
  const uint64_t size = text.argument(1);
  if (size < kLeast) return text.address(value);
  std::array<std::byte, kRulesetSize> bytes{};
  const auto known = std::span(bytes).first(std::min<uint64_t>(size, bytes.size()));
  if (value == 0 || !text.style.dereference || text.memory.read(value, known) != known.size()) {
    return text.address(value);
  }
  // Those that came later are shown where the caller has them.
  const auto fields = std::span(kRulesetFields).first(known.size() / kLeast);
  text.put('{');
  put_fields(text, bytes, {fields, kRulesetSize});
  text.put(size > bytes.size() ? ", ...}" : "}");
}

void landlock_rule(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kPort = 2;  // LANDLOCK_RULE_NET_PORT
  switch (static_cast<uint32_t>(text.argument(1))) {
    case LANDLOCK_RULE_PATH_BENEATH:
      return put_structure_at(text, value, kPathRule);
    case kPort:
      return put_structure_at(text, value, kPortRule);
    default:
      return text.address(value);
  }
}

void futexes(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_structures_at(text, value, static_cast<uint32_t>(text.argument(kind.length_argument)), kFutex);
}

void futex2_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kSize = 3;
  const auto bits = static_cast<uint32_t>(value);
  text.enumeration(kFutex2Sizes, bits & kSize);
  if ((bits & ~kSize) == 0) return;
  text.put('|');
  text.flags(kFutex2Flags, bits & ~kSize);
}

void cache_range(CallText& text, uint64_t value, const ArgumentKind&) { put_structure_at(text, value, kCacheRange); }

void cache_status(CallText& text, uint64_t value, const ArgumentKind&) {
  text.succeeded() ? put_structure_at(text, value, kCacheStatus) : text.address(value);
}

void statmount_request(CallText& text, uint64_t value, const ArgumentKind& kind) {
  uint32_t size = 0;
  if (!text.fetch(value, size)) return;
  constexpr uint32_t kLeast = 24;
  if (size < kLeast) return text.print("{{size={}}}", size);
  put_sized(text, value, size, kind.length_argument == 1 ? kListmountRequest : kStatmountRequest);
}

void statmount_result(CallText& text, uint64_t value, const ArgumentKind&) {
  uint32_t size = 0;
  if (!text.fetch_result(value, size)) return;
  const uint64_t room = std::min<uint64_t>({size, text.argument(2), 65536});
  std::vector<std::byte> bytes(room);
  if (room < kStatmountSize || text.memory.read(value, bytes) != room) return text.address(value);
  put_structure(text, bytes, kStatmount);
}

void mount_ids(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<uint64_t>(text, value, static_cast<uint64_t>(text.call.result), [&](uint64_t id) { text.hex(id); });
}

void security_contexts(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const bool is_result = kind.direction == ArgumentKind::Direction::kOut;
  if (is_result && !text.succeeded()) return text.address(value);
  uint64_t count = is_result ? static_cast<uint64_t>(text.call.result) : 1;
  uint64_t at = value;
  constexpr uint64_t kHeader = 32;
  constexpr uint64_t kMost = 65536;
  if (value == 0) return text.put("NULL");
  text.put('[');
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t length = 0;
    if (i > 0) text.put(", ");
    if (!text.memory.read_object(at + 16, length) || length < kHeader || length > kMost) {
      text.print("... /* {:#x} */", at);
      break;
    }
    std::vector<std::byte> bytes(length);
    if (text.memory.read(at, bytes) != length) {
      text.print("... /* {:#x} */", at);
      break;
    }
    put_structure(text, bytes, kContext);
    at += length;
  }
  text.put(']');
}

void security_module_ids(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<uint64_t>(text, value, static_cast<uint64_t>(text.call.result),
                      [&](uint64_t id) { text.enumeration(kSecurityModules, id); });
}

void file_attributes(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const bool is_result = kind.direction == ArgumentKind::Direction::kOut;
  if ((is_result && !text.succeeded()) || text.argument(3) < kFileAttribute.size) return text.address(value);
  put_sized(text, value, text.argument(3), kFileAttribute);
}

void xattr_arguments(CallText& text, uint64_t value, const ArgumentKind&) {
  if (text.argument(5) < kXattr.size) return text.address(value);
  put_sized(text, value, text.argument(5), kXattr);
}

void size_at(CallText& text, uint64_t value, const ArgumentKind&) {
  uint32_t size = 0;
  if (text.fetch(value, size)) text.print("[{}]", size);
}

namespace {

// FSCONFIG_* of linux/mount.h.
constexpr uint32_t kSetString = 1;
constexpr uint32_t kSetBinary = 2;
constexpr uint32_t kSetPath = 3;
constexpr uint32_t kSetPathEmpty = 4;
constexpr uint32_t kSetFd = 5;

}  // namespace

void mount_key(CallText& text, uint64_t value, const ArgumentKind&) {
  static_cast<uint32_t>(text.argument(1)) <= kSetFd ? text.string(value) : text.address(value);
}

namespace {

void put_binary_value(CallText& text, uint64_t value, uint32_t length) {
  constexpr uint32_t kMost = 1024 * 1024;  // fs/fsopen.c
  if (length > kMost) return text.address(value);
  RenderStyle in_hex = text.style;
  in_hex.hex = RenderStyle::Hex::kAll;
  CallText(text.out, text.memory, in_hex, text.call).buffer(value, length);
}

}  // namespace

void mount_value(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (static_cast<uint32_t>(text.argument(1))) {
    case kSetString:
      return text.string(value);
    case kSetBinary:
      return put_binary_value(text, value, static_cast<uint32_t>(text.argument(4)));
    case kSetPath:
    case kSetPathEmpty:
      return text.path(value);
    default:
      return text.address(value);
  }
}

void mount_extra(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (static_cast<uint32_t>(text.argument(1))) {
    case kSetPath:
    case kSetPathEmpty:
      return text.directory_fd(static_cast<int>(value));
    case kSetFd:
      return text.fd(static_cast<int>(value));
    default:
      return text.print("{}", static_cast<int>(value));
  }
}

}  // namespace polytap::printers
