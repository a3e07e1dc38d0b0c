#include <mtd/mtd-abi.h>
#include <mtd/ubi-user.h>
#include <scsi/sg.h>
#include <sys/uio.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(SG_SET_TIMEOUT, SG_GET_TIMEOUT, SG_EMULATED_HOST, SG_SET_TRANSFORM, SG_GET_TRANSFORM, SG_GET_COMMAND_Q,
        SG_SET_COMMAND_Q, SG_GET_RESERVED_SIZE, SG_SET_RESERVED_SIZE, SG_GET_SCSI_ID, SG_SET_FORCE_LOW_DMA,
        SG_GET_LOW_DMA, SG_SET_FORCE_PACK_ID, SG_GET_PACK_ID, SG_GET_NUM_WAITING, SG_SET_DEBUG, SG_GET_SG_TABLESIZE,
        SG_GET_VERSION_NUM, SG_NEXT_CMD_LEN, SG_SCSI_RESET, SG_IO, SG_GET_REQUEST_TABLE, SG_SET_KEEP_ORPHAN,
        SG_GET_KEEP_ORPHAN);
  unsigned char command[6] = {0x12, 0, 0, 0, 96, 0}, sense[16] = {0x70, 0, 5}, data[96] = "\0\0\5\2VENDOR";
  const struct iovec pieces[2] = {{data, 8}, {data + 8, 88}};
  for (int direction = -5; direction <= 0; direction++) {
    struct sg_io_hdr request;
    memset(&request, 0, sizeof request);
    request.interface_id = 'S';
    request.dxfer_direction = direction;
    request.cmd_len = sizeof command;
    request.cmdp = command;
    request.mx_sb_len = sizeof sense;
    request.sbp = sense;
    request.dxfer_len = sizeof data;
    request.dxferp = data;
    request.timeout = 20000;
    request.flags = SG_FLAG_DIRECT_IO;
    one(SG_IO, &request);
    request.resid = 90;
    request.sb_len_wr = 8;
    request.info = SG_INFO_CHECK;
    one(SG_IO, &request);
    request.cmdp = BAD;
    request.dxferp = BAD;
    one(SG_IO, &request);
    one(SG_IO, at_page_end(&request, sizeof request - 1));
    request.dxferp = (void*)pieces;
    request.iovec_count = 2;
    request.resid = 0;
    one(SG_IO, &request);
  }
  EVERY(MEMERASE, MEMLOCK, MEMUNLOCK, MEMISLOCKED, MEMERASE64, MEMWRITEOOB, MEMREADOOB, MEMWRITEOOB64, MEMREADOOB64,
        MEMWRITE, OTPGETREGIONINFO, OTPLOCK, OTPSELECT, MTDFILEMODE, MEMGETBADBLOCK, MEMSETBADBLOCK, MEMGETINFO,
        MEMGETOOBSEL, ECCGETLAYOUT, ECCGETSTATS, OTPGETREGIONCOUNT, MEMGETREGIONCOUNT, MEMGETREGIONINFO);
  EVERY(UBI_IOCATT, UBI_IOCDET, UBI_IOCMKVOL, UBI_IOCRMVOL, UBI_IOCRSVOL, UBI_IOCRNVOL, UBI_IOCRPEB, UBI_IOCSPEB,
        UBI_IOCEBCH, UBI_IOCEBMAP, UBI_IOCSETVOLPROP, UBI_IOCVOLUP, UBI_IOCEBER, UBI_IOCEBISMAP, UBI_IOCEBUNMAP,
        UBI_IOCVOLCRBLK, UBI_IOCVOLRMBLK);
  struct ubi_mkvol_req volume;
  memset(&volume, 0, sizeof volume);
  memset(volume.name, 'v', sizeof volume.name);
  for (int length = -1; length < 200; length += 67) {
    volume.name_len = length;
    volume.vol_type = 3 + length % 3;
    one(UBI_IOCMKVOL, &volume);
  }
  return 0;
}
