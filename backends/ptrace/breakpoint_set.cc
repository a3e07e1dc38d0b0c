#include "backends/ptrace/breakpoint_set.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "backends/ptrace/relocate.h"

namespace polytap {
namespace {

constexpr std::byte kInt3{0xcc};
constexpr uint64_t kPage = 4096;
constexpr size_t kLeastSlots = 2048;
// Slots reach code within 2 GiB; the rest is left for what the code's own instructions reach.
constexpr uint64_t kNear = uint64_t{1} << 30;

// Where the counter at OFFSET of the file that RANGE maps lies; 0 when it is not mapped to be written to.
uint64_t counter_address(const MemoryLayout& layout, const MappedRange& code, uint64_t offset) {
  if (offset == 0) return 0;
  uint64_t nearest = 0;
  for (const MappedRange& range : layout.ranges()) {
    if (!range.writable || range.inode != code.inode || range.device != code.device || offset < range.offset ||
        offset - range.offset >= range.end - range.start) {
      continue;
    }
    // A library may be there twice: the data lies behind its code.
    const uint64_t address = range.start + (offset - range.offset);
    if (nearest == 0 || (address > code.start && nearest < code.start)) nearest = address;
  }
  return nearest;
}

}  // namespace

Result<std::shared_ptr<BreakpointSet>> BreakpointSet::create(pid_t tid) {
  ASSIGN_OR_RETURN(TraceeMemory memory, TraceeMemory::open(tid));
  return std::shared_ptr<BreakpointSet>(new BreakpointSet(std::move(memory)));
}

Result<std::shared_ptr<BreakpointSet>> BreakpointSet::copy_for(pid_t child, bool verify) const {
  ASSIGN_OR_RETURN(std::shared_ptr<BreakpointSet> copy, create(child));
  copy->breakpoints_ = breakpoints_;
  copy->areas_ = areas_;
  copy->known_ = known_;
  copy->linker_ = linker_;
  copy->linker_sought_ = linker_sought_;
  copy->foreign_pages_ = foreign_pages_;
  copy->watches_calls_ = watches_calls_;
  copy->must_stay_mapped_ = must_stay_mapped_;
  copy->control_ = control_;
  copy->entries_ = entries_;
  if (!verify) return copy;
  std::byte value{};
  std::erase_if(copy->areas_, [&](const Area& area) { return !copy->memory_.read(area.start, {&value, 1}); });
  for (auto& [address, breakpoint] : copy->breakpoints_) {
    breakpoint.active = breakpoint.active && copy->memory_.read(address, {&value, 1}) && value == kInt3;
  }
  // One whose slot is nowhere is made anew when it is wanted.
  std::erase_if(copy->breakpoints_, [&](const auto& entry) {
    return !entry.second.active && copy->find_slot(entry.second.slot) == nullptr;
  });
  return copy;
}

const Breakpoint* BreakpointSet::find_slot(uint64_t ip) const {
  for (const Area& area : areas_) {
    if (ip < area.start || ip - area.start >= area.used.size() * kSlotSize) continue;
    auto found = breakpoints_.find(area.used[(ip - area.start) / kSlotSize]);
    return found == breakpoints_.end() ? nullptr : &found->second;
  }
  return nullptr;
}

std::optional<uint64_t> BreakpointSet::original_place(const Breakpoint& breakpoint, uint64_t ip) {
  if (ip == breakpoint.slot) return breakpoint.address;
  if (breakpoint.executed_at != 0 && ip == breakpoint.slot + breakpoint.executed_at) {
    return breakpoint.address + breakpoint.length;
  }
  return std::nullopt;
}

Result<size_t> BreakpointSet::look(CallsOnDemand& calls, const FunctionSites& sites) {
  const MemoryLayout layout = MemoryLayout::read(calls.tid());
  if (layout.ranges().empty()) return Error("the traced process has ended", ESRCH);
  forget_unmapped(layout);
  foreign_pages_.clear();
  if (!std::exchange(linker_sought_, true)) {
    const LinkerSearch search = find_linker(calls.tid(), layout);
    linker_ = search.linker;
    // Until the linker has told for the first time; without one that can tell, for ever.
    watches_calls_ = watches_calls_ ? search.is_dynamic : search.is_dynamic && !linker_;
  }
  return place(calls, wanted_in(layout, sites));
}

void BreakpointSet::forget_unmapped(const MemoryLayout& layout) {
  std::vector<MappedRange> now;
  for (const MappedRange* range : layout.executable()) now.push_back(*range);
  auto same = [](const MappedRange& a, const MappedRange& b) {
    return a.start == b.start && a.end == b.end && a.offset == b.offset && a.inode == b.inode;
  };
  for (const MappedRange& before : known_) {
    const bool stays = std::ranges::any_of(now, [&](const MappedRange& range) { return same(range, before); });
    // Taken away and mapped again, its code is as in the file.
    bool looked = false;
    bool fresh = !stays;
    for (auto& [address, breakpoint] : breakpoints_) {
      if (address < before.start || address >= before.end || !breakpoint.active) continue;
      std::byte value{};
      if (!std::exchange(looked, true) && stays) fresh = !memory_.read(address, {&value, 1}) || value != kInt3;
      if (!fresh) break;
      breakpoint.active = false;
      breakpoint.place = nullptr;
      breakpoint.counter = 0;
      breakpoint.linker = false;
    }
  }
  known_ = std::move(now);
}

std::vector<BreakpointSet::Wanted> BreakpointSet::wanted_in(const MemoryLayout& layout, const FunctionSites& sites) {
  std::vector<Wanted> wanted;
  for (const MappedRange* range : layout.executable()) {
    const FunctionFile* file = range->inode == 0 ? nullptr : sites.find(range->device, range->inode, range->path);
    if (file == nullptr) continue;
    const uint64_t length = range->end - range->start;
    for (const FunctionPlace& place : file->places) {
      if (place.file_offset < range->offset || place.file_offset - range->offset >= length) continue;
      wanted.push_back({range->start + (place.file_offset - range->offset), &place, false,
                        counter_address(layout, *range, place.reference_counter)});
    }
  }
  if (linker_) wanted.push_back({linker_->notify, nullptr, true, 0});
  std::erase_if(wanted, [&](const Wanted& one) {
    const Breakpoint* there = find(one.address);
    return there != nullptr && there->active && (one.linker ? there->linker : there->place == one.place) &&
           there->counter == one.counter;
  });
  return wanted;
}

Result<size_t> BreakpointSet::place(CallsOnDemand& calls, const std::vector<Wanted>& wanted) {
  size_t failed = 0;
  for (size_t i = 0; i < wanted.size(); i++) {
    Status placed = place_one(calls, wanted[i], wanted.size() - i);
    if (placed.ok()) continue;
    if (placed.error().code() == ESRCH) return std::move(placed).error();
    failed++;
  }
  return failed;
}

Status BreakpointSet::place_one(CallsOnDemand& calls, const Wanted& wanted, size_t slots) {
  Breakpoint* breakpoint = find(wanted.address);
  if (breakpoint == nullptr || !breakpoint->active) {
    if (control_ == 0) {
      TRY(install_handler(calls));
      breakpoint = find(wanted.address);  // a killed polytap may have left it
    }
    std::array<std::byte, kLongestInstruction> bytes;
    const size_t got = memory_.read_some(wanted.address, bytes);
    const std::span code(reinterpret_cast<const uint8_t*>(bytes.data()), got);
    Breakpoint made;
    if (breakpoint == nullptr) {
      if (entries_ == kTrapTableEntries) return Error("too many breakpoints in one process", ENOSPC);
      ASSIGN_OR_RETURN(Area * area, area_near(calls, wanted.address, slots));
      made.address = wanted.address;
      made.slot = area->start + area->used.size() * kSlotSize;
      made.table_index = entries_;
      ASSIGN_OR_RETURN(const RelocatedInstruction copy, relocate_instruction(code, made.address, made.slot));
      area->used.push_back(made.address);
      entries_++;
      made.length = copy.original_length;
      made.executed_at = copy.executed_at;
      breakpoint = &breakpoints_.emplace(made.address, made).first->second;
    }
    ASSIGN_OR_RETURN(const RelocatedInstruction copy, relocate_instruction(code, wanted.address, breakpoint->slot));
    breakpoint->original = bytes[0];
    breakpoint->length = copy.original_length;
    breakpoint->executed_at = copy.executed_at;
    TRY(memory_.write(breakpoint->slot, std::as_bytes(std::span(copy.code).first(copy.size))));
    TRY(write_entry(*breakpoint));
    // Last: from here on threads come by.
    TRY(memory_.write(wanted.address, {&kInt3, 1}));
    breakpoint->active = true;
  }
  if (wanted.place != nullptr) breakpoint->place = wanted.place;
  if (wanted.counter != 0 && breakpoint->counter == 0 && count(wanted.counter, 1)) breakpoint->counter = wanted.counter;
  breakpoint->linker = breakpoint->linker || wanted.linker;
  return {};
}

Breakpoint* BreakpointSet::place_return(CallsOnDemand& calls, uint64_t address) {
  Breakpoint* there = find(address);
  if (there != nullptr && there->active) return there;
  if (!in_known_file(address)) {
    if (!foreign_pages_.insert(address / kPage).second) return nullptr;
    forget_unmapped(MemoryLayout::read(calls.tid()));
    if (!in_known_file(address)) return nullptr;
    foreign_pages_.erase(address / kPage);
  }
  return place_one(calls, {address, nullptr, false, 0}, 1).ok() ? find(address) : nullptr;
}

bool BreakpointSet::in_known_file(uint64_t address) const {
  return std::ranges::any_of(known_, [&](const MappedRange& range) {
    return range.inode != 0 && range.start <= address && address < range.end;
  });
}

Result<BreakpointSet::Area*> BreakpointSet::area_near(CallsOnDemand& calls, uint64_t address, size_t slots) {
  for (Area& area : areas_) {
    const uint64_t distance = area.start < address ? address - area.start : area.start - address;
    if (distance < kNear && area.used.size() < area.slots) return &area;
  }
  Area area;
  area.slots = std::max(slots, kLeastSlots);
  const uint64_t size = (area.slots * kSlotSize + kPage - 1) / kPage * kPage;
  const std::optional<uint64_t> gap = MemoryLayout::read(calls.tid()).find_gap(address, size, kNear - size);
  if (!gap) return Error("no free memory near the code", ENOMEM);
  ASSIGN_OR_RETURN(area.start, map(calls, *gap, size, PROT_READ | PROT_EXEC));
  areas_.push_back(std::move(area));
  TRY(record_areas());
  return &areas_.back();
}

Result<uint64_t> BreakpointSet::map(CallsOnDemand& calls, uint64_t address, uint64_t size, int protection) {
  const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | (address != 0 ? MAP_FIXED_NOREPLACE : 0);
  constexpr uint64_t kNoFile = ~uint64_t{0};
  return calls.call(SYS_mmap, {address, size, static_cast<uint64_t>(protection), flags, kNoFile, 0});
}

bool BreakpointSet::count(uint64_t address, uint16_t change) {
  std::array<std::byte, sizeof change> bytes;
  if (!memory_.read(address, bytes)) return false;
  const auto value = static_cast<uint16_t>(std::bit_cast<uint16_t>(bytes) + change);
  bytes = std::bit_cast<std::array<std::byte, sizeof value>>(value);
  return memory_.write(address, bytes).ok();
}

void BreakpointSet::restore_bytes() {
  for (auto& [address, breakpoint] : breakpoints_) {
    if (!breakpoint.active) continue;
    // Only where our int3 still stands: the memory may be another file's by now.
    std::byte value{};
    if (memory_.read(address, {&value, 1}) && value == kInt3) {
      [[maybe_unused]] Status gone = memory_.write(address, {&breakpoint.original, 1});
      if (breakpoint.counter != 0) count(std::exchange(breakpoint.counter, 0), 0xffff);
    }
  }
}

}  // namespace polytap
