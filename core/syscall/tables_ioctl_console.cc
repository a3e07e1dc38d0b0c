// Names of keys (linux/keyboard.h).
#include "core/syscall/tables_ioctl_console.h"

#include <linux/kd.h>
#include <linux/keyboard.h>

#include "core/syscall/named_constant.h"

namespace polytap {
namespace {

// clang-format off
#define FUNCTION_KEYS(row) \
  row(K_F1) row(K_F2) row(K_F3) row(K_F4) row(K_F5) row(K_F6) row(K_F7) row(K_F8) row(K_F9) row(K_F10) row(K_F11) \
  row(K_F12) row(K_F13) row(K_F14) row(K_F15) row(K_F16) row(K_F17) row(K_F18) row(K_F19) row(K_F20) row(K_FIND) \
  row(K_INSERT) row(K_REMOVE) row(K_SELECT) row(K_PGUP) row(K_PGDN) row(K_MACRO) row(K_HELP) row(K_DO) row(K_PAUSE) \
  row(K_F21) row(K_F22) row(K_F23) row(K_F24) row(K_F25) row(K_F26) row(K_F27) row(K_F28) row(K_F29) row(K_F30) \
  row(K_F31) row(K_F32) row(K_F33) row(K_F34) row(K_F35) row(K_F36) row(K_F37) row(K_F38) row(K_F39) row(K_F40) \
  row(K_F41) row(K_F42) row(K_F43) row(K_F44) row(K_F45) row(K_F46) row(K_F47) row(K_F48) row(K_F49) row(K_F50) \
  row(K_F51) row(K_F52) row(K_F53) row(K_F54) row(K_F55) row(K_F56) row(K_F57) row(K_F58) row(K_F59) row(K_F60) \
  row(K_F61) row(K_F62) row(K_F63) row(K_F64) row(K_F65) row(K_F66) row(K_F67) row(K_F68) row(K_F69) row(K_F70) \
  row(K_F71) row(K_F72) row(K_F73) row(K_F74) row(K_F75) row(K_F76) row(K_F77) row(K_F78) row(K_F79) row(K_F80) \
  row(K_F81) row(K_F82) row(K_F83) row(K_F84) row(K_F85) row(K_F86) row(K_F87) row(K_F88) row(K_F89) row(K_F90) \
  row(K_F91) row(K_F92) row(K_F93) row(K_F94) row(K_F95) row(K_F96) row(K_F97) row(K_F98) row(K_F99) row(K_F100) \
  row(K_F101) row(K_F102) row(K_F103) row(K_F104) row(K_F105) row(K_F106) row(K_F107) row(K_F108) row(K_F109) \
  row(K_F110) row(K_F111) row(K_F112) row(K_F113) row(K_F114) row(K_F115) row(K_F116) row(K_F117) row(K_F118) \
  row(K_F119) row(K_F120) row(K_F121) row(K_F122) row(K_F123) row(K_F124) row(K_F125) row(K_F126) row(K_F127) \
  row(K_F128) row(K_F129) row(K_F130) row(K_F131) row(K_F132) row(K_F133) row(K_F134) row(K_F135) row(K_F136) \
  row(K_F137) row(K_F138) row(K_F139) row(K_F140) row(K_F141) row(K_F142) row(K_F143) row(K_F144) row(K_F145) \
  row(K_F146) row(K_F147) row(K_F148) row(K_F149) row(K_F150) row(K_F151) row(K_F152) row(K_F153) row(K_F154) \
  row(K_F155) row(K_F156) row(K_F157) row(K_F158) row(K_F159) row(K_F160) row(K_F161) row(K_F162) row(K_F163) \
  row(K_F164) row(K_F165) row(K_F166) row(K_F167) row(K_F168) row(K_F169) row(K_F170) row(K_F171) row(K_F172) \
  row(K_F173) row(K_F174) row(K_F175) row(K_F176) row(K_F177) row(K_F178) row(K_F179) row(K_F180) row(K_F181) \
  row(K_F182) row(K_F183) row(K_F184) row(K_F185) row(K_F186) row(K_F187) row(K_F188) row(K_F189) row(K_F190) \
  row(K_F191) row(K_F192) row(K_F193) row(K_F194) row(K_F195) row(K_F196) row(K_F197) row(K_F198) row(K_F199) \
  row(K_F200) row(K_F201) row(K_F202) row(K_F203) row(K_F204) row(K_F205) row(K_F206) row(K_F207) row(K_F208) \
  row(K_F209) row(K_F210) row(K_F211) row(K_F212) row(K_F213) row(K_F214) row(K_F215) row(K_F216) row(K_F217) \
  row(K_F218) row(K_F219) row(K_F220) row(K_F221) row(K_F222) row(K_F223) row(K_F224) row(K_F225) row(K_F226) \
  row(K_F227) row(K_F228) row(K_F229) row(K_F230) row(K_F231) row(K_F232) row(K_F233) row(K_F234) row(K_F235) \
  row(K_F236) row(K_F237) row(K_F238) row(K_F239) row(K_F240) row(K_F241) row(K_F242) row(K_F243) row(K_F244) \
  row(K_F245) row(K_UNDO)

#define ROW(constant) { #constant, constant },
#define ROW_OF_VALUE(constant) { "KVAL(" #constant ")", KVAL(constant) },
constexpr Constant kKeyNames[] = {
    FUNCTION_KEYS(ROW)
    NAMED(K_HOLE), NAMED(K_ENTER), NAMED(K_SH_REGS), NAMED(K_SH_MEM), NAMED(K_SH_STAT), NAMED(K_BREAK),
    NAMED(K_CONS), NAMED(K_CAPS), NAMED(K_NUM), NAMED(K_HOLD), NAMED(K_SCROLLFORW), NAMED(K_SCROLLBACK),
    NAMED(K_BOOT), NAMED(K_CAPSON), NAMED(K_COMPOSE), NAMED(K_SAK), NAMED(K_DECRCONSOLE), NAMED(K_INCRCONSOLE),
    NAMED(K_SPAWNCONSOLE), NAMED(K_BARENUMLOCK), NAMED(K_ALLOCATED), NAMED(K_NOSUCHMAP), NAMED(K_P0), NAMED(K_P1),
    NAMED(K_P2), NAMED(K_P3), NAMED(K_P4), NAMED(K_P5), NAMED(K_P6), NAMED(K_P7), NAMED(K_P8), NAMED(K_P9),
    NAMED(K_PPLUS), NAMED(K_PMINUS), NAMED(K_PSTAR), NAMED(K_PSLASH), NAMED(K_PENTER), NAMED(K_PCOMMA),
    NAMED(K_PDOT), NAMED(K_PPLUSMINUS), NAMED(K_PPARENL), NAMED(K_PPARENR), NAMED(K_DGRAVE), NAMED(K_DACUTE),
    NAMED(K_DCIRCM), NAMED(K_DTILDE), NAMED(K_DDIERE), NAMED(K_DCEDIL), NAMED(K_DMACRON), NAMED(K_DBREVE),
    NAMED(K_DABDOT), NAMED(K_DABRING), NAMED(K_DDBACUTE), NAMED(K_DCARON), NAMED(K_DOGONEK), NAMED(K_DIOTA),
    NAMED(K_DVOICED), NAMED(K_DSEMVOICED), NAMED(K_DBEDOT), NAMED(K_DHOOK), NAMED(K_DHORN), NAMED(K_DSTROKE),
    NAMED(K_DABCOMMA), NAMED(K_DABREVCOMMA), NAMED(K_DDBGRAVE), NAMED(K_DINVBREVE), NAMED(K_DBECOMMA),
    NAMED(K_DCURRENCY), NAMED(K_DGREEK), NAMED(K_DOWN), NAMED(K_LEFT), NAMED(K_RIGHT), NAMED(K_UP), NAMED(K_SHIFT),
    NAMED(K_ALTGR), NAMED(K_CTRL), NAMED(K_ALT), NAMED(K_SHIFTL), NAMED(K_SHIFTR), NAMED(K_CTRLL), NAMED(K_CTRLR),
    NAMED(K_CAPSSHIFT), NAMED(K_ASC0), NAMED(K_ASC1), NAMED(K_ASC2), NAMED(K_ASC3), NAMED(K_ASC4), NAMED(K_ASC5),
    NAMED(K_ASC6), NAMED(K_ASC7), NAMED(K_ASC8), NAMED(K_ASC9), NAMED(K_HEX0), NAMED(K_HEX1), NAMED(K_HEX2),
    NAMED(K_HEX3), NAMED(K_HEX4), NAMED(K_HEX5), NAMED(K_HEX6), NAMED(K_HEX7), NAMED(K_HEX8), NAMED(K_HEX9),
    NAMED(K_HEXa), NAMED(K_HEXb), NAMED(K_HEXc), NAMED(K_HEXd), NAMED(K_HEXe), NAMED(K_HEXf), NAMED(K_SHIFTLOCK),
    NAMED(K_ALTGRLOCK), NAMED(K_CTRLLOCK), NAMED(K_ALTLOCK), NAMED(K_SHIFTLLOCK), NAMED(K_SHIFTRLOCK),
    NAMED(K_CTRLLLOCK), NAMED(K_CTRLRLOCK), NAMED(K_CAPSSHIFTLOCK), NAMED(K_SHIFT_SLOCK), NAMED(K_ALTGR_SLOCK),
    NAMED(K_CTRL_SLOCK), NAMED(K_ALT_SLOCK), NAMED(K_SHIFTL_SLOCK), NAMED(K_SHIFTR_SLOCK), NAMED(K_CTRLL_SLOCK),
    NAMED(K_CTRLR_SLOCK), NAMED(K_CAPSSHIFT_SLOCK), NAMED(K_BRL_BLANK), NAMED(K_BRL_DOT1), NAMED(K_BRL_DOT2),
    NAMED(K_BRL_DOT3), NAMED(K_BRL_DOT4), NAMED(K_BRL_DOT5), NAMED(K_BRL_DOT6), NAMED(K_BRL_DOT7), NAMED(K_BRL_DOT8),
    NAMED(K_BRL_DOT9), NAMED(K_BRL_DOT10),
};
constexpr Constant kFunctionNames[] = {
    FUNCTION_KEYS(ROW_OF_VALUE)
};
#undef ROW
#undef ROW_OF_VALUE
#undef FUNCTION_KEYS
constexpr Constant kKeyTypeNames[] = {
    NAMED(KT_LATIN), NAMED(KT_FN), NAMED(KT_SPEC), NAMED(KT_PAD), NAMED(KT_DEAD), NAMED(KT_CONS), NAMED(KT_CUR),
    NAMED(KT_SHIFT), NAMED(KT_META), NAMED(KT_ASCII), NAMED(KT_LOCK), NAMED(KT_LETTER), NAMED(KT_SLOCK),
    NAMED(KT_DEAD2), NAMED(KT_BRL),
};
// clang-format on

}  // namespace

const ConstantTable kKeys{kKeyNames, ""};
const ConstantTable kKeyFunctions{kFunctionNames,
                                  "KVAL(K_?"
                                  "?"
                                  "?)"};
const ConstantTable kKeyTypes{kKeyTypeNames, ""};

}  // namespace polytap
