#include <linux/blkpg.h>
#include <linux/blktrace_api.h>
#include <linux/blkzoned.h>
#include <linux/fs.h>
#include <linux/hdreg.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(BLKRASET, BLKFRASET, BLKSECTGET, BLKROTATIONAL, BLKROGET, BLKBSZGET, BLKSSZGET, BLKALIGNOFF, BLKROSET, BLKBSZSET,
        BLKPBSZGET, BLKIOMIN, BLKIOOPT, BLKDISCARDZEROES, BLKGETZONESZ, BLKGETNRZONES, BLKRAGET, BLKFRAGET, BLKGETSIZE,
        BLKGETSIZE64, BLKGETDISKSEQ, BLKDISCARD, BLKSECDISCARD, BLKZEROOUT, BLKPG, BLKTRACESETUP, BLKRRPART, BLKFLSBUF,
        BLKTRACESTART, BLKTRACESTOP, BLKTRACETEARDOWN, BLKREPORTZONE, BLKRESETZONE);
  EVERY(HDIO_GETGEO, HDIO_DRIVE_CMD, HDIO_GET_UNMASKINTR, HDIO_GET_MULTCOUNT, HDIO_OBSOLETE_IDENTITY,
        HDIO_GET_KEEPSETTINGS, HDIO_GET_32BIT, HDIO_GET_NOWERR, HDIO_GET_DMA, HDIO_GET_NICE, HDIO_GET_IDENTITY,
        HDIO_GET_WCACHE, HDIO_GET_ACOUSTIC, HDIO_GET_ADDRESS, HDIO_GET_BUSSTATE, HDIO_DRIVE_RESET, HDIO_SCAN_HWIF,
        HDIO_SET_MULTCOUNT, HDIO_SET_UNMASKINTR, HDIO_SET_KEEPSETTINGS, HDIO_SET_32BIT, HDIO_SET_NOWERR, HDIO_SET_DMA,
        HDIO_SET_PIO_MODE, HDIO_SET_NICE, HDIO_UNREGISTER_HWIF, HDIO_SET_WCACHE, HDIO_SET_ACOUSTIC, HDIO_SET_BUSSTATE,
        HDIO_SET_ADDRESS, HDIO_DRIVE_TASK, HDIO_DRIVE_TASKFILE);
  struct blkpg_partition partition;
  memset(&partition, 0, sizeof partition);
  partition.start = -1;
  partition.length = 1 << 20;
  partition.pno = 3;
  strcpy(partition.devname, "disk3");
  memset(partition.volname, 'v', sizeof partition.volname);
  for (int operation = 0; operation < 5; operation++) {
    struct blkpg_ioctl_arg request = {operation, 0, sizeof partition, &partition};
    one(BLKPG, &request);
    request.data = at_page_end(&partition, sizeof partition - 1);
    one(BLKPG, &request);
  }
  unsigned char command[516];
  for (int number = 0; number < 256; number++) {
    memset(command, 0, sizeof command);
    command[0] = number;
    command[3] = number % 2;
    one(HDIO_DRIVE_CMD, command);
  }
  for (long value = 0; value < 5; value++) {
    one(HDIO_SET_BUSSTATE, (void*)value);
    one(HDIO_SET_NICE, (void*)(1L << value));
  }
  return 0;
}
