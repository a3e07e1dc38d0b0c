// ioctl(2) of terminals, and the commands that all files have.
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/tty.h>

#include <bit>
#include <cstring>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;

// clang-format off
constexpr Constant kSpeedNames[] = {
    NAMED(B0), NAMED(B50), NAMED(B75), NAMED(B110), NAMED(B134), NAMED(B150), NAMED(B200), NAMED(B300), NAMED(B600),
    NAMED(B1200), NAMED(B1800), NAMED(B2400), NAMED(B4800), NAMED(B9600), NAMED(B19200), NAMED(B38400), NAMED(B57600),
    NAMED(B115200), NAMED(B230400), NAMED(B460800), NAMED(B500000), NAMED(B576000), NAMED(B921600), NAMED(B1000000),
    NAMED(B1152000), NAMED(B1500000), NAMED(B2000000), NAMED(B2500000), NAMED(B3000000), NAMED(B3500000),
    NAMED(B4000000), NAMED(BOTHER),
};
constexpr Constant kInputNames[] = {
    NAMED(IGNBRK), NAMED(BRKINT), NAMED(IGNPAR), NAMED(PARMRK), NAMED(INPCK), NAMED(ISTRIP), NAMED(INLCR), NAMED(IGNCR),
    NAMED(ICRNL), NAMED(IUCLC), NAMED(IXON), NAMED(IXANY), NAMED(IXOFF), NAMED(IMAXBEL), NAMED(IUTF8),
};
constexpr Constant kOutputNames[] = {
    NAMED(OPOST), NAMED(OLCUC), NAMED(ONLCR), NAMED(OCRNL), NAMED(ONOCR), NAMED(ONLRET), NAMED(OFILL), NAMED(OFDEL),
};
constexpr Constant kControlNames[] = {
    NAMED(CSTOPB), NAMED(CREAD), NAMED(PARENB), NAMED(PARODD), NAMED(HUPCL), NAMED(CLOCAL), NAMED(CMSPAR),
    NAMED(CRTSCTS),
};
constexpr Constant kLocalNames[] = {
    NAMED(ISIG), NAMED(ICANON), NAMED(XCASE), NAMED(ECHO), NAMED(ECHOE), NAMED(ECHOK), NAMED(ECHONL), NAMED(NOFLSH),
    NAMED(IEXTEN), NAMED(ECHOCTL), NAMED(ECHOPRT), NAMED(ECHOKE), NAMED(FLUSHO), NAMED(PENDIN), NAMED(TOSTOP),
    NAMED(EXTPROC),
};
constexpr Constant kNewlineNames[] = {NAMED(NL0), NAMED(NL1)};
constexpr Constant kReturnNames[] = {NAMED(CR0), NAMED(CR1), NAMED(CR2), NAMED(CR3)};
constexpr Constant kTabNames[] = {NAMED(TAB0), NAMED(TAB1), NAMED(TAB2), NAMED(XTABS)};
constexpr Constant kBackspaceNames[] = {NAMED(BS0), NAMED(BS1)};
constexpr Constant kVerticalNames[] = {NAMED(VT0), NAMED(VT1)};
constexpr Constant kFormFeedNames[] = {NAMED(FF0), NAMED(FF1)};
constexpr Constant kCharacterSizeNames[] = {NAMED(CS5), NAMED(CS6), NAMED(CS7), NAMED(CS8)};
constexpr Constant kCharacterNames[] = {
    NAMED(VINTR), NAMED(VQUIT), NAMED(VERASE), NAMED(VKILL), NAMED(VEOF), NAMED(VTIME), NAMED(VMIN), NAMED(VSWTC),
    NAMED(VSTART), NAMED(VSTOP), NAMED(VSUSP), NAMED(VEOL), NAMED(VREPRINT), NAMED(VDISCARD), NAMED(VWERASE),
    NAMED(VLNEXT), NAMED(VEOL2),
};
constexpr Constant kDisciplineNames[] = {
    NAMED(N_TTY), NAMED(N_SLIP), NAMED(N_MOUSE), NAMED(N_PPP), NAMED(N_STRIP), NAMED(N_AX25), NAMED(N_X25),
    NAMED(N_6PACK), NAMED(N_MASC), NAMED(N_R3964), NAMED(N_PROFIBUS_FDL), NAMED(N_IRDA), NAMED(N_SMSBLOCK),
    NAMED(N_HDLC), NAMED(N_SYNC_PPP), NAMED(N_HCI), NAMED(N_GIGASET_M101), NAMED(N_SLCAN), NAMED(N_PPS),
    NAMED(N_V253), NAMED(N_CAIF), NAMED(N_GSM0710), NAMED(N_TI_WL), NAMED(N_TRACESINK), NAMED(N_TRACEROUTER),
    NAMED(N_NCI), NAMED(N_SPEAKUP), NAMED(N_NULL), NAMED(N_MCTP), NAMED(N_DEVELOPMENT), NAMED(N_CAN327),
};
constexpr Constant kModemNames[] = {
    NAMED(TIOCM_LE), NAMED(TIOCM_DTR), NAMED(TIOCM_RTS), NAMED(TIOCM_ST), NAMED(TIOCM_SR), NAMED(TIOCM_CTS),
    NAMED(TIOCM_CAR), NAMED(TIOCM_RNG), NAMED(TIOCM_DSR), NAMED(TIOCM_OUT1), NAMED(TIOCM_OUT2), NAMED(TIOCM_LOOP),
};
constexpr Constant kFlowNames[] = {NAMED(TCOOFF), NAMED(TCOON), NAMED(TCIOFF), NAMED(TCION)};
constexpr Constant kFlushNames[] = {NAMED(TCIFLUSH), NAMED(TCOFLUSH), NAMED(TCIOFLUSH)};
// clang-format on
constexpr ConstantTable kSpeeds{kSpeedNames,
                                "B?"
                                "??"};
constexpr ConstantTable kInputFlags{kInputNames, ""};
constexpr ConstantTable kOutputFlags{kOutputNames, ""};
constexpr ConstantTable kControlFlags{kControlNames, ""};
constexpr ConstantTable kLocalFlags{kLocalNames, ""};
constexpr ConstantTable kCharacterSizes{kCharacterSizeNames, "CS?"};
constexpr ConstantTable kCharacters{kCharacterNames, ""};
constexpr ConstantTable kDisciplines{kDisciplineNames,
                                     "N_?"
                                     "??"};
constexpr ConstantTable kModemFlags{kModemNames,
                                    "TIOCM_?"
                                    "??"};
constexpr ConstantTable kFlowControls{kFlowNames,
                                      "TC?"
                                      "??"};
constexpr ConstantTable kFlushes{kFlushNames,
                                 "TC?"
                                 "??"};

// The delays of an output mode, in the order in which they are shown.
struct Delay {
  uint64_t mask;
  ConstantTable table;
};
constexpr Delay kDelays[] = {
    {NLDLY, {kNewlineNames, "NL?"}},   {CRDLY, {kReturnNames, "CR?"}},   {TABDLY, {kTabNames, "TAB?"}},
    {BSDLY, {kBackspaceNames, "BS?"}}, {VTDLY, {kVerticalNames, "VT?"}}, {FFDLY, {kFormFeedNames, "FF?"}},
};

// As flags, but nothing at all where there are none.
void put_modes(CallText& text, const ConstantTable& table, uint64_t value) {
  if (value != 0) text.flags(table, value);
}

void put_output_modes(CallText& text, uint64_t value) {
  for (const Delay& delay : kDelays) {
    text.enumeration(delay.table, value & delay.mask);
    text.put('|');
    value &= ~delay.mask;
  }
  put_modes(text, kOutputFlags, value);
}

void put_control_modes(CallText& text, uint64_t value) {
  text.enumeration(kSpeeds, value & CBAUD);
  text.put('|');
  if ((value & CIBAUD) != 0) {
    text.enumeration(kSpeeds, (value & CIBAUD) >> IBSHIFT);
    text.put("<<");
    if (text.style.constants == ConstantStyle::kAbbreviated) {
      text.put("IBSHIFT|");
    } else {
      text.print("{:#x}{}|", IBSHIFT, text.style.constants == ConstantStyle::kVerbose ? " /* IBSHIFT */" : "");
    }
  }
  text.enumeration(kCharacterSizes, value & CSIZE);
  text.put('|');
  put_modes(text, kControlFlags, value & ~uint64_t{CBAUD | CIBAUD | CSIZE});
}

using Bytes = std::span<const std::byte>;
using KernelTermios = struct termios;
using KernelTermios2 = struct termios2;
using KernelTermio = struct termio;

void put_input_field(CallText& text, Bytes bytes, Bytes) { put_modes(text, kInputFlags, number_in(bytes)); }
void put_output_field(CallText& text, Bytes bytes, Bytes) { put_output_modes(text, number_in(bytes)); }
void put_control_field(CallText& text, Bytes bytes, Bytes) { put_control_modes(text, number_in(bytes)); }
void put_local_field(CallText& text, Bytes bytes, Bytes) { put_modes(text, kLocalFlags, number_in(bytes)); }

void put_characters(CallText& text, Bytes bytes, Bytes) {
  text.put('[');
  for (size_t i = 0; i < bytes.size(); ++i) {
    const std::string_view name = kCharacters.find(i);
    text.put(i > 0 ? ", [" : "[");
    if (name.empty()) {
      text.print("{}", i);
    } else {
      text.put(name);
    }
    text.put("]=");
    text.hex(static_cast<uint64_t>(bytes[i]));
  }
  text.put(']');
}

#define TERMINAL_FIELDS(type)                                      \
  POLYTAP_FIELD(type, c_iflag, printed_by(put_input_field)),       \
      POLYTAP_FIELD(type, c_oflag, printed_by(put_output_field)),  \
      POLYTAP_FIELD(type, c_cflag, printed_by(put_control_field)), \
      POLYTAP_FIELD(type, c_lflag, printed_by(put_local_field)),   \
      POLYTAP_VERBOSE_FIELD(type, c_line, one_of(kDisciplines)),   \
      POLYTAP_VERBOSE_FIELD(type, c_cc, printed_by(put_characters))

constexpr Field kTermiosFields[] = {TERMINAL_FIELDS(KernelTermios)};
constexpr Structure kTermios{kTermiosFields, sizeof(KernelTermios)};
constexpr Field kTermios2Fields[] = {
    TERMINAL_FIELDS(KernelTermios2),
    POLYTAP_VERBOSE_FIELD(KernelTermios2, c_ispeed, kNumber),
    POLYTAP_VERBOSE_FIELD(KernelTermios2, c_ospeed, kNumber),
};
constexpr Structure kTermios2{kTermios2Fields, sizeof(KernelTermios2)};
constexpr Field kTermioFields[] = {TERMINAL_FIELDS(KernelTermio)};
constexpr Structure kTermio{kTermioFields, sizeof(KernelTermio)};

constexpr Field kWindowFields[] = {
    POLYTAP_FIELD(winsize, ws_row, kNumber),
    POLYTAP_FIELD(winsize, ws_col, kNumber),
    POLYTAP_FIELD(winsize, ws_xpixel, kNumber),
    POLYTAP_FIELD(winsize, ws_ypixel, kNumber),
};
constexpr Structure kWindow{kWindowFields, sizeof(winsize)};

bool put_character(CallText& text, uint64_t at) {
  text.buffer(at, 1);
  return true;
}

constexpr ValueKind kModem = flags_of(kModemFlags, sizeof(int));

constexpr IoctlContent kContents[] = {
    out(TCGETS, structure_of(kTermios)),
    in(TCSETS, structure_of(kTermios)),
    in(TCSETSW, structure_of(kTermios)),
    in(TCSETSF, structure_of(kTermios)),
    out(TIOCGLCKTRMIOS, structure_of(kTermios)),
    in(TIOCSLCKTRMIOS, structure_of(kTermios)),
    out(TCGETS2, structure_of(kTermios2)),
    in(TCSETS2, structure_of(kTermios2)),
    in(TCSETSW2, structure_of(kTermios2)),
    in(TCSETSF2, structure_of(kTermios2)),
    out(TCGETA, structure_of(kTermio)),
    in(TCSETA, structure_of(kTermio)),
    in(TCSETAW, structure_of(kTermio)),
    in(TCSETAF, structure_of(kTermio)),
    out(TIOCGWINSZ, structure_of(kWindow)),
    in(TIOCSWINSZ, structure_of(kWindow)),
    direct(TCXONC, one_of(kFlowControls, 8)),
    direct(TCFLSH, one_of(kFlushes, 8)),
    direct(TCSBRK, kInt32),
    direct(TCSBRKP, kInt32),
    direct(TIOCSCTTY, kInt32),
    out_brackets(TIOCMGET, kModem),
    in_brackets(TIOCMBIS, kModem),
    in_brackets(TIOCMBIC, kModem),
    in_brackets(TIOCMSET, kModem),
    out_brackets(TIOCGPGRP, kInt32),
    out_brackets(TIOCGSID, kInt32),
    out_brackets(TIOCGETD, kInt32),
    out_brackets(TIOCGSOFTCAR, kInt32),
    out_brackets(TIOCGPTN, kInt32),
    out_brackets(FIONREAD, kInt32),
    out_brackets(TIOCOUTQ, kInt32),
    out_brackets(TIOCGEXCL, kInt32),
    out_brackets(TIOCGDEV, kInt32),
    in_brackets(TIOCSPGRP, kInt32),
    in_brackets(TIOCSETD, kInt32),
    in_brackets(FIONBIO, kInt32),
    in_brackets(FIOASYNC, kInt32),
    in_brackets(TIOCPKT, kInt32),
    in_brackets(TIOCSSOFTCAR, kInt32),
    in_brackets(TIOCSPTLCK, kInt32),
    own_in(TIOCSTI, put_character),
    nothing(TIOCSBRK),
    nothing(TIOCCBRK),
    nothing(TIOCCONS),
    nothing(TIOCNOTTY),
    nothing(TIOCEXCL),
    nothing(TIOCNXCL),
    nothing(FIOCLEX),
    nothing(FIONCLEX),
    nothing(TIOCVHANGUP),
    nothing(TIOCSSERIAL),
};

}  // namespace

const IoctlFamily kTerminalIoctls{'T', kContents};

}  // namespace polytap
