#include "backends/uprobe/perf_records.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace polytap::uprobe {
namespace {

// Takes fields off the front; once something is missing everything is.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  template <typename T>
  T take() {
    T value{};
    const Bytes bytes = take_bytes(sizeof value);
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  Bytes take_bytes(uint64_t length) {
    if (length > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const Bytes bytes = rest_.first(length);
    rest_ = rest_.subspan(length);
    return bytes;
  }
  // Up to a NUL, which must be there.
  std::string_view take_text() {
    const auto* text = reinterpret_cast<const char*>(rest_.data());
    const size_t length = rest_.empty() ? 0 : strnlen(text, rest_.size());
    if (length == rest_.size()) {
      ok_ = false;
      return {};
    }
    return {text, length};
  }
  bool ok() const { return ok_; }

 private:
  Bytes rest_;
  bool ok_ = true;
};

void take_mapping(Reader& reader, TaskRecord& record) {
  record.start = reader.take<uint64_t>();
  record.length = reader.take<uint64_t>();
  record.offset = reader.take<uint64_t>();
  const auto major_number = reader.take<uint32_t>();
  const auto minor_number = reader.take<uint32_t>();
  record.device = makedev(major_number, minor_number);
  record.inode = reader.take<uint64_t>();
  reader.take_bytes(8 + 4 + 4);  // the inode's generation, protection, flags
  record.text = reader.take_text();
}

}  // namespace

std::optional<TaskRecord> parse_task_record(const perf_event_header& header, Bytes body) {
  Reader reader(body);
  TaskRecord record;
  switch (header.type) {
    case PERF_RECORD_COMM:
      record.exec = (header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
      record.pid = reader.take<pid_t>();
      record.tid = reader.take<pid_t>();
      record.text = reader.take_text();
      break;
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
      record.pid = reader.take<pid_t>();
      record.parent_pid = reader.take<pid_t>();
      record.tid = reader.take<pid_t>();
      record.parent_tid = reader.take<pid_t>();
      break;
    case PERF_RECORD_MMAP2:
      record.pid = reader.take<pid_t>();
      record.tid = reader.take<pid_t>();
      take_mapping(reader, record);
      break;
    default:
      return record;
  }
  if (!reader.ok()) return std::nullopt;
  record.type = header.type;
  return record;
}

std::optional<uint64_t> parse_lost(Bytes body) {
  Reader reader(body);
  reader.take<uint64_t>();  // id
  const auto lost = reader.take<uint64_t>();
  if (!reader.ok()) return std::nullopt;
  return lost;
}

std::optional<uint64_t> sample_id(Bytes body) {
  Reader reader(body);
  const auto id = reader.take<uint64_t>();
  if (!reader.ok()) return std::nullopt;
  return id;
}

std::optional<Sample> parse_sample(Bytes body, const SampleLayout& layout) {
  Reader reader(body);
  Sample sample;
  sample.id = reader.take<uint64_t>();
  sample.pid = reader.take<pid_t>();
  sample.tid = reader.take<pid_t>();
  sample.time = reader.take<uint64_t>();
  sample.cpu = static_cast<int>(reader.take<uint64_t>() & 0xffffffff);
  // The length counts the padding up to 8 bytes behind itself.
  if (layout.raw) sample.raw = reader.take_bytes(reader.take<uint32_t>());
  if (reader.take<uint64_t>() != PERF_SAMPLE_REGS_ABI_NONE) {
    sample.registers = reader.take_bytes(uint64_t{layout.registers} * 8);
  }
  if (layout.stack) {
    const auto size = reader.take<uint64_t>();
    sample.stack = reader.take_bytes(size);
    if (size != 0) {
      const auto valid = reader.take<uint64_t>();
      if (valid > size) return std::nullopt;
      sample.stack = sample.stack.first(std::min<size_t>(valid, sample.stack.size()));
    }
  }
  if (!reader.ok()) return std::nullopt;
  return sample;
}

std::optional<uint64_t> record_time(const perf_event_header& header, Bytes body, size_t id_words) {
  uint64_t time = 0;
  size_t at = 16;  // behind identifier, pid and tid
  if (header.type != PERF_RECORD_SAMPLE) {
    if (body.size() < 8 * (id_words + 1)) return std::nullopt;
    at = body.size() - 8 * (id_words + 1);
  }
  if (body.size() < at + sizeof time) return std::nullopt;
  std::memcpy(&time, body.data() + at, sizeof time);
  return time;
}

}  // namespace polytap::uprobe
