// ioctl(2) of small devices: pins (gpio), infrared receivers (lirc), trusted environments (tee).
#include <linux/gpio.h>
#include <linux/lirc.h>
#include <linux/tee.h>

#include <algorithm>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

// clang-format off
constexpr Constant kLineNames[] = {
    NAMED(GPIOLINE_FLAG_KERNEL), NAMED(GPIOLINE_FLAG_IS_OUT), NAMED(GPIOLINE_FLAG_ACTIVE_LOW),
    NAMED(GPIOLINE_FLAG_OPEN_DRAIN), NAMED(GPIOLINE_FLAG_OPEN_SOURCE), NAMED(GPIOLINE_FLAG_BIAS_PULL_UP),
    NAMED(GPIOLINE_FLAG_BIAS_PULL_DOWN), NAMED(GPIOLINE_FLAG_BIAS_DISABLE),
};
constexpr Constant kHandleNames[] = {
    NAMED(GPIOHANDLE_REQUEST_INPUT), NAMED(GPIOHANDLE_REQUEST_OUTPUT), NAMED(GPIOHANDLE_REQUEST_ACTIVE_LOW),
    NAMED(GPIOHANDLE_REQUEST_OPEN_DRAIN), NAMED(GPIOHANDLE_REQUEST_OPEN_SOURCE), NAMED(GPIOHANDLE_REQUEST_BIAS_PULL_UP),
    NAMED(GPIOHANDLE_REQUEST_BIAS_PULL_DOWN), NAMED(GPIOHANDLE_REQUEST_BIAS_DISABLE),
};
constexpr Constant kEdgeNames[] = {
    NAMED(GPIOEVENT_REQUEST_BOTH_EDGES), NAMED(GPIOEVENT_REQUEST_RISING_EDGE), NAMED(GPIOEVENT_REQUEST_FALLING_EDGE),
};
constexpr Constant kLine2Names[] = {
    NAMED(GPIO_V2_LINE_FLAG_USED), NAMED(GPIO_V2_LINE_FLAG_ACTIVE_LOW), NAMED(GPIO_V2_LINE_FLAG_INPUT),
    NAMED(GPIO_V2_LINE_FLAG_OUTPUT), NAMED(GPIO_V2_LINE_FLAG_EDGE_RISING), NAMED(GPIO_V2_LINE_FLAG_EDGE_FALLING),
    NAMED(GPIO_V2_LINE_FLAG_OPEN_DRAIN), NAMED(GPIO_V2_LINE_FLAG_OPEN_SOURCE), NAMED(GPIO_V2_LINE_FLAG_BIAS_PULL_UP),
    NAMED(GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN), NAMED(GPIO_V2_LINE_FLAG_BIAS_DISABLED),
    NAMED(GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME), NAMED(GPIO_V2_LINE_FLAG_EVENT_CLOCK_HTE),
};
constexpr Constant kReceiverModeNames[] = {
    NAMED(LIRC_MODE_RAW), NAMED(LIRC_MODE_PULSE), NAMED(LIRC_MODE_MODE2), NAMED(LIRC_MODE_SCANCODE),
    NAMED(LIRC_MODE_LIRCCODE),
};
constexpr Constant kReceiverNames[] = {
    NAMED(LIRC_CAN_SEND_PULSE), NAMED(LIRC_CAN_SEND_LIRCCODE), NAMED(LIRC_CAN_SET_SEND_CARRIER),
    NAMED(LIRC_CAN_SET_SEND_DUTY_CYCLE), NAMED(LIRC_CAN_SET_TRANSMITTER_MASK), NAMED(LIRC_CAN_REC_MODE2),
    NAMED(LIRC_CAN_REC_SCANCODE), NAMED(LIRC_CAN_REC_LIRCCODE), NAMED(LIRC_CAN_SET_REC_CARRIER),
    NAMED(LIRC_CAN_MEASURE_CARRIER), NAMED(LIRC_CAN_USE_WIDEBAND_RECEIVER), NAMED(LIRC_CAN_SET_REC_TIMEOUT),
    NAMED(LIRC_CAN_GET_REC_RESOLUTION), NAMED(LIRC_CAN_SET_REC_CARRIER_RANGE),
};
constexpr Constant kImplementationNames[] = {NAMED(TEE_IMPL_ID_OPTEE), NAMED(TEE_IMPL_ID_AMDTEE)};
constexpr Constant kTrustNames[] = {
    NAMED(TEE_GEN_CAP_GP), NAMED(TEE_GEN_CAP_PRIVILEGED), NAMED(TEE_GEN_CAP_REG_MEM), NAMED(TEE_GEN_CAP_MEMREF_NULL),
};
constexpr Constant kOpteeNames[] = {NAMED(TEE_OPTEE_CAP_TZ)};
// include/linux/tee_drv.h of Linux 5.18, which the kernel did not export.
constexpr Constant kSharedNames[] = {
    {"TEE_IOCTL_SHM_MAPPED", 0x1}, {"TEE_IOCTL_SHM_DMA_BUF", 0x2}, {"TEE_IOCTL_SHM_EXT_DMA_BUF", 0x4},
    {"TEE_IOCTL_SHM_REGISTER", 0x8}, {"TEE_IOCTL_SHM_USER_MAPPED", 0x10}, {"TEE_IOCTL_SHM_POOL", 0x20},
    {"TEE_IOCTL_SHM_KERNEL_MAPPED", 0x40},
};
// clang-format on
constexpr ConstantTable kLineFlags{kLineNames,
                                   "GPIOLINE_FLAG_?"
                                   "??"};
constexpr ConstantTable kHandleFlags{kHandleNames,
                                     "GPIOHANDLE_REQUEST_?"
                                     "??"};
constexpr ConstantTable kEdges{kEdgeNames,
                               "GPIOEVENT_REQUEST_?"
                               "??"};
constexpr ConstantTable kLine2Flags{kLine2Names,
                                    "GPIO_V2_LINE_FLAG_?"
                                    "??"};
constexpr ConstantTable kReceiverModes{kReceiverModeNames,
                                       "LIRC_MODE_?"
                                       "??"};
constexpr ConstantTable kReceivers{kReceiverNames,
                                   "LIRC_CAN_?"
                                   "??"};
constexpr ConstantTable kImplementations{kImplementationNames,
                                         "TEE_IMPL_ID_?"
                                         "??"};
constexpr ConstantTable kTrusts{kTrustNames,
                                "TEE_GEN_CAP_?"
                                "??"};
constexpr ConstantTable kOptee{kOpteeNames,
                               "TEE_OPTEE_CAP_?"
                               "??"};
constexpr ConstantTable kShared{kSharedNames,
                                "TEE_IOCTL_SHM_?"
                                "??"};

constexpr ValueKind kWords = array_of(kHex32);
template <typename T, size_t N>
constexpr Structure part_of(const Field (&fields)[N], size_t from, size_t count) {
  return {std::span(fields).subspan(from, count), sizeof(T)};
}

// Pins. As many of an array's elements as the member COUNT says.
template <size_t kCount, const ValueKind& kElement>
void put_counted(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t count = number_in(whole.subspan(kCount, sizeof(uint32_t)));
  put_value(text, bytes.first(std::min<uint64_t>(count * kElement.size, bytes.size())), array_of(kElement));
}

constexpr Field kChipFields[] = {
    POLYTAP_FIELD(gpiochip_info, name, kCString),
    POLYTAP_FIELD(gpiochip_info, label, kCString),
    POLYTAP_FIELD(gpiochip_info, lines, kNumber),
};
constexpr Structure kChip{kChipFields, sizeof(gpiochip_info)};
constexpr Field kLineFields[] = {
    POLYTAP_FIELD(gpioline_info, line_offset, kNumber),
    POLYTAP_FIELD(gpioline_info, flags, flags_of(kLineFlags)),
    POLYTAP_FIELD(gpioline_info, name, kCString),
    POLYTAP_FIELD(gpioline_info, consumer, kCString),
};
constexpr Structure kLineQuestion = part_of<gpioline_info>(kLineFields, 0, 1);
constexpr Structure kLineAnswer = part_of<gpioline_info>(kLineFields, 1, 3);
constexpr Field kUnwatchFields[] = {{"offset", 0, sizeof(uint32_t), kNumber}};
constexpr Structure kUnwatch{kUnwatchFields, sizeof(uint32_t)};

using Handle = gpiohandle_request;
constexpr Field kHandleFields[] = {
    POLYTAP_FIELD(Handle, lines, kNumber),
    POLYTAP_FIELD(Handle, lineoffsets, printed_by(put_counted<offsetof(Handle, lines), kUint32>)),
    POLYTAP_FIELD(Handle, flags, flags_of(kHandleFlags)),
    POLYTAP_FIELD(Handle, default_values, printed_by(put_counted<offsetof(Handle, lines), kUint8>)),
    POLYTAP_FIELD(Handle, consumer_label, kCString),
    POLYTAP_FIELD(Handle, fd, kFd),
};
constexpr Structure kHandle = part_of<Handle>(kHandleFields, 0, 5);
constexpr Structure kHandleAnswer = part_of<Handle>(kHandleFields, 5, 1);
using Event = gpioevent_request;
constexpr Field kEventFields[] = {
    POLYTAP_FIELD(Event, lineoffset, kNumber),
    POLYTAP_FIELD(Event, handleflags, flags_of(kHandleFlags)),
    POLYTAP_FIELD(Event, eventflags, flags_of(kEdges)),
    POLYTAP_FIELD(Event, consumer_label, kCString),
    POLYTAP_FIELD(Event, fd, kFd),
};
constexpr Structure kEvent = part_of<Event>(kEventFields, 0, 4);
constexpr Structure kEventAnswer = part_of<Event>(kEventFields, 4, 1);
constexpr Field kDataFields[] = {POLYTAP_FIELD(gpiohandle_data, values, array_of(kUint8))};
constexpr Structure kData{kDataFields, sizeof(gpiohandle_data)};
constexpr Field kConfigFields[] = {
    POLYTAP_FIELD(gpiohandle_config, flags, flags_of(kHandleFlags)),
    POLYTAP_FIELD(gpiohandle_config, default_values, array_of(kUint8)),
};
constexpr Structure kConfig{kConfigFields, sizeof(gpiohandle_config)};

// The second version. An attribute is shown as it lies there when its padding is used or its kind is unknown.
void put_attribute_content(CallText& text, const gpio_v2_line_attribute& attribute, bool within_field) {
  const bool is_known = attribute.padding == 0 && attribute.id >= GPIO_V2_LINE_ATTR_ID_FLAGS &&
                        attribute.id <= GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
  if (!is_known) {
    text.print("{}id={}", within_field ? "attr={" : "", static_cast<uint32_t>(attribute.id));
    if (attribute.padding != 0) {
      text.put(", padding=");
      text.hex(attribute.padding);
    }
    text.put(", data=");
    text.hex(attribute.values);
    if (within_field) text.put('}');
  } else if (attribute.id == GPIO_V2_LINE_ATTR_ID_FLAGS) {
    text.put("flags=");
    text.flags(kLine2Flags, attribute.flags);
  } else if (attribute.id == GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES) {
    text.put("values=");
    text.hex(attribute.values);
  } else {
    text.print("debounce_period_us={}", static_cast<uint32_t>(attribute.debounce_period_us));
  }
}
template <typename T>
T object_in(Bytes bytes) {
  T object{};
  std::ranges::copy(bytes.first(sizeof object), std::as_writable_bytes(std::span(&object, 1)).begin());
  return object;
}
void put_attribute(CallText& text, Bytes bytes, Bytes) {
  text.put('{');
  put_attribute_content(text, object_in<gpio_v2_line_attribute>(bytes), false);
  text.put('}');
}
void put_config_attribute(CallText& text, Bytes bytes, Bytes) {
  const auto attribute = object_in<gpio_v2_line_config_attribute>(bytes);
  text.put('{');
  put_attribute_content(text, attribute.attr, true);
  text.put(", mask=");
  text.hex(attribute.mask);
  text.put('}');
}
constexpr ValueKind kAttribute = printed_by(put_attribute, sizeof(gpio_v2_line_attribute));
constexpr ValueKind kConfigAttribute = printed_by(put_config_attribute, sizeof(gpio_v2_line_config_attribute));
using Config2 = gpio_v2_line_config;
constexpr Field kConfig2Fields[] = {
    POLYTAP_FIELD(Config2, flags, flags_of(kLine2Flags)),
    POLYTAP_FIELD(Config2, num_attrs, kNumber),
    POLYTAP_RESERVED_FIELD(Config2, padding, kWords),
    POLYTAP_FIELD(Config2, attrs, printed_by(put_counted<offsetof(Config2, num_attrs), kConfigAttribute>), false,
                  is_nonzero<offsetof(Config2, num_attrs), sizeof(Config2::num_attrs)>),
};
constexpr Structure kConfig2{kConfig2Fields, sizeof(Config2)};
using Line2 = gpio_v2_line_info;
constexpr Field kLine2Fields[] = {
    POLYTAP_FIELD(Line2, offset, kNumber),
    POLYTAP_FIELD(Line2, name, kCString),
    POLYTAP_FIELD(Line2, consumer, kCString),
    POLYTAP_FIELD(Line2, flags, flags_of(kLine2Flags)),
    POLYTAP_FIELD(Line2, num_attrs, kNumber),
    POLYTAP_FIELD(Line2, attrs, printed_by(put_counted<offsetof(Line2, num_attrs), kAttribute>), false,
                  is_nonzero<offsetof(Line2, num_attrs), sizeof(Line2::num_attrs)>),
    POLYTAP_RESERVED_FIELD(Line2, padding, kWords),
};
constexpr Structure kLine2Question = part_of<Line2>(kLine2Fields, 0, 1);
constexpr Structure kLine2Answer = part_of<Line2>(kLine2Fields, 1, 6);
using Request2 = gpio_v2_line_request;
constexpr Field kRequest2Fields[] = {
    POLYTAP_FIELD(Request2, num_lines, kNumber),
    POLYTAP_FIELD(Request2, offsets, printed_by(put_counted<offsetof(Request2, num_lines), kUint32>)),
    POLYTAP_FIELD(Request2, consumer, kCString),
    POLYTAP_FIELD(Request2, config, structure_of(kConfig2)),
    POLYTAP_RESERVED_FIELD(Request2, event_buffer_size, kNumber),
    POLYTAP_RESERVED_FIELD(Request2, padding, kWords),
    POLYTAP_FIELD(Request2, fd, kFd),
};
constexpr Structure kRequest2 = part_of<Request2>(kRequest2Fields, 0, 6);
constexpr Structure kRequest2Answer = part_of<Request2>(kRequest2Fields, 6, 1);
using Values2 = gpio_v2_line_values;
constexpr Field kValues2Fields[] = {
    POLYTAP_FIELD(Values2, bits, kHex),
    POLYTAP_FIELD(Values2, mask, kHex),
};
constexpr Structure kValues2{kValues2Fields, sizeof(Values2)};
constexpr Structure kBits = part_of<Values2>(kValues2Fields, 0, 1);
constexpr Structure kMask = part_of<Values2>(kValues2Fields, 1, 1);

constexpr IoctlContent kPinContents[] = {
    out(GPIO_GET_CHIPINFO_IOCTL, structure_of(kChip)),
    in(GPIO_GET_LINEINFO_UNWATCH_IOCTL, structure_of(kUnwatch)),
    answered(GPIO_GET_LINEINFO_IOCTL, structure_of(kLineQuestion), structure_of(kLineAnswer)),
    answered(GPIO_GET_LINEINFO_WATCH_IOCTL, structure_of(kLineQuestion), structure_of(kLineAnswer)),
    answered(GPIO_GET_LINEHANDLE_IOCTL, structure_of(kHandle), structure_of(kHandleAnswer)),
    answered(GPIO_GET_LINEEVENT_IOCTL, structure_of(kEvent), structure_of(kEventAnswer)),
    out(GPIOHANDLE_GET_LINE_VALUES_IOCTL, structure_of(kData)),
    in(GPIOHANDLE_SET_LINE_VALUES_IOCTL, structure_of(kData)),
    in(GPIOHANDLE_SET_CONFIG_IOCTL, structure_of(kConfig)),
    answered(GPIO_V2_GET_LINEINFO_IOCTL, structure_of(kLine2Question), structure_of(kLine2Answer)),
    answered(GPIO_V2_GET_LINEINFO_WATCH_IOCTL, structure_of(kLine2Question), structure_of(kLine2Answer)),
    answered(GPIO_V2_GET_LINE_IOCTL, structure_of(kRequest2), structure_of(kRequest2Answer)),
    in(GPIO_V2_LINE_SET_CONFIG_IOCTL, structure_of(kConfig2)),
    answered(GPIO_V2_LINE_GET_VALUES_IOCTL, structure_of(kMask), structure_of(kBits)),
    in(GPIO_V2_LINE_SET_VALUES_IOCTL, structure_of(kValues2)),
};

constexpr IoctlContent kReceiverContents[] = {
    out_brackets(LIRC_GET_FEATURES, flags_of(kReceivers, 4)),
    out_brackets(LIRC_GET_SEND_MODE, one_of(kReceiverModes, 4)),
    out_brackets(LIRC_GET_REC_MODE, one_of(kReceiverModes, 4)),
    in_brackets(LIRC_SET_SEND_MODE, one_of(kReceiverModes, 4)),
    in_brackets(LIRC_SET_REC_MODE, one_of(kReceiverModes, 4)),
    out_brackets(LIRC_GET_REC_RESOLUTION, kUint32),
    out_brackets(LIRC_GET_MIN_TIMEOUT, kUint32),
    out_brackets(LIRC_GET_MAX_TIMEOUT, kUint32),
    out_brackets(LIRC_GET_LENGTH, kUint32),
    out_brackets(LIRC_GET_REC_TIMEOUT, kUint32),
    in_brackets(LIRC_SET_SEND_CARRIER, kUint32),
    in_brackets(LIRC_SET_REC_CARRIER, kUint32),
    in_brackets(LIRC_SET_SEND_DUTY_CYCLE, kUint32),
    in_brackets(LIRC_SET_TRANSMITTER_MASK, kHex32),
    in_brackets(LIRC_SET_REC_TIMEOUT, kUint32),
    in_brackets(LIRC_SET_REC_TIMEOUT_REPORTS, kUint32),
    in_brackets(LIRC_SET_MEASURE_CARRIER_MODE, kUint32),
    in_brackets(LIRC_SET_REC_CARRIER_RANGE, kUint32),
    in_brackets(LIRC_SET_WIDEBAND_RECEIVER, kUint32),
};

// Trusted environments.
void put_implementation_flags(CallText& text, Bytes bytes, Bytes whole) {
  const uint64_t flags = number_in(bytes);
  const bool is_optee = number_in(whole.first(sizeof(uint32_t))) == TEE_IMPL_ID_OPTEE;
  if (is_optee) {
    text.flags(kOptee, flags);
  } else {
    text.hex(flags);
  }
}
constexpr Field kVersionFields[] = {
    POLYTAP_FIELD(tee_ioctl_version_data, impl_id, one_of(kImplementations)),
    POLYTAP_FIELD(tee_ioctl_version_data, gen_caps, flags_of(kTrusts)),
    POLYTAP_FIELD(tee_ioctl_version_data, impl_caps, printed_by(put_implementation_flags)),
};
constexpr Structure kVersion{kVersionFields, sizeof(tee_ioctl_version_data)};
// What the buffer holds is not taken apart.
constexpr Field kBufferFields[] = {
    POLYTAP_FIELD(tee_ioctl_buf_data, buf_len, kNumber),
    POLYTAP_FIELD(tee_ioctl_buf_data, buf_ptr, kAddress),
};
constexpr Structure kBuffer{kBufferFields, sizeof(tee_ioctl_buf_data)};
constexpr Field kCancelFields[] = {
    POLYTAP_FIELD(tee_ioctl_cancel_arg, cancel_id, kNumber),
    POLYTAP_FIELD(tee_ioctl_cancel_arg, session, kHex),
};
constexpr Structure kCancel{kCancelFields, sizeof(tee_ioctl_cancel_arg)};
constexpr Field kCloseFields[] = {POLYTAP_FIELD(tee_ioctl_close_session_arg, session, kHex)};
constexpr Structure kClose{kCloseFields, sizeof(tee_ioctl_close_session_arg)};
using Allocate = tee_ioctl_shm_alloc_data;
constexpr Field kAllocateFields[] = {
    POLYTAP_FIELD(Allocate, size, kHex),
    POLYTAP_FIELD(Allocate, flags, flags_of(kShared)),
    POLYTAP_FIELD(Allocate, id, kSigned),
};
constexpr Structure kAllocateQuestion = part_of<Allocate>(kAllocateFields, 0, 2);
constexpr Structure kAllocateAnswer = part_of<Allocate>(kAllocateFields, 0, 3);
using Register = tee_ioctl_shm_register_data;
constexpr Field kRegisterFields[] = {
    POLYTAP_FIELD(Register, addr, kAddress),
    POLYTAP_FIELD(Register, length, kHex),
    POLYTAP_FIELD(Register, flags, flags_of(kShared)),
    POLYTAP_FIELD(Register, id, kSigned),
};
constexpr Structure kRegisterQuestion = part_of<Register>(kRegisterFields, 0, 3);
constexpr Structure kRegisterAnswer = part_of<Register>(kRegisterFields, 1, 3);

constexpr IoctlContent kTrustContents[] = {
    out(TEE_IOC_VERSION, structure_of(kVersion)),
    in(TEE_IOC_OPEN_SESSION, structure_of(kBuffer)),
    in(TEE_IOC_INVOKE, structure_of(kBuffer)),
    in(TEE_IOC_SUPPL_RECV, structure_of(kBuffer)),
    in(TEE_IOC_SUPPL_SEND, structure_of(kBuffer)),
    in(TEE_IOC_CANCEL, structure_of(kCancel)),
    in(TEE_IOC_CLOSE_SESSION, structure_of(kClose)),
    answered(TEE_IOC_SHM_ALLOC, structure_of(kAllocateQuestion), structure_of(kAllocateAnswer)),
    answered(TEE_IOC_SHM_REGISTER, structure_of(kRegisterQuestion), structure_of(kRegisterAnswer)),
};

}  // namespace

const IoctlFamily kPinIoctls{_IOC_TYPE(GPIO_GET_CHIPINFO_IOCTL), kPinContents};
const IoctlFamily kReceiverIoctls{_IOC_TYPE(LIRC_GET_FEATURES), kReceiverContents};
const IoctlFamily kTrustIoctls{TEE_IOC_MAGIC, kTrustContents};

}  // namespace polytap
