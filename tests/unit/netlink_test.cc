// Netlink messages from captured memory: how they are framed, and what is not one.
#include "core/syscall/netlink.h"

#include <gtest/gtest.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

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
  std::string shown(unsigned protocol, RenderStyle style = {}) const {
    CapturedMemory memory;
    memory.add(kAt, bytes_);
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
            "[{nlmsg_len=20, nlmsg_type=NLMSG_DONE, nlmsg_flags=NLM_F_MULTI, nlmsg_seq=7, nlmsg_pid=0}, -ENOENT]]");
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
  EXPECT_EQ(Message().add(uint32_t{0x41414141}).shown(NETLINK_ROUTE), "\"AAAA\"");
  EXPECT_EQ(Message().header(0x41414141, 0x4141, 0x4141).shown(NETLINK_KOBJECT_UEVENT).substr(0, 9), "\"AAAAAAAA");
}

}  // namespace
}  // namespace polytap
