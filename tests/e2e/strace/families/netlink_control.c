// rtnetlink: queueing disciplines, classes, filters, chains and actions of traffic control; multicast of bridges.
#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>

#include "netlink_family.h"

static const unsigned char nested[] = {9, 0, 1, 0, 'p', 'f', 'i', 'f', 0, 0, 0, 0, 12, 0, 2, 0x80, 8, 0, 1, 0, 5, 6, 7, 8};

static void control(int fd, int type) {
  struct place place = {fd, type, NLM_F_REQUEST, sizeof(struct tcmsg)};
  headers(&place);
  attributes(&place, 0, 15);
  cuts(&place, nested, sizeof nested);
  place.depth = 1;
  place.path[0] = TCA_STATS2;
  attributes(&place, 0, 10);
  place.path[0] = TCA_STAB;
  attributes(&place, 0, 4);
  place.path[0] = TCA_OPTIONS;
  attributes(&place, 0, 2);
}

static void actions(int fd) {
  struct place place = {fd, RTM_NEWACTION, NLM_F_REQUEST, sizeof(struct tcamsg)};
  headers(&place);
  attributes(&place, 0, 11);
  cuts(&place, nested, sizeof nested);
  place.depth = 1;
  for (int outer = 0; outer < 6; outer++) {
    place.path[0] = outer;
    attributes(&place, 0, 3);
  }
  place.path[0] = 4;  // TCA_ACT_STATS
  attributes(&place, 4, 10);
}

static void multicast(int fd) {
  struct place place = {fd, RTM_NEWMDB, NLM_F_REQUEST, sizeof(struct br_port_msg)};
  place.header[0] = AF_BRIDGE;
  headers(&place);
  attributes(&place, 0, 4);
  cuts(&place, nested, sizeof nested);
  place.depth = 1;
  place.path[0] = MDBA_ROUTER;
  attributes(&place, 0, 3);
  place.path[0] = MDBA_MDB;
  attributes(&place, 0, 3);
  place.depth = 2;
  place.path[1] = MDBA_MDB_ENTRY;
  attributes(&place, 0, 3);
  // Entries of each family, and the attributes behind them.
  for (int family = 0; family < 12; family++) {
    struct br_mdb_entry entry = {1, (unsigned char)family, (unsigned char)(family * 3), 7};
    for (size_t i = 0; i < sizeof entry.addr.u; i++) ((unsigned char*)&entry.addr.u)[i] = (unsigned char)(1 + i);
    entry.addr.proto = (uint16_t)(family << 8);
    send_attribute(&place, MDBA_MDB_ENTRY_INFO, &entry, sizeof entry);
    send_attribute(&place, MDBA_MDB_ENTRY_INFO, &entry, sizeof entry - 1);
    send_attribute(&place, MDBA_MDB_ENTRY_INFO, &entry, sizeof entry + 0);
  }
  place.depth = 3;
  place.path[2] = MDBA_MDB_ENTRY_INFO;
  place.inner_size = sizeof(struct br_mdb_entry);
  attributes(&place, 0, 9);
  place.depth = 2;
  place.path[0] = MDBA_ROUTER;
  place.path[1] = MDBA_ROUTER_PORT;
  place.inner_size = 4;
  place.inner[0] = 1;
  attributes(&place, 0, 4);
}

int main(void) {
  const int fd = netlink_socket(NETLINK_ROUTE);
  if (fd < 0) return 1;
  control(fd, RTM_NEWQDISC);
  control(fd, RTM_GETTFILTER);
  control(fd, RTM_NEWCHAIN);
  actions(fd);
  multicast(fd);
  return 0;
}
