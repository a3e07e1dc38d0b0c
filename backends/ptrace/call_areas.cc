#include "backends/ptrace/call_areas.h"

#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace polytap {
namespace {

constexpr unsigned long kHwcap2FsGsBase = 2;  // arch/x86/include/uapi/asm/hwcap2.h

}  // namespace

CallAreas::CallAreas(UniqueFd fd, std::byte* base) : fd_(std::move(fd)), base_(base) {
  path_ = fmt::format("/proc/{}/fd/{}", getpid(), fd_.get());
  // The first ones are taken first.
  for (uint32_t i = kAreaCount; i-- > 0;) free_.push_back(i);
}

CallAreas::~CallAreas() { munmap(base_, kBufferBytes); }

Result<std::unique_ptr<CallAreas>> CallAreas::create(uint32_t string_limit, const std::vector<uint32_t>& wanted,
                                                     const std::vector<uint32_t>& except) {
  if ((getauxval(AT_HWCAP2) & kHwcap2FsGsBase) == 0) return Error("programs cannot read their gs base here");
  UniqueFd fd(memfd_create("polytap-calls", MFD_CLOEXEC));
  if (!fd.valid() || ftruncate(fd.get(), kBufferBytes) != 0) return Error::from_errno("memfd_create");
  void* base = mmap(nullptr, kBufferBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (base == MAP_FAILED) return Error::from_errno("mmap");
  std::unique_ptr<CallAreas> areas(new CallAreas(std::move(fd), static_cast<std::byte*>(base)));
  const BufferCode code = buffer_code();
  if (code.bytes.size() > kBufferCodeBytes) return Error("the buffering code is too long");
  memcpy(areas->base_, code.bytes.data(), code.bytes.size());
  for (uint32_t number = 0; number < kBufferedCalls; number++) {
    if (!wanted.empty() && std::ranges::find(wanted, number) == wanted.end()) continue;
    if (std::ranges::find(except, number) != except.end()) continue;
    if (const auto recipe = capture_recipe(number, string_limit)) areas->recipes()[number] = *recipe;
  }
  return areas;
}

CallArea* CallAreas::take() {
  if (free_.empty()) return nullptr;
  auto* area = reinterpret_cast<CallArea*>(base_ + kFirstArea + free_.back() * kAreaBytes);
  free_.pop_back();
  *area = {};
  return area;
}

void CallAreas::release(CallArea* area) {
  const auto offset = static_cast<size_t>(reinterpret_cast<std::byte*>(area) - base_);
  free_.push_back(static_cast<uint32_t>((offset - kFirstArea) / kAreaBytes));
}

uint64_t CallAreas::address_of(const CallArea* area) const {
  return kBufferBase + static_cast<uint64_t>(reinterpret_cast<const std::byte*>(area) - base_);
}

size_t RecordMemory::read(uint64_t address, std::span<std::byte> out) const {
  CapturedSegment segment;
  std::span<const std::byte> found;
  for (size_t at = 0; at + sizeof segment <= bytes_; at += segment.padded) {
    memcpy(&segment, segments_ + at, sizeof segment);
    at += sizeof segment;
    if (segment.padded > bytes_ - at || segment.length > segment.padded) break;
    if (address < segment.address || address - segment.address >= segment.length) continue;
    found = std::span(segments_ + at, segment.length).subspan(address - segment.address);
    if (!at_exit_) break;
  }
  if (found.empty()) return fallback_ != nullptr ? fallback_->read(address, out) : 0;
  const size_t count = std::min(out.size(), found.size());
  memcpy(out.data(), found.data(), count);
  return count;
}

}  // namespace polytap
