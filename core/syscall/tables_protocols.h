// Names of the constants of socket families that are rarely met.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kEtherTypes;
extern const ConstantTable kAx25Protocols;
extern const ConstantTable kCanProtocols;
extern const ConstantTable kIrdaProtocols;
extern const ConstantTable kBluetoothProtocols;
extern const ConstantTable kIsdnProtocols;
extern const ConstantTable kPhonetProtocols;
extern const ConstantTable kCaifProtocols;
extern const ConstantTable kNfcSocketProtocols;
extern const ConstantTable kKcmProtocols;
extern const ConstantTable kSmcProtocols;
extern const ConstantTable kSocketSubcalls;
extern const ConstantTable kPacketTypes;
extern const ConstantTable kHciChannels;
extern const ConstantTable kBluetoothAddressTypes;
extern const ConstantTable kNfcProtocols;
extern const ConstantTable kVsockContexts;
extern const ConstantTable kVsockFlags;
extern const ConstantTable kXdpFlags;
extern const ConstantTable kLowRateAddressTypes;
extern const ConstantTable kCryptoFlags;
extern const ConstantTable kRxrpcServices;
extern const ConstantTable kMctpAddresses;

}  // namespace polytap
