// ioctl(2) of clocks: real-time clocks (rtc), precision time clocks (ptp), watchdogs, counters.
#include <linux/counter.h>
#include <linux/ptp_clock.h>
#include <linux/rtc.h>
#include <linux/watchdog.h>

#include <algorithm>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

// clang-format off
constexpr Constant kRtcParameterNames[] = {
    NAMED(RTC_PARAM_FEATURES), NAMED(RTC_PARAM_CORRECTION), NAMED(RTC_PARAM_BACKUP_SWITCH_MODE),
};
#define BIT_NAMED(constant) \
  { "1<<" #constant, uint64_t{1} << constant }
constexpr Constant kRtcFeatureNames[] = {
    BIT_NAMED(RTC_FEATURE_ALARM), BIT_NAMED(RTC_FEATURE_ALARM_RES_MINUTE), BIT_NAMED(RTC_FEATURE_NEED_WEEK_DAY),
    BIT_NAMED(RTC_FEATURE_ALARM_RES_2S), BIT_NAMED(RTC_FEATURE_UPDATE_INTERRUPT), BIT_NAMED(RTC_FEATURE_CORRECTION),
    BIT_NAMED(RTC_FEATURE_BACKUP_SWITCH_MODE), BIT_NAMED(RTC_FEATURE_ALARM_WAKEUP_ONLY),
};
#undef BIT_NAMED
constexpr Constant kRtcSwitchNames[] = {
    NAMED(RTC_BSM_DISABLED), NAMED(RTC_BSM_DIRECT), NAMED(RTC_BSM_LEVEL), NAMED(RTC_BSM_STANDBY),
};
constexpr Constant kRtcStateNames[] = {
    NAMED(RTC_VL_DATA_INVALID), NAMED(RTC_VL_BACKUP_LOW), NAMED(RTC_VL_BACKUP_EMPTY), NAMED(RTC_VL_ACCURACY_LOW),
    NAMED(RTC_VL_BACKUP_SWITCH),
};
constexpr Constant kStampFlagNames[] = {
    NAMED(PTP_ENABLE_FEATURE), NAMED(PTP_RISING_EDGE), NAMED(PTP_FALLING_EDGE), NAMED(PTP_STRICT_FLAGS),
};
constexpr Constant kOutputFlagNames[] = {
    NAMED(PTP_PEROUT_ONE_SHOT), NAMED(PTP_PEROUT_DUTY_CYCLE), NAMED(PTP_PEROUT_PHASE),
};
constexpr Constant kPinFunctionNames[] = {
    NAMED(PTP_PF_NONE), NAMED(PTP_PF_EXTTS), NAMED(PTP_PF_PEROUT), NAMED(PTP_PF_PHYSYNC),
};
constexpr Constant kComponentNames[] = {
    NAMED(COUNTER_COMPONENT_NONE), NAMED(COUNTER_COMPONENT_SIGNAL), NAMED(COUNTER_COMPONENT_COUNT),
    NAMED(COUNTER_COMPONENT_FUNCTION), NAMED(COUNTER_COMPONENT_SYNAPSE_ACTION), NAMED(COUNTER_COMPONENT_EXTENSION),
};
constexpr Constant kScopeNames[] = {
    NAMED(COUNTER_SCOPE_DEVICE), NAMED(COUNTER_SCOPE_SIGNAL), NAMED(COUNTER_SCOPE_COUNT),
};
constexpr Constant kCounterEventNames[] = {
    NAMED(COUNTER_EVENT_OVERFLOW), NAMED(COUNTER_EVENT_UNDERFLOW), NAMED(COUNTER_EVENT_OVERFLOW_UNDERFLOW),
    NAMED(COUNTER_EVENT_THRESHOLD), NAMED(COUNTER_EVENT_INDEX), NAMED(COUNTER_EVENT_CHANGE_OF_STATE),
    NAMED(COUNTER_EVENT_CAPTURE),
};
// clang-format on
constexpr ConstantTable kRtcParameters{kRtcParameterNames,
                                       "RTC_PARAM_?"
                                       "??"};
constexpr ConstantTable kRtcFeatures{kRtcFeatureNames,
                                     "1<<RTC_FEATURE_?"
                                     "??"};
constexpr ConstantTable kRtcSwitchModes{kRtcSwitchNames,
                                        "RTC_BSM_?"
                                        "??"};
constexpr ConstantTable kRtcStates{kRtcStateNames,
                                   "RTC_VL_?"
                                   "??"};
constexpr ConstantTable kStampFlags{kStampFlagNames,
                                    "PTP_?"
                                    "??"};
constexpr ConstantTable kOutputFlags{kOutputFlagNames,
                                     "PTP_PEROUT_?"
                                     "??"};
constexpr ConstantTable kPinFunctions{kPinFunctionNames,
                                      "PTP_PF_?"
                                      "??"};
constexpr ConstantTable kComponents{kComponentNames,
                                    "COUNTER_COMPONENT_?"
                                    "??"};
constexpr ConstantTable kScopes{kScopeNames,
                                "COUNTER_SCOPE_?"
                                "??"};
constexpr ConstantTable kCounterEvents{kCounterEventNames,
                                       "COUNTER_EVENT_?"
                                       "??"};

// Real-time clocks.
constexpr Field kTimeFields[] = {
    POLYTAP_FIELD(rtc_time, tm_sec, kSigned),           POLYTAP_FIELD(rtc_time, tm_min, kSigned),
    POLYTAP_FIELD(rtc_time, tm_hour, kSigned),          POLYTAP_FIELD(rtc_time, tm_mday, kSigned),
    POLYTAP_FIELD(rtc_time, tm_mon, kSigned),           POLYTAP_FIELD(rtc_time, tm_year, kSigned),
    POLYTAP_VERBOSE_FIELD(rtc_time, tm_wday, kSigned),  POLYTAP_VERBOSE_FIELD(rtc_time, tm_yday, kSigned),
    POLYTAP_VERBOSE_FIELD(rtc_time, tm_isdst, kSigned),
};
constexpr Structure kTime{kTimeFields, sizeof(rtc_time)};
constexpr Field kWakeFields[] = {
    POLYTAP_FIELD(rtc_wkalrm, enabled, kNumber),
    POLYTAP_FIELD(rtc_wkalrm, pending, kNumber),
    POLYTAP_FIELD(rtc_wkalrm, time, structure_of(kTime)),
};
constexpr Structure kWake{kWakeFields, sizeof(rtc_wkalrm)};
constexpr Field kLoopFields[] = {
    POLYTAP_FIELD(rtc_pll_info, pll_ctrl, kSigned),    POLYTAP_FIELD(rtc_pll_info, pll_value, kSigned),
    POLYTAP_FIELD(rtc_pll_info, pll_max, kSigned),     POLYTAP_FIELD(rtc_pll_info, pll_min, kSigned),
    POLYTAP_FIELD(rtc_pll_info, pll_posmult, kSigned), POLYTAP_FIELD(rtc_pll_info, pll_negmult, kSigned),
    POLYTAP_FIELD(rtc_pll_info, pll_clock, kSigned),
};
constexpr Structure kLoop{kLoopFields, sizeof(rtc_pll_info)};

// struct rtc_param: what its value is, the parameter says.
template <uint64_t kParameter>
bool is_parameter(Bytes whole) {
  return number_in(whole.subspan(offsetof(rtc_param, param), sizeof(rtc_param::param))) == kParameter;
}
bool is_other_parameter(Bytes whole) {
  return !is_parameter<RTC_PARAM_FEATURES>(whole) && !is_parameter<RTC_PARAM_CORRECTION>(whole) &&
         !is_parameter<RTC_PARAM_BACKUP_SWITCH_MODE>(whole);
}
constexpr Field kParameterFields[] = {
    POLYTAP_FIELD(rtc_param, param, one_of(kRtcParameters)),
    POLYTAP_FIELD(rtc_param, index, kNumber),
    POLYTAP_RESERVED_FIELD(rtc_param, __pad, kHex),
};
#define PARAMETER_VALUE                                                                                             \
  POLYTAP_FIELD(rtc_param, uvalue, flags_of(kRtcFeatures), false, is_parameter<RTC_PARAM_FEATURES>),                \
      POLYTAP_FIELD(rtc_param, svalue, kSigned, false, is_parameter<RTC_PARAM_CORRECTION>),                         \
      POLYTAP_FIELD(rtc_param, uvalue, one_of(kRtcSwitchModes), false, is_parameter<RTC_PARAM_BACKUP_SWITCH_MODE>), \
      POLYTAP_FIELD(rtc_param, uvalue, kHex, false, is_other_parameter)
constexpr Field kParameterSetFields[] = {kParameterFields[0], PARAMETER_VALUE, kParameterFields[1],
                                         kParameterFields[2]};
constexpr Structure kParameter{kParameterSetFields, sizeof(rtc_param)};
constexpr Structure kParameterQuestion{kParameterFields, sizeof(rtc_param)};
constexpr Field kParameterAnswerFields[] = {PARAMETER_VALUE, kParameterFields[2]};
constexpr Structure kParameterAnswer{kParameterAnswerFields, sizeof(rtc_param)};

constexpr IoctlContent kRtcContents[] = {
    nothing(RTC_AIE_ON),
    nothing(RTC_AIE_OFF),
    nothing(RTC_UIE_ON),
    nothing(RTC_UIE_OFF),
    nothing(RTC_PIE_ON),
    nothing(RTC_PIE_OFF),
    nothing(RTC_WIE_ON),
    nothing(RTC_WIE_OFF),
    nothing(RTC_VL_CLR),
    out(RTC_ALM_READ, structure_of(kTime)),
    out(RTC_RD_TIME, structure_of(kTime)),
    in(RTC_ALM_SET, structure_of(kTime)),
    in(RTC_SET_TIME, structure_of(kTime)),
    out(RTC_WKALM_RD, structure_of(kWake)),
    in(RTC_WKALM_SET, structure_of(kWake)),
    out(RTC_PLL_GET, structure_of(kLoop)),
    in(RTC_PLL_SET, structure_of(kLoop)),
    answered(RTC_PARAM_GET, structure_of(kParameterQuestion), structure_of(kParameterAnswer)).always_answered(),
    in(RTC_PARAM_SET, structure_of(kParameter)),
    out_brackets(RTC_IRQP_READ, kUint64),
    out_brackets(RTC_EPOCH_READ, kUint64),
    direct(RTC_IRQP_SET, kUint64),
    direct(RTC_EPOCH_SET, kUint64),
    out_brackets(RTC_VL_READ, flags_of(kRtcStates, 4)),
};

// Precision time clocks.
constexpr Field kInstantFields[] = {
    POLYTAP_FIELD(ptp_clock_time, sec, kSigned),
    POLYTAP_FIELD(ptp_clock_time, nsec, kNumber),
    POLYTAP_RESERVED_FIELD(ptp_clock_time, reserved, kHex),
};
constexpr Structure kInstant{kInstantFields, sizeof(ptp_clock_time)};

void put_dated(CallText& text, Bytes bytes, Bytes) {
  put_structure(text, bytes, kInstant);
  constexpr uint32_t kSecond = 1'000'000'000;
  ptp_clock_time time{};
  std::ranges::copy(bytes.first(sizeof time), std::as_writable_bytes(std::span(&time, 1)).begin());
  if (time.nsec < kSecond) printers::put_comment_time(text, time.sec, time.nsec);
}
constexpr ValueKind kDated = printed_by(put_dated, sizeof(ptp_clock_time));
constexpr ValueKind kWords = array_of(kHex32);

constexpr Field kCapabilityFields[] = {
    POLYTAP_FIELD(ptp_clock_caps, max_adj, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, n_alarm, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, n_ext_ts, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, n_per_out, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, pps, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, n_pins, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, cross_timestamping, kSigned),
    POLYTAP_FIELD(ptp_clock_caps, adjust_phase, kSigned),
    POLYTAP_RESERVED_FIELD(ptp_clock_caps, rsv, kWords),
};
constexpr Structure kClockCapabilities{kCapabilityFields, sizeof(ptp_clock_caps)};

// The reserved words are read by the second form of a command only.
constexpr Field kStampFields[] = {
    POLYTAP_FIELD(ptp_extts_request, index, kNumber),
    POLYTAP_FIELD(ptp_extts_request, flags, flags_of(kStampFlags)),
    POLYTAP_RESERVED_FIELD(ptp_extts_request, rsv, kWords),
};
constexpr Structure kStamp2{kStampFields, sizeof(ptp_extts_request)};

using Output = ptp_perout_request;
template <uint32_t kFlag, bool kWanted>
bool output_has(Bytes whole) {
  const uint64_t flags = number_in(whole.subspan(offsetof(Output, flags), sizeof(Output::flags)));
  return ((flags & kFlag) != 0) == kWanted;
}
bool has_output_reserved(Bytes whole) {
  return output_has<PTP_PEROUT_DUTY_CYCLE, false>(whole) &&
         is_nonzero<offsetof(Output, rsv), sizeof(Output::rsv)>(whole);
}
constexpr Field kOutputFields[] = {
    POLYTAP_FIELD(Output, phase, structure_of(kInstant), false, output_has<PTP_PEROUT_PHASE, true>),
    POLYTAP_FIELD(Output, start, kDated, false, output_has<PTP_PEROUT_PHASE, false>),
    POLYTAP_FIELD(Output, period, structure_of(kInstant)),
    POLYTAP_FIELD(Output, index, kNumber),
    POLYTAP_FIELD(Output, flags, flags_of(kOutputFlags)),
    POLYTAP_FIELD(Output, on, structure_of(kInstant), false, output_has<PTP_PEROUT_DUTY_CYCLE, true>),
    POLYTAP_FIELD(Output, rsv, kWords, false, has_output_reserved),
};
constexpr Structure kOutput2{kOutputFields, sizeof(Output)};

constexpr Field kPinFields[] = {
    POLYTAP_FIELD(ptp_pin_desc, index, kNumber), POLYTAP_RESERVED_FIELD(ptp_pin_desc, rsv, kWords),
    POLYTAP_FIELD(ptp_pin_desc, name, kCString), POLYTAP_FIELD(ptp_pin_desc, func, one_of(kPinFunctions)),
    POLYTAP_FIELD(ptp_pin_desc, chan, kNumber),
};
constexpr Field kPinSetFields[] = {kPinFields[0], kPinFields[3], kPinFields[4], kPinFields[1]};
template <typename T, size_t N>
constexpr Structure first_of(const Field (&fields)[N], size_t from, size_t count) {
  return {std::span(fields).subspan(from, count), sizeof(T)};
}
constexpr Structure kPinQuestion = first_of<ptp_pin_desc>(kPinFields, 0, 1);
constexpr Structure kPinQuestion2 = first_of<ptp_pin_desc>(kPinFields, 0, 2);
constexpr Structure kPinAnswer = first_of<ptp_pin_desc>(kPinFields, 2, 3);
constexpr Structure kPinSet = first_of<ptp_pin_desc>(kPinSetFields, 0, 3);
constexpr Structure kPinSet2 = first_of<ptp_pin_desc>(kPinSetFields, 0, 4);
constexpr Structure kStamp = first_of<ptp_extts_request>(kStampFields, 0, 2);
constexpr Structure kOutput = first_of<Output>(kOutputFields, 0, 6);

constexpr Field kPreciseFields[] = {
    POLYTAP_FIELD(ptp_sys_offset_precise, device, kDated),
    POLYTAP_FIELD(ptp_sys_offset_precise, sys_realtime, kDated),
    POLYTAP_FIELD(ptp_sys_offset_precise, sys_monoraw, structure_of(kInstant)),
    POLYTAP_RESERVED_FIELD(ptp_sys_offset_precise, rsv, kWords),
};
constexpr Structure kPrecise{kPreciseFields, sizeof(ptp_sys_offset_precise)};

constexpr ValueKind kThree = array_of(kDated, 3 * sizeof(ptp_clock_time));
uint64_t samples_in(Bytes whole) {
  return std::min<uint64_t>(number_in(whole.first(sizeof(uint32_t))), PTP_MAX_SAMPLES);
}
void put_samples(CallText& text, Bytes bytes, Bytes whole) {
  put_value(text, bytes.first((2 * samples_in(whole) + 1) * sizeof(ptp_clock_time)), array_of(kDated));
}
void put_triples(CallText& text, Bytes bytes, Bytes whole) {
  put_value(text, bytes.first(samples_in(whole) * kThree.size), array_of(kThree));
}
constexpr Field kOffsetFields[] = {
    POLYTAP_FIELD(ptp_sys_offset, n_samples, kNumber),
    POLYTAP_RESERVED_FIELD(ptp_sys_offset, rsv, kWords),
    POLYTAP_FIELD(ptp_sys_offset, ts, printed_by(put_samples)),
};
constexpr Structure kOffset = first_of<ptp_sys_offset>(kOffsetFields, 0, 2);
constexpr Structure kOffsetAnswer = first_of<ptp_sys_offset>(kOffsetFields, 2, 1);
constexpr Field kExtendedOffsetFields[] = {
    POLYTAP_FIELD(ptp_sys_offset_extended, n_samples, kNumber),
    POLYTAP_RESERVED_FIELD(ptp_sys_offset_extended, rsv, kWords),
    POLYTAP_FIELD(ptp_sys_offset_extended, ts, printed_by(put_triples)),
};
constexpr Structure kExtendedOffset = first_of<ptp_sys_offset_extended>(kExtendedOffsetFields, 0, 2);
constexpr Structure kExtendedOffsetAnswer = first_of<ptp_sys_offset_extended>(kExtendedOffsetFields, 2, 1);

constexpr IoctlContent kPtpContents[] = {
    out(PTP_CLOCK_GETCAPS, structure_of(kClockCapabilities)),
    out(PTP_CLOCK_GETCAPS2, structure_of(kClockCapabilities)),
    in(PTP_EXTTS_REQUEST, structure_of(kStamp)),
    in(PTP_EXTTS_REQUEST2, structure_of(kStamp2)),
    in(PTP_PEROUT_REQUEST, structure_of(kOutput)),
    in(PTP_PEROUT_REQUEST2, structure_of(kOutput2)),
    direct(PTP_ENABLE_PPS, kHex64),
    direct(PTP_ENABLE_PPS2, kHex64),
    continued(PTP_SYS_OFFSET, structure_of(kOffset), structure_of(kOffsetAnswer)),
    continued(PTP_SYS_OFFSET2, structure_of(kOffset), structure_of(kOffsetAnswer)),
    continued(PTP_SYS_OFFSET_EXTENDED, structure_of(kExtendedOffset), structure_of(kExtendedOffsetAnswer)),
    continued(PTP_SYS_OFFSET_EXTENDED2, structure_of(kExtendedOffset), structure_of(kExtendedOffsetAnswer)),
    out(PTP_SYS_OFFSET_PRECISE, structure_of(kPrecise)),
    out(PTP_SYS_OFFSET_PRECISE2, structure_of(kPrecise)),
    continued(PTP_PIN_GETFUNC, structure_of(kPinQuestion), structure_of(kPinAnswer)),
    continued(PTP_PIN_GETFUNC2, structure_of(kPinQuestion2), structure_of(kPinAnswer)),
    in(PTP_PIN_SETFUNC, structure_of(kPinSet)),
    in(PTP_PIN_SETFUNC2, structure_of(kPinSet2)),
};

constexpr IoctlContent kWatchdogContents[] = {
    out_brackets(WDIOC_GETSTATUS, kInt32),
    out_brackets(WDIOC_GETBOOTSTATUS, kInt32),
    out_brackets(WDIOC_GETTEMP, kInt32),
    out_brackets(WDIOC_GETTIMEOUT, kInt32),
    out_brackets(WDIOC_GETPRETIMEOUT, kInt32),
    out_brackets(WDIOC_GETTIMELEFT, kInt32),
    in_brackets(WDIOC_SETTIMEOUT, kInt32),
    in_brackets(WDIOC_SETPRETIMEOUT, kInt32),
    nothing(WDIOC_KEEPALIVE),
};

constexpr Field kComponentFields[] = {
    POLYTAP_FIELD(counter_component, type, one_of(kComponents)),
    POLYTAP_FIELD(counter_component, scope, one_of(kScopes)),
    POLYTAP_FIELD(counter_component, parent, kNumber),
    POLYTAP_FIELD(counter_component, id, kNumber),
};
constexpr Structure kComponent{kComponentFields, sizeof(counter_component)};
constexpr Field kWatchFields[] = {
    POLYTAP_FIELD(counter_watch, component, structure_of(kComponent)),
    POLYTAP_FIELD(counter_watch, event, one_of(kCounterEvents)),
    POLYTAP_FIELD(counter_watch, channel, kNumber),
};
constexpr Structure kWatch{kWatchFields, sizeof(counter_watch)};
constexpr IoctlContent kCounterContents[] = {
    in(COUNTER_ADD_WATCH_IOCTL, structure_of(kWatch)),
    nothing(COUNTER_ENABLE_EVENTS_IOCTL),
    nothing(COUNTER_DISABLE_EVENTS_IOCTL),
};

}  // namespace

const IoctlFamily kRtcIoctls{_IOC_TYPE(RTC_AIE_ON), kRtcContents};
const IoctlFamily kPtpIoctls{PTP_CLK_MAGIC, kPtpContents};
const IoctlFamily kWatchdogIoctls{WATCHDOG_IOCTL_BASE, kWatchdogContents};
const IoctlFamily kCounterIoctls{_IOC_TYPE(COUNTER_ADD_WATCH_IOCTL), kCounterContents};

}  // namespace polytap
