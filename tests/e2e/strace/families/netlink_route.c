// rtnetlink: addresses, routes, neighbors and their tables, rules, address labels, devices' configuration, namespaces.
#include <linux/dcbnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/neighbour.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>

#include "netlink_family.h"

static const unsigned char nested[] = {8, 0, 1, 0, 127, 0, 0, 1, 12, 0, 2, 0x80, 1, 2, 3, 4, 5, 6, 7, 8, 5, 0, 3, 0, 1};

// Addresses are shown by the message's family.
static void in_families(struct place place, int first, int last) {
  place.header[0] = AF_INET;
  for (int attribute = first; attribute <= last; attribute++) {
    if (place.type == RTM_NEWROUTE && attribute == RTA_MULTIPATH) continue;
    place.header[0] = AF_INET;
    one_attribute(&place, attribute);
    static const unsigned char families[] = {AF_INET6, AF_UNSPEC, AF_BRIDGE, 129};
    for (size_t i = 0; i < COUNT(families); i++) {
      place.header[0] = families[i];
      send_attribute(&place, attribute, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24", 20);
      send_attribute(&place, attribute, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20", 16);
      send_attribute(&place, attribute, "\1\2\3\4\5\6\7", 7);
    }
  }
}

static void of_type(int fd, int type, size_t header, int last) {
  struct place place = {fd, type, NLM_F_REQUEST, header};
  headers(&place);
  in_families(place, 0, last);
  place.header[0] = AF_INET;
  cuts(&place, nested, sizeof nested);
}

// RTA_MULTIPATH: structures with attributes behind each. None has the length 0, at which strace 6.1 never ends.
static void next_hops(struct place place) {
  place.depth = 1;
  place.path[0] = RTA_MULTIPATH;
  for (int given = 1; given < 40; given += 2) {
    unsigned char bytes[64];
    memset(bytes, 0x41, sizeof bytes);
    const struct rtnexthop first = {(uint16_t)given, 3, 1, 1};
    const struct nlattr gateway = {8, RTA_GATEWAY};
    memcpy(bytes, &first, sizeof first);
    memcpy(bytes + 8, &gateway, 4);
    bytes[12] = 10;
    for (size_t length = 0; length <= 24; length += length < 20 ? 2 : 4) send_content(&place, bytes, length);
    const struct rtnexthop second = {(uint16_t)(given + 3), 0xff, 200, 1000};
    memcpy(bytes + 16, &second, sizeof second);
    memcpy(bytes + 24, &gateway, 4);
    send_content(&place, bytes, 32);
    send_content(&place, bytes, 33);
  }
  cuts(&place, "\20\0\1\2\1\0\0\0\10\0\5\0\177\0\0\1\10\0\4\0\0\0\0\0", 24);
}

int main(void) {
  const int fd = netlink_socket(NETLINK_ROUTE);
  if (fd < 0) return 1;
  of_type(fd, RTM_NEWADDR, sizeof(struct ifaddrmsg), 10);
  of_type(fd, RTM_NEWROUTE, sizeof(struct rtmsg), 33);
  of_type(fd, RTM_NEWRULE, sizeof(struct fib_rule_hdr), 30);
  of_type(fd, RTM_NEWNEIGH, sizeof(struct ndmsg), 19);
  of_type(fd, RTM_NEWNEIGHTBL, 4, 11);
  of_type(fd, RTM_NEWADDRLABEL, sizeof(struct ifaddrlblmsg), 4);
  of_type(fd, RTM_NEWNETCONF, 4, 11);
  of_type(fd, RTM_NEWNSID, 4, 8);
  of_type(fd, RTM_GETDCB, sizeof(struct dcbmsg), 18);
  of_type(fd, RTM_NEWCACHEREPORT, 4, 8);
  of_type(fd, RTM_NEWNEXTHOP, 8, 14);
  of_type(fd, RTM_NEWSTATS, 12, 6);

  struct place place = {fd, RTM_NEWROUTE, NLM_F_REQUEST, sizeof(struct rtmsg)};
  place.header[0] = AF_INET;
  next_hops(place);
  place.depth = 1;
  place.path[0] = RTA_METRICS;
  attributes(&place, 0, 20);
  place.path[0] = RTA_ENCAP;
  attributes(&place, 0, 2);
  struct place neighbor = {fd, RTM_NEWNEIGH, NLM_F_REQUEST, sizeof(struct ndmsg)};
  neighbor.depth = 1;
  neighbor.path[0] = 14;  // NDA_FDB_EXT_ATTRS
  attributes(&neighbor, 0, 4);
  struct place table = {fd, RTM_NEWNEIGHTBL, NLM_F_REQUEST, 4};
  table.depth = 1;
  table.path[0] = NDTA_PARMS;
  attributes(&table, 0, 21);
  // Requests for neighbors of bridges have another header.
  struct place bridge = {fd, RTM_GETNEIGH, NLM_F_REQUEST, 16};
  for (int family = 0; family < 12; family++) {
    bridge.header[0] = (unsigned char)family;
    if (family == AF_BRIDGE) headers(&bridge);
    send_content(&bridge, nested, sizeof nested);
  }
  struct place hop = {fd, RTM_NEWNEXTHOP, NLM_F_REQUEST, 8};
  hop.depth = 1;
  hop.path[0] = 12;  // NHA_RES_GROUP
  attributes(&hop, 0, 6);
  hop.path[0] = 13;  // NHA_RES_BUCKET
  attributes(&hop, 0, 4);
  // Every message, and the lengths of its header.
  unsigned char counted[64];
  for (unsigned i = 0; i < sizeof counted; i++) counted[i] = (unsigned char)(2 + i * 3);
  for (int type = 0; type < 136; type++) {
    if (type == RTM_SETSTATS || type == RTM_NEWTUNNEL || type == RTM_DELTUNNEL || type == RTM_GETTUNNEL) continue;  // newer than strace 6.1
    for (size_t length = 0; length < 34; length += length < 9 ? 1 : 3) send_message(fd, type, NLM_F_REQUEST, counted, length);
    for (int flags = 1; flags < 0x10000; flags *= 2) send_message(fd, type, flags, counted, 20);
    send_message(fd, type, 0xffff, counted, 20);
  }
  return 0;
}
