#include "core/kernel/captured_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;

// Nothing can be mapped below vm.mmap_min_addr (65536 unless an administrator lowered it), nor, for user space, above
// the lower half. The kernel leaves in a field what an earlier event had there when a pointer on the way to it cannot
// be followed: so what lies behind such pointers is not looked at.
constexpr uint64_t kLowest = 4096;
constexpr uint64_t kHighest = uint64_t{1} << 56;
constexpr uint64_t kKernelLowest = ~uint64_t{0} << 56;  // with five levels of page tables

// Since 6.2, instead of a string that could not be read (FAULT_STRING in kernel/trace/trace_probe_kernel.h).
constexpr std::string_view kFault = "(fault)";

// A string without its NUL; nullopt when the record has none at OFFSET.
std::optional<std::string_view> data_location(Bytes record, uint32_t offset) {
  uint32_t location = 0;
  if (record.size() < offset + sizeof location) return std::nullopt;
  std::memcpy(&location, record.data() + offset, sizeof location);
  const uint32_t begin = location & 0xffff;
  const uint32_t length = location >> 16;
  if (length == 0 || begin + length > record.size()) return std::nullopt;
  const auto* text = reinterpret_cast<const char*>(record.data()) + begin;
  return std::string_view(text, strnlen(text, length));
}

}  // namespace

bool CaptureLayout::is_readable(uint64_t address) const {
  if (with_kernel_ && address >= kKernelLowest) return true;
  return address >= kLowest && address < kHighest;
}

CaptureLayout::CaptureLayout(std::vector<ir::Capture> captures, bool with_kernel, const FetchWord& word_at)
    : captures_(std::move(captures)), with_kernel_(with_kernel) {
  for (size_t i = 0; i < captures_.size(); ++i) {
    const ir::Capture& capture = captures_[i];
    const std::string_view word =
        capture.address.is_absolute ? std::string_view() : word_at(capture.address.context_offset);
    for (FetchField& field : fetch_fields(capture, word, fmt::format("c{}", i))) {
      parts_.push_back({std::move(field), i, 0});
    }
  }
}

std::vector<FetchField> CaptureLayout::fields() const {
  std::vector<FetchField> fields;
  for (const Part& part : parts_) fields.push_back(part.field);
  // These only tell: what is needed of the record's room must not be short for them.
  std::stable_partition(fields.begin(), fields.end(), [](const FetchField& field) { return !field.tells_only; });
  return fields;
}

Status CaptureLayout::place(const EventFormat& format) {
  for (Part& part : parts_) {
    const auto found = std::ranges::find(format.arguments, part.field.name, &ProbeArgument::name);
    if (found == format.arguments.end() || (!part.field.is_string && found->size < part.field.length)) {
      return Error(fmt::format("the kernel's format of event {} does not have field {}", format.name, part.field.name));
    }
    part.record_offset = found->offset;
  }
  return {};
}

std::optional<uint64_t> CapturedMemory::address_of(const CaptureLayout& layout, const ir::FetchAddress& address,
                                                   std::span<const std::byte> context) const {
  uint64_t value = 0;
  if (!address.is_absolute) {
    if (address.context_offset + 8 > context.size()) return std::nullopt;
    std::memcpy(&value, context.data() + address.context_offset, 8);
  }
  for (size_t i = 0;; ++i) {
    value += static_cast<uint64_t>(address.offsets[i]);
    if (!layout.is_readable(value)) return std::nullopt;
    if (i + 1 == address.offsets.size()) return value;
    // The pointer is a capture too, before this one.
    if (!read_memory(value, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    if (!layout.is_readable(value)) return std::nullopt;
  }
}

bool CapturedMemory::look_at(const CaptureLayout& layout, std::span<const std::byte> context, Bytes record) {
  segments_.clear();
  bytes_.clear();
  bool complete = true;
  for (size_t part = 0; part < layout.parts().size();) {
    const size_t capture = layout.parts()[part].capture;
    const auto address = address_of(layout, layout.captures()[capture].address, context);
    if (address) {
      complete &= take(layout, part, *address, record);
    } else {
      while (part < layout.parts().size() && layout.parts()[part].capture == capture) ++part;
    }
  }
  return complete;
}

// Takes the parts of one capture. False: a string is there, but not in the record.
bool CapturedMemory::take(const CaptureLayout& layout, size_t& part, uint64_t address, Bytes record) {
  const size_t capture = layout.parts()[part].capture;
  const bool is_string = layout.captures()[capture].kind == ir::Capture::Kind::kString;
  const auto begin = static_cast<uint32_t>(bytes_.size());
  std::optional<std::string_view> text;
  bool told_readable = true;
  uint8_t first = 0;
  bool ends_record = false;
  for (; part < layout.parts().size() && layout.parts()[part].capture == capture; ++part) {
    const CaptureLayout::Part& each = layout.parts()[part];
    if (each.field.is_string) {
      const auto found = data_location(record, each.record_offset);
      if (each.field.tells_only) {
        told_readable = found.has_value() && *found != kFault;
      } else {
        text = found;
        // The kernel fetches no more than a page, and cuts the string that comes last.
        ends_record =
            found && found->data() + found->size() + 16 >= reinterpret_cast<const char*>(record.data()) + record.size();
      }
      continue;
    }
    const size_t at = std::min<size_t>(each.record_offset, record.size());
    const Bytes bytes = record.subspan(at, std::min<size_t>(each.field.length, record.size() - at));
    if (each.field.tells_only) {
      if (!bytes.empty()) first = static_cast<uint8_t>(bytes[0]);
    } else {
      bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
      bytes_.resize(begin + each.field.offset + each.field.length);
    }
  }
  if (!is_string) {
    const bool starts_with_zero = bytes_.size() > begin && bytes_[begin] == std::byte{0};
    if (!told_readable && starts_with_zero) return true;  // a failed read
    segments_.push_back({address, begin, static_cast<uint32_t>(bytes_.size()) - begin, false});
    return true;
  }
  constexpr size_t kRoom = 4096;  // MAX_UCB_BUFFER_SIZE of kernel/trace/trace_uprobe.c, a page before
  const bool cut = ends_record && record.size() + 16 >= kRoom && text->size() + 1 < layout.captures()[capture].length;
  if (first == 0 && (!text || text->empty() || *text == kFault)) {
    if (text && text->empty()) segments_.push_back({address, begin, 0, true});
    return true;
  }
  if (!text || text->empty() || cut || static_cast<uint8_t>(text->front()) != first) return false;
  const auto bytes = std::as_bytes(std::span(*text));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  segments_.push_back({address, begin, static_cast<uint32_t>(bytes.size()), true});
  return true;
}

bool CapturedMemory::read_memory(uint64_t address, std::span<std::byte> out) const {
  for (const Segment& segment : segments_) {
    if (segment.is_string || address < segment.address) continue;
    const uint64_t offset = address - segment.address;
    if (offset > segment.length || out.size() > segment.length - offset) continue;
    std::memcpy(out.data(), bytes_.data() + segment.begin + offset, out.size());
    return true;
  }
  return false;
}

int64_t CapturedMemory::read_string(uint64_t address, std::span<char> out) const {
  for (const Segment& segment : segments_) {
    if (!segment.is_string || address != segment.address) continue;
    const size_t length = std::min<size_t>(segment.length, out.size());
    if (length != 0) std::memcpy(out.data(), bytes_.data() + segment.begin, length);
    return static_cast<int64_t>(length);
  }
  return -1;
}

}  // namespace polytap
