// ioctl(2) of btrfs.
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>

#include <algorithm>
#include <cerrno>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_ioctl_btrfs.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

constexpr ValueKind kObject = number_of(kBtrfsObjects);

template <typename T>
Bytes bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

// Balancing.
using BalanceArguments = btrfs_balance_args;
constexpr Field kBalancePartFields[] = {
    POLYTAP_FIELD(BalanceArguments, profiles, flags_of(kBtrfsBlockGroups)),
    POLYTAP_FIELD(BalanceArguments, usage, kLimit),
    POLYTAP_FIELD(BalanceArguments, devid, kDevice),
    POLYTAP_FIELD(BalanceArguments, pstart, kLimit),
    POLYTAP_FIELD(BalanceArguments, pend, kLimit),
    POLYTAP_FIELD(BalanceArguments, vstart, kLimit),
    POLYTAP_FIELD(BalanceArguments, vend, kLimit),
    POLYTAP_FIELD(BalanceArguments, target, kLimit),
    POLYTAP_FIELD(BalanceArguments, flags, flags_of(kBtrfsBalanceArguments)),
};
constexpr Structure kBalancePart{kBalancePartFields, sizeof(BalanceArguments)};

using Balance = btrfs_ioctl_balance_args;
template <uint64_t kFlag>
bool balances(Bytes whole) {
  return (number_in(whole.subspan(offsetof(Balance, flags), sizeof(Balance::flags))) & kFlag) != 0;
}
#define BALANCE_PART(member, flag) POLYTAP_FIELD(Balance, member, structure_of(kBalancePart), false, balances<flag>)
constexpr Field kBalanceFields[] = {
    POLYTAP_FIELD(Balance, flags, flags_of(kBtrfsBalanceFlags)),
    POLYTAP_FIELD(Balance, state, flags_of(kBtrfsBalanceStates)),
    BALANCE_PART(data, BTRFS_BALANCE_DATA),
    BALANCE_PART(meta, BTRFS_BALANCE_METADATA),
    BALANCE_PART(sys, BTRFS_BALANCE_SYSTEM),
};
constexpr Structure kBalance{kBalanceFields, sizeof(Balance)};
constexpr Field kBalanceRequestFields[] = {kBalanceFields[0], kBalanceFields[2], kBalanceFields[3], kBalanceFields[4]};
constexpr Structure kBalanceRequest{kBalanceRequestFields, sizeof(Balance)};

// An answer follows even what cannot be read.
bool put_balance(CallText& text, uint64_t at) {
  Balance balance{};
  if (text.fetch(at, balance)) put_structure(text, bytes_of(balance), kBalanceRequest);
  return true;
}
void put_balance_answer(CallText& text, uint64_t at) {
  Balance balance{};
  text.put(" => ");
  if (text.fetch(at, balance)) put_structure(text, bytes_of(balance), kBalance);
}

// Features: one set, [what is changed, to what], [supported, safe to set, safe to clear].
using Features = btrfs_ioctl_feature_flags;
constexpr Field kFeatureFields[] = {
    POLYTAP_FIELD(Features, compat_flags, flags_of(kBtrfsCompatible)),
    POLYTAP_FIELD(Features, compat_ro_flags, flags_of(kBtrfsCompatibleReadOnly)),
    POLYTAP_FIELD(Features, incompat_flags, flags_of(kBtrfsIncompatible)),
};
constexpr Structure kFeatures{kFeatureFields, sizeof(Features)};
constexpr ValueKind kOneFeatureSet = structure_of(kFeatures);
constexpr ValueKind kChangedFeatures = array_of(kOneFeatureSet, 2 * sizeof(Features));

void put_supported(CallText& text, Bytes bytes, Bytes) {
  constexpr std::string_view kMeanings[] = {"supported", "safe to set", "safe to clear"};
  text.put('[');
  for (size_t i = 0; i < std::size(kMeanings); ++i) {
    if (i > 0) text.put(", ");
    put_structure(text, bytes.subspan(i * sizeof(Features), sizeof(Features)), kFeatures);
    text.print(" /* {} */", kMeanings[i]);
  }
  text.put(']');
}
constexpr ValueKind kSupportedFeatures = printed_by(put_supported, 3 * sizeof(Features));

// Devices.
using DeviceInfo = btrfs_ioctl_dev_info_args;
constexpr Field kDeviceQuestionFields[] = {
    POLYTAP_FIELD(DeviceInfo, devid, kDevice),
    POLYTAP_RESERVED_FIELD(DeviceInfo, uuid, kUuid),
};
constexpr Structure kDeviceQuestion{kDeviceQuestionFields, sizeof(DeviceInfo)};
constexpr Field kDeviceAnswerFields[] = {
    POLYTAP_RESERVED_FIELD(DeviceInfo, uuid, kUuid),
    POLYTAP_FIELD(DeviceInfo, bytes_used, kNumber),
    POLYTAP_FIELD(DeviceInfo, total_bytes, kNumber),
    POLYTAP_FIELD(DeviceInfo, path, kCString),
};
constexpr Structure kDeviceAnswer{kDeviceAnswerFields, sizeof(DeviceInfo)};

using Replace = btrfs_ioctl_dev_replace_args;
using ReplaceStart = decltype(Replace::start);
using ReplaceStatus = decltype(Replace::status);
constexpr Field kReplaceStartFields[] = {
    POLYTAP_FIELD(ReplaceStart, srcdevid, kDevice),
    POLYTAP_FIELD(ReplaceStart, cont_reading_from_srcdev_mode, one_of(kBtrfsReplaceModes)),
    POLYTAP_FIELD(ReplaceStart, srcdev_name, kCString),
    POLYTAP_FIELD(ReplaceStart, tgtdev_name, kCString),
};
constexpr Structure kReplaceStart{kReplaceStartFields, sizeof(ReplaceStart)};

void put_progress(CallText& text, Bytes bytes, Bytes) {
  const uint64_t thousandth = number_in(bytes);
  text.print("{}", thousandth);
  if (thousandth <= 1000) text.print(" /* {}.{}% */", thousandth / 10, thousandth % 10);
}
void put_time(CallText& text, Bytes bytes, Bytes) {
  text.print("{}", number_in(bytes));
  printers::put_comment_time(text, static_cast<int64_t>(number_in(bytes)), 0);
}
constexpr Field kReplaceStatusFields[] = {
    POLYTAP_FIELD(ReplaceStatus, replace_state, one_of(kBtrfsReplaceStates)),
    POLYTAP_FIELD(ReplaceStatus, progress_1000, printed_by(put_progress)),
    POLYTAP_FIELD(ReplaceStatus, time_started, printed_by(put_time)),
    POLYTAP_FIELD(ReplaceStatus, time_stopped, printed_by(put_time)),
    POLYTAP_FIELD(ReplaceStatus, num_write_errors, kNumber),
    POLYTAP_FIELD(ReplaceStatus, num_uncorrectable_read_errors, kNumber),
};
constexpr Structure kReplaceStatus{kReplaceStatusFields, sizeof(ReplaceStatus)};
template <uint64_t kCommand>
bool replaces(Bytes whole) {
  return number_in(whole.first(sizeof(Replace::cmd))) == kCommand;
}
constexpr Field kReplaceFields[] = {
    POLYTAP_FIELD(Replace, cmd, one_of(kBtrfsReplaceCommands)),
    POLYTAP_FIELD(Replace, start, structure_of(kReplaceStart), false, replaces<BTRFS_IOCTL_DEV_REPLACE_CMD_START>),
};
constexpr Structure kReplace{kReplaceFields, sizeof(Replace)};
constexpr Field kReplacedFields[] = {
    POLYTAP_FIELD(Replace, result, one_of(kBtrfsReplaceResults)),
    POLYTAP_FIELD(Replace, status, structure_of(kReplaceStatus), false, replaces<BTRFS_IOCTL_DEV_REPLACE_CMD_STATUS>),
};
constexpr Structure kReplaced{kReplacedFields, sizeof(Replace)};

using Statistics = btrfs_ioctl_get_dev_stats;
constexpr Field kStatisticsFields[] = {
    POLYTAP_FIELD(Statistics, devid, kDevice),
    POLYTAP_FIELD(Statistics, nr_items, kNumber),
    POLYTAP_FIELD(Statistics, flags, flags_of(kBtrfsStatisticsFlags)),
};
constexpr Structure kStatistics{kStatisticsFields, sizeof(Statistics)};

void put_statistics_answer(CallText& text, uint64_t at) {
  Statistics statistics{};
  text.put(" => ");
  if (!text.fetch(at, statistics)) return;
  text.print("{{nr_items={}, flags=", statistics.nr_items);
  text.flags(kBtrfsStatisticsFlags, statistics.flags);
  text.put(", [");
  for (uint64_t i = 0; i < statistics.nr_items; ++i) {
    if (i > 0) text.put(", ");
    if (i >= std::size(statistics.values)) {
      text.put("...");
      break;
    }
    text.put('[');
    put_value(text, bytes_of(i), number_of(kBtrfsStatistics));
    text.print("]={}", statistics.values[i]);
  }
  text.put("]}");
}
bool put_statistics(CallText& text, uint64_t at) {
  Statistics statistics{};
  if (!text.fetch(at, statistics)) return false;
  put_structure(text, bytes_of(statistics), kStatistics);
  return true;
}

using FilesystemInfo = btrfs_ioctl_fs_info_args;
template <uint64_t kFlag>
bool has_info(Bytes whole) {
  return (number_in(whole.subspan(offsetof(FilesystemInfo, flags), sizeof(FilesystemInfo::flags))) & kFlag) != 0;
}
constexpr Field kFilesystemFields[] = {
    POLYTAP_FIELD(FilesystemInfo, max_id, kNumber),
    POLYTAP_FIELD(FilesystemInfo, num_devices, kNumber),
    POLYTAP_FIELD(FilesystemInfo, fsid, kUuid),
    POLYTAP_FIELD(FilesystemInfo, nodesize, kNumber),
    POLYTAP_FIELD(FilesystemInfo, sectorsize, kNumber),
    POLYTAP_FIELD(FilesystemInfo, clone_alignment, kNumber),
    POLYTAP_FIELD(FilesystemInfo, csum_type, one_of(kBtrfsChecksums), false, has_info<BTRFS_FS_INFO_FLAG_CSUM_INFO>),
    POLYTAP_FIELD(FilesystemInfo, csum_size, kNumber, false, has_info<BTRFS_FS_INFO_FLAG_CSUM_INFO>),
    POLYTAP_FIELD(FilesystemInfo, flags, flags_of(kBtrfsInfoFlags)),
    POLYTAP_FIELD(FilesystemInfo, generation, kNumber, false, has_info<BTRFS_FS_INFO_FLAG_GENERATION>),
    POLYTAP_FIELD(FilesystemInfo, metadata_uuid, kUuid, false, has_info<BTRFS_FS_INFO_FLAG_METADATA_UUID>),
};
constexpr Structure kFilesystem{kFilesystemFields, sizeof(FilesystemInfo)};

// Quota groups.
constexpr Field kQuotaLimitFields[] = {
    POLYTAP_FIELD(btrfs_qgroup_limit, flags, flags_of(kBtrfsLimitFlags)),
    POLYTAP_FIELD(btrfs_qgroup_limit, max_rfer, kNumber),
    POLYTAP_FIELD(btrfs_qgroup_limit, max_excl, kNumber),
    POLYTAP_FIELD(btrfs_qgroup_limit, rsv_rfer, kNumber),
    POLYTAP_FIELD(btrfs_qgroup_limit, rsv_excl, kNumber),
};
constexpr Structure kQuotaLimit{kQuotaLimitFields, sizeof(btrfs_qgroup_limit)};
using QuotaAssign = btrfs_ioctl_qgroup_assign_args;
constexpr Field kQuotaAssignFields[] = {
    POLYTAP_FIELD(QuotaAssign, assign, kNumber),
    POLYTAP_FIELD(QuotaAssign, src, kNumber),
    POLYTAP_FIELD(QuotaAssign, dst, kNumber),
};
constexpr Structure kQuotaAssign{kQuotaAssignFields, sizeof(QuotaAssign)};
using QuotaCreate = btrfs_ioctl_qgroup_create_args;
constexpr Field kQuotaCreateFields[] = {
    POLYTAP_FIELD(QuotaCreate, create, kNumber),
    POLYTAP_FIELD(QuotaCreate, qgroupid, kNumber),
};
constexpr Structure kQuotaCreate{kQuotaCreateFields, sizeof(QuotaCreate)};
using QuotaLimits = btrfs_ioctl_qgroup_limit_args;
constexpr Field kQuotaLimitsFields[] = {
    POLYTAP_FIELD(QuotaLimits, qgroupid, kNumber),
    POLYTAP_FIELD(QuotaLimits, lim, structure_of(kQuotaLimit)),
};
constexpr Structure kQuotaLimits{kQuotaLimitsFields, sizeof(QuotaLimits)};
using QuotaControl = btrfs_ioctl_quota_ctl_args;
constexpr Field kQuotaControlFields[] = {POLYTAP_FIELD(QuotaControl, cmd, one_of(kBtrfsQuotaCommands))};
constexpr Structure kQuotaControl{kQuotaControlFields, sizeof(QuotaControl)};
using QuotaRescan = btrfs_ioctl_quota_rescan_args;
constexpr Field kQuotaRescanFields[] = {
    POLYTAP_FIELD(QuotaRescan, flags, kNumber),
    POLYTAP_FIELD(QuotaRescan, progress, kObject),
};
constexpr Structure kQuotaRescanStatus{kQuotaRescanFields, sizeof(QuotaRescan)};
constexpr Structure kQuotaRescan{std::span(kQuotaRescanFields).first(1), sizeof(QuotaRescan)};

void put_inherit(CallText& text, uint64_t at) {
  btrfs_qgroup_inherit inherit{};
  if (!text.fetch(at, inherit)) return;
  text.put("{flags=");
  text.flags(kBtrfsInheritFlags, inherit.flags);
  text.print(", num_qgroups={}, num_ref_copies={}, num_excl_copies={}, lim=", inherit.num_qgroups,
             inherit.num_ref_copies, inherit.num_excl_copies);
  put_structure(text, bytes_of(inherit.lim), kQuotaLimit);
  if (text.style.verbose) {
    text.put(", qgroups=");
    printers::put_array<uint64_t>(text, at + offsetof(btrfs_qgroup_inherit, qgroups), inherit.num_qgroups,
                                  [&](uint64_t each) { text.print("{}", each); });
  } else {
    text.put(", ...");
  }
  text.put('}');
}

// Subvolumes and snapshots.
using VolumeName = btrfs_ioctl_vol_args;
constexpr Field kVolumeFields[] = {
    {"fd", offsetof(VolumeName, fd), sizeof(int), kFd},
    POLYTAP_FIELD(VolumeName, name, kCString),
};
constexpr Structure kVolume{kVolumeFields, sizeof(VolumeName)};

using Volume2 = btrfs_ioctl_vol_args_v2;
bool put_volume2(CallText& text, uint64_t at) {
  Volume2 volume{};
  if (!text.fetch(at, volume)) return false;
  text.put("{fd=");
  text.fd(static_cast<int>(volume.fd));
  text.put(", flags=");
  text.flags(kBtrfsSubvolumeFlags, volume.flags);
  if ((volume.flags & BTRFS_SUBVOL_QGROUP_INHERIT) != 0) {
    text.print(", size={}, qgroup_inherit=", volume.size);
    put_inherit(text, reinterpret_cast<uint64_t>(volume.qgroup_inherit));
  }
  text.put(", name=");
  put_value(text, std::as_bytes(std::span(volume.name)), kCString);
  text.put('}');
  return true;
}
void put_volume2_answer(CallText& text, uint64_t at) {
  Volume2 volume{};
  text.put(" => ");
  if (text.fetch(at, volume)) text.print("{{transid={}}}", volume.transid);
}

void put_timestamp(CallText& text, Bytes bytes, Bytes) {
  const uint64_t seconds = number_in(bytes.subspan(offsetof(btrfs_ioctl_timespec, sec), sizeof(uint64_t)));
  const uint64_t nanoseconds = number_in(bytes.subspan(offsetof(btrfs_ioctl_timespec, nsec), sizeof(uint32_t)));
  text.print("{{sec={}, nsec={}}}", seconds, nanoseconds);
  constexpr uint64_t kSecond = 1'000'000'000;
  if (nanoseconds >= kSecond) return;
  printers::put_comment_time(text, static_cast<int64_t>(seconds), static_cast<int64_t>(nanoseconds));
}
using Received = btrfs_ioctl_received_subvol_args;
constexpr Field kReceivedFields[] = {
    POLYTAP_FIELD(Received, uuid, kUuid),
    POLYTAP_FIELD(Received, stransid, kNumber),
    POLYTAP_FIELD(Received, stime, printed_by(put_timestamp)),
    POLYTAP_FIELD(Received, flags, kNumber),
};
constexpr Structure kReceived{kReceivedFields, sizeof(Received)};
constexpr Field kReceivedAnswerFields[] = {
    POLYTAP_FIELD(Received, rtransid, kNumber),
    POLYTAP_FIELD(Received, rtime, printed_by(put_timestamp)),
};
constexpr Structure kReceivedAnswer{kReceivedAnswerFields, sizeof(Received)};

void put_sources(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t at = number_in(bytes);
  if (!text.style.verbose) return text.address(at);
  const size_t offset = offsetof(btrfs_ioctl_send_args, clone_sources_count);
  printers::put_array<uint64_t>(text, at, number_in(whole.subspan(offset, sizeof(uint64_t))),
                                [&](uint64_t each) { put_value(text, bytes_of(each), kObject); });
}
using Send = btrfs_ioctl_send_args;
constexpr Field kSendFields[] = {
    {"send_fd", offsetof(Send, send_fd), sizeof(int), kFd},      POLYTAP_FIELD(Send, clone_sources_count, kNumber),
    POLYTAP_FIELD(Send, clone_sources, printed_by(put_sources)), POLYTAP_FIELD(Send, parent_root, kObject),
    POLYTAP_FIELD(Send, flags, flags_of(kBtrfsSendFlags)),
};
constexpr Structure kSend{kSendFields, sizeof(Send)};

// Defragmenting, scrubbing.
using Defrag = btrfs_ioctl_defrag_range_args;
constexpr Field kDefragFields[] = {
    POLYTAP_FIELD(Defrag, start, kNumber),
    POLYTAP_FIELD(Defrag, len, kLimit),
    POLYTAP_FIELD(Defrag, flags, flags_of(kBtrfsDefragFlags)),
    POLYTAP_FIELD(Defrag, extent_thresh, kNumber),
    POLYTAP_FIELD(Defrag, compress_type, one_of(kBtrfsCompressions)),
};
constexpr Structure kDefrag{kDefragFields, sizeof(Defrag)};

#define PROGRESS(member) POLYTAP_FIELD(btrfs_scrub_progress, member, kNumber)
constexpr Field kProgressFields[] = {
    PROGRESS(data_extents_scrubbed), PROGRESS(tree_extents_scrubbed),
    PROGRESS(data_bytes_scrubbed),   PROGRESS(tree_bytes_scrubbed),
    PROGRESS(read_errors),           PROGRESS(csum_errors),
    PROGRESS(verify_errors),         PROGRESS(no_csum),
    PROGRESS(csum_discards),         PROGRESS(super_errors),
    PROGRESS(malloc_errors),         PROGRESS(uncorrectable_errors),
    PROGRESS(corrected_errors),      PROGRESS(last_physical),
    PROGRESS(unverified_errors),
};
#undef PROGRESS
constexpr Structure kProgress{kProgressFields, sizeof(btrfs_scrub_progress)};
using Scrub = btrfs_ioctl_scrub_args;
constexpr Field kScrubFields[] = {
    POLYTAP_FIELD(Scrub, devid, kDevice),
    POLYTAP_FIELD(Scrub, start, kNumber),
    POLYTAP_FIELD(Scrub, end, kLimit),
    POLYTAP_FIELD(Scrub, flags, flags_of(kBtrfsScrubFlags)),
};
constexpr Structure kScrub{kScrubFields, sizeof(Scrub)};
constexpr Structure kScrubDevice{std::span(kScrubFields).first(1), sizeof(Scrub)};
constexpr Field kScrubAnswerFields[] = {POLYTAP_FIELD(Scrub, progress, structure_of(kProgress))};
constexpr Structure kScrubAnswer{kScrubAnswerFields, sizeof(Scrub)};

constexpr IoctlContent volume(uint64_t command) { return in(command, structure_of(kVolume)); }

constexpr IoctlContent kContents[] = {
    nothing(BTRFS_IOC_TRANS_START),
    nothing(BTRFS_IOC_TRANS_END),
    nothing(BTRFS_IOC_SYNC),
    nothing(BTRFS_IOC_SCRUB_CANCEL),
    nothing(BTRFS_IOC_QUOTA_RESCAN_WAIT),
    nothing(BTRFS_IOC_DEFRAG),
    nothing(BTRFS_IOC_BALANCE),
    direct(BTRFS_IOC_BALANCE_CTL, one_of(kBtrfsBalanceCommands, 4)),
    out_brackets(BTRFS_IOC_START_SYNC, kUint64),
    in_brackets(BTRFS_IOC_DEFAULT_SUBVOL, kUint64),
    in_brackets(BTRFS_IOC_WAIT_SYNC, kUint64),
    out(BTRFS_IOC_SUBVOL_GETFLAGS, flags_of(kBtrfsSubvolumeFlags, 8)),
    in(BTRFS_IOC_SUBVOL_SETFLAGS, flags_of(kBtrfsSubvolumeFlags, 8)),
    own_answered(BTRFS_IOC_BALANCE_V2, put_balance, put_balance_answer),
    out(BTRFS_IOC_BALANCE_PROGRESS, structure_of(kBalance)),
    in(BTRFS_IOC_DEFRAG_RANGE, structure_of(kDefrag)),
    answered(BTRFS_IOC_DEV_INFO, structure_of(kDeviceQuestion), structure_of(kDeviceAnswer)),
    answered(BTRFS_IOC_DEV_REPLACE, structure_of(kReplace), structure_of(kReplaced)),
    out(BTRFS_IOC_GET_FEATURES, kOneFeatureSet),
    in(BTRFS_IOC_SET_FEATURES, kChangedFeatures),
    out(BTRFS_IOC_GET_SUPPORTED_FEATURES, kSupportedFeatures),
    out(BTRFS_IOC_FS_INFO, structure_of(kFilesystem)),
    own_answered(BTRFS_IOC_GET_DEV_STATS, put_statistics, put_statistics_answer),
    in(BTRFS_IOC_QGROUP_ASSIGN, structure_of(kQuotaAssign)),
    in(BTRFS_IOC_QGROUP_CREATE, structure_of(kQuotaCreate)),
    out(BTRFS_IOC_QGROUP_LIMIT, structure_of(kQuotaLimits)),
    in(BTRFS_IOC_QUOTA_CTL, structure_of(kQuotaControl)),
    in(BTRFS_IOC_QUOTA_RESCAN, structure_of(kQuotaRescan)),
    out(BTRFS_IOC_QUOTA_RESCAN_STATUS, structure_of(kQuotaRescanStatus)),
    answered(BTRFS_IOC_SET_RECEIVED_SUBVOL, structure_of(kReceived), structure_of(kReceivedAnswer)),
    answered(BTRFS_IOC_SCRUB, structure_of(kScrub), structure_of(kScrubAnswer)),
    answered(BTRFS_IOC_SCRUB_PROGRESS, structure_of(kScrubDevice), structure_of(kScrubAnswer)),
    in(BTRFS_IOC_SEND, structure_of(kSend)),
    volume(BTRFS_IOC_SNAP_CREATE),
    volume(BTRFS_IOC_RESIZE),
    volume(BTRFS_IOC_SCAN_DEV),
    volume(BTRFS_IOC_FORGET_DEV),
    volume(BTRFS_IOC_ADD_DEV),
    volume(BTRFS_IOC_RM_DEV),
    volume(BTRFS_IOC_SUBVOL_CREATE),
    volume(BTRFS_IOC_SNAP_DESTROY),
    volume(BTRFS_IOC_DEVICES_READY),
    own_answered(BTRFS_IOC_SNAP_CREATE_V2, put_volume2, put_volume2_answer),
    own_answered(BTRFS_IOC_SUBVOL_CREATE_V2, put_volume2, put_volume2_answer),
};

}  // namespace

const IoctlFamily kBtrfsIoctls{BTRFS_IOCTL_MAGIC, kContents};

}  // namespace polytap
