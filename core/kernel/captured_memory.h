// What the record of a probe event carries of memory: the captures of its probe, found by the addresses that they were
// read from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/ir/captures.h"
#include "core/kernel/event_format.h"
#include "core/kernel/fetch_arguments.h"

namespace polytap {

// The captures of one probe and the fields of its event that hold them.
class CaptureLayout {
 public:
  CaptureLayout() = default;
  // CAPTURES in the order of core/ir/captures.h. WITH_KERNEL: addresses may be the kernel's, too.
  explicit CaptureLayout(std::vector<ir::Capture> captures, bool with_kernel = false,
                         const FetchWord& word_at = fetch_register);

  const std::vector<ir::Capture>& captures() const { return captures_; }
  // What the event must fetch.
  std::vector<FetchField> fields() const;
  // Where the kernel put the fields.
  Status place(const EventFormat& format);

  // A field of the record.
  struct Part {
    FetchField field;
    size_t capture = 0;
    uint32_t record_offset = 0;
  };
  const std::vector<Part>& parts() const { return parts_; }

  // Whether memory may be at ADDRESS.
  bool is_readable(uint64_t address) const;

 private:
  std::vector<ir::Capture> captures_;
  std::vector<Part> parts_;
  bool with_kernel_ = false;
};

// One record's.
class CapturedMemory {
 public:
  // CONTEXT: the registers; RECORD: the event's. Both must stay. False: a string was not captured as a whole (see
  // fetch_arguments.h for how long it may be), and so the sample says less than was asked for.
  bool look_at(const CaptureLayout& layout, std::span<const std::byte> context, std::span<const std::byte> record);
  void clear() { segments_.clear(); }

  // As ir::Machine has them.
  bool read_memory(uint64_t address, std::span<std::byte> out) const;
  int64_t read_string(uint64_t address, std::span<char> out) const;

 private:
  struct Segment {
    uint64_t address = 0;
    uint32_t begin = 0;  // in bytes_
    uint32_t length = 0;
    bool is_string = false;
  };
  std::optional<uint64_t> address_of(const CaptureLayout& layout, const ir::FetchAddress& address,
                                     std::span<const std::byte> context) const;
  bool take(const CaptureLayout& layout, size_t& part, uint64_t address, std::span<const std::byte> record);

  std::vector<Segment> segments_;  // readable ones
  std::vector<std::byte> bytes_;
};

}  // namespace polytap
