// File handles, pages, vectors of other processes, segments of the x86 descriptor tables, quotas.
#include <asm/ldt.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_system.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kSigned{Show::kSigned};
constexpr ValueKind kHexKind{Show::kHex};

struct HandleHeader {
  uint32_t bytes;
  int32_t type;
};
constexpr uint32_t kMostHandleBytes = 128;  // MAX_HANDLE_SZ of include/linux/exportfs.h

// The whole of struct file_handle.
void put_handle(CallText& text, uint64_t at) {
  HandleHeader header{};
  if (!text.fetch(at, header)) return;
  text.print("{{handle_bytes={}, handle_type={}, f_handle=", header.bytes, header.type);
  std::vector<std::byte> bytes(std::min(header.bytes, kMostHandleBytes));
  if (text.memory.read(at + sizeof header, bytes) != bytes.size()) {
    text.put(
        "?"
        "??");
  } else {
    put_all_bytes(text, bytes);
    if (header.bytes > kMostHandleBytes) text.put("...");
  }
  text.put('}');
}

}  // namespace

void file_handle(CallText& text, uint64_t value, const ArgumentKind&) { put_handle(text, value); }

void file_handle_result(CallText& text, uint64_t value, const ArgumentKind&) {
  HandleHeader header{};
  if (!text.at_exit || text.succeeded()) {
    if (text.succeeded()) return put_handle(text, value);
    return text.address(value);
  }
  if (!text.fetch(value, header)) return;
  const uint32_t room = header.bytes;
  // Too small: the kernel says how many it needs.
  constexpr int64_t kTooSmall = -75;  // EOVERFLOW
  const bool told = text.call.result == kTooSmall && text.entry_int >= 0;
  text.print("{{handle_bytes={}", told ? static_cast<uint32_t>(text.entry_int) : room);
  if (told) text.print(" => {}", room);
  text.put('}');
}

void mount_id_result(CallText& text, uint64_t value, const ArgumentKind& kind) {
  HandleHeader header{};
  const uint64_t handle = text.argument(2);
  // A call without a handle cannot have given a mount.
  if (handle == 0 || !text.memory.read_object(handle, header)) return text.address(value);
  int_at(text, value, kind);
}

void vectors(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_array<iovec>(text, value, text.argument(kind.length_argument), [&](const iovec& vector) {
    text.put("{iov_base=");
    text.address(reinterpret_cast<uint64_t>(vector.iov_base));
    text.print(", iov_len={}}}", vector.iov_len);
  });
}

void page_addresses(CallText& text, uint64_t value, const ArgumentKind&) {
  put_array<uint64_t>(text, value, text.argument(1), [&](uint64_t page) { text.address(page); });
}

void page_nodes(CallText& text, uint64_t value, const ArgumentKind&) {
  put_array<int32_t>(text, value, text.argument(1), [&](int32_t node) { text.print("{}", node); });
}

void page_states(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded() && text.argument(1) != 0) return text.address(value);
  put_array<int32_t>(text, value, text.argument(1), [&](int32_t state) {
    const std::string_view name = state < 0 ? errno_name(-state) : std::string_view();
    name.empty() ? text.print("{}", state) : text.print("-{}", name);
  });
}

namespace {

void put_segment(CallText& text, const user_desc& segment) {
  text.put("{entry_number=");
  segment.entry_number == UINT32_MAX ? text.put("-1") : text.print("{}", segment.entry_number);
  text.put(", base_addr=");
  segment.base_addr == 0 ? text.put("00000000") : text.print("{:#08x}", segment.base_addr);
  text.put(", limit=");
  segment.limit == 0 ? text.put("00000000") : text.print("{:#08x}", segment.limit);
  text.print(", seg_32bit={}, contents={}, read_exec_only={}, limit_in_pages={}, seg_not_present={}, useable={}",
             static_cast<unsigned>(segment.seg_32bit), static_cast<unsigned>(segment.contents),
             static_cast<unsigned>(segment.read_exec_only), static_cast<unsigned>(segment.limit_in_pages),
             static_cast<unsigned>(segment.seg_not_present), static_cast<unsigned>(segment.useable));
  if (!text.call.is_32bit) text.print(", lm={}", static_cast<unsigned>(segment.lm));
  text.put('}');
}

}  // namespace

void thread_area(CallText& text, uint64_t value, const ArgumentKind&) {
  user_desc segment{};
  if (text.fetch(value, segment)) put_segment(text, segment);
}

void thread_area_result(CallText& text, uint64_t value, const ArgumentKind&) {
  user_desc segment{};
  if (text.succeeded() && text.style.dereference && text.memory.read_object(value, segment)) {
    return put_segment(text, segment);
  }
  uint32_t entry = 0;
  if (text.fetch(value, entry)) {
    entry == UINT32_MAX ? text.put("{entry_number=-1, ...}") : text.print("{{entry_number={}, ...}}", entry);
  }
}

void note_thread_area(CallText& text) {
  user_desc segment{};
  if (text.succeeded() && text.memory.read_object(text.argument(0), segment)) {
    text.note = fmt::format("entry_number={}", segment.entry_number);
  }
}

void descriptor_table(CallText& text, uint64_t value, const ArgumentKind&) {
  user_desc segment{};
  if (text.argument(2) != sizeof segment) return text.address(value);
  if (text.fetch(value, segment)) put_segment(text, segment);
}

void system_control(CallText& text, uint64_t value, const ArgumentKind&) {
  struct {
    uint64_t name;
    int32_t length;
    int32_t unused;
    uint64_t old_value;
    uint64_t old_length;
    uint64_t new_value;
    uint64_t new_length;
    uint64_t reserved[4];
  } arguments{};
  if (!text.fetch(value, arguments)) return;
  text.put("{name=");
  text.address(arguments.name);
  text.print(", nlen={}, oldval=", arguments.length);
  text.address(arguments.old_value);
  text.put(", oldlenp=");
  text.address(arguments.old_length);
  text.put(", newval=");
  text.address(arguments.new_value);
  text.print(", newlen={}}}", arguments.new_length);
}

namespace {

constexpr Field kQuotaFields[] = {
    POLYTAP_FIELD(if_dqblk, dqb_bhardlimit, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_bsoftlimit, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_curspace, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_ihardlimit, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_isoftlimit, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_curinodes, kNumber),
    POLYTAP_FIELD(if_dqblk, dqb_btime, kNumber, true),
    POLYTAP_FIELD(if_dqblk, dqb_itime, kNumber, true),
    POLYTAP_FIELD(if_dqblk, dqb_valid, flags_of(kQuotaValid), true),
};
constexpr Structure kQuota{kQuotaFields, offsetof(if_dqblk, dqb_valid) + 4};
constexpr Field kNextQuotaFields[] = {
    POLYTAP_FIELD(if_nextdqblk, dqb_bhardlimit, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_bsoftlimit, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_curspace, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_ihardlimit, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_isoftlimit, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_curinodes, kNumber),
    POLYTAP_FIELD(if_nextdqblk, dqb_btime, kNumber, true),
    POLYTAP_FIELD(if_nextdqblk, dqb_itime, kNumber, true),
    POLYTAP_FIELD(if_nextdqblk, dqb_valid, flags_of(kQuotaValid), true),
    POLYTAP_FIELD(if_nextdqblk, dqb_id, kNumber),
};
constexpr Structure kNextQuota{kNextQuotaFields, sizeof(if_nextdqblk)};
constexpr Field kQuotaInfoFields[] = {
    POLYTAP_FIELD(if_dqinfo, dqi_bgrace, kNumber),
    POLYTAP_FIELD(if_dqinfo, dqi_igrace, kNumber),
    POLYTAP_FIELD(if_dqinfo, dqi_flags, flags_of(kQuotaInfoFlags)),
    POLYTAP_FIELD(if_dqinfo, dqi_valid, flags_of(kQuotaInfoValid)),
};
constexpr Structure kQuotaInfo{kQuotaInfoFields, sizeof(if_dqinfo)};
constexpr Field kDiskQuotaFields[] = {
    POLYTAP_FIELD(fs_disk_quota, d_version, kSigned),
    POLYTAP_FIELD(fs_disk_quota, d_flags, flags_of(kXfsQuotaFlags)),
    POLYTAP_FIELD(fs_disk_quota, d_fieldmask, kHexKind),
    POLYTAP_FIELD(fs_disk_quota, d_id, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_blk_hardlimit, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_blk_softlimit, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_ino_hardlimit, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_ino_softlimit, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_bcount, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_icount, kNumber),
    POLYTAP_FIELD(fs_disk_quota, d_itimer, kSigned, true),
    POLYTAP_FIELD(fs_disk_quota, d_btimer, kSigned, true),
    POLYTAP_FIELD(fs_disk_quota, d_iwarns, kNumber, true),
    POLYTAP_FIELD(fs_disk_quota, d_bwarns, kNumber, true),
    POLYTAP_FIELD(fs_disk_quota, d_rtb_hardlimit, kNumber, true),
    POLYTAP_FIELD(fs_disk_quota, d_rtb_softlimit, kNumber, true),
    POLYTAP_FIELD(fs_disk_quota, d_rtbcount, kNumber, true),
    POLYTAP_FIELD(fs_disk_quota, d_rtbtimer, kSigned, true),
    POLYTAP_FIELD(fs_disk_quota, d_rtbwarns, kNumber, true),
};
constexpr Structure kDiskQuota{kDiskQuotaFields, sizeof(fs_disk_quota)};
constexpr Field kFileStatisticsFields[] = {
    POLYTAP_FIELD(fs_qfilestat, qfs_ino, kNumber),
    POLYTAP_FIELD(fs_qfilestat, qfs_nblks, kNumber),
    POLYTAP_FIELD(fs_qfilestat, qfs_nextents, kNumber),
};
constexpr Structure kFileStatistics{kFileStatisticsFields, sizeof(fs_qfilestat)};
constexpr Field kStatisticsFields[] = {
    POLYTAP_FIELD(fs_quota_stat, qs_version, kSigned),
    POLYTAP_FIELD(fs_quota_stat, qs_flags, flags_of(kXfsQuotaStates), true),
    POLYTAP_FIELD(fs_quota_stat, qs_uquota, structure_of(kFileStatistics), true),
    POLYTAP_FIELD(fs_quota_stat, qs_gquota, structure_of(kFileStatistics), true),
    POLYTAP_FIELD(fs_quota_stat, qs_incoredqs, kNumber),
    POLYTAP_FIELD(fs_quota_stat, qs_btimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_stat, qs_itimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_stat, qs_rtbtimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_stat, qs_bwarnlimit, kNumber, true),
    POLYTAP_FIELD(fs_quota_stat, qs_iwarnlimit, kNumber, true),
};
constexpr Structure kStatistics{kStatisticsFields, sizeof(fs_quota_stat)};

constexpr Field kFileStatisticsVFields[] = {
    POLYTAP_FIELD(fs_qfilestatv, qfs_ino, kNumber),
    POLYTAP_FIELD(fs_qfilestatv, qfs_nblks, kNumber),
    POLYTAP_FIELD(fs_qfilestatv, qfs_nextents, kNumber),
};
constexpr Structure kFileStatisticsV{kFileStatisticsVFields, sizeof(fs_qfilestatv)};
constexpr Field kStatisticsVFields[] = {
    POLYTAP_FIELD(fs_quota_statv, qs_version, kSigned),
    POLYTAP_FIELD(fs_quota_statv, qs_flags, flags_of(kXfsQuotaStates), true),
    POLYTAP_FIELD(fs_quota_statv, qs_incoredqs, kNumber, true),
    POLYTAP_FIELD(fs_quota_statv, qs_uquota, structure_of(kFileStatisticsV), true),
    POLYTAP_FIELD(fs_quota_statv, qs_gquota, structure_of(kFileStatisticsV), true),
    POLYTAP_FIELD(fs_quota_statv, qs_pquota, structure_of(kFileStatisticsV), true),
    POLYTAP_FIELD(fs_quota_statv, qs_btimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_statv, qs_itimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_statv, qs_rtbtimelimit, kSigned, true),
    POLYTAP_FIELD(fs_quota_statv, qs_bwarnlimit, kNumber, true),
    POLYTAP_FIELD(fs_quota_statv, qs_iwarnlimit, kNumber, true),
};
constexpr Structure kStatisticsV{kStatisticsVFields, sizeof(fs_quota_statv)};

// What a command takes behind the device: an id or a format, and the address of what.
struct QuotaCommand {
  uint32_t command;
  enum class Id : uint8_t { kNone, kUser, kFormat } id;
  const Structure* structure;  // null: an address
  bool is_result;
  bool address = true;
};
constexpr QuotaCommand kQuotaCommandsByNumber[] = {
    {Q_SYNC, QuotaCommand::Id::kNone, nullptr, false, false},
    {Q_QUOTAON, QuotaCommand::Id::kFormat, nullptr, false},
    {Q_QUOTAOFF, QuotaCommand::Id::kNone, nullptr, false, false},
    {Q_GETFMT, QuotaCommand::Id::kNone, nullptr, true},
    {Q_GETINFO, QuotaCommand::Id::kNone, &kQuotaInfo, true},
    {Q_SETINFO, QuotaCommand::Id::kNone, &kQuotaInfo, false},
    {Q_GETQUOTA, QuotaCommand::Id::kUser, &kQuota, true},
    {Q_SETQUOTA, QuotaCommand::Id::kUser, &kQuota, false},
    {Q_GETNEXTQUOTA, QuotaCommand::Id::kUser, &kNextQuota, true},
    {Q_XQUOTAON, QuotaCommand::Id::kNone, nullptr, false},
    {Q_XQUOTAOFF, QuotaCommand::Id::kNone, nullptr, false},
    {Q_XQUOTARM, QuotaCommand::Id::kNone, nullptr, false},
    {Q_XGETQUOTA, QuotaCommand::Id::kUser, &kDiskQuota, true},
    {Q_XSETQLIM, QuotaCommand::Id::kUser, &kDiskQuota, false},
    {Q_XGETQSTAT, QuotaCommand::Id::kNone, &kStatistics, true},
    {Q_XGETNEXTQUOTA, QuotaCommand::Id::kUser, &kDiskQuota, true},
    {Q_XQUOTASYNC, QuotaCommand::Id::kNone, nullptr, false, false},
    {Q_XGETQSTATV, QuotaCommand::Id::kNone, &kStatisticsV, true},
};

const QuotaCommand* quota_command_of(const CallText& text) {
  // quotactl has the command first, quotactl_fd the descriptor.
  const bool by_fd = text.call.number == 443;
  const uint32_t command = static_cast<uint32_t>(text.argument(by_fd ? 1 : 0)) >> 8;
  const auto* found = std::ranges::find(kQuotaCommandsByNumber, command, &QuotaCommand::command);
  return found != std::end(kQuotaCommandsByNumber) ? found : nullptr;
}

}  // namespace

bool quota_known_at_entry(const CallText& text) {
  const QuotaCommand* command = quota_command_of(text);
  return command == nullptr || !command->is_result;
}

void quota_id(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const QuotaCommand* command = quota_command_of(text);
  if (command == nullptr) return user_id(text, value, kind);
  switch (command->id) {
    case QuotaCommand::Id::kNone:
      return command->address ? text.skip() : text.omit();
    case QuotaCommand::Id::kFormat:
      return text.enumeration(kQuotaFormats, static_cast<uint32_t>(value));
    default:
      return user_id(text, value, kind);
  }
}

void quota_address(CallText& text, uint64_t value, const ArgumentKind&) {
  const QuotaCommand* command = quota_command_of(text);
  if (command == nullptr) return text.address(value);
  if (command->command == Q_QUOTAON) return text.path(value);
  if (command->is_result && !text.succeeded()) return text.address(value);
  if (command->command == Q_GETFMT || command->command == Q_XQUOTAON || command->command == Q_XQUOTAOFF ||
      command->command == Q_XQUOTARM) {
    uint32_t number = 0;
    if (!text.fetch(value, number)) return;
    text.put('[');
    command->command == Q_GETFMT
        ? text.enumeration(kQuotaFormats, number)
        : text.flags(command->command == Q_XQUOTARM ? kXfsQuotaFlags : kXfsQuotaStates, number);
    return text.put(']');
  }
  put_structure_at(text, value, *command->structure);
}

}  // namespace polytap::printers
