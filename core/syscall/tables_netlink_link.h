// Names of what is nested in rtnetlink's messages about links.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kBridgePortAttributes;
extern const ConstantTable kBridgeDataAttributes;
extern const ConstantTable kTunDataAttributes;
extern const ConstantTable kTunTypes;
extern const ConstantTable kPortAttributes;
extern const ConstantTable kVfPortAttributes;
extern const ConstantTable kDownReasonAttributes;
extern const ConstantTable kLinkEvents;
extern const ConstantTable kXdpLinkFlags;
extern const ConstantTable kEthernetProtocols;
extern const ConstantTable kPacketProtocols;
extern const ConstantTable kFunctionLists;
extern const ConstantTable kFunctionAttributes;
extern const ConstantTable kFunctionCounters;
extern const ConstantTable kFunctionVlans;
extern const ConstantTable kFunctionLinkStates;
extern const ConstantTable kBridgeFamilyAttributes;
extern const ConstantTable kBridgeTunnelAttributes;
extern const ConstantTable kBridgeQueriers;
extern const ConstantTable kBridgeSwitches;
extern const ConstantTable kBridgeFlags;
extern const ConstantTable kBridgeModes;
extern const ConstantTable kBridgeVlanFlags;
extern const ConstantTable kAddressModes;

}  // namespace polytap
