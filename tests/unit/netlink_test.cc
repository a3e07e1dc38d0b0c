// Netlink messages from captured memory: how they are framed, and what is not one.
#include "core/syscall/netlink.h"

#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace polytap {
namespace {

constexpr uint64_t kAt = 0x10000;

class Message {
 public:
  template <typename T>
  Message& add(const T& object) {
    const auto* from = reinterpret_cast<const std::byte*>(&object);
    bytes_.insert(bytes_.end(), from, from + sizeof object);
    return *this;
  }
  Message& header(uint32_t length, uint16_t type, uint16_t flags) { return add(nlmsghdr{length, type, flags, 7, 0}); }
  // READABLE: what follows cannot be read.
  std::string shown(unsigned protocol, RenderStyle style = {}, size_t readable = SIZE_MAX) const {
    CapturedMemory memory;
    memory.add(kAt,
               std::vector(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(std::min(readable, bytes_.size()))));
    std::string out;
    const CallValues values;
    CallText text(out, memory, style, values);
    put_netlink_messages(text, kAt, bytes_.size(), protocol);
    return out;
  }

 private:
  std::vector<std::byte> bytes_;
};

ifinfomsg link_header() {
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_type = 1;
  return link;
}

TEST(Netlink, ARequestIsItsHeaderItsStructureAndItsAttributes) {
  const std::string shown = Message()
                                .header(40, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP)
                                .add(link_header())
                                .add(nlattr{8, IFLA_EXT_MASK})
                                .add(uint32_t{RTEXT_FILTER_VF})
                                .shown(NETLINK_ROUTE);
  EXPECT_EQ(shown,
            "[{nlmsg_len=40, nlmsg_type=RTM_GETLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, nlmsg_seq=7, nlmsg_pid=0}, "
            "{ifi_family=AF_UNSPEC, ifi_type=ARPHRD_ETHER, ifi_index=0, ifi_flags=0, ifi_change=0}, "
            "[{nla_len=8, nla_type=IFLA_EXT_MASK}, RTEXT_FILTER_VF]]");
}

TEST(Netlink, SeveralMessagesStandInBracketsAndTheEndTellsItsResult) {
  const std::string shown =
      Message().header(16, NLMSG_NOOP, 0).header(20, NLMSG_DONE, NLM_F_MULTI).add(int32_t{-2}).shown(NETLINK_ROUTE);
  EXPECT_EQ(shown,
            "[{nlmsg_len=16, nlmsg_type=NLMSG_NOOP, nlmsg_flags=0, nlmsg_seq=7, nlmsg_pid=0}, "
            "[{nlmsg_len=20, nlmsg_type=NLMSG_DONE, nlmsg_flags=NLM_F_MULTI, nlmsg_seq=7, nlmsg_pid=0}, -2]]");
}

TEST(Netlink, AnErrorShowsTheMessageThatItIsAbout) {
  const std::string shown = Message()
                                .header(36, NLMSG_ERROR, 0)
                                .add(int32_t{-19})
                                .header(16, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK)
                                .shown(NETLINK_ROUTE);
  EXPECT_NE(
      shown.find("{error=-ENODEV, msg={nlmsg_len=16, nlmsg_type=RTM_NEWLINK, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK"),
      std::string::npos)
      << shown;
}

TEST(Netlink, LengthsThatLieEndTheMessage) {
  // Longer than the buffer, shorter than a header, an attribute of no length: neither reads on nor loops.
  EXPECT_NE(Message().header(4000, RTM_GETLINK, 0).add(link_header()).shown(NETLINK_ROUTE).find("nlmsg_len=4000"),
            std::string::npos);
  EXPECT_NE(Message().header(3, RTM_GETLINK, 0).add(link_header()).shown(NETLINK_ROUTE).find("nlmsg_len=3"),
            std::string::npos);
  EXPECT_NE(Message()
                .header(40, RTM_GETLINK, 0)
                .add(link_header())
                .add(nlattr{0, IFLA_MTU})
                .add(uint32_t{1})
                .shown(NETLINK_ROUTE)
                .find("{nla_len=0, nla_type=IFLA_MTU}"),
            std::string::npos);
}

TEST(Netlink, WhatIsTooShortForAHeaderAndWhatIsNoMessageAreBytes) {
  EXPECT_EQ(Message().add(uint32_t{0x41414141}).shown(NETLINK_ROUTE), R"("\x41\x41\x41\x41")");
  EXPECT_EQ(Message().header(0x41414141, 0x4141, 0x4141).shown(NETLINK_KOBJECT_UEVENT).substr(0, 9), "\"AAAAAAAA");
}

TEST(Netlink, AttributesBehindAnErrorStandBesideIt) {
  const std::string shown = Message()
                                .header(44, NLMSG_ERROR, NLM_F_ACK_TLVS)
                                .add(int32_t{0})
                                .header(16, RTM_NEWLINK, 0)
                                .add(nlattr{8, NLMSGERR_ATTR_OFFS})
                                .add(uint32_t{5})
                                .shown(NETLINK_ROUTE);
  EXPECT_NE(shown.find(", [{error=0, msg={nlmsg_len=16, "), std::string::npos) << shown;
  EXPECT_NE(shown.find("}}, [{nla_len=8, nla_type=NLMSGERR_ATTR_OFFS}, 5]]]"), std::string::npos) << shown;
}

TEST(Netlink, WhatWasNotReadIsShownByItsAddress) {
  const Message whole =
      Message().header(40, RTM_GETLINK, 0).add(link_header()).add(nlattr{8, IFLA_MTU}).add(uint32_t{9});
  EXPECT_NE(whole.shown(NETLINK_ROUTE, {}, 36).find("{nla_len=8, nla_type=IFLA_MTU}, 0x10024]]"), std::string::npos);
  EXPECT_NE(whole.shown(NETLINK_ROUTE, {}, 34).find("ifi_change=0}, 0x10020]"), std::string::npos);
  EXPECT_NE(whole.shown(NETLINK_ROUTE, {}, 20).find("{ifi_family=AF_UNSPEC, 0x10011}]"), std::string::npos);
  EXPECT_EQ(whole.shown(NETLINK_ROUTE, {}, 8), "0x10000");
}

TEST(Netlink, AddressesAndInterfacesHaveTheStyleOfConstants) {
  RenderStyle verbose;
  verbose.constants = ConstantStyle::kVerbose;
  const std::string shown = Message()
                                .header(40, RTM_NEWLINK, 0)
                                .add(link_header())
                                .add(nlattr{6, IFLA_ADDRESS | NLA_F_NET_BYTEORDER})
                                .add(uint32_t{0x0201})
                                .shown(NETLINK_ROUTE, verbose);
  EXPECT_NE(
      shown.find("nla_type=0x4000 /* NLA_F_NET_BYTEORDER */|0x1 /* IFLA_ADDRESS */}, \"\\x01\\x02\" /* 01:02 */]"),
      std::string::npos)
      << shown;
}

TEST(Netlink, TheKindOfALinkSaysWhatItsDataAre) {
  const auto link_of = [](std::array<char, 8> kind) {
    return Message()
        .header(60, RTM_NEWLINK, 0)
        .add(link_header())
        .add(nlattr{28, IFLA_LINKINFO})
        .add(nlattr{12, IFLA_INFO_KIND})
        .add(kind)
        .add(nlattr{12, IFLA_INFO_DATA})
        .add(nlattr{8, IFLA_TUN_NUM_QUEUES})
        .add(uint32_t{3})
        .shown(NETLINK_ROUTE);
  };
  EXPECT_NE(link_of({'t', 'u', 'n'}).find("nla_type=IFLA_TUN_NUM_QUEUES}, 3]"), std::string::npos);
  EXPECT_NE(link_of({'d', 'u', 'm', 'm', 'y'}).find("nla_type=IFLA_INFO_DATA}, \"\\x08\\x00"), std::string::npos);
}

// Next hops of no length: the walk ends.
TEST(Netlink, NextHopsOfNoLengthEndTheList) {
  const std::string shown = Message()
                                .header(40, RTM_NEWROUTE, 0)
                                .add(rtmsg{})
                                .add(nlattr{12, RTA_MULTIPATH})
                                .add(rtnexthop{})
                                .shown(NETLINK_ROUTE);
  EXPECT_NE(shown.find("[{rtnh_len=0, rtnh_flags=0, rtnh_hops=0, rtnh_ifindex=0}]"), std::string::npos) << shown;
}

}  // namespace
}  // namespace polytap
