// ioctl(2) of the device mapper: a header, and lists behind it that say by offsets where they go on.
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <string>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;

// clang-format off
constexpr Constant kFlagNames[] = {
    NAMED(DM_READONLY_FLAG), NAMED(DM_SUSPEND_FLAG), {"DM_EXISTS_FLAG", 1 << 2}, NAMED(DM_PERSISTENT_DEV_FLAG),
    NAMED(DM_STATUS_TABLE_FLAG), NAMED(DM_ACTIVE_PRESENT_FLAG), NAMED(DM_INACTIVE_PRESENT_FLAG),
    NAMED(DM_BUFFER_FULL_FLAG), NAMED(DM_SKIP_BDGET_FLAG), NAMED(DM_SKIP_LOCKFS_FLAG), NAMED(DM_NOFLUSH_FLAG),
    NAMED(DM_QUERY_INACTIVE_TABLE_FLAG), NAMED(DM_UEVENT_GENERATED_FLAG), NAMED(DM_UUID_FLAG),
    NAMED(DM_SECURE_DATA_FLAG), NAMED(DM_DATA_OUT_FLAG), NAMED(DM_DEFERRED_REMOVE), NAMED(DM_INTERNAL_SUSPEND_FLAG),
    NAMED(DM_IMA_MEASUREMENT_FLAG),
};
// clang-format on
constexpr ConstantTable kFlags{kFlagNames,
                               "DM_?"
                               "??"};

constexpr uint32_t kHeaderSize = offsetof(dm_ioctl, data);

uint32_t command_of(const CallText& text) { return static_cast<uint32_t>(text.argument(1)); }
bool is_among(uint32_t command, std::initializer_list<unsigned long> commands) {
  return std::ranges::find(commands, command) != commands.end();
}

// The string at AT, of ROOM bytes at most. Returns its length with the NUL; 0 when that is not among those read.
size_t put_string(CallText& text, uint64_t at, uint64_t room) {
  std::string bytes(std::min<uint64_t>(room, text.style.string_limit + 1), '\0');
  const size_t got = text.memory.read(at, std::as_writable_bytes(std::span(bytes)));
  const size_t end = std::string_view(bytes).substr(0, got).find('\0');
  if (end == std::string::npos && got < bytes.size()) {
    text.address(at);
    return 0;
  }
  const size_t length = std::min({end, got, text.style.string_limit});
  text.quoted(std::string_view(bytes).substr(0, length), length < got && length != end);
  return end == std::string::npos ? 0 : end + 1;
}

void put_misplaced(CallText& text, std::string_view what) {
  text.print(
      "?"
      "?? /* misplaced {} */",
      what);
}

// The list of which ITEM is an element: each says how far the next one is, from where WALK counts.
enum class Walk : uint8_t { kFromThis, kFromStart };
template <typename Item, typename Put>
void put_list(CallText& text, uint64_t at, const dm_ioctl& header, uint32_t head_size, std::string_view what, Walk walk,
              uint64_t count, Put&& put_item) {
  uint32_t offset = header.data_start;
  uint32_t end = 0;
  for (uint64_t i = 0; i < count; ++i) {
    text.put(", ");
    const bool goes_on = i == 0 || offset > end;
    end = goes_on ? offset + head_size : end;
    if (!goes_on || end <= offset || end > header.data_size) return put_misplaced(text, what);
    if (i >= text.style.string_limit) return text.put("...");
    Item item{};
    if (!text.memory.read_object(at + offset, item)) return text.address(at + offset);
    text.put('{');
    put_item(item, at + offset, at + end, header.data_size - end);
    text.put('}');
    if (count == UINT64_MAX && item.next == 0) return;
    offset = (walk == Walk::kFromThis ? offset : header.data_start) + item.next;
  }
}

void put_targets(CallText& text, uint64_t at, const dm_ioctl& header) {
  if (header.target_count == 0) return;
  if (!text.style.verbose) return text.put(", ...");
  const auto put_target = [&](const dm_target_spec& target, uint64_t, uint64_t string, uint64_t room) {
    text.print("sector_start={}, length={}", static_cast<uint64_t>(target.sector_start),
               static_cast<uint64_t>(target.length));
    if (text.at_exit) text.print(", status={}", static_cast<int32_t>(target.status));
    text.put(", target_type=");
    put_value(text, std::as_bytes(std::span(target.target_type)), kCString);
    text.put(", string=");
    put_string(text, string, room);
  };
  put_list<dm_target_spec>(text, at, header, sizeof(dm_target_spec), "struct dm_target_spec",
                           text.at_exit ? Walk::kFromStart : Walk::kFromThis, header.target_count, put_target);
}

// Since 4.37 the number of the last event lies behind the name, on the next multiple of eight.
void put_event(CallText& text, const dm_ioctl& header, uint64_t name_end, uint64_t item_end) {
  constexpr uint32_t kFirstWithEvents = 37;
  constexpr uint64_t kAlignment = 8;
  const uint64_t event_at = (name_end + kAlignment - 1) & ~(kAlignment - 1);
  uint32_t event = 0;
  if (header.version[1] < kFirstWithEvents || event_at + sizeof event > item_end) return;
  if (text.memory.read_object(event_at, event)) text.print(", event_nr={}", event);
}

void put_devices(CallText& text, uint64_t at, const dm_ioctl& header) {
  if (header.data_start == header.data_size) return;
  if (!text.style.verbose) return text.put(", ...");
  const auto put_device = [&](const dm_name_list& device, uint64_t start, uint64_t name, uint64_t room) {
    text.put("dev=");
    text.device(device.dev);
    text.put(", name=");
    const size_t length = put_string(text, name, room);
    if (length > 0) put_event(text, header, name + length, start + device.next);
  };
  put_list<dm_name_list>(text, at, header, offsetof(dm_name_list, name), "struct dm_name_list", Walk::kFromThis,
                         UINT64_MAX, put_device);
}

void put_versions(CallText& text, uint64_t at, const dm_ioctl& header) {
  if (header.data_start == header.data_size) return;
  if (!text.style.verbose) return text.put(", ...");
  const auto put_version = [&](const dm_target_versions& target, uint64_t, uint64_t name, uint64_t room) {
    text.put("name=");
    put_string(text, name, room);
    text.print(", version=[{}, {}, {}]", target.version[0], target.version[1], target.version[2]);
  };
  put_list<dm_target_versions>(text, at, header, offsetof(dm_target_versions, name), "struct dm_target_versions",
                               Walk::kFromThis, UINT64_MAX, put_version);
}

void put_dependencies(CallText& text, uint64_t at, const dm_ioctl& header) {
  if (header.data_start == header.data_size) return;
  text.put(", ");
  if (!text.style.verbose) return text.put("...");
  const uint32_t end = header.data_start + offsetof(dm_target_deps, dev);
  dm_target_deps dependencies{};
  const bool fits = end > header.data_start && end <= header.data_size;
  if (fits && !text.memory.read_object(at + header.data_start, dependencies)) {
    return text.address(at + header.data_start);
  }
  if (!fits || dependencies.count > (header.data_size - end) / sizeof(uint64_t)) {
    return put_misplaced(text, "struct dm_target_deps");
  }
  text.print("{{count={}, deps=", static_cast<uint32_t>(dependencies.count));
  printers::put_array<uint64_t>(text, at + end, dependencies.count, [&](uint64_t each) { text.device(each); });
  text.put('}');
}

void put_message(CallText& text, uint64_t at, const dm_ioctl& header) {
  if (header.data_start == header.data_size) return;
  text.put(", ");
  if (!text.style.verbose) return text.put("...");
  const uint32_t end = header.data_start + offsetof(dm_target_msg, message);
  if (end <= header.data_start || end > header.data_size) return put_misplaced(text, "struct dm_target_msg");
  dm_target_msg message{};
  if (!text.memory.read_object(at + header.data_start, message)) return text.address(at + header.data_start);
  text.print("{{sector={}, message=", static_cast<uint64_t>(message.sector));
  put_string(text, at + end, header.data_size - end);
  text.put('}');
}

void put_plain_string(CallText& text, uint64_t at, const dm_ioctl& header) {
  text.put(", ");
  if (!text.style.verbose) return text.put("...");
  if (header.data_start > header.data_size) return put_misplaced(text, "string");
  text.put("{string=");
  put_string(text, at + header.data_start, header.data_size - header.data_start);
  text.put('}');
}

// What the command reads from the header, or writes to it.
void put_values(CallText& text, uint32_t command, const dm_ioctl& header) {
  if (!text.at_exit) {
    if (command == DM_TABLE_LOAD) text.print(", target_count={}", static_cast<uint32_t>(header.target_count));
    const bool resumes = command == DM_DEV_SUSPEND && (header.flags & DM_SUSPEND_FLAG) == 0;
    if (resumes || is_among(command, {DM_DEV_RENAME, DM_DEV_REMOVE, DM_DEV_WAIT})) {
      text.print(", event_nr={}", static_cast<uint32_t>(header.event_nr));
    }
  } else if (text.succeeded() &&
             is_among(command, {DM_DEV_CREATE, DM_DEV_RENAME, DM_DEV_SUSPEND, DM_DEV_STATUS, DM_DEV_WAIT, DM_TABLE_LOAD,
                                DM_TABLE_CLEAR, DM_TABLE_DEPS, DM_TABLE_STATUS, DM_TARGET_MSG})) {
    text.print(", target_count={}, open_count={}, event_nr={}", static_cast<uint32_t>(header.target_count),
               static_cast<int32_t>(header.open_count), static_cast<uint32_t>(header.event_nr));
  }
}

void put_header(CallText& text, uint32_t command, const dm_ioctl& header) {
  text.print(", data_size={}", static_cast<uint32_t>(header.data_size));
  if (header.data_size < kHeaderSize) return text.put(" /* data_size too small */");
  if (!is_among(command, {DM_VERSION, DM_REMOVE_ALL, DM_DEV_CREATE, DM_DEV_REMOVE, DM_DEV_SUSPEND, DM_DEV_STATUS,
                          DM_TABLE_CLEAR, DM_DEV_ARM_POLL})) {
    text.print(", data_start={}", static_cast<uint32_t>(header.data_start));
  }
  if (!is_among(command, {DM_REMOVE_ALL, DM_LIST_DEVICES, DM_LIST_VERSIONS})) {
    if (header.dev != 0) {
      text.put(", dev=");
      text.device(header.dev);
    }
    if (header.name[0] != '\0') {
      text.put(", name=");
      put_value(text, std::as_bytes(std::span(header.name)), kCString);
    }
    if (header.uuid[0] != '\0') {
      text.put(", uuid=");
      put_value(text, std::as_bytes(std::span(header.uuid)), kCString);
    }
  }
  put_values(text, command, header);
  text.put(", flags=");
  text.flags(kFlags, header.flags);
}

// What lies behind the header before the call, or behind it after the call.
void put_data(CallText& text, uint64_t at, uint32_t command, const dm_ioctl& header) {
  if (!text.at_exit) {
    if (command == DM_TABLE_LOAD) put_targets(text, at, header);
    if (command == DM_TARGET_MSG) put_message(text, at, header);
    if (is_among(command, {DM_DEV_RENAME, DM_DEV_SET_GEOMETRY})) put_plain_string(text, at, header);
  } else if (text.succeeded()) {
    if (is_among(command, {DM_DEV_WAIT, DM_TABLE_STATUS})) put_targets(text, at, header);
    if (command == DM_TABLE_DEPS) put_dependencies(text, at, header);
    if (command == DM_LIST_DEVICES) put_devices(text, at, header);
    if (command == DM_LIST_VERSIONS) put_versions(text, at, header);
    const bool has_output = (header.flags & DM_DATA_OUT_FLAG) != 0;
    if (command == DM_TARGET_MSG && has_output) put_plain_string(text, at, header);
  }
}

void put_request(CallText& text, uint64_t at, const dm_ioctl& header) {
  const uint32_t command = command_of(text);
  text.print("[{{version=[{}, {}, {}]", header.version[0], header.version[1], header.version[2]);
  if (header.version[0] != DM_VERSION_MAJOR) return text.put(" /* unsupported device mapper ABI version */}]");
  put_header(text, command, header);
  text.put('}');
  if (header.data_size >= kHeaderSize) put_data(text, at, command, header);
  text.put(']');
}

bool read_header(const CallText& text, uint64_t at, dm_ioctl& header) {
  const auto bytes = std::as_writable_bytes(std::span(&header, 1)).first(kHeaderSize);
  return at != 0 && text.memory.read(at, bytes) == bytes.size() && header.data_size >= offsetof(dm_ioctl, data_size);
}

// A number for what the kernel changes even when it fails.
uint64_t mark_of(const dm_ioctl& header) {
  uint64_t mark = 1;
  for (const uint32_t part :
       {header.version[0], header.version[1], header.version[2], header.data_size, header.data_start, header.flags}) {
    mark = mark * 0x100000001b3 ^ part;  // FNV
  }
  return mark;
}

bool put_mapper(CallText& text, uint64_t at) {
  dm_ioctl header{};
  if (!read_header(text, at, header)) {
    text.hex(at);
    return false;
  }
  text.kept = mark_of(header);
  put_request(text, at, header);
  return true;
}

void put_mapper_answer(CallText& text, uint64_t at) {
  dm_ioctl header{};
  if (!read_header(text, at, header) || (!text.succeeded() && mark_of(header) == text.kept)) return;
  text.put(" => ");
  put_request(text, at, header);
}

constexpr IoctlContent mapper(uint64_t command) {
  return own_answered(command, put_mapper, put_mapper_answer).always_answered();
}
constexpr IoctlContent kContents[] = {
    mapper(DM_VERSION),      mapper(DM_REMOVE_ALL),    mapper(DM_LIST_DEVICES), mapper(DM_DEV_CREATE),
    mapper(DM_DEV_REMOVE),   mapper(DM_DEV_RENAME),    mapper(DM_DEV_SUSPEND),  mapper(DM_DEV_STATUS),
    mapper(DM_DEV_WAIT),     mapper(DM_TABLE_LOAD),    mapper(DM_TABLE_CLEAR),  mapper(DM_TABLE_DEPS),
    mapper(DM_TABLE_STATUS), mapper(DM_LIST_VERSIONS), mapper(DM_TARGET_MSG),   mapper(DM_DEV_SET_GEOMETRY),
    mapper(DM_DEV_ARM_POLL),
};

}  // namespace

const IoctlFamily kMapperIoctls{DM_IOCTL, kContents};

}  // namespace polytap
