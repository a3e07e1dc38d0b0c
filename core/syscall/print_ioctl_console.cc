// ioctl(2) of consoles: sounds, lights, keyboards, fonts (linux/kd.h).
#include <linux/kd.h>
#include <linux/keyboard.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <vector>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_ioctl_console.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

// clang-format off
#define SHIFTED_NAMED(constant) { #constant "<<4", constant << 4 }
#define BIT_NAMED(constant) { "1<<" #constant, uint64_t{1} << constant }
constexpr Constant kLightNames[] = { NAMED(LED_SCR), NAMED(LED_NUM), NAMED(LED_CAP) };
constexpr Constant kLightFlagNames[] = {
    NAMED(LED_SCR), NAMED(LED_NUM), NAMED(LED_CAP), SHIFTED_NAMED(LED_SCR), SHIFTED_NAMED(LED_NUM),
    SHIFTED_NAMED(LED_CAP),
};
constexpr Constant kKeyboardNames[] = { NAMED(KB_84), NAMED(KB_101), NAMED(KB_OTHER) };
constexpr Constant kModeNames[] = { NAMED(KD_TEXT), NAMED(KD_GRAPHICS), NAMED(KD_TEXT0), NAMED(KD_TEXT1) };
constexpr Constant kKeyModeNames[] = {
    NAMED(K_RAW), NAMED(K_XLATE), NAMED(K_MEDIUMRAW), NAMED(K_UNICODE), NAMED(K_OFF),
};
constexpr Constant kMetaNames[] = { NAMED(K_METABIT), NAMED(K_ESCPREFIX) };
constexpr Constant kMapNames[] = {
    NAMED(K_NORMTAB), NAMED(K_SHIFTTAB), NAMED(K_ALTTAB), NAMED(K_ALTSHIFTTAB), NAMED(K_ALLOCATED), NAMED(K_NOSUCHMAP),
};
constexpr Constant kModifierNames[] = {
    BIT_NAMED(KG_SHIFT), BIT_NAMED(KG_ALTGR), BIT_NAMED(KG_CTRL), BIT_NAMED(KG_ALT), BIT_NAMED(KG_SHIFTL),
    BIT_NAMED(KG_SHIFTR), BIT_NAMED(KG_CTRLL), BIT_NAMED(KG_CTRLR), BIT_NAMED(KG_CAPSSHIFT),
};
constexpr Constant kFontOperationNames[] = {
    NAMED(KD_FONT_OP_SET), NAMED(KD_FONT_OP_GET), NAMED(KD_FONT_OP_SET_DEFAULT), NAMED(KD_FONT_OP_COPY),
};
constexpr Constant kFontFlagNames[] = {
    NAMED(KD_FONT_FLAG_DONT_RECALC), {"KD_FONT_FLAG_OLD", 1U << 31},  // the kernel's own
};
#undef SHIFTED_NAMED
#undef BIT_NAMED
// clang-format on
constexpr ConstantTable kLights{kLightNames,
                                "LED_?"
                                "??"};
constexpr ConstantTable kLightFlags{kLightFlagNames,
                                    "LED_?"
                                    "??"};
constexpr ConstantTable kKeyboards{kKeyboardNames,
                                   "KB_?"
                                   "??"};
constexpr ConstantTable kModes{kModeNames,
                               "KD_?"
                               "??"};
constexpr ConstantTable kKeyModes{kKeyModeNames,
                                  "K_?"
                                  "??"};
constexpr ConstantTable kMetas{kMetaNames,
                               "K_?"
                               "??"};
constexpr ConstantTable kMaps{kMapNames, ""};
constexpr ConstantTable kModifiers{kModifierNames,
                                   "K_?"
                                   "??"};
constexpr ConstantTable kFontOperations{kFontOperationNames,
                                        "KD_FONT_OP_?"
                                        "??"};
constexpr ConstantTable kFontFlags{kFontFlagNames,
                                   "KD_FONT_FLAG_?"
                                   "??"};

bool is_raw(const CallText& text) { return text.style.constants == ConstantStyle::kRaw; }

// Sounds: the divisor of the timer's rate.
constexpr uint32_t kTimerRate = 1'193'182;

bool put_sound(CallText& text, uint64_t divisor) {
  text.print("{}", divisor);
  if (is_raw(text)) return false;
  const uint64_t frequency = divisor == 0 ? 0 : kTimerRate / divisor;
  if (frequency == 0) {
    text.put(" /* off */");
  } else {
    text.print(" /* {} Hz */", frequency);
  }
  return false;
}

bool put_tone(CallText& text, uint64_t argument) {
  const uint32_t ticks = static_cast<uint32_t>(argument) >> 16;
  const uint32_t divisor = argument & 0xffff;
  if (ticks != 0) text.print("{}<<16|", ticks);
  text.print("{}", divisor);
  if (is_raw(text)) return false;
  if (ticks == 0 || divisor == 0) {
    text.put(" /* off */");
  } else {
    text.print(" /* {} Hz, {} ms */", kTimerRate / divisor, ticks);
  }
  return false;
}

bool put_port(CallText& text, uint64_t port) {
  constexpr uint64_t kFirst = 0x3b4;  // GPFIRST and GPLAST are the kernel's own
  constexpr uint64_t kLast = 0x3df;
  text.hex(port);
  if (port >= kFirst && port <= kLast && !is_raw(text)) text.print(" /* GPFIRST + {} */", port - kFirst);
  return false;
}

bool put_signal_number(CallText& text, uint64_t number) {
  const bool is_signal = number < INT_MAX && signal_name(static_cast<int>(number)).starts_with("SIG");
  if (is_signal) {
    text.signal(static_cast<int>(number));
  } else {
    text.print("{}", number);
  }
  return false;
}

// In decimal, with what it is.
void put_key_mode(CallText& text, Bytes bytes, Bytes) {
  const uint64_t mode = number_in(bytes);
  const std::string_view name = kKeyModes.find(mode);
  if (!name.empty() && text.style.constants == ConstantStyle::kAbbreviated) return text.put(name);
  text.print("{}", static_cast<int32_t>(mode));
  if (!is_raw(text)) text.print(" /* {} */", name.empty() ? kKeyModes.unknown : name);
}

void put_character(CallText& text, unsigned char c) {
  constexpr std::string_view kEscaped = "\t\n\v\f\r\\'";
  constexpr std::string_view kLetters = "tnvfr\\'";
  if (const size_t at = kEscaped.find(static_cast<char>(c)); at != std::string_view::npos) {
    text.print("'\\{}'", kLetters[at]);
  } else if (c >= ' ' && c < 0x7f) {
    text.print("'{}'", static_cast<char>(c));
  } else {
    text.print("'\\x{:02x}'", c);
  }
}
void put_character(CallText& text, Bytes bytes, Bytes) { put_character(text, static_cast<unsigned char>(bytes[0])); }
constexpr ValueKind kCharacter = printed_by(put_character, 1);

// LENGTH bytes at AT.
void put_data(CallText& text, uint64_t at, uint64_t length) {
  std::vector<std::byte> bytes(std::min<uint64_t>(length, text.style.string_limit + 1));
  if (at == 0 || text.memory.read(at, bytes) != bytes.size()) return text.address(at);
  put_value(text, bytes, kBytes);
}
template <uint64_t kLength>
bool put_data_of(CallText& text, uint64_t at) {
  put_data(text, at, kLength);
  return false;
}
constexpr uint64_t kFontSize = 8192;  // 256 characters of 8 x 32 dots
constexpr uint64_t kColoursSize = 3 * 16;

// The characters of a screen, most of them in the font's own region.
bool put_screen_map(CallText& text, uint64_t at) {
  printers::put_array<uint16_t>(text, at, E_TABSZ, [&](uint16_t each) {
    const bool is_direct = (each & ~UNI_DIRECT_MASK) == UNI_DIRECT_BASE && !is_raw(text);
    const bool is_verbose = text.style.constants == ConstantStyle::kVerbose;
    if (!is_direct || is_verbose) text.hex(each);
    if (!is_direct) return;
    if (is_verbose) text.put(" /* ");
    text.put("UNI_DIRECT_BASE+");
    text.hex(each & UNI_DIRECT_MASK);
    if (is_verbose) text.put(" */");
  });
  return false;
}

// Keys.
void put_key(CallText& text, uint16_t key) {
  text.hex(key);
  if (is_raw(text)) return;
  if (const std::string_view name = kKeys.find(key); !name.empty()) return text.print(" /* {} */", name);
  const uint32_t type = KTYP(key);
  const uint32_t value = KVAL(key);
  text.put(" /* K(");
  if (const std::string_view name = kKeyTypes.find(type); !name.empty()) {
    text.put(name);
  } else {
    text.hex(type);
  }
  text.put(", ");
  if (type == KT_LATIN || type == KT_META || type == KT_LETTER || type == KT_DEAD2) {
    put_character(text, static_cast<unsigned char>(value));
  } else {
    text.hex(value);
  }
  text.put(") */");
}

void put_key_value(CallText& text, uint64_t at) {
  uint16_t key = 0;
  text.put(", kb_value=");
  if (text.memory.read_object(at + offsetof(kbentry, kb_value), key)) return put_key(text, key);
  text.put(
      "?"
      "??");
}
bool put_key_place(CallText& text, uint64_t at) {
  uint8_t place[2] = {};
  if (at == 0 || !text.memory.read_object(at, place)) {
    text.address(at);
    return false;
  }
  text.put("{kb_table=");
  if (kMaps.find(place[0]).empty()) {
    text.flags(kModifiers, place[0]);
  } else {
    text.enumeration(kMaps, place[0]);
  }
  text.print(", kb_index={}", place[1]);
  return true;
}
bool put_key_entry(CallText& text, uint64_t at) {
  if (!put_key_place(text, at)) return false;
  put_key_value(text, at);
  text.put('}');
  return false;
}

void put_key_string(CallText& text, uint64_t at) {
  text.put(", kb_string=");
  std::string bytes(std::min(sizeof(kbsentry::kb_string), text.style.string_limit + 1), '\0');
  const size_t got = text.memory.read(at + offsetof(kbsentry, kb_string), std::as_writable_bytes(std::span(bytes)));
  const size_t end = std::string_view(bytes).substr(0, got).find('\0');
  if (end == std::string::npos && got < bytes.size()) {
    text.put(
        "?"
        "??");
    return;
  }
  // The last byte that may be shown is followed by dots even when it is the last of the string.
  const size_t length = std::min({end, got, text.style.string_limit});
  text.quoted(std::string_view(bytes).substr(0, length), length == text.style.string_limit);
}
bool put_key_function(CallText& text, uint64_t at) {
  uint8_t function = 0;
  if (!text.fetch(at, function)) return false;
  text.put("{kb_func=");
  text.enumeration(kKeyFunctions, function);
  return true;
}
bool put_key_function_string(CallText& text, uint64_t at) {
  if (!put_key_function(text, at)) return false;
  put_key_string(text, at);
  text.put('}');
  return false;
}

// Accents: how many, and a list behind it.
constexpr Field kAccentFields[] = {
    POLYTAP_FIELD(kbdiacr, diacr, kCharacter),
    POLYTAP_FIELD(kbdiacr, base, kCharacter),
    POLYTAP_FIELD(kbdiacr, result, kCharacter),
};
constexpr Structure kAccent{kAccentFields, sizeof(kbdiacr)};
constexpr Field kWideAccentFields[] = {
    POLYTAP_FIELD(kbdiacruc, diacr, kHex),
    POLYTAP_FIELD(kbdiacruc, base, kHex),
    POLYTAP_FIELD(kbdiacruc, result, kHex),
};
constexpr Structure kWideAccent{kWideAccentFields, sizeof(kbdiacruc)};

template <typename T>
void put_accents(CallText& text, uint64_t at, uint32_t count, const Structure& structure) {
  const auto put_one = [&](const T& each) { put_structure(text, std::as_bytes(std::span(&each, 1)), structure); };
  printers::put_array<T>(text, at, std::min<uint32_t>(count, MAX_DIACR), put_one);
  if (count <= MAX_DIACR || !text.out.ends_with("}]")) return;
  text.out.pop_back();
  text.put(", ...]");
}
bool put_accents(CallText& text, uint64_t at) {
  uint32_t count = 0;
  if (!text.fetch(at, count)) return false;
  text.print("{{kb_cnt={}, kbdiacr=", count);
  put_accents<kbdiacr>(text, at + offsetof(kbdiacrs, kbdiacr), count, kAccent);
  text.put('}');
  return false;
}
bool put_wide_accents(CallText& text, uint64_t at) {
  uint32_t count = 0;
  if (!text.fetch(at, count)) return false;
  text.print("{{kb_cnt={}, kbdiacruc=", count);
  put_accents<kbdiacruc>(text, at + offsetof(kbdiacrsuc, kbdiacruc), count, kWideAccent);
  text.put('}');
  return false;
}

constexpr Field kCodeFields[] = {
    POLYTAP_FIELD(kbkeycode, scancode, kHex),
    POLYTAP_FIELD(kbkeycode, keycode, kHex),
};
constexpr Structure kCode{kCodeFields, sizeof(kbkeycode)};
bool put_code(CallText& text, uint64_t at) {
  kbkeycode code{};
  if (!text.fetch(at, code)) return false;
  text.put('{');
  put_fields(text, std::as_bytes(std::span(&code, 1)), kCode);
  return true;
}
void put_code_answer(CallText& text, uint64_t at) {
  kbkeycode code{};
  if (!text.memory.read_object(at, code)) return;
  text.put(" => ");
  text.hex(code.keycode);
}

constexpr Field kRepeatFields[] = {
    POLYTAP_FIELD(kbd_repeat, delay, kSigned),
    POLYTAP_FIELD(kbd_repeat, period, kSigned),
};
constexpr Structure kRepeat{kRepeatFields, sizeof(kbd_repeat)};

// Fonts.
constexpr Field kClearFields[] = {
    POLYTAP_FIELD(unimapinit, advised_hashsize, kNumber),
    POLYTAP_FIELD(unimapinit, advised_hashstep, kNumber),
    POLYTAP_FIELD(unimapinit, advised_hashlevel, kNumber),
};
constexpr Structure kClear{kClearFields, sizeof(unimapinit)};

void put_pairs(CallText& text, const unimapdesc& map, uint64_t count) {
  text.put(", entries=");
  printers::put_array<unipair>(text, reinterpret_cast<uint64_t>(map.entries), count, [&](const unipair& pair) {
    text.put("{unicode=");
    text.hex(pair.unicode);
    text.put(", fontpos=");
    text.hex(pair.fontpos);
    text.put('}');
  });
}
bool put_map_size(CallText& text, uint64_t at) {
  unimapdesc map{};
  if (!text.fetch(at, map)) return false;
  text.kept = map.entry_ct;
  text.print("{{entry_ct={}", map.entry_ct);
  return true;
}
bool put_map(CallText& text, uint64_t at) {
  unimapdesc map{};
  if (!put_map_size(text, at) || !text.memory.read_object(at, map)) return false;
  put_pairs(text, map, map.entry_ct);
  text.put('}');
  return false;
}
// The kernel says how many there are also when there was no room for them.
void put_map_answer(CallText& text, uint64_t at) {
  unimapdesc map{};
  if (!text.memory.read_object(at, map)) return;
  text.print(" => {}", map.entry_ct);
  if (text.succeeded() || text.call.result == -ENOMEM) return put_pairs(text, map, text.kept);
  text.put(", entries=");
  text.address(reinterpret_cast<uint64_t>(map.entries));
}

constexpr uint64_t kCharacters = 512;  // at most
constexpr uint64_t kLines = 32;        // of a character
void put_font(CallText& text, const consolefontdesc& font, bool with_data) {
  text.print("{{charcount={}, charheight={}, chardata=", font.charcount, font.charheight);
  const auto data = reinterpret_cast<uint64_t>(font.chardata);
  if (with_data) {
    put_data(text, data, std::min<uint64_t>(font.charcount, kCharacters) * kLines);
  } else {
    text.address(data);
  }
  text.put('}');
}
bool put_font(CallText& text, uint64_t at) {
  consolefontdesc font{};
  if (!text.fetch(at, font)) return false;
  put_font(text, font, text.argument(1) == PIO_FONTX);
  return true;
}
void put_font_answer(CallText& text, uint64_t at) {
  consolefontdesc font{};
  if (!text.memory.read_object(at, font)) return;
  text.put(" => ");
  put_font(text, font, true);
}

void put_operation_data(CallText& text, const console_font_op& font) {
  constexpr uint32_t kNameRoom = 32;
  const auto data = reinterpret_cast<uint64_t>(font.data);
  text.put(", data=");
  if (font.op == KD_FONT_OP_SET || (font.op == KD_FONT_OP_GET && text.at_exit)) {
    const uint64_t row = (std::min<uint64_t>(font.width, kLines) + CHAR_BIT - 1) / CHAR_BIT;
    put_data(text, data, row * kLines * std::min<uint64_t>(font.charcount, kCharacters));
  } else if (font.op == KD_FONT_OP_SET_DEFAULT) {
    std::string name(kNameRoom, '\0');
    const size_t got = data == 0 ? 0 : text.memory.read(data, std::as_writable_bytes(std::span(name)));
    const size_t end = std::string_view(name).substr(0, got).find('\0');
    if (end == std::string::npos && got < name.size()) return text.address(data);
    const size_t length = std::min({end, got, text.style.string_limit});
    text.quoted(std::string_view(name).substr(0, length), length != end);
  } else {
    text.address(data);
  }
}
// What the kernel may have changed.
void put_operation_size(CallText& text, const console_font_op& font) {
  if (font.op == KD_FONT_OP_COPY) return text.print("height={}", font.height);
  text.print("width={}, height={}", font.width, font.height);
  if (font.op == KD_FONT_OP_SET_DEFAULT && text.at_exit) return;
  if (font.op != KD_FONT_OP_SET_DEFAULT) text.print(", charcount={}", font.charcount);
  put_operation_data(text, font);
}
bool put_operation(CallText& text, uint64_t at) {
  console_font_op font{};
  if (!text.fetch(at, font)) return false;
  text.put("{op=");
  text.enumeration(kFontOperations, font.op);
  if (font.op != KD_FONT_OP_SET_DEFAULT && font.op != KD_FONT_OP_COPY) {
    text.put(", flags=");
    text.flags(kFontFlags, font.flags);
  }
  text.put(", ");
  put_operation_size(text, font);
  text.put('}');
  return font.op != KD_FONT_OP_SET && font.op != KD_FONT_OP_COPY;
}
void put_operation_answer(CallText& text, uint64_t at) {
  console_font_op font{};
  if (!text.memory.read_object(at, font)) return;
  text.put(" => {");
  put_operation_size(text, font);
  text.put('}');
}

constexpr IoctlContent kContents[] = {
    own_in(KIOCSOUND, put_sound),
    own_in(KDMKTONE, put_tone),
    out_brackets(KDGETLED, flags_of(kLights, 1)),
    direct(KDSETLED, flags_of(kLights, 1)),
    out_brackets(KDGKBLED, flags_of(kLightFlags, 1)),
    direct(KDSKBLED, flags_of(kLightFlags, 1)),
    out_brackets(KDGKBTYPE, one_of(kKeyboards, 1)),
    own_in(KDADDIO, put_port),
    own_in(KDDELIO, put_port),
    nothing(KDENABIO),
    nothing(KDDISABIO),
    direct(KDSETMODE, one_of(kModes, 4)),
    out_brackets(KDGETMODE, one_of(kModes, 4)),
    nothing(KDMAPDISP),
    nothing(KDUNMAPDISP),
    own_out(GIO_SCRNMAP, put_data_of<E_TABSZ>),
    own_in(PIO_SCRNMAP, put_data_of<E_TABSZ>),
    own_out(GIO_UNISCRNMAP, put_screen_map),
    own_in(PIO_UNISCRNMAP, put_screen_map),
    own_continued(GIO_UNIMAP, put_map_size, put_map_answer).always_answered(),
    own_in(PIO_UNIMAP, put_map),
    in(PIO_UNIMAPCLR, structure_of(kClear)),
    out_brackets(KDGKBMODE, printed_by(put_key_mode, 4)),
    direct(KDSKBMODE, printed_by(put_key_mode, 4)),
    out_brackets(KDGKBMETA, one_of(kMetas, 4)),
    direct(KDSKBMETA, one_of(kMetas, 4)),
    own_continued(KDGKBENT, put_key_place, put_key_value),
    own_in(KDSKBENT, put_key_entry),
    own_continued(KDGKBSENT, put_key_function, put_key_string),
    own_in(KDSKBSENT, put_key_function_string),
    own_out(KDGKBDIACR, put_accents),
    own_in(KDSKBDIACR, put_accents),
    own_out(KDGKBDIACRUC, put_wide_accents),
    own_in(KDSKBDIACRUC, put_wide_accents),
    own_continued(KDGETKEYCODE, put_code, put_code_answer),
    in(KDSETKEYCODE, structure_of(kCode)),
    own_in(KDSIGACCEPT, put_signal_number),
    answered(KDKBDREP, structure_of(kRepeat), structure_of(kRepeat)),
    own_answered(KDFONTOP, put_operation, put_operation_answer),
    own_out(GIO_FONT, put_data_of<kFontSize>),
    own_in(PIO_FONT, put_data_of<kFontSize>),
    own_answered(GIO_FONTX, put_font, put_font_answer),
    own_in(PIO_FONTX, put_font),
    nothing(PIO_FONTRESET),
    own_out(GIO_CMAP, put_data_of<kColoursSize>),
    own_in(PIO_CMAP, put_data_of<kColoursSize>),
};

}  // namespace

const IoctlFamily kConsoleIoctls{_IOC_TYPE(KDGKBTYPE), kContents};

}  // namespace polytap
