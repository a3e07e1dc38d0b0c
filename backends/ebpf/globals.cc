#include "backends/ebpf/globals.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <utility>

#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {

GlobalsLayout GlobalsLayout::create(uint32_t cpu_count, uint32_t zeros, uint32_t sites) {
  GlobalsLayout layout;
  layout.cpu_blocks = std::bit_ceil(cpu_count);
  layout.zeros = kCpuBlocks + (layout.cpu_blocks << kCpuBlockShift);
  layout.sites = sites;
  layout.site_losses = layout.zeros + ((zeros + 7) & ~7U);
  layout.size = layout.site_losses + (sites << kSiteShift);
  return layout;
}

Result<Globals> Globals::create(uint32_t zeros, uint32_t sites) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return Error::from_errno("count the possible CPUs", -cpus);
  Globals globals;
  globals.layout_ = GlobalsLayout::create(static_cast<uint32_t>(cpus), zeros, sites);
  globals.fd_ = create_map({.name = "polytap_globals", .value_size = globals.layout_.size, .flags = BPF_F_MMAPABLE});
  if (!globals.fd_.valid()) return Error::from_errno("create the eBPF map of globals");
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  globals.mapped_ = (globals.layout_.size + page - 1) / page * page;
  void* memory = mmap(nullptr, globals.mapped_, PROT_READ | PROT_WRITE, MAP_SHARED, globals.fd_.get(), 0);
  if (memory == MAP_FAILED) return Error::from_errno("map the eBPF globals");
  globals.memory_ = static_cast<std::byte*>(memory);
  globals.pause();
  return globals;
}

Globals::Globals(Globals&& other) noexcept
    : fd_(std::move(other.fd_)),
      layout_(other.layout_),
      memory_(std::exchange(other.memory_, nullptr)),
      mapped_(other.mapped_) {}

Globals& Globals::operator=(Globals&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(layout_, other.layout_);
  std::swap(memory_, other.memory_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Globals::~Globals() {
  if (memory_ != nullptr) munmap(memory_, mapped_);
}

uint64_t* Globals::word(uint32_t offset) const { return reinterpret_cast<uint64_t*>(memory_ + offset); }

uint32_t* Globals::half_word(uint32_t offset) const { return reinterpret_cast<uint32_t*>(memory_ + offset); }

void Globals::pause() { std::atomic_ref(*half_word(GlobalsLayout::kPaused)).store(1); }

void Globals::resume() { std::atomic_ref(*half_word(GlobalsLayout::kPaused)).store(0); }

bool Globals::exiting() const { return std::atomic_ref(*half_word(GlobalsLayout::kExiting)).load() != 0; }

std::optional<int64_t> Globals::lost_exit() const {
  if (std::atomic_ref(*half_word(GlobalsLayout::kExitLost)).load() == 0) return std::nullopt;
  return static_cast<int64_t>(std::atomic_ref(*word(GlobalsLayout::kExitCode)).load());
}

void Globals::set_start_time(uint64_t nanoseconds) { *word(GlobalsLayout::kStartTime) = nanoseconds; }

void Globals::set_child_pid(uint64_t pid) { *word(GlobalsLayout::kChildPid) = pid; }

uint64_t Globals::sum(uint32_t counter) const {
  uint64_t total = 0;
  for (uint32_t cpu = 0; cpu < layout_.cpu_blocks; ++cpu) {
    total +=
        std::atomic_ref(*word(GlobalsLayout::kCpuBlocks + (cpu << GlobalsLayout::kCpuBlockShift) + counter)).load();
  }
  return total;
}

Losses Globals::losses() const {
  Losses losses{.records = sum(GlobalsLayout::kLostRecords),
                .updates = sum(GlobalsLayout::kLostUpdates),
                .faults = sum(GlobalsLayout::kFaults),
                .missed = sum(GlobalsLayout::kMissed)};
  for (uint32_t site = 0; site < layout_.sites; ++site) {
    const uint32_t at = layout_.site_losses + (site << GlobalsLayout::kSiteShift);
    const uint64_t records = std::atomic_ref(*word(at + GlobalsLayout::kSiteLostRecords)).load();
    const uint64_t missed = std::atomic_ref(*word(at + GlobalsLayout::kSiteMissed)).load();
    if (records != 0 || missed != 0) losses.sites.push_back({site, records, missed});
  }
  return losses;
}

uint64_t Globals::firings() const { return sum(GlobalsLayout::kFirings); }

}  // namespace polytap::ebpf
