// ioctl(2) of block devices and disks: BLK*, HDIO_*.
#include <linux/blkpg.h>
#include <linux/blktrace_api.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <linux/hdreg.h>

#include <algorithm>
#include <cerrno>
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

// clang-format off
constexpr Constant kPartitionOperationNames[] = {
    NAMED(BLKPG_ADD_PARTITION), NAMED(BLKPG_DEL_PARTITION), NAMED(BLKPG_RESIZE_PARTITION),
};
constexpr Constant kNiceNames[] = {
    {"1 << IDE_NICE_DSC_OVERLAP", 1 << IDE_NICE_DSC_OVERLAP},
    {"1 << IDE_NICE_ATAPI_OVERLAP", 1 << IDE_NICE_ATAPI_OVERLAP},
    {"1 << IDE_NICE_1", 1 << IDE_NICE_1}, {"1 << IDE_NICE_0", 1 << IDE_NICE_0}, {"1 << IDE_NICE_2", 1 << IDE_NICE_2},
};
constexpr Constant kBusStateNames[] = {NAMED(BUSSTATE_OFF), NAMED(BUSSTATE_ON), NAMED(BUSSTATE_TRISTATE)};
// include/linux/ata.h, which the kernel does not export.
constexpr Constant kDriveCommandNames[] = {
    {"ATA_CMD_NOP", 0x00}, {"ATA_CMD_CFA_REQ_EXT_ERR", 0x03}, {"ATA_CMD_DSM", 0x06}, {"ATA_CMD_DEV_RESET", 0x08},
    {"ATA_CMD_REQ_SENSE_DATA", 0x0b}, {"ATA_CMD_RESTORE", 0x10}, {"ATA_CMD_PIO_READ", 0x20},
    {"ATA_CMD_READ_LONG", 0x22}, {"ATA_CMD_READ_LONG_ONCE", 0x23}, {"ATA_CMD_PIO_READ_EXT", 0x24},
    {"ATA_CMD_READ_EXT", 0x25}, {"ATA_CMD_READ_QUEUED", 0x26}, {"ATA_CMD_READ_NATIVE_MAX_EXT", 0x27},
    {"ATA_CMD_READ_MULTI_EXT", 0x29}, {"ATA_CMD_READ_STREAM_DMA_EXT", 0x2a}, {"ATA_CMD_READ_STREAM_EXT", 0x2b},
    {"ATA_CMD_READ_LOG_EXT", 0x2f}, {"ATA_CMD_PIO_WRITE", 0x30}, {"ATA_CMD_WRITE_LONG", 0x32},
    {"ATA_CMD_WRITE_LONG_ONCE", 0x33}, {"ATA_CMD_PIO_WRITE_EXT", 0x34}, {"ATA_CMD_WRITE_EXT", 0x35},
    {"ATA_CMD_WRITE_QUEUED", 0x36}, {"ATA_CMD_SET_MAX_EXT", 0x37}, {"ATA_CMD_CFA_WRITE_NE", 0x38},
    {"ATA_CMD_WRITE_MULTI_EXT", 0x39}, {"ATA_CMD_WRITE_STREAM_DMA_EXT", 0x3a}, {"ATA_CMD_WRITE_STREAM_EXT", 0x3b},
    {"ATA_CMD_WRITE_FUA_EXT", 0x3d}, {"ATA_CMD_WRITE_QUEUED_FUA_EXT", 0x3e}, {"ATA_CMD_WRITE_LOG_EXT", 0x3f},
    {"ATA_CMD_VERIFY", 0x40}, {"ATA_CMD_VERIFY_EXT", 0x42}, {"ATA_CMD_WRITE_UNCORR_EXT", 0x45},
    {"ATA_CMD_READ_LOG_DMA_EXT", 0x47}, {"ATA_CMD_ZAC_MGMT_IN", 0x4a}, {"ATA_CMD_CONFIG_STREAM", 0x51},
    {"ATA_CMD_WRITE_LOG_DMA_EXT", 0x57}, {"ATA_CMD_TRUSTED_NONDATA", 0x5b}, {"ATA_CMD_TRUSTED_RCV", 0x5c},
    {"ATA_CMD_TRUSTED_RCV_DMA", 0x5d}, {"ATA_CMD_TRUSTED_SND", 0x5e}, {"ATA_CMD_TRUSTED_SND_DMA", 0x5f},
    {"ATA_CMD_FPDMA_READ", 0x60}, {"ATA_CMD_FPDMA_WRITE", 0x61}, {"ATA_CMD_NCQ_NON_DATA", 0x63},
    {"ATA_CMD_FPDMA_SEND", 0x64}, {"ATA_CMD_FPDMA_RECV", 0x65}, {"ATA_CMD_CFA_TRANS_SECT", 0x87},
    {"ATA_CMD_EDD", 0x90}, {"ATA_CMD_INIT_DEV_PARAMS", 0x91}, {"ATA_CMD_DOWNLOAD_MICRO", 0x92},
    {"ATA_CMD_DOWNLOAD_MICRO_DMA", 0x93}, {"ATA_CMD_ZAC_MGMT_OUT", 0x9f}, {"ATA_CMD_PACKET", 0xa0},
    {"ATA_CMD_ID_ATAPI", 0xa1}, {"ATA_CMD_SERVICE", 0xa2}, {"ATA_CMD_SMART", 0xb0}, {"ATA_CMD_CONF_OVERLAY", 0xb1},
    {"ATA_CMD_SANITIZE_DEVICE", 0xb4}, {"ATA_CMD_CFA_ERASE", 0xc0}, {"ATA_CMD_READ_MULTI", 0xc4},
    {"ATA_CMD_WRITE_MULTI", 0xc5}, {"ATA_CMD_SET_MULTI", 0xc6}, {"ATA_CMD_READ", 0xc8}, {"ATA_CMD_WRITE", 0xca},
    {"ATA_CMD_CFA_WRITE_MULT_NE", 0xcd}, {"ATA_CMD_WRITE_MULTI_FUA_EXT", 0xce}, {"ATA_CMD_CHK_MED_CRD_TYP", 0xd1},
    {"ATA_CMD_MEDIA_LOCK", 0xde}, {"ATA_CMD_MEDIA_UNLOCK", 0xdf}, {"ATA_CMD_STANDBYNOW1", 0xe0},
    {"ATA_CMD_IDLEIMMEDIATE", 0xe1}, {"ATA_CMD_STANDBY", 0xe2}, {"ATA_CMD_IDLE", 0xe3}, {"ATA_CMD_PMP_READ", 0xe4},
    {"ATA_CMD_CHK_POWER", 0xe5}, {"ATA_CMD_SLEEP", 0xe6}, {"ATA_CMD_FLUSH", 0xe7}, {"ATA_CMD_PMP_WRITE", 0xe8},
    {"ATA_CMD_PMP_READ_DMA", 0xe9}, {"ATA_CMD_FLUSH_EXT", 0xea}, {"ATA_CMD_PMP_WRITE_DMA", 0xeb},
    {"ATA_CMD_ID_ATA", 0xec}, {"ATA_CMD_SET_FEATURES", 0xef}, {"ATA_CMD_SEC_SET_PASS", 0xf1},
    {"ATA_CMD_SEC_UNLOCK", 0xf2}, {"ATA_CMD_SEC_ERASE_PREP", 0xf3}, {"ATA_CMD_SEC_ERASE_UNIT", 0xf4},
    {"ATA_CMD_SEC_FREEZE_LOCK", 0xf5}, {"ATA_CMD_SEC_DISABLE_PASS", 0xf6}, {"ATA_CMD_READ_NATIVE_MAX", 0xf8},
    {"ATA_CMD_SET_MAX", 0xf9},
};
// clang-format on
constexpr ConstantTable kPartitionOperations{kPartitionOperationNames,
                                             "BLKPG_?"
                                             "??"};
constexpr ConstantTable kNices{kNiceNames,
                               "IDE_NICE_?"
                               "??"};
constexpr ConstantTable kBusStates{kBusStateNames,
                                   "BUSSTATE_?"
                                   "??"};
constexpr ConstantTable kDriveCommands{kDriveCommandNames,
                                       "ATA_CMD_?"
                                       "??"};

constexpr Field kPartitionFields[] = {
    POLYTAP_FIELD(blkpg_partition, start, kSigned),    POLYTAP_FIELD(blkpg_partition, length, kSigned),
    POLYTAP_FIELD(blkpg_partition, pno, kSigned),      POLYTAP_FIELD(blkpg_partition, devname, kCString),
    POLYTAP_FIELD(blkpg_partition, volname, kCString),
};
constexpr Structure kPartition{kPartitionFields, sizeof(blkpg_partition)};

void put_partition(CallText& text, Bytes bytes, Bytes) {
  blkpg_partition partition{};
  if (!text.fetch(number_in(bytes), partition)) return;
  put_structure(text, std::as_bytes(std::span(&partition, 1)), kPartition);
}

constexpr Field kPartitionRequestFields[] = {
    POLYTAP_FIELD(blkpg_ioctl_arg, op, one_of(kPartitionOperations)),
    POLYTAP_FIELD(blkpg_ioctl_arg, flags, kSigned),
    POLYTAP_FIELD(blkpg_ioctl_arg, datalen, kSigned),
    POLYTAP_FIELD(blkpg_ioctl_arg, data, printed_by(put_partition)),
};
constexpr Structure kPartitionRequest{kPartitionRequestFields, sizeof(blkpg_ioctl_arg)};

void put_process(CallText& text, Bytes bytes, Bytes) { text.process(static_cast<int>(number_in(bytes))); }
constexpr Field kTraceSetupFields[] = {
    POLYTAP_FIELD(blk_user_trace_setup, act_mask, kNumber),
    POLYTAP_FIELD(blk_user_trace_setup, buf_size, kNumber),
    POLYTAP_FIELD(blk_user_trace_setup, buf_nr, kNumber),
    POLYTAP_FIELD(blk_user_trace_setup, start_lba, kNumber),
    POLYTAP_FIELD(blk_user_trace_setup, end_lba, kNumber),
    POLYTAP_FIELD(blk_user_trace_setup, pid, printed_by(put_process)),
};
constexpr Structure kTraceSetup{kTraceSetupFields, sizeof(blk_user_trace_setup)};
constexpr Field kTraceNameFields[] = {POLYTAP_FIELD(blk_user_trace_setup, name, kCString)};
constexpr Structure kTraceName{kTraceNameFields, sizeof(blk_user_trace_setup)};

// [start, length]
constexpr ValueKind kRange = array_of(kUint64, 2 * sizeof(uint64_t));

constexpr IoctlContent kBlockContents[] = {
    direct(BLKRASET, kUint64),
    direct(BLKFRASET, kUint64),
    out_brackets(BLKSECTGET, kUint16),
    out_brackets(BLKROTATIONAL, kUint16),
    out_brackets(BLKROGET, kInt32),
    out_brackets(BLKBSZGET, kInt32),
    out_brackets(BLKSSZGET, kInt32),
    out_brackets(BLKALIGNOFF, kInt32),
    in_brackets(BLKROSET, kInt32),
    in_brackets(BLKBSZSET, kInt32),
    out_brackets(BLKPBSZGET, kUint32),
    out_brackets(BLKIOMIN, kUint32),
    out_brackets(BLKIOOPT, kUint32),
    out_brackets(BLKDISCARDZEROES, kUint32),
    out_brackets(BLKGETZONESZ, kUint32),
    out_brackets(BLKGETNRZONES, kUint32),
    out_brackets(BLKRAGET, kInt64),
    out_brackets(BLKFRAGET, kInt64),
    out_brackets(BLKGETSIZE, kUint64),
    out_brackets(BLKGETSIZE64, kUint64),
    out_brackets(BLKGETDISKSEQ, kUint64),
    in(BLKDISCARD, kRange),
    in(BLKSECDISCARD, kRange),
    in(BLKZEROOUT, kRange),
    in(BLKPG, structure_of(kPartitionRequest)),
    continued(BLKTRACESETUP, structure_of(kTraceSetup), structure_of(kTraceName)),
    nothing(BLKRRPART),
    nothing(BLKFLSBUF),
    nothing(BLKTRACESTART),
    nothing(BLKTRACESTOP),
    nothing(BLKTRACETEARDOWN),
};

constexpr Field kGeometryFields[] = {
    POLYTAP_FIELD(hd_geometry, heads, kNumber),
    POLYTAP_FIELD(hd_geometry, sectors, kNumber),
    POLYTAP_FIELD(hd_geometry, cylinders, kNumber),
    POLYTAP_FIELD(hd_geometry, start, kNumber),
};
constexpr Structure kGeometry{kGeometryFields, sizeof(hd_geometry)};

constexpr Field kDriveCommandFields[] = {
    POLYTAP_FIELD(hd_drive_cmd_hdr, command, one_of(kDriveCommands)),
    POLYTAP_FIELD(hd_drive_cmd_hdr, sector_number, kNumber),
    POLYTAP_FIELD(hd_drive_cmd_hdr, feature, kNumber),
    POLYTAP_FIELD(hd_drive_cmd_hdr, sector_count, kNumber),
};
constexpr Structure kDriveCommand{kDriveCommandFields, sizeof(hd_drive_cmd_hdr)};

bool put_drive_command(CallText& text, uint64_t at) {
  hd_drive_cmd_hdr command{};
  if (!text.fetch(at, command)) return false;
  put_structure(text, std::as_bytes(std::span(&command, 1)), kDriveCommand);
  return true;
}

// The answer stands where the command stood; the drive's data is behind it.
void put_drive_answer(CallText& text, uint64_t at) {
  constexpr uint64_t kSector = 512;
  struct {
    uint8_t status, error, sectors, sector_count;
  } answer{};
  if (text.call.failed && text.call.result != -EIO) return;
  if (!text.memory.read_object(at, answer)) return;
  text.put(" => {status=");
  text.hex(answer.status);
  text.print(", error={}, nsector={}", answer.error, answer.sectors);
  if (answer.sector_count != 0) {
    text.put(", buf=");
    std::vector<std::byte> data(std::min<uint64_t>(answer.sector_count * kSector, text.style.string_limit + 1));
    if (text.memory.read(at + sizeof answer, data) == data.size()) {
      put_value(text, data, kBytes);
    } else {
      text.address(at + sizeof answer);
    }
  }
  text.put('}');
}

constexpr uint16_t kIdentitySize = sizeof(hd_driveid);
constexpr uint16_t kOldIdentitySize = 142;  // the kernel gives no more of it

template <uint16_t kSize>
bool put_identity(CallText& text, uint64_t at) {
  text.buffer(at, kSize);
  return true;
}

bool put_three_words(CallText& text, uint64_t at) {
  printers::put_array<uint32_t>(text, at, 3, [&](uint32_t word) { text.hex(word); });
  return true;
}

constexpr IoctlContent kDiskContents[] = {
    out(HDIO_GETGEO, structure_of(kGeometry)),
    own_answered(HDIO_DRIVE_CMD, put_drive_command, put_drive_answer).always_answered(),
    out_brackets(HDIO_GET_UNMASKINTR, kUint64),
    out_brackets(HDIO_GET_MULTCOUNT, kUint64),
    own_out(HDIO_OBSOLETE_IDENTITY, put_identity<kOldIdentitySize>),
    out_brackets(HDIO_GET_KEEPSETTINGS, kUint64),
    out_brackets(HDIO_GET_32BIT, kUint64),
    out_brackets(HDIO_GET_NOWERR, kUint64),
    out_brackets(HDIO_GET_DMA, kUint64),
    out_brackets(HDIO_GET_NICE, flags_of(kNices, 8)),
    own_out(HDIO_GET_IDENTITY, put_identity<kIdentitySize>),
    out_brackets(HDIO_GET_WCACHE, kUint64),
    out_brackets(HDIO_GET_ACOUSTIC, kUint64),
    out_brackets(HDIO_GET_ADDRESS, kUint64),
    out_brackets(HDIO_GET_BUSSTATE, one_of(kBusStates, 8)),
    own_in(HDIO_DRIVE_RESET, put_three_words),
    own_in(HDIO_SCAN_HWIF, put_three_words),
    direct(HDIO_SET_MULTCOUNT, kUint64),
    direct(HDIO_SET_UNMASKINTR, kUint64),
    direct(HDIO_SET_KEEPSETTINGS, kUint64),
    direct(HDIO_SET_32BIT, kUint64),
    direct(HDIO_SET_NOWERR, kUint64),
    direct(HDIO_SET_DMA, kUint64),
    direct(HDIO_SET_PIO_MODE, kUint64),
    direct(HDIO_SET_NICE, flags_of(kNices, 8)),
    direct(HDIO_UNREGISTER_HWIF, kUint64),
    direct(HDIO_SET_WCACHE, kUint64),
    direct(HDIO_SET_ACOUSTIC, kUint64),
    direct(HDIO_SET_BUSSTATE, one_of(kBusStates, 8)),
    direct(HDIO_SET_ADDRESS, kUint64),
};

}  // namespace

const IoctlFamily kBlockIoctls{_IOC_TYPE(BLKROSET), kBlockContents};
const IoctlFamily kDiskIoctls{_IOC_TYPE(HDIO_GETGEO), kDiskContents};

}  // namespace polytap
