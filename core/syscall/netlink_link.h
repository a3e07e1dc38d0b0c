// How rtnetlink's messages look whose descriptions have files of their own.
#pragma once

#include "core/syscall/netlink.h"

namespace polytap {

// struct rtnl_link_stats64.
bool put_link_counters64(CallText& text, std::span<const std::byte> bytes, std::span<const std::byte> whole,
                         const MessageContext& context);

// What is nested in messages about links.
extern const AttributeSet kBridgePortSet;
extern const AttributeSet kBridgeDataSet;
extern const AttributeSet kBridgeFamilySet;
extern const AttributeSet kVirtualFunctionSet;

extern const MessageLayout kLinkLayout;     // RTM_NEWLINK and its like
extern const MessageLayout kTrafficLayout;  // queueing disciplines, classes, filters, chains
extern const MessageLayout kTrafficActionLayout;
extern const MessageLayout kNextHopLayout;
extern const MessageLayout kStatisticsLayout;
extern const MessageLayout kGroupLayout;  // multicast groups of bridges

}  // namespace polytap
