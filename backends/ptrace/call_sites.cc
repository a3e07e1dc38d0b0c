#include "backends/ptrace/call_sites.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "backends/ptrace/call_buffer.h"
#include "backends/ptrace/memory_layout.h"

namespace polytap {
namespace {

constexpr uint32_t kNever = UINT32_MAX;
// Mapping the memory and patching a site cost as much as some forty stops.
constexpr uint32_t kHotProcess = 96;
constexpr uint32_t kHotSite = 6;
constexpr uint64_t kCallBytes = 2;
constexpr uint64_t kSlotBytes = 40;
constexpr uint64_t kPage = 4096;

class SlotCode {
 public:
  template <typename... Bytes>
  void bytes(Bytes... values) {
    ((code_[size_++] = static_cast<uint8_t>(values)), ...);
  }
  // TARGET relative to what follows the four bytes, at ADDRESS being the start of all.
  void relative(uint64_t address, uint64_t target) { word32(static_cast<uint32_t>(target - (address + size_ + 4))); }
  void word32(uint32_t value) {
    memcpy(&code_[size_], &value, sizeof value);
    size_ += sizeof value;
  }
  void word64(uint64_t value) {
    memcpy(&code_[size_], &value, sizeof value);
    size_ += sizeof value;
  }
  size_t size() const { return size_; }
  std::span<const std::byte> get() const { return std::as_bytes(std::span(code_).first(size_)); }

 private:
  std::array<uint8_t, kSlotBytes> code_{};
  size_t size_ = 0;
};

bool is_error_bound(int32_t value) { return value == -4096 || value == -4095; }

// What follows the system call instruction: `cmp $imm32, %rax` or `cmp $imm32, %eax`.
std::optional<CallSite> recognize(std::span<const uint8_t> bytes, uint64_t address) {
  CallSite site;
  site.address = address;
  if (bytes[0] != 0x0f || bytes[1] != 0x05) return std::nullopt;
  if (bytes[2] == 0x48 && bytes[3] == 0x3d) {
    site.compare_bytes = 6;
    memcpy(&site.compared, &bytes[4], sizeof site.compared);
  } else if (bytes[2] == 0x3d) {
    site.compare_bytes = 5;
    site.compares_32 = true;
    memcpy(&site.compared, &bytes[3], sizeof site.compared);
  } else {
    return std::nullopt;
  }
  if (!is_error_bound(site.compared)) return std::nullopt;
  site.end = address + kCallBytes + site.compare_bytes;
  return site;
}

SlotCode make_slot(const CallSite& site, uint64_t slot, std::span<const uint8_t> compare) {
  SlotCode code;
  code.bytes(0x48, 0x8d, 0x0d);  // lea back(%rip), %rcx
  code.relative(slot, site.back);
  code.bytes(0xff, 0x25);  // jmp *code(%rip)
  code.relative(slot, site.back + site.compare_bytes + 5);
  code.bytes(0x0f, 0x05);
  for (const uint8_t byte : compare) code.bytes(byte);
  code.bytes(0xe9);
  code.relative(slot, site.end);
  code.word64(kBufferBase + buffer_code().entry);
  return code;
}

constexpr uint64_t kBackInSlot = 15;

}  // namespace

bool CallSites::is_hot(uint64_t address) {
  if (refused) return false;
  uint32_t& hits = hits_[address];
  if (hits == kNever) return false;
  hits++;
  all_hits_++;
  return hits >= kHotSite && all_hits_ >= kHotProcess;
}

const CallSite* CallSites::before(uint64_t address) const {
  const auto found = sites_.find(address);
  return found != sites_.end() ? &found->second : nullptr;
}

const CallSite* CallSites::around(uint64_t address) const {
  auto slot = slots_.upper_bound(address);
  if (slot == slots_.begin()) return nullptr;
  --slot;
  return address < slot->first + kSlotBytes ? before(slot->second) : nullptr;
}

const CallSite* CallSites::with_back(uint64_t back) const {
  const CallSite* site = around(back);
  return site != nullptr && site->back == back ? site : nullptr;
}

std::optional<uint64_t> CallSites::take_slot(pid_t tid, const TraceeMemory& memory, uint64_t address) {
  auto room = rooms_.upper_bound(address);
  const bool known = room != rooms_.begin() && address < (--room)->second.end;
  if (!known) {
    const MemoryLayout layout = MemoryLayout::read(tid);
    const auto& ranges = layout.ranges();
    const auto range = std::ranges::find_if(
        ranges, [&](const MappedRange& each) { return each.start <= address && address < each.end; });
    if (range == ranges.end() || !range->executable || range->inode == 0) return std::nullopt;
    std::array<std::byte, kPage> page;
    if (!memory.read(range->end - kPage, page)) return std::nullopt;
    size_t used = page.size();
    while (used > 0 && page[used - 1] == std::byte{0}) used--;
    constexpr size_t kDistance = 16;  // code may end with zeros that it needs
    const uint64_t first = (range->end - kPage + used + kDistance + 7) & ~7UL;
    room = rooms_.insert_or_assign(range->start, Room{first, range->end}).first;
  }
  Room& here = room->second;
  if (here.next + kSlotBytes > here.end) return std::nullopt;
  std::array<std::byte, kSlotBytes> now;
  if (!memory.read(here.next, now) || std::ranges::any_of(now, [](std::byte b) { return b != std::byte{0}; })) {
    rooms_.erase(room);  // something else is mapped there meanwhile
    return std::nullopt;
  }
  const uint64_t slot = here.next;
  here.next += kSlotBytes;
  return slot;
}

const CallSite* CallSites::patch(pid_t tid, uint64_t address) {
  hits_[address] = kNever;
  const auto memory = TraceeMemory::open(tid);
  if (!memory) return nullptr;
  std::array<uint8_t, kSiteBytes + 1> bytes{};
  const uint64_t start = address - kCallBytes;
  if (memory->read_some(start, std::as_writable_bytes(std::span(bytes))) < kSiteBytes) return nullptr;
  std::optional<CallSite> site = recognize(bytes, start);
  if (!site) return nullptr;
  const auto slot = take_slot(tid, *memory, start);
  if (!slot) return nullptr;
  constexpr int64_t kReach = 0x7fff0000;
  if (std::abs(static_cast<int64_t>(*slot - start)) > kReach) return nullptr;
  site->slot = *slot;
  site->back = *slot + kBackInSlot;
  const SlotCode code = make_slot(*site, *slot, std::span(bytes).subspan(kCallBytes, site->compare_bytes));
  if (!memory->write(*slot, code.get()).ok()) return nullptr;
  SlotCode jump;
  jump.bytes(0xe9);
  jump.relative(start, *slot);
  while (jump.size() < kCallBytes + site->compare_bytes) jump.bytes(0x90);
  if (!memory->write(start, jump.get()).ok()) return nullptr;
  slots_[*slot] = address;
  return &sites_.insert_or_assign(address, *site).first->second;
}

}  // namespace polytap
