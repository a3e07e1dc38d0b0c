// Opening, file status, directories, file systems.
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"

namespace polytap::printers {
namespace {

std::string_view access_mode_name(uint64_t flags) {
  switch (flags & O_ACCMODE) {
    case O_RDONLY:
      return "O_RDONLY";
    case O_WRONLY:
      return "O_WRONLY";
    case O_RDWR:
      return "O_RDWR";
    default:
      return "O_ACCMODE";
  }
}

bool may_make_file(uint64_t flags) {
  constexpr uint64_t kTemporary = 020000000;  // __O_TMPFILE: O_TMPFILE without O_DIRECTORY
  return (flags & (O_CREAT | kTemporary)) != 0;
}

// st_atime=1700000000 /* 2023-11-14T22:13:20.000000000+0000 */, st_atime_nsec=0
void put_file_time(CallText& text, std::string_view name, const ::timespec& time) {
  text.print(", {}={}", name, time.tv_sec);
  put_comment_time(text, time.tv_sec, time.tv_nsec);
  // The first structure of i386 has no nanoseconds.
  if (text.call.foreign_name.starts_with("old")) return;
  text.print(", {}_nsec={}", name, static_cast<uint64_t>(time.tv_nsec));
}

void put_statx_time(CallText& text, std::string_view name, const statx_timestamp& time) {
  text.print(", {}={{tv_sec={}, tv_nsec={}}}", name, time.tv_sec, time.tv_nsec);
  put_comment_time(text, time.tv_sec, time.tv_nsec);
}

}  // namespace

void put_open_flags(CallText& text, uint64_t value) {
  const uint64_t rest = value & ~static_cast<uint64_t>(O_ACCMODE);
  if (text.style.constants == ConstantStyle::kRaw) return text.hex(value);
  std::string names(access_mode_name(value));
  if (rest != 0) {
    std::string more;
    append_flags(more, kOpenFlags, rest, ConstantStyle::kAbbreviated);
    names += "|" + more.substr(0, more.find(" /*"));
  }
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(value);
    text.print(" /* {} */", names);
  } else {
    text.put(names);
  }
}

void open_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  put_open_flags(text, static_cast<uint32_t>(value));
}

void open_mode(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if (!may_make_file(text.argument(kind.length_argument))) return text.omit();
  mode(text, value, kind);
}

void open_how(CallText& text, uint64_t value, const ArgumentKind&) {
  ::open_how how{};
  if (text.argument(3) < sizeof how) return text.address(value);
  if (!text.fetch(value, how)) return;
  text.put("{flags=");
  put_open_flags(text, how.flags);
  if (may_make_file(how.flags) || how.mode != 0) text.print(", mode={:#03o}", how.mode);
  text.put(", resolve=");
  text.flags(kResolveFlags, how.resolve);
  put_trailing_bytes(text, value, sizeof how, text.argument(3));
  text.put('}');
}

void access_mode(CallText& text, uint64_t value, const ArgumentKind&) {
  text.flags(kAccessModes, static_cast<uint32_t>(value));
}

void put_comment_time(CallText& text, int64_t seconds, int64_t fraction, int digits) {
  const auto parts = static_cast<uint64_t>(fraction);
  const uint64_t whole = digits == 9 ? 1'000'000'000 : 1'000'000;
  if ((seconds == 0 && parts == 0) || parts >= whole) return;
  if (text.style.constants == ConstantStyle::kRaw) return;
  const time_t time = seconds;
  struct tm local {};
  if (localtime_r(&time, &local) == nullptr) return;
  std::array<char, 64> date{};
  std::array<char, 16> zone{};
  strftime(date.data(), date.size(), "%FT%T", &local);
  strftime(zone.data(), zone.size(), "%z", &local);
  text.print(" /* {}", date.data());
  if (parts != 0) text.print(".{:0{}}", parts, digits);
  text.print("{} */", zone.data());
}

void file_status(CallText& text, uint64_t value, const ArgumentKind&) {
  struct stat status {};
  if (!text.fetch_result(value, status)) return;
  text.put('{');
  if (text.style.verbose) {
    text.put("st_dev=");
    text.device(status.st_dev);
    text.print(", st_ino={}, ", status.st_ino);
  }
  text.put("st_mode=");
  put_mode(text, status.st_mode);
  if (text.style.verbose) {
    text.print(", st_nlink={}, st_uid={}, st_gid={}, st_blksize={}, st_blocks={}", status.st_nlink, status.st_uid,
               status.st_gid, static_cast<uint64_t>(status.st_blksize), static_cast<uint64_t>(status.st_blocks));
  }
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
    text.put(", st_rdev=");
    text.device(status.st_rdev);
  } else {
    text.print(", st_size={}", static_cast<uint64_t>(status.st_size));
  }
  if (!text.style.verbose) return text.put(", ...}");
  put_file_time(text, "st_atime", status.st_atim);
  put_file_time(text, "st_mtime", status.st_mtim);
  put_file_time(text, "st_ctime", status.st_ctim);
  text.put('}');
}

void statx_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kSyncMask = AT_STATX_SYNC_TYPE;
  const auto bits = static_cast<uint32_t>(value);
  (bits & kSyncMask) == 0 ? text.enumeration(kStatxSyncTypes, 0) : text.flags(kStatxSyncTypes, bits & kSyncMask);
  if ((bits & ~kSyncMask) == 0) return;
  text.put('|');
  std::string rest;
  append_flags(rest, kAtFlags, bits & ~kSyncMask, text.style.constants);
  // Where there is a name already, bits without one get no comment.
  text.put(rest.substr(0, rest.find(" /* AT_?")));
}

void statx(CallText& text, uint64_t value, const ArgumentKind&) {
  struct statx status {};
  if (!text.fetch_result(value, status)) return;
  text.put("{stx_mask=");
  text.flags(kStatxMask, status.stx_mask);
  if (text.style.verbose) text.print(", stx_blksize={}", status.stx_blksize);
  text.put(", stx_attributes=");
  text.flags(kStatxAttributes, status.stx_attributes);
  // What the kernel says that it filled in.
  const auto has = [&](uint32_t bits) { return (status.stx_mask & bits) != 0; };
  if (text.style.verbose) {
    if (has(STATX_NLINK)) text.print(", stx_nlink={}", status.stx_nlink);
    if (has(STATX_UID)) text.print(", stx_uid={}", status.stx_uid);
    if (has(STATX_GID)) text.print(", stx_gid={}", status.stx_gid);
  }
  if (has(STATX_TYPE | STATX_MODE)) {
    text.put(", stx_mode=");
    put_mode(text, status.stx_mode);
  }
  if (text.style.verbose && has(STATX_INO)) text.print(", stx_ino={}", status.stx_ino);
  if (has(STATX_SIZE)) text.print(", stx_size={}", status.stx_size);
  if (!text.style.verbose) return text.put(", ...}");
  if (has(STATX_BLOCKS)) text.print(", stx_blocks={}", status.stx_blocks);
  text.put(", stx_attributes_mask=");
  text.flags(kStatxAttributes, status.stx_attributes_mask);
  auto put_time = [&](uint32_t bit, std::string_view name, const statx_timestamp& time) {
    if ((status.stx_mask & bit) != 0) put_statx_time(text, name, time);
  };
  put_time(STATX_ATIME, "stx_atime", status.stx_atime);
  put_time(STATX_BTIME, "stx_btime", status.stx_btime);
  put_time(STATX_CTIME, "stx_ctime", status.stx_ctime);
  put_time(STATX_MTIME, "stx_mtime", status.stx_mtime);
  text.print(", stx_rdev_major={}, stx_rdev_minor={}, stx_dev_major={}, stx_dev_minor={}", status.stx_rdev_major,
             status.stx_rdev_minor, status.stx_dev_major, status.stx_dev_minor);
  if (has(STATX_MNT_ID)) text.print(", stx_mnt_id={:#x}", status.stx_mnt_id);
  if (has(STATX_DIOALIGN)) {
    text.print(", stx_dio_mem_align={}, stx_dio_offset_align={}", status.stx_dio_mem_align,
               status.stx_dio_offset_align);
  }
  text.put('}');
}

void statfs(CallText& text, uint64_t value, const ArgumentKind&) {
  struct statfs status {};
  if (!text.fetch_result(value, status)) return;
  text.put("{f_type=");
  text.enumeration(kFileSystems, static_cast<uint64_t>(status.f_type));
  text.print(", f_bsize={}, f_blocks={}, f_bfree={}, f_bavail={}, f_files={}, f_ffree={}, f_fsid={{val=[",
             static_cast<uint64_t>(status.f_bsize), status.f_blocks, status.f_bfree, status.f_bavail, status.f_files,
             status.f_ffree);
  text.hex(static_cast<uint32_t>(status.f_fsid.__val[0]));
  text.put(", ");
  text.hex(static_cast<uint32_t>(status.f_fsid.__val[1]));
  text.print("]}}, f_namelen={}, f_frsize={}", static_cast<uint64_t>(status.f_namelen),
             static_cast<uint64_t>(status.f_frsize));
  constexpr uint64_t kValid = 0x20;  // ST_VALID: the kernel knows flags
  if ((static_cast<uint64_t>(status.f_flags) & kValid) != 0) {
    text.put(", f_flags=");
    text.flags(kStatfsFlags, static_cast<uint64_t>(status.f_flags));
  }
  text.put('}');
}

namespace {

struct DirectoryEntry {
  uint64_t inode = 0;
  int64_t offset = 0;
  uint16_t length = 0;
  uint8_t type = 0;
  std::string_view name;
};

// Of linux_dirent64 (the type lies before the name) or linux_dirent (in the last byte); advances AT.
bool next_entry(std::span<const char> bytes, size_t& at, bool is_64, DirectoryEntry& entry) {
  const size_t name_at = is_64 ? 19 : 18;
  if (at + name_at >= bytes.size()) return false;
  memcpy(&entry.inode, bytes.data() + at, 8);
  memcpy(&entry.offset, bytes.data() + at + 8, 8);
  memcpy(&entry.length, bytes.data() + at + 16, 2);
  if (entry.length <= name_at || at + entry.length > bytes.size()) return false;
  entry.type = static_cast<uint8_t>(is_64 ? bytes[at + 18] : bytes[at + entry.length - 1]);
  entry.name = std::string_view(bytes.data() + at + name_at, entry.length - name_at);
  entry.name = entry.name.substr(0, entry.name.find('\0'));
  at += entry.length;
  return true;
}

void put_entries(CallText& text, uint64_t at_address, bool is_64) {
  if (!text.succeeded()) return text.address(at_address);
  std::vector<char> bytes(static_cast<size_t>(std::max<int64_t>(text.call.result, 0)));
  if (text.memory.read(at_address, std::as_writable_bytes(std::span(bytes))) != bytes.size()) {
    return text.address(at_address);
  }
  uint64_t count = 0;
  size_t at = 0;
  DirectoryEntry entry;
  if (!text.style.verbose) {
    while (next_entry(bytes, at, is_64, entry)) count++;
    text.address(at_address);
    return text.print(" /* {} entries */", count);
  }
  text.put('[');
  while (next_entry(bytes, at, is_64, entry)) {
    if (count++ > 0) text.put(", ");
    text.print("{{d_ino={}, d_off={}, d_reclen={}", entry.inode, entry.offset, entry.length);
    if (is_64) {
      text.put(", d_type=");
      text.enumeration(kDirentTypes, entry.type);
    }
    text.put(", d_name=");
    text.quoted(entry.name);
    if (!is_64) {
      text.put(", d_type=");
      text.enumeration(kDirentTypes, entry.type);
    }
    text.put('}');
  }
  text.put(']');
}

}  // namespace

void directory_entries(CallText& text, uint64_t value, const ArgumentKind&) { put_entries(text, value, true); }
void old_directory_entries(CallText& text, uint64_t value, const ArgumentKind&) { put_entries(text, value, false); }

namespace {

// A NUL at the end, which most values have, is not shown.
void put_xattr(CallText& text, uint64_t at, uint64_t length) {
  constexpr uint64_t kLargest = 65536;  // XATTR_SIZE_MAX
  if (length > kLargest) return text.address(at);
  if (at == 0 || length == 0) return text.buffer(at, length);
  // One more than is shown, which tells whether that was all.
  const size_t limit = text.style.string_limit;
  std::string bytes(std::min<uint64_t>(length, limit + 1), '\0');
  if (!text.style.dereference || text.memory.read(at, std::as_writable_bytes(std::span(bytes))) != bytes.size()) {
    return text.address(at);
  }
  const bool ends = bytes.back() == '\0';
  const bool more = bytes.size() > limit && !ends;
  const bool is_cut = bytes.size() > limit;
  text.quoted(std::string_view(bytes).substr(0, bytes.size() - (is_cut ? 1 : 0) - (ends ? 1 : 0)), more);
}

}  // namespace

void xattr_value(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_xattr(text, value, text.argument(kind.length_argument));
}

void xattr_result(CallText& text, uint64_t value, const ArgumentKind& kind) {
  // With no room the call only tells the size.
  constexpr uint8_t kOfList = 2;
  const bool is_size = kind.length_argument == kOfList && text.argument(kind.length_argument) == 0;
  if (!text.succeeded() || is_size) return text.address(value);
  put_xattr(text, value, static_cast<uint64_t>(text.call.result));
}

}  // namespace polytap::printers
