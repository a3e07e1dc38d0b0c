// ioctl(2) of files and file systems: FS_IOC_*, FI*; of loop devices.
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/nsfs.h>

#include <algorithm>
#include <cstring>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

// clang-format off
constexpr Constant kInodeFlagNames[] = {
    NAMED(FS_SECRM_FL), NAMED(FS_UNRM_FL), NAMED(FS_COMPR_FL), NAMED(FS_SYNC_FL), NAMED(FS_IMMUTABLE_FL),
    NAMED(FS_APPEND_FL), NAMED(FS_NODUMP_FL), NAMED(FS_NOATIME_FL), NAMED(FS_DIRTY_FL), NAMED(FS_COMPRBLK_FL),
    NAMED(FS_NOCOMP_FL), NAMED(FS_ENCRYPT_FL), NAMED(FS_INDEX_FL), NAMED(FS_IMAGIC_FL), NAMED(FS_JOURNAL_DATA_FL),
    NAMED(FS_NOTAIL_FL), NAMED(FS_DIRSYNC_FL), NAMED(FS_TOPDIR_FL), NAMED(FS_HUGE_FILE_FL), NAMED(FS_EXTENT_FL),
    NAMED(FS_VERITY_FL), NAMED(FS_EA_INODE_FL), NAMED(FS_EOFBLOCKS_FL), NAMED(FS_NOCOW_FL), NAMED(FS_DAX_FL),
    NAMED(FS_INLINE_DATA_FL), NAMED(FS_PROJINHERIT_FL), NAMED(FS_CASEFOLD_FL), NAMED(FS_RESERVED_FL),
};
constexpr Constant kExtendedFlagNames[] = {
    NAMED(FS_XFLAG_REALTIME), NAMED(FS_XFLAG_PREALLOC), NAMED(FS_XFLAG_IMMUTABLE), NAMED(FS_XFLAG_APPEND),
    NAMED(FS_XFLAG_SYNC), NAMED(FS_XFLAG_NOATIME), NAMED(FS_XFLAG_NODUMP), NAMED(FS_XFLAG_RTINHERIT),
    NAMED(FS_XFLAG_PROJINHERIT), NAMED(FS_XFLAG_NOSYMLINKS), NAMED(FS_XFLAG_EXTSIZE), NAMED(FS_XFLAG_EXTSZINHERIT),
    NAMED(FS_XFLAG_NODEFRAG), NAMED(FS_XFLAG_FILESTREAM), NAMED(FS_XFLAG_DAX), NAMED(FS_XFLAG_COWEXTSIZE),
    NAMED(FS_XFLAG_HASATTR),
};
constexpr Constant kMapFlagNames[] = {
    NAMED(FIEMAP_FLAG_SYNC), NAMED(FIEMAP_FLAG_XATTR), NAMED(FIEMAP_FLAG_CACHE),
};
constexpr Constant kExtentFlagNames[] = {
    NAMED(FIEMAP_EXTENT_LAST), NAMED(FIEMAP_EXTENT_UNKNOWN), NAMED(FIEMAP_EXTENT_DELALLOC),
    NAMED(FIEMAP_EXTENT_ENCODED), NAMED(FIEMAP_EXTENT_DATA_ENCRYPTED), NAMED(FIEMAP_EXTENT_NOT_ALIGNED),
    NAMED(FIEMAP_EXTENT_DATA_INLINE), NAMED(FIEMAP_EXTENT_DATA_TAIL), NAMED(FIEMAP_EXTENT_UNWRITTEN),
    NAMED(FIEMAP_EXTENT_MERGED), NAMED(FIEMAP_EXTENT_SHARED),
};
// The second is gone from the header since 2.6.31.
constexpr Constant kLoopFlagNames[] = {
    NAMED(LO_FLAGS_READ_ONLY), {"LO_FLAGS_USE_AOPS", 2}, NAMED(LO_FLAGS_AUTOCLEAR), NAMED(LO_FLAGS_PARTSCAN), NAMED(LO_FLAGS_DIRECT_IO),
};
constexpr Constant kEncryptionNames[] = {
    NAMED(LO_CRYPT_NONE), NAMED(LO_CRYPT_XOR), NAMED(LO_CRYPT_DES), NAMED(LO_CRYPT_FISH2), NAMED(LO_CRYPT_BLOW),
    NAMED(LO_CRYPT_CAST128), NAMED(LO_CRYPT_IDEA), NAMED(LO_CRYPT_DUMMY), NAMED(LO_CRYPT_SKIPJACK),
    NAMED(LO_CRYPT_CRYPTOAPI),
};
// clang-format on
constexpr ConstantTable kInodeFlags{kInodeFlagNames,
                                    "FS_?"
                                    "??_FL"};
constexpr ConstantTable kExtendedFlags{kExtendedFlagNames,
                                       "FS_XFLAG_?"
                                       "??"};
constexpr ConstantTable kExtentMapFlags{kMapFlagNames,
                                        "FIEMAP_FLAG_?"
                                        "??"};
constexpr ConstantTable kExtentFlags{kExtentFlagNames,
                                     "FIEMAP_EXTENT_?"
                                     "??"};
constexpr ConstantTable kLoopFlags{kLoopFlagNames,
                                   "LO_FLAGS_?"
                                   "??"};
constexpr ConstantTable kEncryptions{kEncryptionNames,
                                     "LO_CRYPT_?"
                                     "??"};

constexpr Field kTrimFields[] = {
    POLYTAP_FIELD(fstrim_range, start, kHex),
    POLYTAP_FIELD(fstrim_range, len, kNumber),
    POLYTAP_FIELD(fstrim_range, minlen, kNumber),
};
constexpr Structure kTrim{kTrimFields, sizeof(fstrim_range)};

constexpr Field kAttributeFields[] = {
    POLYTAP_FIELD(fsxattr, fsx_xflags, flags_of(kExtendedFlags)),
    POLYTAP_FIELD(fsxattr, fsx_extsize, kNumber),
    POLYTAP_FIELD(fsxattr, fsx_nextents, kNumber),
    POLYTAP_FIELD(fsxattr, fsx_projid, kHex),
    POLYTAP_FIELD(fsxattr, fsx_cowextsize, kNumber),
};
constexpr Structure kAttributes{kAttributeFields, sizeof(fsxattr)};
constexpr Field kSetAttributeFields[] = {kAttributeFields[0], kAttributeFields[1], kAttributeFields[3],
                                         kAttributeFields[4]};
constexpr Structure kSetAttributes{kSetAttributeFields, sizeof(fsxattr)};

constexpr Field kCloneFields[] = {
    {"src_fd", offsetof(file_clone_range, src_fd), sizeof(int), kFd},
    POLYTAP_FIELD(file_clone_range, src_offset, kNumber),
    POLYTAP_FIELD(file_clone_range, src_length, kNumber),
    POLYTAP_FIELD(file_clone_range, dest_offset, kNumber),
};
constexpr Structure kClone{kCloneFields, sizeof(file_clone_range)};

constexpr Field kTargetFields[] = {
    {"dest_fd", offsetof(file_dedupe_range_info, dest_fd), sizeof(int), kFd},
    POLYTAP_FIELD(file_dedupe_range_info, dest_offset, kNumber),
};
constexpr Structure kTarget{kTargetFields, sizeof(file_dedupe_range_info)};
constexpr Field kDedupedFields[] = {
    POLYTAP_FIELD(file_dedupe_range_info, bytes_deduped, kNumber),
    POLYTAP_FIELD(file_dedupe_range_info, status, kSigned),
};
constexpr Structure kDeduped{kDedupedFields, sizeof(file_dedupe_range_info)};

// COUNT of them, without -v no more than two. False when there are fewer, or none.
bool put_targets(CallText& text, uint64_t at, uint64_t count, const Structure& structure) {
  constexpr uint64_t kShownAtMost = 2;
  text.put('[');
  for (uint64_t i = 0; i < count; ++i) {
    file_dedupe_range_info each{};
    const uint64_t from = at + i * sizeof each;
    const bool was_read = text.memory.read_object(from, each);
    if (i == 0 && !was_read) {
      text.out.pop_back();
      text.address(at);
      return false;
    }
    if (i > 0) text.put(", ");
    if (!was_read) {
      text.print("... /* {:#x} */]", from);
      return false;
    }
    if (!text.style.verbose && i == kShownAtMost) {
      text.put("...");
      break;
    }
    put_structure(text, std::as_bytes(std::span(&each, 1)), structure);
  }
  text.put(']');
  return count != 0;
}

bool put_dedupe(CallText& text, uint64_t at) {
  file_dedupe_range range{};
  if (!text.fetch(at, range)) return false;
  text.print("{{src_offset={}, src_length={}, dest_count={}, info=", range.src_offset, range.src_length,
             range.dest_count);
  const bool is_whole = put_targets(text, at + offsetof(file_dedupe_range, info), range.dest_count, kTarget);
  text.put('}');
  return is_whole;
}

void put_dedupe_answer(CallText& text, uint64_t at) {
  file_dedupe_range range{};
  text.put(" => {info=");
  if (!text.memory.read_object(at, range)) {
    text.address(at);
  } else {
    put_targets(text, at + offsetof(file_dedupe_range, info), range.dest_count, kDeduped);
  }
  text.put('}');
}

constexpr Field kMapRequestFields[] = {
    POLYTAP_FIELD(fiemap, fm_start, kNumber),
    POLYTAP_FIELD(fiemap, fm_length, kNumber),
    POLYTAP_FIELD(fiemap, fm_flags, flags_of(kExtentMapFlags)),
    POLYTAP_FIELD(fiemap, fm_extent_count, kNumber),
};
constexpr Structure kMapRequest{kMapRequestFields, sizeof(fiemap)};
constexpr Field kExtentFields[] = {
    POLYTAP_FIELD(fiemap_extent, fe_logical, kNumber),
    POLYTAP_FIELD(fiemap_extent, fe_physical, kNumber),
    POLYTAP_FIELD(fiemap_extent, fe_length, kNumber),
    POLYTAP_FIELD(fiemap_extent, fe_flags, flags_of(kExtentFlags)),
};
constexpr Structure kExtent{kExtentFields, sizeof(fiemap_extent)};

bool put_map_request(CallText& text, uint64_t at) {
  fiemap map{};
  if (!text.fetch(at, map)) return false;
  put_structure(text, std::as_bytes(std::span(&map, 1)), kMapRequest);
  return true;
}

void put_map_answer(CallText& text, uint64_t at) {
  fiemap map{};
  text.put(" => ");
  if (!text.fetch(at, map)) return;
  text.put("{fm_flags=");
  text.flags(kExtentMapFlags, map.fm_flags);
  text.print(", fm_mapped_extents={}, ", map.fm_mapped_extents);
  if (!text.style.verbose) return text.put("...}");
  text.put("fm_extents=");
  printers::put_array<fiemap_extent>(
      text, at + offsetof(fiemap, fm_extents), map.fm_mapped_extents,
      [&](const fiemap_extent& each) { put_structure(text, std::as_bytes(std::span(&each, 1)), kExtent); });
  text.put('}');
}

// A volume's label.
constexpr ValueKind kLabel{ValueKind::Show::kCString, nullptr, nullptr, nullptr, FSLABEL_MAX};

constexpr IoctlContent kFileContents[] = {
    out_brackets(FS_IOC_GETFLAGS, flags_of(kInodeFlags, 4)),
    in_brackets(FS_IOC_SETFLAGS, flags_of(kInodeFlags, 4)),
    out_brackets(FS_IOC32_GETFLAGS, flags_of(kInodeFlags, 4)),
    in_brackets(FS_IOC32_SETFLAGS, flags_of(kInodeFlags, 4)),
    own_answered(FS_IOC_FIEMAP, put_map_request, put_map_answer),
};
constexpr IoctlContent kExtendedContents[] = {
    in(FITRIM, structure_of(kTrim)),
    out(FS_IOC_FSGETXATTR, structure_of(kAttributes)),
    in(FS_IOC_FSSETXATTR, structure_of(kSetAttributes)),
    nothing(FIFREEZE),
    nothing(FITHAW),
};
constexpr IoctlContent kCloneContents[] = {
    direct(FICLONE, kFd),
    in(FICLONERANGE, structure_of(kClone)),
    own_answered(FIDEDUPERANGE, put_dedupe, put_dedupe_answer),
    out(FS_IOC_GETFSLABEL, kLabel),
    in(FS_IOC_SETFSLABEL, kLabel),
};

// The part of a loop device's description that is shown only with -v, or when it is encrypted.
void put_key(CallText& text, std::string_view name, const unsigned char* key, uint32_t size) {
  text.print(", {}=", name);
  text.quoted({reinterpret_cast<const char*>(key), std::min<size_t>(size, LO_KEY_SIZE)});
}

template <typename T, size_t N>
void put_words(CallText& text, std::string_view name, const T (&words)[N]) {
  text.print(", {}=[", name);
  for (size_t i = 0; i < N; ++i) {
    if (i > 0) text.put(", ");
    text.hex(static_cast<std::make_unsigned_t<T>>(words[i]));
  }
  text.put(']');
}

template <size_t N, typename T>
void put_c_string(CallText& text, std::string_view name, const T (&characters)[N]) {
  text.print(", {}=", name);
  put_value(text, std::as_bytes(std::span(characters)), kCString);
}

bool put_old_status(CallText& text, uint64_t at) {
  loop_info info{};
  if (!text.fetch(at, info)) return false;
  const bool all = text.style.verbose;
  const bool is_encrypted = all || info.lo_encrypt_type != LO_CRYPT_NONE;
  text.print("{{lo_number={}", info.lo_number);
  if (all) {
    text.put(", lo_device=");
    text.device(info.lo_device);
    text.print(", lo_inode={}, lo_rdevice=", info.lo_inode);
    text.device(info.lo_rdevice);
  }
  text.put(", lo_offset=");
  text.hex(static_cast<uint32_t>(info.lo_offset));
  if (is_encrypted) {
    text.put(", lo_encrypt_type=");
    text.enumeration(kEncryptions, static_cast<uint32_t>(info.lo_encrypt_type));
    text.print(", lo_encrypt_key_size={}", static_cast<uint32_t>(info.lo_encrypt_key_size));
  }
  text.put(", lo_flags=");
  text.flags(kLoopFlags, static_cast<uint32_t>(info.lo_flags));
  put_c_string(text, "lo_name", info.lo_name);
  if (is_encrypted) {
    put_key(text, "lo_encrypt_key", info.lo_encrypt_key, static_cast<uint32_t>(info.lo_encrypt_key_size));
  }
  if (all) {
    put_words(text, "lo_init", info.lo_init);
    text.put(", reserved=");
    put_value(text, std::as_bytes(std::span(info.reserved)), array_of(kHex8));
  } else {
    text.put(", ...");
  }
  text.put('}');
  return true;
}

void put_status(CallText& text, const loop_info64& info) {
  const bool all = text.style.verbose;
  const bool is_encrypted = all || info.lo_encrypt_type != LO_CRYPT_NONE;
  text.put('{');
  if (all) {
    text.put("lo_device=");
    text.device(info.lo_device);
    text.print(", lo_inode={}, lo_rdevice=", info.lo_inode);
    text.device(info.lo_rdevice);
    text.put(", ");
  }
  text.put("lo_offset=");
  text.hex(info.lo_offset);
  if (all) text.print(", lo_sizelimit={}", info.lo_sizelimit);
  text.print(", lo_number={}", info.lo_number);
  if (is_encrypted) {
    text.put(", lo_encrypt_type=");
    text.enumeration(kEncryptions, info.lo_encrypt_type);
    text.print(", lo_encrypt_key_size={}", info.lo_encrypt_key_size);
  }
  text.put(", lo_flags=");
  text.flags(kLoopFlags, info.lo_flags);
  put_c_string(text, "lo_file_name", info.lo_file_name);
  if (is_encrypted) {
    put_c_string(text, "lo_crypt_name", info.lo_crypt_name);
    put_key(text, "lo_encrypt_key", info.lo_encrypt_key, info.lo_encrypt_key_size);
  }
  if (all) {
    put_words(text, "lo_init", info.lo_init);
  } else {
    text.put(", ...");
  }
  text.put('}');
}

bool put_status_at(CallText& text, uint64_t at) {
  loop_info64 info{};
  if (!text.fetch(at, info)) return false;
  put_status(text, info);
  return true;
}

bool put_configuration(CallText& text, uint64_t at) {
  loop_config configuration{};
  if (!text.fetch(at, configuration)) return false;
  text.put("{fd=");
  text.fd(static_cast<int>(configuration.fd));
  text.print(", block_size={}, info=", configuration.block_size);
  put_status(text, configuration.info);
  if (std::ranges::any_of(configuration.__reserved, [](auto word) { return word != 0; })) {
    text.put(", __reserved=");
    put_value(text, std::as_bytes(std::span(configuration.__reserved)), array_of(kHex64));
  }
  text.put('}');
  return true;
}

constexpr IoctlContent kLoopContents[] = {
    own_out(LOOP_GET_STATUS, put_old_status),
    own_in(LOOP_SET_STATUS, put_old_status),
    own_out(LOOP_GET_STATUS64, put_status_at),
    own_in(LOOP_SET_STATUS64, put_status_at),
    own_in(LOOP_CONFIGURE, put_configuration),
    direct(LOOP_SET_FD, kFd),
    direct(LOOP_CHANGE_FD, kFd),
    direct(LOOP_CTL_ADD, kInt32),
    direct(LOOP_CTL_REMOVE, kInt32),
    direct(LOOP_SET_DIRECT_IO, kUint64),
    direct(LOOP_SET_BLOCK_SIZE, kUint64),
    nothing(LOOP_CLR_FD),
    nothing(LOOP_SET_CAPACITY),
    nothing(LOOP_CTL_GET_FREE),
};

void note_namespace_type(CallText& text) { text.note = kCloneFlags.find(static_cast<uint64_t>(text.call.result)); }
void put_user(CallText& text, Bytes bytes, Bytes) {
  const auto id = static_cast<uint32_t>(number_in(bytes));
  if (id == UINT32_MAX) return text.put("-1");
  text.print("{}", id);
}
constexpr IoctlContent kNamespaceContents[] = {
    nothing(NS_GET_USERNS).with_note(note_fd),
    nothing(NS_GET_PARENT).with_note(note_fd),
    nothing(NS_GET_NSTYPE).with_note(note_namespace_type),
    out_brackets(NS_GET_OWNER_UID, printed_by(put_user, 4)),
};

}  // namespace

const IoctlFamily kFileIoctls{_IOC_TYPE(FS_IOC_GETFLAGS), kFileContents};
const IoctlFamily kExtendedFileIoctls{_IOC_TYPE(FITRIM), kExtendedContents};
const IoctlFamily kCloneIoctls{_IOC_TYPE(FICLONE), kCloneContents};
const IoctlFamily kLoopIoctls{_IOC_TYPE(LOOP_SET_FD), kLoopContents};
const IoctlFamily kNamespaceIoctls{NSIO, kNamespaceContents};

}  // namespace polytap
