// ioctl(2) of input devices (evdev).
#include <linux/input.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/tables_ioctl_input.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

constexpr Field kIdentityFields[] = {
    POLYTAP_FIELD(input_id, bustype, kNumber),
    POLYTAP_FIELD(input_id, vendor, kNumber),
    POLYTAP_FIELD(input_id, product, kNumber),
    POLYTAP_FIELD(input_id, version, kNumber),
};
constexpr Structure kIdentity{kIdentityFields, sizeof(input_id)};

constexpr Field kKeymapFields[] = {
    POLYTAP_FIELD(input_keymap_entry, flags, kNumber),
    POLYTAP_FIELD(input_keymap_entry, len, kNumber),
    POLYTAP_VERBOSE_FIELD(input_keymap_entry, index, kNumber),
    POLYTAP_VERBOSE_FIELD(input_keymap_entry, keycode, one_of(kInputKeys)),
    POLYTAP_VERBOSE_FIELD(input_keymap_entry, scancode, array_of(kHex8)),
};
constexpr Structure kKeymap{kKeymapFields, sizeof(input_keymap_entry)};

constexpr ValueKind kPair = array_of(kUint32, 2 * sizeof(uint32_t));

void put_keycode(CallText& text, Bytes bytes, Bytes) {
  text.print("[{}, ", number_in(bytes.first(sizeof(uint32_t))));
  text.enumeration(kInputKeys, number_in(bytes.subspan(sizeof(uint32_t))));
  text.put(']');
}
constexpr ValueKind kKeycode = printed_by(put_keycode, 2 * sizeof(uint32_t));

// How a force-feedback effect rises and falls.
constexpr Field kEnvelopeFields[] = {
    POLYTAP_FIELD(ff_envelope, attack_length, kNumber),
    POLYTAP_FIELD(ff_envelope, attack_level, kNumber),
    POLYTAP_FIELD(ff_envelope, fade_length, kNumber),
    POLYTAP_FIELD(ff_envelope, fade_level, kHex),
};
constexpr Structure kEnvelope{kEnvelopeFields, sizeof(ff_envelope)};
constexpr Field kConstantFields[] = {
    POLYTAP_FIELD(ff_constant_effect, level, kSigned),
    POLYTAP_FIELD(ff_constant_effect, envelope, structure_of(kEnvelope)),
};
constexpr Structure kConstant{kConstantFields, sizeof(ff_constant_effect)};
constexpr Field kRampFields[] = {
    POLYTAP_FIELD(ff_ramp_effect, start_level, kSigned),
    POLYTAP_FIELD(ff_ramp_effect, end_level, kSigned),
    POLYTAP_FIELD(ff_ramp_effect, envelope, structure_of(kEnvelope)),
};
constexpr Structure kRamp{kRampFields, sizeof(ff_ramp_effect)};
constexpr Field kPeriodicFields[] = {
    POLYTAP_FIELD(ff_periodic_effect, waveform, kNumber),
    POLYTAP_FIELD(ff_periodic_effect, period, kNumber),
    POLYTAP_FIELD(ff_periodic_effect, magnitude, kSigned),
    POLYTAP_FIELD(ff_periodic_effect, offset, kSigned),
    POLYTAP_FIELD(ff_periodic_effect, phase, kNumber),
    POLYTAP_FIELD(ff_periodic_effect, envelope, structure_of(kEnvelope)),
    POLYTAP_FIELD(ff_periodic_effect, custom_len, kNumber),
    POLYTAP_FIELD(ff_periodic_effect, custom_data, kAddress),
};
constexpr Structure kPeriodic{kPeriodicFields, sizeof(ff_periodic_effect)};
constexpr Field kRumbleFields[] = {
    POLYTAP_FIELD(ff_rumble_effect, strong_magnitude, kNumber),
    POLYTAP_FIELD(ff_rumble_effect, weak_magnitude, kNumber),
};
constexpr Structure kRumble{kRumbleFields, sizeof(ff_rumble_effect)};
constexpr Field kTriggerFields[] = {
    POLYTAP_FIELD(ff_trigger, button, kNumber),
    POLYTAP_FIELD(ff_trigger, interval, kNumber),
};
constexpr Structure kTrigger{kTriggerFields, sizeof(ff_trigger)};
constexpr Field kReplayFields[] = {
    POLYTAP_FIELD(ff_replay, length, kNumber),
    POLYTAP_FIELD(ff_replay, delay, kNumber),
};
constexpr Structure kReplay{kReplayFields, sizeof(ff_replay)};

template <uint16_t kType>
bool is_effect(Bytes whole) {
  return number_in(whole.first(sizeof(ff_effect::type))) == kType;
}
constexpr Field effect_part(std::string_view name, const Structure& structure, bool (*present)(Bytes whole)) {
  return {name, offsetof(ff_effect, u), structure.size, structure_of(structure), true, present};
}
// As structures of the same layout in strace are: the part that the type decides, only with -v.
constexpr Field kEffectFields[] = {
    POLYTAP_FIELD(ff_effect, type, one_of(kInputEffects)),
    POLYTAP_FIELD(ff_effect, id, kSigned),
    POLYTAP_FIELD(ff_effect, direction, kNumber),
    {"trigger", offsetof(ff_effect, trigger), sizeof(ff_trigger), structure_of(kTrigger), true},
    {"replay", offsetof(ff_effect, replay), sizeof(ff_replay), structure_of(kReplay), true},
    effect_part("constant", kConstant, is_effect<FF_CONSTANT>),
    effect_part("ramp", kRamp, is_effect<FF_RAMP>),
    effect_part("periodic", kPeriodic, is_effect<FF_PERIODIC>),
    effect_part("rumble", kRumble, is_effect<FF_RUMBLE>),
};
constexpr Structure kEffect{kEffectFields, sizeof(ff_effect)};

// The names of the bits that are set, as many as the call returns bytes.
bool put_bits(CallText& text, uint64_t at, const ConstantTable& table, uint64_t most) {
  const auto returned = static_cast<uint64_t>(text.call.result);
  const uint64_t bits = returned > most / 8 ? most : returned * 8;
  std::vector<uint64_t> words((bits + 63) / 64);
  const auto bytes = std::as_writable_bytes(std::span(words));
  if (words.empty() || at == 0 || !text.style.dereference || text.memory.read(at, bytes) != bytes.size()) {
    text.address(at);
    return false;
  }
  constexpr size_t kShownAtMost = 4;  // without -v
  const ConstantStyle style = text.style.constants;
  if (style != ConstantStyle::kRaw) {
    size_t count = 0;
    text.put('[');
    for (uint64_t bit = 0; bit < bits; ++bit) {
      if ((words[bit / 64] >> bit % 64 & 1) == 0) continue;
      if (count > 0) text.put(' ');
      if (!text.style.verbose && count == kShownAtMost) {
        text.put("...");
        break;
      }
      text.enumeration(table, bit);
      ++count;
    }
    text.put(']');
  }
  if (style == ConstantStyle::kAbbreviated) return true;
  if (style == ConstantStyle::kVerbose) text.put(" /* ");
  put_value(text, std::as_bytes(std::span(words)), array_of(kHex64));
  if (style == ConstantStyle::kVerbose) text.put(" */");
  return true;
}

template <const ConstantTable& kTable, uint64_t kMost>
bool put_bits_of(CallText& text, uint64_t at) {
  return put_bits(text, at, kTable, kMost);
}

// As long as the call returns.
bool put_returned_text(CallText& text, uint64_t at) {
  text.buffer(at, static_cast<uint64_t>(text.call.result));
  return true;
}

bool put_address(CallText& text, uint64_t at) {
  text.address(at);
  return true;
}

uint32_t command_of(const CallText& text) { return static_cast<uint32_t>(text.argument(1)); }

bool put_slots(CallText& text, uint64_t at) {
  std::vector<int32_t> slots(_IOC_SIZE(command_of(text)) / sizeof(int32_t));
  const auto bytes = std::as_writable_bytes(std::span(slots));
  if (slots.empty() || at == 0 || !text.style.dereference || text.memory.read(at, bytes) != bytes.size()) {
    return put_address(text, at);
  }
  text.put("{code=");
  text.enumeration(kInputSlots, static_cast<uint32_t>(slots[0]));
  text.put(", values=[");
  for (size_t i = 1; i < slots.size(); ++i) text.print("{}{}", i > 1 ? ", " : "", slots[i]);
  text.put("]}");
  return true;
}

// struct input_absinfo, which had no resolution at first.
constexpr size_t kShortAxis = offsetof(input_absinfo, resolution);
constexpr Field kAxisFields[] = {
    POLYTAP_FIELD(input_absinfo, value, kNumber),           POLYTAP_FIELD(input_absinfo, minimum, kNumber),
    POLYTAP_VERBOSE_FIELD(input_absinfo, maximum, kNumber), POLYTAP_VERBOSE_FIELD(input_absinfo, fuzz, kNumber),
    POLYTAP_VERBOSE_FIELD(input_absinfo, flat, kNumber),    POLYTAP_VERBOSE_FIELD(input_absinfo, resolution, kNumber),
};
constexpr Structure kAxis{kAxisFields, sizeof(input_absinfo)};

bool put_axis(CallText& text, uint64_t at) {
  const size_t size = _IOC_SIZE(command_of(text));
  std::array<std::byte, sizeof(input_absinfo)> bytes{};
  const auto own = std::span(bytes).first(std::min(size, bytes.size()));
  if (at == 0 || !text.style.dereference || text.memory.read(at, own) != own.size()) return put_address(text, at);
  text.put('{');
  put_fields(text, own, kAxis);
  const bool has_more = size > kShortAxis && size != sizeof(input_absinfo);
  if (text.style.verbose && has_more) text.put(", ...");
  text.put('}');
  return true;
}

constexpr IoctlContent kContents[] = {
    out_brackets(EVIOCGVERSION, kHex32),
    out_brackets(EVIOCGEFFECTS, kUint32),
    out(EVIOCGID, structure_of(kIdentity)),
    out(EVIOCGREP, kPair),
    out(EVIOCGKEYCODE, kKeycode),
    out(EVIOCGKEYCODE_V2, structure_of(kKeymap)),
    in(EVIOCSREP, kPair),
    in(EVIOCSKEYCODE, kKeycode),
    in(EVIOCSKEYCODE_V2, structure_of(kKeymap)),
    direct(EVIOCRMFF, kInt32),
    direct(EVIOCGRAB, kUint64),
    direct(EVIOCREVOKE, kUint64),
    in_brackets(EVIOCSCLOCKID, kUint32),
    in(EVIOCSFF, structure_of(kEffect)),
};

// Commands of any size, by their number.
constexpr uint32_t numbered(uint32_t command) { return _IOC_NR(command); }
constexpr IoctlContent kSized[] = {
    own_out(numbered(EVIOCGMTSLOTS(0)), put_slots),
    own_out(numbered(EVIOCGNAME(0)), put_returned_text),
    own_out(numbered(EVIOCGPHYS(0)), put_returned_text),
    own_out(numbered(EVIOCGUNIQ(0)), put_returned_text),
    own_out(numbered(EVIOCGPROP(0)), put_bits_of<kInputProperties, INPUT_PROP_MAX>),
    own_out(numbered(EVIOCGSND(0)), put_bits_of<kInputSounds, SND_MAX>),
    own_out(numbered(EVIOCGSW(0)), put_bits_of<kInputSwitches, SW_MAX>),
    own_out(numbered(EVIOCGKEY(0)), put_bits_of<kInputKeys, KEY_MAX>),
    own_out(numbered(EVIOCGLED(0)), put_bits_of<kInputLeds, LED_MAX>),
    own_out(numbered(EVIOCGBIT(0, 0)), put_bits_of<kInputTypes, EV_MAX>),
    own_out(numbered(EVIOCGBIT(EV_KEY, 0)), put_bits_of<kInputKeys, KEY_MAX>),
    own_out(numbered(EVIOCGBIT(EV_REL, 0)), put_bits_of<kInputRelatives, REL_MAX>),
    own_out(numbered(EVIOCGBIT(EV_ABS, 0)), put_bits_of<kInputAbsolutes, ABS_MAX>),
    own_out(numbered(EVIOCGBIT(EV_MSC, 0)), put_bits_of<kInputMiscellaneous, MSC_MAX>),
    own_out(numbered(EVIOCGBIT(EV_SW, 0)), put_bits_of<kInputSwitches, SW_MAX>),
    own_out(numbered(EVIOCGBIT(EV_LED, 0)), put_bits_of<kInputLeds, LED_MAX>),
    own_out(numbered(EVIOCGBIT(EV_SND, 0)), put_bits_of<kInputSounds, SND_MAX>),
    own_out(numbered(EVIOCGBIT(EV_REP, 0)), put_bits_of<kInputRepeats, REP_MAX>),
    own_out(numbered(EVIOCGBIT(EV_FF, 0)), put_bits_of<kInputEffects, FF_MAX>),
    out_brackets(numbered(EVIOCGBIT(EV_PWR, 0)), kInt32),
    own_out(numbered(EVIOCGBIT(EV_FF_STATUS, 0)), put_bits_of<kInputEffectStates, FF_STATUS_MAX>),
};
// Others of the family: nothing of them is known but the address.
constexpr IoctlContent kUnknownRead = own_out(0, put_address);
constexpr IoctlContent kUnknownWrite = own_in(0, put_address);
constexpr IoctlContent kGetAxis = own_out(0, put_axis);
constexpr IoctlContent kSetAxis = own_in(0, put_axis);

const IoctlContent* find_sized(uint32_t command) {
  const uint32_t number = _IOC_NR(command);
  const auto is_among = [&](uint32_t first, uint32_t last) { return (number & ~last) == numbered(first); };
  const bool is_axis = _IOC_SIZE(command) >= kShortAxis;
  if (_IOC_DIR(command) == _IOC_WRITE) {
    return is_axis && is_among(EVIOCSABS(0), ABS_MAX) ? &kSetAxis : &kUnknownWrite;
  }
  if (_IOC_DIR(command) != _IOC_READ) return nullptr;
  const auto found = std::ranges::find(kSized, number, &IoctlContent::command);
  if (found != std::end(kSized)) return &*found;
  return is_axis && is_among(EVIOCGABS(0), ABS_MAX) ? &kGetAxis : &kUnknownRead;
}

}  // namespace

const IoctlFamily kInputIoctls{'E', kContents, find_sized};

}  // namespace polytap
