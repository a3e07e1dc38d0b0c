#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/nsfs.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IOC32_GETFLAGS, FS_IOC32_SETFLAGS, FS_IOC_FIEMAP, FITRIM,
        FS_IOC_FSGETXATTR, FS_IOC_FSSETXATTR, FIFREEZE, FITHAW, FICLONE, FICLONERANGE, FIDEDUPERANGE,
        FS_IOC_GETFSLABEL, FS_IOC_SETFSLABEL, FS_IOC_GETVERSION, FIBMAP, FIGETBSZ);
  EVERY(LOOP_SET_FD, LOOP_CLR_FD, LOOP_SET_STATUS, LOOP_GET_STATUS, LOOP_SET_STATUS64, LOOP_GET_STATUS64,
        LOOP_CHANGE_FD, LOOP_SET_CAPACITY, LOOP_SET_DIRECT_IO, LOOP_SET_BLOCK_SIZE, LOOP_CONFIGURE, LOOP_CTL_ADD,
        LOOP_CTL_REMOVE, LOOP_CTL_GET_FREE);
  EVERY(NS_GET_USERNS, NS_GET_PARENT, NS_GET_NSTYPE, NS_GET_OWNER_UID);
  // Files that are there.
  const int fd = open("/proc/self/exe", O_RDONLY);
  int flags = 0;
  struct fsxattr attributes;
  memset(&attributes, 0, sizeof attributes);
  ioctl(fd, FS_IOC_GETFLAGS, &flags);
  ioctl(fd, FS_IOC_FSGETXATTR, &attributes);
  struct {
    struct fiemap map;
    struct fiemap_extent extents[3];
  } extents;
  for (unsigned count = 0; count < 4; count++) {
    memset(&extents, 0, sizeof extents);
    extents.map.fm_length = FIEMAP_MAX_OFFSET;
    extents.map.fm_flags = FIEMAP_FLAG_SYNC;
    extents.map.fm_extent_count = count;
    ioctl(fd, FS_IOC_FIEMAP, &extents);
  }
  struct {
    struct file_dedupe_range range;
    struct file_dedupe_range_info info[4];
  } dedupe;
  for (unsigned count = 0; count < 5; count++) {
    memset(&dedupe, 0, sizeof dedupe);
    dedupe.range.src_length = 4096;
    dedupe.range.dest_count = count;
    for (unsigned i = 0; i < count; i++) dedupe.info[i].dest_fd = i;
    ioctl(fd, FIDEDUPERANGE, &dedupe);
    one(FIDEDUPERANGE, at_page_end(&dedupe, sizeof dedupe.range + 2 * sizeof *dedupe.info));
  }
  ioctl(fd, FICLONE, fd);
  close(fd);
  const int space = open("/proc/self/ns/net", O_RDONLY);
  unsigned owner = 0;
  ioctl(space, NS_GET_NSTYPE);
  close(ioctl(space, NS_GET_USERNS));
  ioctl(space, NS_GET_PARENT);
  ioctl(space, NS_GET_OWNER_UID, &owner);
  close(space);
  struct loop_info64 loop;
  memset(&loop, 0, sizeof loop);
  strcpy((char*)loop.lo_file_name, "/tmp/image");
  loop.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_PARTSCAN;
  for (unsigned type = 0; type < 20; type++) {
    loop.lo_encrypt_type = type;
    loop.lo_encrypt_key_size = type * 3;
    one(LOOP_SET_STATUS64, &loop);
  }
  return 0;
}
