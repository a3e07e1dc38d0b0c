#include "frontend/strace_dump.h"

#include <fmt/format.h>
#include <linux/unistd.h>

#include <algorithm>
#include <vector>

namespace polytap {
namespace {

constexpr size_t kRow = 16;

std::string dump_row(size_t offset, std::span<const unsigned char> row) {
  std::string line = fmt::format(" | {:05x} ", offset);
  std::string text;
  for (size_t i = 0; i < kRow; i++) {
    if (i % 8 == 0) line += ' ';
    line += i < row.size() ? fmt::format("{:02x} ", row[i]) : "   ";
    const bool printable = i < row.size() && row[i] >= ' ' && row[i] < 0x7f;
    text += printable ? static_cast<char>(row[i]) : i < row.size() ? '.' : ' ';
  }
  return line + " " + text + " |\n";
}

}  // namespace

std::string dump_data(const CallValues& call, const MemoryView& memory, const FdSet& reads, const FdSet& writes) {
  bool is_read = false;
  switch (call.number) {
    case __NR_read:
    case __NR_pread64:
    case __NR_recvfrom:
      is_read = true;
      break;
    case __NR_write:
    case __NR_pwrite64:
    case __NR_sendto:
      break;
    default:
      return {};
  }
  if (call.failed || call.result <= 0 || !call.foreign_name.empty()) return {};
  const auto fd = static_cast<int>(call.arguments[0]);
  if (!(is_read ? reads : writes).contains(fd)) return {};
  const auto length = static_cast<size_t>(is_read ? call.result : static_cast<int64_t>(call.arguments[2]));
  std::vector<unsigned char> bytes(length);
  bytes.resize(memory.read(call.arguments[1], std::as_writable_bytes(std::span(bytes))));
  std::string lines;
  for (size_t at = 0; at < bytes.size(); at += kRow) {
    lines += dump_row(at, std::span(bytes).subspan(at, std::min(kRow, bytes.size() - at)));
  }
  return lines;
}

}  // namespace polytap
