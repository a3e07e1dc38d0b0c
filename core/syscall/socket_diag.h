// What the kernel tells of sockets by NETLINK_SOCK_DIAG and not in /proc/net.
#pragma once

#include <cstdint>
#include <optional>

namespace polytap {

// The inode of the unix socket that the one with INODE is connected to, in this process's network namespace.
std::optional<uint32_t> unix_socket_peer(uint32_t inode);

}  // namespace polytap
