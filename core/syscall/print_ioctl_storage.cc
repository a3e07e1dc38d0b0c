// ioctl(2) of storage below block devices: SCSI generic (sg), flash (mtd), volumes on flash (ubi).
#include <linux/ioctl.h>
#include <mtd/mtd-abi.h>
#include <mtd/ubi-user.h>
#include <sys/types.h>
// Not among the others: glibc's header leans on sys/types.h.
#include <scsi/sg.h>

#include <algorithm>
#include <array>
#include <vector>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

// Of the kernel's scsi/sg.h, which glibc's lacks.
constexpr uint32_t kResetTarget = 4;          // SG_SCSI_RESET_TARGET
constexpr uint32_t kResetNoEscalate = 0x100;  // SG_SCSI_RESET_NO_ESCALATE
constexpr uint32_t kGetAccessCount = 0x2289;  // SG_GET_ACCESS_COUNT

// clang-format off
constexpr Constant kResetNames[] = {
    NAMED(SG_SCSI_RESET_NOTHING), NAMED(SG_SCSI_RESET_DEVICE), NAMED(SG_SCSI_RESET_BUS), NAMED(SG_SCSI_RESET_HOST),
    {"SG_SCSI_RESET_TARGET", kResetTarget}, {"SG_SCSI_RESET_NO_ESCALATE", kResetNoEscalate},
};
constexpr Constant kTransferNames[] = {
    {"SG_DXFER_NONE", static_cast<uint32_t>(SG_DXFER_NONE)},
    {"SG_DXFER_TO_DEV", static_cast<uint32_t>(SG_DXFER_TO_DEV)},
    {"SG_DXFER_FROM_DEV", static_cast<uint32_t>(SG_DXFER_FROM_DEV)},
    {"SG_DXFER_TO_FROM_DEV", static_cast<uint32_t>(SG_DXFER_TO_FROM_DEV)},
};
// The second and the third are the kernel's names; glibc's header has others, or none.
constexpr Constant kRequestFlagNames[] = {
    NAMED(SG_FLAG_DIRECT_IO), {"SG_FLAG_UNUSED_LUN_INHIBIT", SG_FLAG_LUN_INHIBIT}, {"SG_FLAG_MMAP_IO", 4},
    NAMED(SG_FLAG_NO_DXFER),
};
constexpr Constant kResponseFlagNames[] = {NAMED(SG_INFO_CHECK), NAMED(SG_INFO_DIRECT_IO), NAMED(SG_INFO_MIXED_IO)};
constexpr Constant kModeNames[] = {NAMED(MTD_OPS_PLACE_OOB), NAMED(MTD_OPS_AUTO_OOB), NAMED(MTD_OPS_RAW)};
constexpr Constant kFileModeNames[] = {
    NAMED(MTD_FILE_MODE_NORMAL), NAMED(MTD_FILE_MODE_OTP_FACTORY), NAMED(MTD_FILE_MODE_OTP_USER),
    NAMED(MTD_FILE_MODE_RAW),
};
constexpr Constant kTypeNames[] = {
    NAMED(MTD_ABSENT), NAMED(MTD_RAM), NAMED(MTD_ROM), NAMED(MTD_NORFLASH), NAMED(MTD_NANDFLASH), NAMED(MTD_DATAFLASH),
    NAMED(MTD_UBIVOLUME), NAMED(MTD_MLCNANDFLASH),
};
constexpr Constant kFlashFlagNames[] = {
    NAMED(MTD_WRITEABLE), NAMED(MTD_BIT_WRITEABLE), NAMED(MTD_NO_ERASE), NAMED(MTD_POWERUP_LOCK),
    NAMED(MTD_SLC_ON_MLC_EMULATION),
};
constexpr Constant kOnceNames[] = {NAMED(MTD_OTP_OFF), NAMED(MTD_OTP_FACTORY), NAMED(MTD_OTP_USER)};
constexpr Constant kCorrectionNames[] = {
    NAMED(MTD_NANDECC_OFF), NAMED(MTD_NANDECC_PLACE), NAMED(MTD_NANDECC_AUTOPLACE), NAMED(MTD_NANDECC_PLACEONLY),
    NAMED(MTD_NANDECC_AUTOPL_USR),
};
constexpr Constant kVolumeTypeNames[] = {NAMED(UBI_DYNAMIC_VOLUME), NAMED(UBI_STATIC_VOLUME)};
constexpr Constant kVolumeFlagNames[] = {NAMED(UBI_VOL_SKIP_CRC_CHECK_FLG)};
constexpr Constant kVolumePropertyNames[] = {NAMED(UBI_VOL_PROP_DIRECT_WRITE)};
// include/mtd/ubi-user.h has had no names for these since 3.7.
constexpr Constant kDataTypeNames[] = {{"UBI_LONGTERM", 1}, {"UBI_SHORTTERM", 2}, {"UBI_UNKNOWN", 3}};
// clang-format on
constexpr ConstantTable kResets{kResetNames,
                                "SG_SCSI_RESET_?"
                                "??"};
constexpr ConstantTable kTransfers{kTransferNames,
                                   "SG_DXFER_?"
                                   "??"};
constexpr ConstantTable kRequestFlags{kRequestFlagNames,
                                      "SG_FLAG_?"
                                      "??"};
constexpr ConstantTable kResponseFlags{kResponseFlagNames,
                                       "SG_INFO_?"
                                       "??"};
constexpr ConstantTable kModes{kModeNames,
                               "MTD_OPS_?"
                               "??"};
constexpr ConstantTable kFileModes{kFileModeNames,
                                   "MTD_FILE_MODE_?"
                                   "??"};
constexpr ConstantTable kTypes{kTypeNames,
                               "MTD_?"
                               "??"};
constexpr ConstantTable kFlashFlags{kFlashFlagNames,
                                    "MTD_?"
                                    "??"};
constexpr ConstantTable kOnce{kOnceNames,
                              "MTD_OTP_?"
                              "??"};
constexpr ConstantTable kCorrections{kCorrectionNames,
                                     "MTD_NANDECC_?"
                                     "??"};
constexpr ConstantTable kVolumeTypes{kVolumeTypeNames,
                                     "UBI_?"
                                     "??_VOLUME"};
constexpr ConstantTable kVolumeFlags{kVolumeFlagNames,
                                     "UBI_VOL_?"
                                     "??"};
constexpr ConstantTable kVolumeProperties{kVolumePropertyNames,
                                          "UBI_VOL_PROP_?"
                                          "??"};
constexpr ConstantTable kDataTypes{kDataTypeNames,
                                   "UBI_?"
                                   "??"};

// SCSI.
constexpr Field kAddressFields[] = {
    POLYTAP_FIELD(sg_scsi_id, host_no, kSigned),       POLYTAP_FIELD(sg_scsi_id, channel, kSigned),
    POLYTAP_FIELD(sg_scsi_id, scsi_id, kHex),          POLYTAP_FIELD(sg_scsi_id, lun, kSigned),
    POLYTAP_FIELD(sg_scsi_id, scsi_type, kHex),        POLYTAP_FIELD(sg_scsi_id, h_cmd_per_lun, kSigned),
    POLYTAP_FIELD(sg_scsi_id, d_queue_depth, kSigned),
};
constexpr Structure kScsiAddress{kAddressFields, sizeof(sg_scsi_id)};
constexpr Field kRequestInfoFields[] = {
    POLYTAP_FIELD(sg_req_info, req_state, kSigned),   POLYTAP_FIELD(sg_req_info, orphan, kSigned),
    POLYTAP_FIELD(sg_req_info, sg_io_owned, kSigned), POLYTAP_FIELD(sg_req_info, problem, kSigned),
    POLYTAP_FIELD(sg_req_info, pack_id, kSigned),     POLYTAP_FIELD(sg_req_info, usr_ptr, kAddress),
    POLYTAP_FIELD(sg_req_info, duration, kNumber),
};
constexpr Structure kRequestInfo{kRequestInfoFields, sizeof(sg_req_info)};

void put_reset(CallText& text, Bytes bytes, Bytes) {
  const uint64_t value = number_in(bytes);
  if ((value & kResetNoEscalate) != 0) {
    text.enumeration(kResets, kResetNoEscalate);
    text.put('|');
  }
  text.enumeration(kResets, value & ~uint64_t{kResetNoEscalate});
}

// LENGTH bytes at AT in hex, -s of them.
void put_data(CallText& text, uint64_t at, uint64_t length) {
  if (at == 0) return text.put("NULL");
  std::vector<std::byte> bytes(std::min<uint64_t>(length, text.style.string_limit + 1));
  if (text.memory.read(at, bytes) != bytes.size()) return text.address(at);
  put_value(text, bytes, kBytes);
}
void put_data(CallText& text, const void* at, uint64_t length) {
  put_data(text, reinterpret_cast<uint64_t>(at), length);
}

// The data of a request: in one piece, or scattered.
void put_transfer(CallText& text, const sg_io_hdr& request, uint64_t length) {
  const auto at = reinterpret_cast<uint64_t>(request.dxferp);
  if (request.iovec_count == 0) return put_data(text, at, length);
  uint64_t left = length;
  printers::put_array<sg_iovec>(text, at, request.iovec_count, [&](const sg_iovec& each) {
    const uint64_t size = std::min<uint64_t>(each.iov_len, left);
    text.put("{iov_base=");
    text.buffer(reinterpret_cast<uint64_t>(each.iov_base), size);
    text.print(", iov_len={}}}", each.iov_len);
    left -= size;
  });
}

bool put_request(CallText& text, uint64_t at) {
  uint32_t interface = 0;
  if (!text.fetch(at, interface)) return false;
  if (interface != 'S') {
    text.print("[{}]", interface);
    return false;
  }
  text.put("{interface_id='S', ");
  sg_io_hdr request{};
  if (!text.memory.read_object(at, request)) {
    text.address(at + offsetof(sg_io_hdr, dxfer_direction));
    text.put('}');
    return false;
  }
  text.put("dxfer_direction=");
  text.enumeration(kTransfers, static_cast<uint32_t>(request.dxfer_direction));
  text.print(", cmd_len={}, cmdp=", request.cmd_len);
  put_data(text, request.cmdp, request.cmd_len);
  text.print(", mx_sb_len={}, iovec_count={}, dxfer_len={}, timeout={}, flags=", request.mx_sb_len, request.iovec_count,
             request.dxfer_len, request.timeout);
  text.flags(kRequestFlags, request.flags);
  if (request.dxfer_direction == SG_DXFER_TO_DEV || request.dxfer_direction == SG_DXFER_TO_FROM_DEV) {
    text.put(", dxferp=");
    put_transfer(text, request, request.dxfer_len);
  }
  return true;
}

// Also when the command failed.
void put_response(CallText& text, uint64_t at) {
  sg_io_hdr response{};
  if (!text.memory.read_object(at, response)) return;
  if (response.interface_id != 'S') return text.print(" => interface_id={}", response.interface_id);
  uint32_t length = response.dxfer_len;
  if (response.resid > 0 && static_cast<uint32_t>(response.resid) <= length) length -= response.resid;
  const bool comes_in = response.dxfer_direction == SG_DXFER_FROM_DEV;
  if (comes_in || (response.dxfer_direction == SG_DXFER_TO_FROM_DEV && length != 0)) {
    text.put(comes_in ? ", dxferp=" : " => dxferp=");
    put_transfer(text, response, length);
  }
  const auto put_hex = [&](std::string_view name, uint64_t value) {
    text.put(name);
    text.hex(value);
  };
  put_hex(", status=", response.status);
  put_hex(", masked_status=", response.masked_status);
  put_hex(", msg_status=", response.msg_status);
  text.print(", sb_len_wr={}, sbp=", response.sb_len_wr);
  put_data(text, response.sbp, response.sb_len_wr);
  put_hex(", host_status=", response.host_status);
  put_hex(", driver_status=", response.driver_status);
  text.print(", resid={}, duration={}, info=", response.resid, response.duration);
  text.flags(kResponseFlags, response.info);
}

constexpr IoctlContent kScsiContents[] = {
    own_continued(SG_IO, put_request, put_response).always_answered(),
    out(SG_GET_SCSI_ID, structure_of(kScsiAddress)),
    out(SG_GET_REQUEST_TABLE, structure_of(kRequestInfo)),
    in_brackets(SG_SCSI_RESET, printed_by(put_reset, 4)),
    in_brackets(SG_NEXT_CMD_LEN, kInt32),
    in_brackets(SG_SET_COMMAND_Q, kInt32),
    in_brackets(SG_SET_DEBUG, kInt32),
    in_brackets(SG_SET_FORCE_LOW_DMA, kInt32),
    in_brackets(SG_SET_FORCE_PACK_ID, kInt32),
    in_brackets(SG_SET_KEEP_ORPHAN, kInt32),
    in_brackets(SG_SET_RESERVED_SIZE, kInt32),
    in_brackets(SG_SET_TIMEOUT, kInt32),
    out_brackets(SG_EMULATED_HOST, kInt32),
    out_brackets(kGetAccessCount, kInt32),
    out_brackets(SG_GET_COMMAND_Q, kInt32),
    out_brackets(SG_GET_KEEP_ORPHAN, kInt32),
    out_brackets(SG_GET_LOW_DMA, kInt32),
    out_brackets(SG_GET_NUM_WAITING, kInt32),
    out_brackets(SG_GET_PACK_ID, kInt32),
    out_brackets(SG_GET_RESERVED_SIZE, kInt32),
    out_brackets(SG_GET_SG_TABLESIZE, kInt32),
    out_brackets(SG_GET_TRANSFORM, kInt32),
    out_brackets(SG_GET_VERSION_NUM, kInt32),
    direct(SG_SET_TRANSFORM, kHex32),
    nothing(SG_GET_TIMEOUT),
};

// Flash.
constexpr Field kEraseFields[] = {
    POLYTAP_FIELD(erase_info_user, start, kHex),
    POLYTAP_FIELD(erase_info_user, length, kHex),
};
constexpr Structure kErase{kEraseFields, sizeof(erase_info_user)};
constexpr Field kErase64Fields[] = {
    POLYTAP_FIELD(erase_info_user64, start, kHex),
    POLYTAP_FIELD(erase_info_user64, length, kHex),
};
constexpr Structure kErase64{kErase64Fields, sizeof(erase_info_user64)};
constexpr Field kSpareFields[] = {
    POLYTAP_FIELD(mtd_oob_buf, start, kHex),
    POLYTAP_FIELD(mtd_oob_buf, length, kHex),
    POLYTAP_FIELD(mtd_oob_buf, ptr, kAddress),
};
constexpr Structure kSpare{kSpareFields, sizeof(mtd_oob_buf)};
constexpr Field kSpare64Fields[] = {
    POLYTAP_FIELD(mtd_oob_buf64, start, kHex),
    POLYTAP_FIELD(mtd_oob_buf64, length, kHex),
    POLYTAP_FIELD(mtd_oob_buf64, usr_ptr, kAddress),
};
constexpr Structure kSpare64{kSpare64Fields, sizeof(mtd_oob_buf64)};
constexpr Field kOnceFields[] = {
    POLYTAP_FIELD(otp_info, start, kHex),
    POLYTAP_FIELD(otp_info, length, kHex),
    POLYTAP_FIELD(otp_info, locked, kNumber),
};
constexpr Structure kOnceInfo{kOnceFields, sizeof(otp_info)};
constexpr Field kWriteFields[] = {
    POLYTAP_FIELD(mtd_write_req, start, kHex),       POLYTAP_FIELD(mtd_write_req, len, kHex),
    POLYTAP_FIELD(mtd_write_req, ooblen, kHex),      POLYTAP_FIELD(mtd_write_req, usr_data, kAddress),
    POLYTAP_FIELD(mtd_write_req, usr_oob, kAddress), POLYTAP_FIELD(mtd_write_req, mode, one_of(kModes)),
};
constexpr Structure kWrite{kWriteFields, sizeof(mtd_write_req)};
constexpr Field kInfoFields[] = {
    POLYTAP_FIELD(mtd_info_user, type, one_of(kTypes)), POLYTAP_FIELD(mtd_info_user, flags, flags_of(kFlashFlags)),
    POLYTAP_FIELD(mtd_info_user, size, kHex),           POLYTAP_FIELD(mtd_info_user, erasesize, kHex),
    POLYTAP_FIELD(mtd_info_user, writesize, kHex),      POLYTAP_FIELD(mtd_info_user, oobsize, kHex),
    POLYTAP_FIELD(mtd_info_user, padding, kHex),
};
constexpr Structure kInfo{kInfoFields, sizeof(mtd_info_user)};
constexpr ValueKind kHexPair = array_of(kHex32, 2 * sizeof(uint32_t));
constexpr Field kNandFields[] = {
    POLYTAP_FIELD(nand_oobinfo, useecc, one_of(kCorrections)),
    POLYTAP_FIELD(nand_oobinfo, eccbytes, kHex),
    POLYTAP_FIELD(nand_oobinfo, oobfree, array_of(kHexPair)),
    POLYTAP_FIELD(nand_oobinfo, eccpos, array_of(kHex32)),
};
constexpr Structure kNand{kNandFields, sizeof(nand_oobinfo)};
constexpr Field kFreeFields[] = {
    POLYTAP_FIELD(nand_oobfree, offset, kHex),
    POLYTAP_FIELD(nand_oobfree, length, kHex),
};
constexpr Structure kFree{kFreeFields, sizeof(nand_oobfree)};
constexpr ValueKind kFreePart = structure_of(kFree);
constexpr Field kLayoutFields[] = {
    POLYTAP_FIELD(nand_ecclayout_user, eccbytes, kHex),
    POLYTAP_FIELD(nand_ecclayout_user, eccpos, array_of(kHex32)),
    POLYTAP_FIELD(nand_ecclayout_user, oobavail, kHex),
    POLYTAP_FIELD(nand_ecclayout_user, oobfree, array_of(kFreePart)),
};
constexpr Structure kLayout{kLayoutFields, sizeof(nand_ecclayout_user)};
constexpr Field kErrorFields[] = {
    POLYTAP_FIELD(mtd_ecc_stats, corrected, kHex),
    POLYTAP_FIELD(mtd_ecc_stats, failed, kHex),
    POLYTAP_FIELD(mtd_ecc_stats, badblocks, kHex),
    POLYTAP_FIELD(mtd_ecc_stats, bbtblocks, kHex),
};
constexpr Structure kErrors{kErrorFields, sizeof(mtd_ecc_stats)};
constexpr Field kRegionFields[] = {POLYTAP_FIELD(region_info_user, regionindex, kHex)};
constexpr Structure kRegion{kRegionFields, sizeof(region_info_user)};
constexpr Field kRegionAnswerFields[] = {
    POLYTAP_FIELD(region_info_user, offset, kHex),
    POLYTAP_FIELD(region_info_user, erasesize, kHex),
    POLYTAP_FIELD(region_info_user, numblocks, kHex),
};
constexpr Structure kRegionAnswer{kRegionAnswerFields, sizeof(region_info_user)};

constexpr IoctlContent kFlashContents[] = {
    in(MEMERASE, structure_of(kErase)),
    in(MEMLOCK, structure_of(kErase)),
    in(MEMUNLOCK, structure_of(kErase)),
    in(MEMISLOCKED, structure_of(kErase)),
    in(MEMERASE64, structure_of(kErase64)),
    in(MEMWRITEOOB, structure_of(kSpare)),
    in(MEMREADOOB, structure_of(kSpare)),
    in(MEMWRITEOOB64, structure_of(kSpare64)),
    in(MEMREADOOB64, structure_of(kSpare64)),
    in(MEMWRITE, structure_of(kWrite)),
    out(OTPGETREGIONINFO, structure_of(kOnceInfo)),
    in(OTPLOCK, structure_of(kOnceInfo)),
    in_brackets(OTPSELECT, one_of(kOnce, 4)),
    direct(MTDFILEMODE, one_of(kFileModes, 8)),
    in_brackets(MEMGETBADBLOCK, kUint64),
    in_brackets(MEMSETBADBLOCK, kUint64),
    out(MEMGETINFO, structure_of(kInfo)),
    out(MEMGETOOBSEL, structure_of(kNand)),
    out(ECCGETLAYOUT, structure_of(kLayout)),
    out(ECCGETSTATS, structure_of(kErrors)),
    out_brackets(OTPGETREGIONCOUNT, kUint32),
    out_brackets(MEMGETREGIONCOUNT, kInt32),
    continued(MEMGETREGIONINFO, structure_of(kRegion), structure_of(kRegionAnswer)),
};

// Volumes on flash. The number of a new one is written over the request.
void put_name(CallText& text, int64_t length, Bytes name) {
  const auto size = static_cast<size_t>(std::clamp<int64_t>(length, 0, static_cast<int64_t>(name.size()) - 1)) + 1;
  put_value(text, name.first(size), kCString);
}
void put_new_name(CallText& text, Bytes bytes, Bytes whole) {
  const Bytes length = whole.subspan(offsetof(ubi_mkvol_req, name_len), sizeof(int16_t));
  put_name(text, static_cast<int16_t>(number_in(length)), bytes);
}
constexpr Field kMakeFields[] = {
    POLYTAP_FIELD(ubi_mkvol_req, vol_id, kSigned),
    POLYTAP_FIELD(ubi_mkvol_req, alignment, kSigned),
    POLYTAP_FIELD(ubi_mkvol_req, bytes, kSigned),
    POLYTAP_FIELD(ubi_mkvol_req, vol_type, one_of(kVolumeTypes)),
    POLYTAP_FIELD(ubi_mkvol_req, flags, flags_of(kVolumeFlags)),
    POLYTAP_FIELD(ubi_mkvol_req, name_len, kSigned),
    POLYTAP_FIELD(ubi_mkvol_req, name, printed_by(put_new_name)),
};
constexpr Structure kMake{kMakeFields, sizeof(ubi_mkvol_req)};
constexpr Field kAttachFields[] = {
    POLYTAP_FIELD(ubi_attach_req, ubi_num, kSigned),
    POLYTAP_FIELD(ubi_attach_req, mtd_num, kSigned),
    POLYTAP_FIELD(ubi_attach_req, vid_hdr_offset, kSigned),
    POLYTAP_FIELD(ubi_attach_req, max_beb_per1024, kSigned),
};
constexpr Structure kAttach{kAttachFields, sizeof(ubi_attach_req)};
template <typename T, const Structure& kStructure>
bool put_volume(CallText& text, uint64_t at) {
  T request{};
  if (!text.fetch(at, request)) return false;
  put_structure(text, std::as_bytes(std::span(&request, 1)), kStructure);
  return true;
}
void put_number_answer(CallText& text, uint64_t at) {
  int32_t number = 0;
  text.put(" => ");
  if (text.fetch(at, number)) text.print("[{}]", number);
}
constexpr Field kResizeFields[] = {
    POLYTAP_FIELD(ubi_rsvol_req, bytes, kSigned),
    POLYTAP_FIELD(ubi_rsvol_req, vol_id, kSigned),
};
constexpr Structure kResize{kResizeFields, sizeof(ubi_rsvol_req)};

using Rename = std::remove_extent_t<decltype(ubi_rnvol_req::ents)>;
bool put_renames(CallText& text, uint64_t at) {
  ubi_rnvol_req request{};
  if (!text.fetch(at, request)) return false;
  text.print("{{count={}, ents=[", static_cast<int32_t>(request.count));
  // More than there is room for is no number of them.
  const uint64_t count = request.count < 0 ? 0 : std::min<uint64_t>(request.count, UBI_MAX_RNVOL);
  for (uint64_t i = 0; i < count; ++i) {
    if (i > 0) text.put(", ");
    if (!text.style.verbose && i >= text.style.string_limit) {
      text.put("...");
      break;
    }
    const Rename& each = request.ents[i];
    text.print("{{vol_id={}, name_len={}, name=", static_cast<int32_t>(each.vol_id),
               static_cast<int16_t>(each.name_len));
    put_name(text, each.name_len, std::as_bytes(std::span(each.name)));
    text.put('}');
  }
  text.put("]}");
  return true;
}
constexpr Field kChangeFields[] = {
    POLYTAP_FIELD(ubi_leb_change_req, lnum, kSigned),
    POLYTAP_FIELD(ubi_leb_change_req, bytes, kSigned),
    POLYTAP_FIELD(ubi_leb_change_req, dtype, one_of(kDataTypes)),
};
constexpr Structure kChange{kChangeFields, sizeof(ubi_leb_change_req)};
constexpr Field kMapFields[] = {
    POLYTAP_FIELD(ubi_map_req, lnum, kSigned),
    POLYTAP_FIELD(ubi_map_req, dtype, one_of(kDataTypes)),
};
constexpr Structure kMap{kMapFields, sizeof(ubi_map_req)};
constexpr Field kPropertyFields[] = {
    POLYTAP_FIELD(ubi_set_vol_prop_req, property, one_of(kVolumeProperties)),
    POLYTAP_FIELD(ubi_set_vol_prop_req, value, kHex),
};
constexpr Structure kProperty{kPropertyFields, sizeof(ubi_set_vol_prop_req)};

constexpr IoctlContent kVolumesContents[] = {
    own_answered(UBI_IOCATT, put_volume<ubi_attach_req, kAttach>, put_number_answer),
    own_answered(UBI_IOCMKVOL, put_volume<ubi_mkvol_req, kMake>, put_number_answer),
    in(UBI_IOCRSVOL, structure_of(kResize)),
    own_in(UBI_IOCRNVOL, put_renames),
    in_brackets(UBI_IOCDET, kInt32),
    in_brackets(UBI_IOCRMVOL, kInt32),
    in_brackets(UBI_IOCRPEB, kInt32),
    in_brackets(UBI_IOCSPEB, kInt32),
};
constexpr IoctlContent kVolumeContents[] = {
    in(UBI_IOCEBCH, structure_of(kChange)),
    in(UBI_IOCEBMAP, structure_of(kMap)),
    in(UBI_IOCSETVOLPROP, structure_of(kProperty)),
    in_brackets(UBI_IOCVOLUP, kInt64),
    in_brackets(UBI_IOCEBER, kInt32),
    in_brackets(UBI_IOCEBISMAP, kInt32),
    in_brackets(UBI_IOCEBUNMAP, kInt32),
    nothing(UBI_IOCVOLCRBLK),
    nothing(UBI_IOCVOLRMBLK),
};

}  // namespace

const IoctlFamily kScsiIoctls{_IOC_TYPE(SG_IO), kScsiContents};
const IoctlFamily kFlashIoctls{_IOC_TYPE(MEMERASE), kFlashContents};
const IoctlFamily kFlashVolumesIoctls{UBI_IOC_MAGIC, kVolumesContents};
const IoctlFamily kFlashVolumeIoctls{UBI_VOL_IOC_MAGIC, kVolumeContents};

}  // namespace polytap
