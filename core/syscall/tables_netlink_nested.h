// Names of what is nested in rtnetlink's other messages.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kNextHopFlags;
extern const ConstantTable kEncapsulations;
extern const ConstantTable kAddressProtocols;
extern const ConstantTable kForwardingAttributes;
extern const ConstantTable kForwardingNotices;
extern const ConstantTable kNeighborExtFlags;
extern const ConstantTable kTableParameters;
extern const ConstantTable kControlStatistics;
extern const ConstantTable kSizeTables;
extern const ConstantTable kActionAttributes;
extern const ConstantTable kActionFlags;
extern const ConstantTable kActionCounters;
extern const ConstantTable kDcbCommands;
extern const ConstantTable kDcbAttributes;
extern const ConstantTable kGroupAttributes;
extern const ConstantTable kGroupEntryAttributes;
extern const ConstantTable kGroupDetails;
extern const ConstantTable kGroupStates;
extern const ConstantTable kGroupFlags;
extern const ConstantTable kRouterAttributes;
extern const ConstantTable kRouterPortAttributes;
extern const ConstantTable kReportFamilies;
extern const ConstantTable kReportAttributes;
extern const ConstantTable kReport6Attributes;
extern const ConstantTable kReportTypes;
extern const ConstantTable kReport6Types;
extern const ConstantTable kHopAttributes;
extern const ConstantTable kHopGroupTypes;
extern const ConstantTable kHopGroupAttributes;
extern const ConstantTable kHopBucketAttributes;
extern const ConstantTable kStatisticsAttributes;
extern const ConstantTable kStatisticsBits;
extern const ConstantTable kXstatsTypes;
extern const ConstantTable kOffloadAttributes;
extern const ConstantTable kRouterTypes;

}  // namespace polytap
