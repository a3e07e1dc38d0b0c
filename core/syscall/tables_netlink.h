// Names of netlink's messages and attributes.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kLinkAttributes;
extern const ConstantTable kLinkInfoAttributes;
extern const ConstantTable kXdpAttributes;
extern const ConstantTable kXdpAttached;
extern const ConstantTable kLinkInet4Attributes;
extern const ConstantTable kLinkInet6Attributes;
extern const ConstantTable kLinkExtFilters;
extern const ConstantTable kRouteMessages;
extern const ConstantTable kRouteAttributes;
extern const ConstantTable kRouteTypes;
extern const ConstantTable kRouteProtocols;
extern const ConstantTable kRouteScopes;
extern const ConstantTable kRouteTables;
extern const ConstantTable kRouteFlags;
extern const ConstantTable kRouteMetrics;
extern const ConstantTable kRoutePreferences;
extern const ConstantTable kAddressAttributes;
extern const ConstantTable kAddressFlags;
extern const ConstantTable kNeighborAttributes;
extern const ConstantTable kNeighborStates;
extern const ConstantTable kNeighborFlags;
extern const ConstantTable kRuleAttributes;
extern const ConstantTable kRuleActions;
extern const ConstantTable kHardwareTypes;
extern const ConstantTable kInterfaceFlags;
extern const ConstantTable kNetlinkTypes;
extern const ConstantTable kNetlinkFlags;
extern const ConstantTable kNetlinkGetFlags;
extern const ConstantTable kNetlinkNewFlags;
extern const ConstantTable kNetlinkDeleteFlags;
extern const ConstantTable kNetlinkAckFlags;
extern const ConstantTable kNetlinkAckAttributes;
extern const ConstantTable kDiagMessages;
extern const ConstantTable kInetDiagAttributes;
extern const ConstantTable kInetDiagRequestAttributes;
extern const ConstantTable kInetDiagExtensions;
extern const ConstantTable kUnixDiagAttributes;
extern const ConstantTable kUnixDiagShow;
extern const ConstantTable kNetlinkDiagAttributes;
extern const ConstantTable kTcpStates;
extern const ConstantTable kGenericCommands;
extern const ConstantTable kGenericAttributes;
extern const ConstantTable kInet4Configuration;
extern const ConstantTable kInet6Configuration;
extern const ConstantTable kTcpStateBits;
extern const ConstantTable kSocketMemory;
extern const ConstantTable kNetlinkDiagShow;
extern const ConstantTable kInet6LinkFlags;
extern const ConstantTable kNetlinkDiagProtocols;
extern const ConstantTable kGenericFamilies;
extern const ConstantTable kInternetCounters;
extern const ConstantTable kInternetControlCounters;

}  // namespace polytap
