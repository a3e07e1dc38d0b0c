// Names of btrfs's constants.
#include "core/syscall/tables_ioctl_btrfs.h"

#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>

#include "core/syscall/named_constant.h"

namespace polytap {
namespace {

// clang-format off
constexpr Constant kBalanceArgumentsNames[] = {
    NAMED(BTRFS_BALANCE_ARGS_PROFILES), NAMED(BTRFS_BALANCE_ARGS_USAGE), NAMED(BTRFS_BALANCE_ARGS_DEVID),
    NAMED(BTRFS_BALANCE_ARGS_DRANGE), NAMED(BTRFS_BALANCE_ARGS_VRANGE), NAMED(BTRFS_BALANCE_ARGS_LIMIT),
    NAMED(BTRFS_BALANCE_ARGS_LIMIT_RANGE), NAMED(BTRFS_BALANCE_ARGS_STRIPES_RANGE), NAMED(BTRFS_BALANCE_ARGS_CONVERT),
    NAMED(BTRFS_BALANCE_ARGS_SOFT), NAMED(BTRFS_BALANCE_ARGS_USAGE_RANGE),
};
constexpr Constant kBalanceFlagsNames[] = {
    NAMED(BTRFS_BALANCE_DATA), NAMED(BTRFS_BALANCE_SYSTEM), NAMED(BTRFS_BALANCE_METADATA), NAMED(BTRFS_BALANCE_FORCE),
    NAMED(BTRFS_BALANCE_RESUME),
};
constexpr Constant kBalanceCommandsNames[] = {
    NAMED(BTRFS_BALANCE_CTL_PAUSE), NAMED(BTRFS_BALANCE_CTL_CANCEL),
};
constexpr Constant kBalanceStatesNames[] = {
    NAMED(BTRFS_BALANCE_STATE_RUNNING), NAMED(BTRFS_BALANCE_STATE_PAUSE_REQ), NAMED(BTRFS_BALANCE_STATE_CANCEL_REQ),
};
constexpr Constant kReplaceCommandsNames[] = {
    NAMED(BTRFS_IOCTL_DEV_REPLACE_CMD_START), NAMED(BTRFS_IOCTL_DEV_REPLACE_CMD_STATUS),
    NAMED(BTRFS_IOCTL_DEV_REPLACE_CMD_CANCEL),
};
constexpr Constant kReplaceModesNames[] = {
    NAMED(BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_ALWAYS),
    NAMED(BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_AVOID),
};
constexpr Constant kReplaceResultsNames[] = {
    NAMED(BTRFS_IOCTL_DEV_REPLACE_RESULT_NO_ERROR), NAMED(BTRFS_IOCTL_DEV_REPLACE_RESULT_NOT_STARTED),
    NAMED(BTRFS_IOCTL_DEV_REPLACE_RESULT_ALREADY_STARTED), NAMED(BTRFS_IOCTL_DEV_REPLACE_RESULT_SCRUB_INPROGRESS),
};
constexpr Constant kReplaceStatesNames[] = {
    NAMED(BTRFS_IOCTL_DEV_REPLACE_STATE_NEVER_STARTED), NAMED(BTRFS_IOCTL_DEV_REPLACE_STATE_STARTED),
    NAMED(BTRFS_IOCTL_DEV_REPLACE_STATE_FINISHED), NAMED(BTRFS_IOCTL_DEV_REPLACE_STATE_CANCELED),
    NAMED(BTRFS_IOCTL_DEV_REPLACE_STATE_SUSPENDED),
};
constexpr Constant kChecksumsNames[] = {
    NAMED(BTRFS_CSUM_TYPE_CRC32), NAMED(BTRFS_CSUM_TYPE_XXHASH), NAMED(BTRFS_CSUM_TYPE_SHA256),
    NAMED(BTRFS_CSUM_TYPE_BLAKE2),
};
constexpr Constant kDefragFlagsNames[] = {
    NAMED(BTRFS_DEFRAG_RANGE_COMPRESS), NAMED(BTRFS_DEFRAG_RANGE_START_IO),
};
constexpr Constant kStatisticsFlagsNames[] = {
    NAMED(BTRFS_DEV_STATS_RESET),
};
constexpr Constant kStatisticsNames[] = {
    NAMED(BTRFS_DEV_STAT_WRITE_ERRS), NAMED(BTRFS_DEV_STAT_READ_ERRS), NAMED(BTRFS_DEV_STAT_FLUSH_ERRS),
    NAMED(BTRFS_DEV_STAT_CORRUPTION_ERRS), NAMED(BTRFS_DEV_STAT_GENERATION_ERRS),
};
constexpr Constant kCompatibleReadOnlyNames[] = {
    NAMED(BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE), NAMED(BTRFS_FEATURE_COMPAT_RO_FREE_SPACE_TREE_VALID),
    NAMED(BTRFS_FEATURE_COMPAT_RO_VERITY), NAMED(BTRFS_FEATURE_COMPAT_RO_BLOCK_GROUP_TREE),
};
constexpr Constant kIncompatibleNames[] = {
    NAMED(BTRFS_FEATURE_INCOMPAT_MIXED_BACKREF), NAMED(BTRFS_FEATURE_INCOMPAT_DEFAULT_SUBVOL),
    NAMED(BTRFS_FEATURE_INCOMPAT_MIXED_GROUPS), NAMED(BTRFS_FEATURE_INCOMPAT_COMPRESS_LZO),
    NAMED(BTRFS_FEATURE_INCOMPAT_COMPRESS_ZSTD), NAMED(BTRFS_FEATURE_INCOMPAT_BIG_METADATA),
    NAMED(BTRFS_FEATURE_INCOMPAT_EXTENDED_IREF), NAMED(BTRFS_FEATURE_INCOMPAT_RAID56),
    NAMED(BTRFS_FEATURE_INCOMPAT_SKINNY_METADATA), NAMED(BTRFS_FEATURE_INCOMPAT_NO_HOLES),
    NAMED(BTRFS_FEATURE_INCOMPAT_METADATA_UUID), NAMED(BTRFS_FEATURE_INCOMPAT_RAID1C34),
    NAMED(BTRFS_FEATURE_INCOMPAT_ZONED), NAMED(BTRFS_FEATURE_INCOMPAT_EXTENT_TREE_V2),
};
constexpr Constant kInfoFlagsNames[] = {
    NAMED(BTRFS_FS_INFO_FLAG_CSUM_INFO), NAMED(BTRFS_FS_INFO_FLAG_GENERATION), NAMED(BTRFS_FS_INFO_FLAG_METADATA_UUID),
};
constexpr Constant kKeyTypesNames[] = {
    NAMED(BTRFS_INODE_ITEM_KEY), NAMED(BTRFS_INODE_REF_KEY), NAMED(BTRFS_INODE_EXTREF_KEY), NAMED(BTRFS_XATTR_ITEM_KEY),
    NAMED(BTRFS_VERITY_DESC_ITEM_KEY), NAMED(BTRFS_VERITY_MERKLE_ITEM_KEY), NAMED(BTRFS_ORPHAN_ITEM_KEY),
    NAMED(BTRFS_DIR_LOG_ITEM_KEY), NAMED(BTRFS_DIR_LOG_INDEX_KEY), NAMED(BTRFS_DIR_ITEM_KEY),
    NAMED(BTRFS_DIR_INDEX_KEY), NAMED(BTRFS_EXTENT_DATA_KEY), NAMED(BTRFS_EXTENT_CSUM_KEY), NAMED(BTRFS_ROOT_ITEM_KEY),
    NAMED(BTRFS_ROOT_BACKREF_KEY), NAMED(BTRFS_ROOT_REF_KEY), NAMED(BTRFS_EXTENT_ITEM_KEY),
    NAMED(BTRFS_METADATA_ITEM_KEY), NAMED(BTRFS_TREE_BLOCK_REF_KEY), NAMED(BTRFS_EXTENT_DATA_REF_KEY),
    NAMED(BTRFS_EXTENT_REF_V0_KEY), NAMED(BTRFS_SHARED_BLOCK_REF_KEY), NAMED(BTRFS_SHARED_DATA_REF_KEY),
    NAMED(BTRFS_BLOCK_GROUP_ITEM_KEY), NAMED(BTRFS_FREE_SPACE_INFO_KEY), NAMED(BTRFS_FREE_SPACE_EXTENT_KEY),
    NAMED(BTRFS_FREE_SPACE_BITMAP_KEY), NAMED(BTRFS_DEV_EXTENT_KEY), NAMED(BTRFS_DEV_ITEM_KEY),
    NAMED(BTRFS_CHUNK_ITEM_KEY), NAMED(BTRFS_QGROUP_STATUS_KEY), NAMED(BTRFS_QGROUP_INFO_KEY),
    NAMED(BTRFS_QGROUP_LIMIT_KEY), NAMED(BTRFS_QGROUP_RELATION_KEY),
    NAMED(BTRFS_TEMPORARY_ITEM_KEY), NAMED(BTRFS_PERSISTENT_ITEM_KEY),
    NAMED(BTRFS_DEV_REPLACE_KEY), NAMED(BTRFS_STRING_ITEM_KEY),
};
constexpr Constant kLogicalFlagsNames[] = {
    NAMED(BTRFS_LOGICAL_INO_ARGS_IGNORE_OFFSET),
};
constexpr Constant kInheritFlagsNames[] = {
    NAMED(BTRFS_QGROUP_INHERIT_SET_LIMITS),
};
constexpr Constant kLimitFlagsNames[] = {
    NAMED(BTRFS_QGROUP_LIMIT_MAX_RFER), NAMED(BTRFS_QGROUP_LIMIT_MAX_EXCL), NAMED(BTRFS_QGROUP_LIMIT_RSV_RFER),
    NAMED(BTRFS_QGROUP_LIMIT_RSV_EXCL), NAMED(BTRFS_QGROUP_LIMIT_RFER_CMPR), NAMED(BTRFS_QGROUP_LIMIT_EXCL_CMPR),
};
constexpr Constant kQuotaCommandsNames[] = {
    NAMED(BTRFS_QUOTA_CTL_ENABLE), NAMED(BTRFS_QUOTA_CTL_DISABLE), NAMED(BTRFS_QUOTA_CTL_RESCAN__NOTUSED),
};
constexpr Constant kScrubFlagsNames[] = {
    NAMED(BTRFS_SCRUB_READONLY),
};
constexpr Constant kSendFlagsNames[] = {
    NAMED(BTRFS_SEND_FLAG_NO_FILE_DATA), NAMED(BTRFS_SEND_FLAG_OMIT_STREAM_HEADER), NAMED(BTRFS_SEND_FLAG_OMIT_END_CMD),
    NAMED(BTRFS_SEND_FLAG_VERSION), NAMED(BTRFS_SEND_FLAG_COMPRESSED),
};
constexpr Constant kSubvolumeFlagsNames[] = {
    NAMED(BTRFS_SUBVOL_CREATE_ASYNC), NAMED(BTRFS_SUBVOL_RDONLY), NAMED(BTRFS_SUBVOL_QGROUP_INHERIT),
};
constexpr Constant kBlockGroupsNames[] = {
    NAMED(BTRFS_BLOCK_GROUP_DATA), NAMED(BTRFS_BLOCK_GROUP_SYSTEM), NAMED(BTRFS_BLOCK_GROUP_METADATA),
    NAMED(BTRFS_BLOCK_GROUP_RAID0), NAMED(BTRFS_BLOCK_GROUP_RAID1), NAMED(BTRFS_BLOCK_GROUP_DUP),
    NAMED(BTRFS_BLOCK_GROUP_RAID10), NAMED(BTRFS_BLOCK_GROUP_RAID5), NAMED(BTRFS_BLOCK_GROUP_RAID6),
    NAMED(BTRFS_BLOCK_GROUP_RAID1C3), NAMED(BTRFS_BLOCK_GROUP_RAID1C4), NAMED(BTRFS_AVAIL_ALLOC_BIT_SINGLE),
    NAMED(BTRFS_SPACE_INFO_GLOBAL_RSV),
};
// Those of trees, and the range that files have. Others share their numbers with these, or are 0.
constexpr Constant kObjectsNames[] = {
    NAMED(BTRFS_ROOT_TREE_OBJECTID), NAMED(BTRFS_EXTENT_TREE_OBJECTID), NAMED(BTRFS_CHUNK_TREE_OBJECTID),
    NAMED(BTRFS_DEV_TREE_OBJECTID), NAMED(BTRFS_FS_TREE_OBJECTID), NAMED(BTRFS_ROOT_TREE_DIR_OBJECTID),
    NAMED(BTRFS_CSUM_TREE_OBJECTID), NAMED(BTRFS_QUOTA_TREE_OBJECTID), NAMED(BTRFS_UUID_TREE_OBJECTID),
    NAMED(BTRFS_FREE_SPACE_TREE_OBJECTID), NAMED(BTRFS_BLOCK_GROUP_TREE_OBJECTID), NAMED(BTRFS_FIRST_FREE_OBJECTID),
    NAMED(BTRFS_LAST_FREE_OBJECTID),
};
// fs/btrfs/compression.h, which the kernel does not export.
constexpr Constant kCompressionsNames[] = {
    {"BTRFS_COMPRESS_NONE", 0}, {"BTRFS_COMPRESS_ZLIB", 1}, {"BTRFS_COMPRESS_LZO", 2}, {"BTRFS_COMPRESS_ZSTD", 3},
};
// clang-format on

}  // namespace

const ConstantTable kBtrfsBalanceArguments{kBalanceArgumentsNames,
                                           "BTRFS_BALANCE_ARGS_?"
                                           "??"};
const ConstantTable kBtrfsBalanceFlags{kBalanceFlagsNames,
                                       "BTRFS_BALANCE_?"
                                       "??"};
const ConstantTable kBtrfsBalanceCommands{kBalanceCommandsNames,
                                          "BTRFS_BALANCE_CTL_?"
                                          "??"};
const ConstantTable kBtrfsBalanceStates{kBalanceStatesNames,
                                        "BTRFS_BALANCE_STATE_?"
                                        "??"};
const ConstantTable kBtrfsReplaceCommands{kReplaceCommandsNames,
                                          "BTRFS_IOCTL_DEV_REPLACE_CMD_?"
                                          "??"};
const ConstantTable kBtrfsReplaceModes{kReplaceModesNames,
                                       "BTRFS_IOCTL_DEV_REPLACE_CONT_READING_FROM_SRCDEV_MODE_?"
                                       "??"};
const ConstantTable kBtrfsReplaceResults{kReplaceResultsNames,
                                         "BTRFS_IOCTL_DEV_REPLACE_RESULT_?"
                                         "??"};
const ConstantTable kBtrfsReplaceStates{kReplaceStatesNames,
                                        "BTRFS_IOCTL_DEV_REPLACE_STATE_?"
                                        "??"};
const ConstantTable kBtrfsChecksums{kChecksumsNames,
                                    "BTRFS_CSUM_TYPE_?"
                                    "??"};
const ConstantTable kBtrfsDefragFlags{kDefragFlagsNames,
                                      "BTRFS_DEFRAG_RANGE_?"
                                      "??"};
const ConstantTable kBtrfsStatisticsFlags{kStatisticsFlagsNames,
                                          "BTRFS_DEV_STATS_?"
                                          "??"};
const ConstantTable kBtrfsStatistics{kStatisticsNames, ""};
const ConstantTable kBtrfsCompatibleReadOnly{kCompatibleReadOnlyNames,
                                             "BTRFS_FEATURE_COMPAT_RO_?"
                                             "??"};
const ConstantTable kBtrfsIncompatible{kIncompatibleNames,
                                       "BTRFS_FEATURE_INCOMPAT_?"
                                       "??"};
const ConstantTable kBtrfsInfoFlags{kInfoFlagsNames,
                                    "BTRFS_FS_INFO_FLAG_?"
                                    "??"};
const ConstantTable kBtrfsKeyTypes{kKeyTypesNames, ""};
const ConstantTable kBtrfsLogicalFlags{kLogicalFlagsNames,
                                       "BTRFS_LOGICAL_INO_ARGS_?"
                                       "??"};
const ConstantTable kBtrfsInheritFlags{kInheritFlagsNames,
                                       "BTRFS_QGROUP_INHERIT_?"
                                       "??"};
const ConstantTable kBtrfsLimitFlags{kLimitFlagsNames,
                                     "BTRFS_QGROUP_LIMIT_?"
                                     "??"};
const ConstantTable kBtrfsQuotaCommands{kQuotaCommandsNames,
                                        "BTRFS_QUOTA_CTL_?"
                                        "??"};
const ConstantTable kBtrfsScrubFlags{kScrubFlagsNames,
                                     "BTRFS_SCRUB_?"
                                     "??"};
const ConstantTable kBtrfsSendFlags{kSendFlagsNames,
                                    "BTRFS_SEND_FLAGS_?"
                                    "??"};
const ConstantTable kBtrfsSubvolumeFlags{kSubvolumeFlagsNames,
                                         "BTRFS_SUBVOL_?"
                                         "??"};
const ConstantTable kBtrfsBlockGroups{kBlockGroupsNames,
                                      "BTRFS_BLOCK_GROUP_?"
                                      "??"};
const ConstantTable kBtrfsObjects{kObjectsNames, ""};
const ConstantTable kBtrfsCompressions{kCompressionsNames,
                                       "BTRFS_COMPRESS_?"
                                       "??"};
const ConstantTable kBtrfsCompatible{{},
                                     "BTRFS_FEATURE_COMPAT_?"
                                     "??"};  // none yet
const ConstantTable kBtrfsSpaces{kBlockGroupsNames,
                                 "BTRFS_SPACE_INFO_?"
                                 "??"};

}  // namespace polytap
