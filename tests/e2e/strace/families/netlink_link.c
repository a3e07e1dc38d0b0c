// rtnetlink: links, with all that is nested in them.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netlink_family.h"

// [kind, contents]: how the contents are shown follows from the kind.
static void kinds(struct place place) {
  static const char* const names[] = {"bridge", "tun", "can", "vlan", "vxlan", "dummy", "bond", "bridge_slave"};
  for (size_t n = 0; n < COUNT(names); n++) {
    unsigned char bytes[256] = {0};
    const size_t length = strlen(names[n]) + 1;
    const struct nlattr kind = {(uint16_t)(4 + length), IFLA_INFO_KIND};
    memcpy(bytes, &kind, 4);
    memcpy(bytes + 4, names[n], length);
    const size_t behind = 4 + (length + 3) / 4 * 4;
    for (int attribute = IFLA_INFO_DATA; attribute <= IFLA_INFO_SLAVE_DATA; attribute++) {
      for (size_t size = 0; size <= 64; size += 4) {
        const struct nlattr data = {(uint16_t)(4 + size), (uint16_t)attribute};
        memcpy(bytes + behind, &data, 4);
        for (size_t i = 0; i < size; i++) bytes[behind + 4 + i] = (unsigned char)(i * 5 + 1);
        send_content(&place, bytes, behind + 4 + size);
      }
    }
    // Attributes of the kind.
    if (n > 1) continue;
    for (int inner = 0; inner < 52; inner++) {
      for (size_t size = 0; size <= 12; size++) {
        const struct nlattr data = {(uint16_t)(8 + size), IFLA_INFO_DATA};
        const struct nlattr own = {(uint16_t)(4 + size), (uint16_t)inner};
        memcpy(bytes + behind, &data, 4);
        memcpy(bytes + behind + 4, &own, 4);
        for (size_t i = 0; i < size; i++) bytes[behind + 8 + i] = (unsigned char)(i * 5 + 1);
        send_content(&place, bytes, behind + 8 + size);
        if (size == 1 || size == 2 || size == 4) {
          static const unsigned char ethernets[][4] = {{0x81, 0, 0, 0}, {8, 0, 0, 0}, {0x88, 0xa8}, {2, 0, 0, 0}, {0xff, 0xff, 0xff, 0xff}};
          for (size_t e = 0; e < COUNT(ethernets); e++) {
            memcpy(bytes + behind + 8, ethernets[e], size);
            send_content(&place, bytes, behind + 8 + size);
          }
        }
      }
    }
  }
}

int main(void) {
  struct place place = {netlink_socket(NETLINK_ROUTE), RTM_NEWLINK, NLM_F_REQUEST, sizeof(struct ifinfomsg)};
  if (place.fd < 0) return 1;
  headers(&place);
  attributes(&place, 0, 70);
  place.depth = 1;
  // What these are depends on the family.
  static const unsigned char families[] = {AF_BRIDGE, AF_INET6, AF_UNSPEC};
  for (size_t i = 0; i < COUNT(families); i++) {
    place.header[0] = families[i];
    place.path[0] = IFLA_PROTINFO;
    attributes(&place, 0, i == 0 ? 44 : 3);
    place.path[0] = IFLA_AF_SPEC;
    attributes(&place, 0, 8);
  }
  place.header[0] = AF_BRIDGE;
  place.depth = 2;
  place.path[1] = 3;  // IFLA_BRIDGE_VLAN_TUNNEL_INFO
  attributes(&place, 0, 4);
  place.depth = 1;
  place.header[0] = AF_UNSPEC;
  place.path[0] = IFLA_LINKINFO;
  attributes(&place, 0, 7);
  kinds(place);
  place.path[0] = IFLA_XDP;
  attributes(&place, 0, 10);
  place.path[0] = IFLA_PORT_SELF;
  attributes(&place, 0, 9);
  place.path[0] = IFLA_PROP_LIST;
  attributes(&place, 52, 54);
  place.path[0] = IFLA_PROTO_DOWN_REASON;
  attributes(&place, 0, 4);
  place.path[0] = IFLA_VFINFO_LIST;
  attributes(&place, 0, 2);
  place.depth = 2;
  place.path[1] = IFLA_VF_INFO;
  attributes(&place, 0, 15);
  place.depth = 3;
  place.path[2] = IFLA_VF_STATS;
  attributes(&place, 0, 9);
  place.path[2] = IFLA_VF_VLAN_LIST;
  attributes(&place, 0, 2);
  place.depth = 1;
  place.path[0] = IFLA_AF_SPEC;
  attributes(&place, 0, 12);
  place.depth = 2;
  place.path[1] = AF_INET;
  attributes(&place, 0, 2);
  place.path[1] = AF_INET6;
  attributes(&place, 0, 10);
  place.path[0] = IFLA_VF_PORTS;
  place.path[1] = 1;
  attributes(&place, 0, 9);
  // Two attributes, of which the second is nested.
  place.depth = 0;
  static const unsigned char content[] = {7, 0,    3,    0,    'l', 'o', 0, 0, 20, 0, 43, 0x80, 5,    0,    2,
                                          0, 2,    0,    0,    0,   8,   0, 3, 0,  1, 0,  0,    0,    12,   0,
                                          1, 0x40, 0x11, 0x22, 1,   2,   3, 4, 5,  6, 5,  0,    0x21, 0x80, 1};
  cuts(&place, content, sizeof content);
  for (int type = RTM_NEWLINK; type <= RTM_SETLINK; type++) {
    for (int flags = 0; flags < 0x10000; flags = flags ? flags * 2 : 1) {
      place.type = type;
      place.flags = flags;
      send_content(&place, content, 8);
    }
  }
  return 0;
}
