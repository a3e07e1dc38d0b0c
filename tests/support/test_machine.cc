#include "tests/support/test_machine.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace polytap::test {

uint64_t TestMachine::builtin(ir::Builtin what) {
  if (const auto found = builtins_.find(what); found != builtins_.end()) return found->second;
  switch (what) {
    case ir::Builtin::kPid:
      return static_cast<uint64_t>(::getpid());
    case ir::Builtin::kTid:
      return static_cast<uint64_t>(::gettid());
    case ir::Builtin::kUid:
      return ::getuid();
    case ir::Builtin::kGid:
      return ::getgid();
    default:
      return 0;
  }
}

void TestMachine::comm(std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  ::prctl(PR_GET_NAME, out.data());
}

std::span<const std::byte> TestMachine::memory_at(uint64_t address) const {
  for (const std::span<const std::byte> window : windows_) {
    const auto begin = reinterpret_cast<uint64_t>(window.data());
    if (address >= begin && address - begin < window.size()) return window.subspan(address - begin);
  }
  return {};
}

bool TestMachine::read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) {
  const std::span<const std::byte> memory = memory_at(address);
  if (memory.size() < out.size()) return false;
  std::memcpy(out.data(), memory.data(), out.size());
  return true;
}

int64_t TestMachine::read_string(AddressSpace, uint64_t address, std::span<char> out) {
  std::ranges::fill(out, '\xa5');
  const std::span<const std::byte> memory = memory_at(address);
  if (memory.empty()) return -1;
  const size_t length = ::strnlen(reinterpret_cast<const char*>(memory.data()), std::min(out.size(), memory.size()));
  std::memcpy(out.data(), memory.data(), length);
  return static_cast<int64_t>(length);
}

size_t TestMachine::stack(AddressSpace, std::span<uint64_t> frames) {
  const size_t count = std::min(frames.size(), frames_.size());
  std::copy_n(frames_.begin(), count, frames.begin());
  return count;
}

void TestMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  emitted_.emplace_back(emit, Bytes(payload.begin(), payload.end()));
}

void MapContents::entry(ir::MapId map, std::span<const std::byte> key, std::span<const std::byte> value) {
  entries_[{map, Bytes(key.begin(), key.end())}] = Bytes(value.begin(), value.end());
}

MapContents contents_of(const MapStore& store, size_t maps) {
  MapContents contents;
  for (ir::MapId map = 0; map < maps; ++map) store.snapshot(map, contents);
  return contents;
}

std::string hex(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

}  // namespace polytap::test
