// Names of the types of netlink messages, of the protocols besides rtnetlink.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kXfrmMessages;
extern const ConstantTable kAuditMessages;
extern const ConstantTable kSelinuxMessages;
extern const ConstantTable kCryptoMessages;
extern const ConstantTable kNetfilterSubsystems;
extern const ConstantTable kNetfilterMessages;
extern const ConstantTable kControlAttributes;
extern const ConstantTable kTableAttributes;
extern const ConstantTable kLabelAttributes;
extern const ConstantTable kConfigurationAttributes;
extern const ConstantTable kBridgeAttributes;
extern const ConstantTable kNamespaceAttributes;
extern const ConstantTable kNetfilterVersions;

}  // namespace polytap
