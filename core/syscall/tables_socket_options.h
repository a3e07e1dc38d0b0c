// Names of the options of sockets, by level.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kUdpOptions;
extern const ConstantTable kRawOptions;
extern const ConstantTable kIpxOptions;
extern const ConstantTable kAx25Options;
extern const ConstantTable kPacketOptions;
extern const ConstantTable kIrdaOptions;
extern const ConstantTable kLlcOptions;
extern const ConstantTable kDccpOptions;
extern const ConstantTable kTipcOptions;
extern const ConstantTable kRxrpcOptions;
extern const ConstantTable kPppol2tpOptions;
extern const ConstantTable kBluetoothOptions;
extern const ConstantTable kPnpipeOptions;
extern const ConstantTable kRdsOptions;
extern const ConstantTable kIucvOptions;
extern const ConstantTable kCaifOptions;
extern const ConstantTable kAlgOptions;
extern const ConstantTable kNfcOptions;
extern const ConstantTable kKcmOptions;
extern const ConstantTable kTlsOptions;
extern const ConstantTable kXdpOptions;
extern const ConstantTable kSctpOptions;

}  // namespace polytap
