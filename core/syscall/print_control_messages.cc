// Control messages (cmsg(3)) of sockets.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/socket_options.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using Bytes = std::span<const std::byte>;
using namespace value_kinds;

// Those of SOL_SOCKET: SCM_*, and options whose messages bear their name.
constexpr Constant kSocketTypeConstants[] = {
    NAMED(SCM_RIGHTS),
    NAMED(SCM_CREDENTIALS),
    {"SCM_SECURITY", 3},
    {"SCM_PIDFD", 4},
    NAMED(SO_TIMESTAMP_OLD),
    NAMED(SO_TIMESTAMPNS_OLD),
    NAMED(SO_TIMESTAMPING_OLD),
    NAMED(SO_RXQ_OVFL),
    NAMED(SO_WIFI_STATUS),
    {"SCM_TIMESTAMPING_OPT_STATS", 54},
    {"SCM_TIMESTAMPING_PKTINFO", 58},
    NAMED(SO_TXTIME),
    NAMED(SO_TIMESTAMP_NEW),
    NAMED(SO_TIMESTAMPNS_NEW),
    NAMED(SO_TIMESTAMPING_NEW),
    {"SCM_DEVMEM_LINEAR", 78},
    {"SCM_DEVMEM_DMABUF", 79},
    {"SCM_TS_OPT_ID", 81},
};
constexpr ConstantTable kSocketTypes{kSocketTypeConstants,
                                     "SCM_?"
                                     "??"};
constexpr Constant kIpTypeConstants[] = {
    NAMED(IP_PKTINFO), NAMED(IP_TTL),         NAMED(IP_TOS),      NAMED(IP_RECVOPTS),  NAMED(IP_RETOPTS),
    NAMED(IP_RECVERR), NAMED(IP_ORIGDSTADDR), NAMED(IP_CHECKSUM), {"SCM_SECURITY", 3},
};
constexpr ConstantTable kIpTypes{kIpTypeConstants,
                                 "IP_?"
                                 "??"};

uint64_t word(Bytes bytes, size_t at, size_t size) { return number_in(bytes.subspan(at, size)); }

void put_text(CallText& text, Bytes bytes) {
  const std::string_view whole(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  text.quoted(whole);
}

// [a, b]: as many elements of SIZE bytes as there are.
template <typename Put>
void put_elements(CallText& text, Bytes bytes, size_t size, Put&& put) {
  text.put('[');
  for (size_t at = 0; at + size <= bytes.size(); at += size) {
    if (at > 0) text.put(", ");
    if (!text.style.verbose && at / size >= text.style.string_limit) {
      text.put("...");
      break;
    }
    put(bytes.subspan(at, size));
  }
  text.put(']');
}

void put_time(CallText& text, Bytes bytes, bool nanoseconds) {
  constexpr size_t kSize = 16;
  if (bytes.size() < kSize)
    return text.put(
        "?"
        "??");
  const auto seconds = static_cast<int64_t>(word(bytes, 0, 8));
  const auto rest = static_cast<int64_t>(word(bytes, 8, 8));
  nanoseconds ? put_time_spec(text, seconds, rest) : put_time_val(text, seconds, rest);
}

void put_times(CallText& text, Bytes bytes) {
  constexpr size_t kSize = 16;
  constexpr size_t kCount = 3;
  if (bytes.size() < kCount * kSize)
    return text.put(
        "?"
        "??");
  put_elements(text, bytes.first(kCount * kSize), kSize, [&](Bytes own) { put_time(text, own, true); });
}

void put_internet(CallText& text, std::string_view name, Bytes bytes) {
  std::array<char, INET_ADDRSTRLEN> dotted{};
  inet_ntop(AF_INET, bytes.data(), dotted.data(), dotted.size());
  text.print("{}inet_addr(\"{}\")", name, dotted.data());
}

// False: nothing is shown of the data.
bool put_socket_data(CallText& text, uint32_t type, Bytes bytes) {
  switch (type) {
    case SCM_RIGHTS:
      if (bytes.size() < sizeof(int)) return false;
      text.put(", cmsg_data=");
      put_elements(text, bytes, sizeof(int), [&](Bytes own) { text.fd(static_cast<int>(number_in(own))); });
      return true;
    case SCM_CREDENTIALS:
      if (bytes.size() < sizeof(ucred)) return false;
      text.print(", cmsg_data={{pid={}, uid={}, gid={}}}", static_cast<int32_t>(word(bytes, 0, 4)), word(bytes, 4, 4),
                 word(bytes, 8, 4));
      return true;
    case 3:  // SCM_SECURITY
      text.put(", cmsg_data=");
      put_text(text, bytes);
      return true;
    case 4:  // SCM_PIDFD
      if (bytes.size() < sizeof(int)) return false;
      text.put(", cmsg_data=");
      text.fd(static_cast<int>(number_in(bytes)));
      return true;
    case SO_TIMESTAMP_OLD:
    case SO_TIMESTAMP_NEW:
      text.put(", cmsg_data=");
      put_time(text, bytes, false);
      return true;
    case SO_TIMESTAMPNS_OLD:
    case SO_TIMESTAMPNS_NEW:
      text.put(", cmsg_data=");
      put_time(text, bytes, true);
      return true;
    case SO_TIMESTAMPING_OLD:
    case SO_TIMESTAMPING_NEW:
      text.put(", cmsg_data=");
      put_times(text, bytes);
      return true;
    default:
      return false;
  }
}

void put_received_error(CallText& text, Bytes bytes) {
  text.print(", cmsg_data={{ee_errno={}, ee_origin={}, ee_type={}, ee_code={}, ee_info={}, ee_data={}, offender=",
             word(bytes, 0, 4), word(bytes, 4, 1), word(bytes, 5, 1), word(bytes, 6, 1), word(bytes, 8, 4),
             word(bytes, 12, 4));
  put_socket_address(text, {reinterpret_cast<const char*>(bytes.data()) + 16, bytes.size() - 16});
  text.put('}');
}

bool put_ip_data(CallText& text, uint32_t type, Bytes bytes) {
  constexpr size_t kInfoSize = 12;
  constexpr size_t kErrorSize = 32;
  switch (type) {
    case IP_PKTINFO:
      if (bytes.size() < kInfoSize) return false;
      text.put(", cmsg_data={ipi_ifindex=");
      put_value(text, bytes.first(4), {Show::kInterface});
      put_internet(text, ", ipi_spec_dst=", bytes.subspan(4, 4));
      put_internet(text, ", ipi_addr=", bytes.subspan(8, 4));
      text.put('}');
      return true;
    case IP_TTL:
    case IP_CHECKSUM:
      if (bytes.size() < sizeof(uint32_t)) return false;
      text.put(", cmsg_data=");
      put_elements(text, bytes, 4, [&](Bytes own) { text.print("{}", number_in(own)); });
      return true;
    case IP_TOS:
    case IP_RECVOPTS:
    case IP_RETOPTS:
      if (bytes.empty()) return false;
      text.put(", cmsg_data=");
      put_elements(text, bytes, 1, [&](Bytes own) { text.hex(number_in(own)); });
      return true;
    case IP_RECVERR:
      if (bytes.size() < kErrorSize) return false;
      put_received_error(text, bytes.first(kErrorSize));
      return true;
    case IP_ORIGDSTADDR:
      if (bytes.size() < sizeof(sockaddr_in)) return false;
      text.put(", cmsg_data=");
      put_socket_address(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      return true;
    case 3:  // SCM_SECURITY
      text.put(", cmsg_data=");
      put_text(text, bytes);
      return true;
    default:
      return false;
  }
}

void put_message(CallText& text, const cmsghdr& header, Bytes data) {
  const auto type = static_cast<uint32_t>(header.cmsg_type);
  text.print("{{cmsg_len={}, cmsg_level=", header.cmsg_len);
  const ConstantTable levels{kSocketLevels.constants,
                             "SOL_?"
                             "??"};
  text.enumeration(levels, static_cast<uint32_t>(header.cmsg_level));
  text.put(", cmsg_type=");
  if (header.cmsg_level == SOL_SOCKET) {
    text.enumeration(kSocketTypes, type);
    if (!data.empty()) put_socket_data(text, type, data);
  } else if (header.cmsg_level == SOL_IP) {
    text.enumeration(kIpTypes, type);
    if (!data.empty()) put_ip_data(text, type, data);
  } else {
    text.hex(type);
  }
  text.put('}');
}

}  // namespace

void put_control_messages(CallText& text, uint64_t at, uint64_t length) {
  constexpr uint64_t kMost = 65536;
  std::vector<std::byte> memory(std::min(length, kMost));
  if (at == 0) return text.put("NULL");
  memory.resize(text.memory.read(at, memory));
  if (memory.size() < sizeof(cmsghdr)) return text.address(at);
  const Bytes bytes(memory);
  text.put('[');
  for (uint64_t offset = 0; offset + sizeof(cmsghdr) <= bytes.size();) {
    cmsghdr header{};
    std::memcpy(&header, bytes.data() + offset, sizeof header);
    if (offset > 0) text.put(", ");
    const uint64_t own = std::min<uint64_t>(header.cmsg_len, bytes.size() - offset);
    const Bytes data = own > sizeof header ? bytes.subspan(offset + sizeof header, own - sizeof header) : Bytes();
    put_message(text, header, data);
    if (header.cmsg_len < sizeof header) {
      text.print(", ... /* {:#x} */", at + offset + sizeof header);
      break;
    }
    offset += CMSG_ALIGN(header.cmsg_len);
    if (offset < bytes.size() && offset + sizeof header > bytes.size()) text.print(", ... /* {:#x} */", at + offset);
  }
  text.put(']');
}

}  // namespace polytap::printers
