// Names of btrfs's constants (linux/btrfs.h, linux/btrfs_tree.h).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kBtrfsBalanceArguments;
extern const ConstantTable kBtrfsBalanceFlags;
extern const ConstantTable kBtrfsBalanceCommands;
extern const ConstantTable kBtrfsBalanceStates;
extern const ConstantTable kBtrfsReplaceCommands;
extern const ConstantTable kBtrfsReplaceModes;
extern const ConstantTable kBtrfsReplaceResults;
extern const ConstantTable kBtrfsReplaceStates;
extern const ConstantTable kBtrfsChecksums;
extern const ConstantTable kBtrfsDefragFlags;
extern const ConstantTable kBtrfsStatisticsFlags;
extern const ConstantTable kBtrfsStatistics;
extern const ConstantTable kBtrfsCompatibleReadOnly;
extern const ConstantTable kBtrfsIncompatible;
extern const ConstantTable kBtrfsInfoFlags;
extern const ConstantTable kBtrfsKeyTypes;
extern const ConstantTable kBtrfsLogicalFlags;
extern const ConstantTable kBtrfsInheritFlags;
extern const ConstantTable kBtrfsLimitFlags;
extern const ConstantTable kBtrfsQuotaCommands;
extern const ConstantTable kBtrfsScrubFlags;
extern const ConstantTable kBtrfsSendFlags;
extern const ConstantTable kBtrfsSubvolumeFlags;
extern const ConstantTable kBtrfsBlockGroups;
extern const ConstantTable kBtrfsObjects;
extern const ConstantTable kBtrfsCompressions;
extern const ConstantTable kBtrfsCompatible;
extern const ConstantTable kBtrfsSpaces;

}  // namespace polytap
