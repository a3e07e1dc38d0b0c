#include <linux/dm-ioctl.h>

#include "ioctl_family.h"

struct request {
  struct dm_ioctl header;
  char data[1024];
};

static struct request* fresh(void) {
  static struct request request;
  memset(&request, 0, sizeof request);
  request.header.version[0] = DM_VERSION_MAJOR;
  request.header.version[1] = 45;
  request.header.data_size = sizeof request;
  request.header.data_start = sizeof request.header;
  request.header.dev = 0xfd00;
  strcpy(request.header.name, "group-volume");
  strcpy(request.header.uuid, "LVM-identity");
  request.header.flags = DM_READONLY_FLAG | 0x100000;
  request.header.target_count = 2;
  request.header.event_nr = 7;
  return &request;
}

int main(void) {
  const unsigned long commands[] = {DM_VERSION,     DM_REMOVE_ALL, DM_LIST_DEVICES, DM_DEV_CREATE,   DM_DEV_REMOVE,
                                    DM_DEV_RENAME,  DM_DEV_SUSPEND, DM_DEV_STATUS,  DM_DEV_WAIT,     DM_TABLE_LOAD,
                                    DM_TABLE_CLEAR, DM_TABLE_DEPS, DM_TABLE_STATUS, DM_LIST_VERSIONS, DM_TARGET_MSG,
                                    DM_DEV_SET_GEOMETRY, DM_DEV_ARM_POLL};
  const size_t count = sizeof commands / sizeof *commands;
  every(commands, count);
  for (size_t i = 0; i < count; i++) {
    struct request* request = fresh();
    strcpy(request->data, "a string that is somewhat longer than what is shown of one");
    one(commands[i], request);
    request->header.flags = DM_SUSPEND_FLAG | DM_DATA_OUT_FLAG;
    one(commands[i], request);
    request->header.data_size = 100;
    one(commands[i], request);
    request->header.data_size = 12;
    one(commands[i], request);
    request->header.data_size = sizeof *request;
    request->header.data_start = sizeof *request;
    one(commands[i], request);
    request->header.data_start = -1;
    one(commands[i], request);
    // Lists, each with an element behind the first: targets, names, versions, dependencies, a message.
    request = fresh();
    struct dm_target_spec* target = (void*)request->data;
    target->sector_start = 1;
    target->length = 2048;
    target->next = 128;
    strcpy(target->target_type, "linear");
    strcpy((char*)(target + 1), "8:0 34");
    target = (void*)(request->data + 128);
    target->next = 256;
    strcpy(target->target_type, "crypt");
    one(commands[i], request);
    request = fresh();
    struct dm_name_list* name = (void*)request->data;
    name->dev = 0xfd01;
    name->next = 64;
    strcpy(name->name, "first");
    name = (void*)(request->data + 64);
    name->dev = 0xfd02;
    strcpy(name->name, "second");
    one(commands[i], request);
    request = fresh();
    struct dm_target_deps* dependencies = (void*)request->data;
    dependencies->count = 2;
    dependencies->dev[0] = 0x801;
    dependencies->dev[1] = 0x802;
    one(commands[i], request);
    request->header.data_size = request->header.data_start + 16;
    one(commands[i], request);
    one(commands[i], at_page_end(request, sizeof request->header + 8));
  }
  return 0;
}
