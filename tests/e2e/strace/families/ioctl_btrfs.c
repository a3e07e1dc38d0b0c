#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
#include <linux/fs.h>

#include "ioctl_family.h"

int main(void) {
  EVERY(BTRFS_IOC_TRANS_START, BTRFS_IOC_TRANS_END, BTRFS_IOC_SYNC, BTRFS_IOC_SCRUB_CANCEL, BTRFS_IOC_QUOTA_RESCAN_WAIT,
        BTRFS_IOC_DEFRAG, BTRFS_IOC_BALANCE, BTRFS_IOC_BALANCE_CTL, BTRFS_IOC_START_SYNC, BTRFS_IOC_DEFAULT_SUBVOL,
        BTRFS_IOC_WAIT_SYNC, BTRFS_IOC_SUBVOL_GETFLAGS, BTRFS_IOC_SUBVOL_SETFLAGS, BTRFS_IOC_BALANCE_V2,
        BTRFS_IOC_BALANCE_PROGRESS, BTRFS_IOC_DEFRAG_RANGE, BTRFS_IOC_DEV_INFO, BTRFS_IOC_DEV_REPLACE,
        BTRFS_IOC_GET_FEATURES, BTRFS_IOC_SET_FEATURES, BTRFS_IOC_GET_SUPPORTED_FEATURES, BTRFS_IOC_FS_INFO,
        BTRFS_IOC_GET_DEV_STATS, BTRFS_IOC_QGROUP_ASSIGN, BTRFS_IOC_QGROUP_CREATE, BTRFS_IOC_QGROUP_LIMIT,
        BTRFS_IOC_QUOTA_CTL, BTRFS_IOC_QUOTA_RESCAN, BTRFS_IOC_QUOTA_RESCAN_STATUS, BTRFS_IOC_SET_RECEIVED_SUBVOL,
        BTRFS_IOC_SCRUB, BTRFS_IOC_SCRUB_PROGRESS, BTRFS_IOC_SEND, BTRFS_IOC_SNAP_CREATE, BTRFS_IOC_RESIZE,
        BTRFS_IOC_SCAN_DEV, BTRFS_IOC_FORGET_DEV, BTRFS_IOC_ADD_DEV, BTRFS_IOC_RM_DEV, BTRFS_IOC_SUBVOL_CREATE,
        BTRFS_IOC_SNAP_DESTROY, BTRFS_IOC_DEVICES_READY, BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SUBVOL_CREATE_V2,
        BTRFS_IOC_TREE_SEARCH, BTRFS_IOC_TREE_SEARCH_V2, BTRFS_IOC_INO_LOOKUP, BTRFS_IOC_SPACE_INFO,
        BTRFS_IOC_INO_PATHS, BTRFS_IOC_LOGICAL_INO, BTRFS_IOC_CLONE, BTRFS_IOC_CLONE_RANGE);
  struct btrfs_ioctl_dev_replace_args replace;
  memset(&replace, 0, sizeof replace);
  strcpy((char*)replace.start.srcdev_name, "/dev/sda");
  for (unsigned command = 0; command < 4; command++) {
    replace.cmd = command;
    one(BTRFS_IOC_DEV_REPLACE, &replace);
  }
  replace.cmd = BTRFS_IOCTL_DEV_REPLACE_CMD_STATUS;
  replace.status.progress_1000 = 503;
  replace.status.time_started = 1700000000;
  one(BTRFS_IOC_DEV_REPLACE, &replace);
  struct {
    struct btrfs_qgroup_inherit inherit;
    unsigned long long groups[2];
  } inherit;
  memset(&inherit, 1, sizeof inherit);
  inherit.inherit.num_qgroups = 2;
  struct btrfs_ioctl_vol_args_v2 volume;
  memset(&volume, 0, sizeof volume);
  volume.fd = 3;
  volume.flags = BTRFS_SUBVOL_RDONLY | BTRFS_SUBVOL_QGROUP_INHERIT;
  volume.size = sizeof inherit;
  volume.qgroup_inherit = &inherit.inherit;
  strcpy(volume.name, "snapshot");
  one(BTRFS_IOC_SNAP_CREATE_V2, &volume);
  volume.qgroup_inherit = BAD;
  one(BTRFS_IOC_SNAP_CREATE_V2, &volume);
  struct btrfs_ioctl_search_args search;
  memset(&search, 0, sizeof search);
  search.key.tree_id = BTRFS_FS_TREE_OBJECTID;
  search.key.min_objectid = BTRFS_FIRST_FREE_OBJECTID;
  search.key.max_objectid = BTRFS_LAST_FREE_OBJECTID;
  search.key.max_offset = search.key.max_transid = -1ULL;
  search.key.min_type = BTRFS_INODE_ITEM_KEY;
  search.key.max_type = BTRFS_XATTR_ITEM_KEY;
  search.key.nr_items = 3;
  one(BTRFS_IOC_TREE_SEARCH, &search);
  unsigned long long room[24] = {0};
  struct btrfs_data_container* list = (struct btrfs_data_container*)room;
  list->elem_cnt = 6;
  struct btrfs_ioctl_logical_ino_args logical = {4096, sizeof room, {0}, 0, (unsigned long)room};
  one(BTRFS_IOC_LOGICAL_INO, &logical);
  struct btrfs_ioctl_ino_path_args path = {257, sizeof room, {0}, (unsigned long)room};
  one(BTRFS_IOC_INO_PATHS, &path);
  struct btrfs_ioctl_send_args send = {1, 3, (void*)room, 5, BTRFS_SEND_FLAG_NO_FILE_DATA};
  one(BTRFS_IOC_SEND, &send);
  return 0;
}
