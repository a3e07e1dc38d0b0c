#include "backends/ebpf/unwind_tables.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backends/ebpf/kernel_objects.h"
#include "backends/ebpf/unwind_fields.h"
#include "core/kernel/btf_file.h"
#include "core/kernel/btf_types.h"
#include "core/symbol/unwind_rows.h"

namespace polytap::ebpf {
namespace {

constexpr uint64_t kGenerationHash = 0xd6e8feb86659fd93;

// Any number of rows can take the place of the one that the array of arrays was made with.
UniqueFd create_rows(uint32_t count) {
  return create_map({.name = "polytap_rows",
                     .value_size = sizeof(UnwindRowWord),
                     .entries = count,
                     .flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP});
}

size_t whole_pages(size_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

// Programs have about 30 mappings of code, and large ones some hundred.
uint32_t mappings_wanted() {
  struct sysinfo system {};
  const uint64_t threads = sysinfo(&system) == 0 ? system.procs : 0;
  return static_cast<uint32_t>(std::bit_ceil(std::clamp<uint64_t>(threads * 64, 16'384, 262'144)));
}

}  // namespace

Result<UnwindTables> UnwindTables::create(bool rarely) {
  UnwindTables tables;
  {
    ASSIGN_OR_RETURN(const BtfFile kernel, BtfFile::read_as_needed(std::string(kVmlinuxBtf)));
    TRY(find_unwind_fields(kernel, rarely, tables.access_));
  }
  // Only user space enters anything: it need not be there beforehand, which would take most of a millisecond.
  tables.processes_ =
      create_map({BPF_MAP_TYPE_HASH, "polytap_procs", 4, sizeof(UnwindProcess), kUnwindProcesses, BPF_F_NO_PREALLOC});
  tables.mappings_count_ = mappings_wanted();
  tables.mappings_ = create_map(
      {BPF_MAP_TYPE_ARRAY, "polytap_mapped", 4, sizeof(UnwindMapping), tables.mappings_count_, BPF_F_MMAPABLE});
  tables.cache_ = create_map({.name = "polytap_rules", .value_size = kUnwindCacheBytes});
  const UniqueFd example = create_rows(1);
  tables.modules_ = create_map({.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
                                .name = "polytap_modules",
                                .value_size = 4,
                                .entries = kUnwindModules,
                                .inner_map_fd = example.get()});
  if (!tables.processes_.valid() || !tables.mappings_.valid() || !tables.cache_.valid() || !tables.modules_.valid()) {
    return Error::from_errno("create the eBPF maps for unwinding");
  }
  void* memory = mmap(nullptr, tables.mapping_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, tables.mappings_.get(), 0);
  if (memory == MAP_FAILED) return Error::from_errno("map the eBPF table of mappings");
  tables.mapping_entries_ = static_cast<UnwindMapping*>(memory);
  tables.access_.processes_fd = tables.processes_.get();
  tables.access_.mappings_fd = tables.mappings_.get();
  tables.access_.modules_fd = tables.modules_.get();
  tables.access_.cache_fd = tables.cache_.get();
  return tables;
}

UnwindTables::UnwindTables(UnwindTables&& other) noexcept
    : processes_(std::move(other.processes_)),
      mappings_(std::move(other.mappings_)),
      modules_(std::move(other.modules_)),
      cache_(std::move(other.cache_)),
      access_(other.access_),
      mapping_entries_(std::exchange(other.mapping_entries_, nullptr)),
      mappings_count_(other.mappings_count_),
      used_(other.used_),
      last_generation_(other.last_generation_),
      processes_known_(std::move(other.processes_known_)),
      clearings_(other.clearings_),
      files_(std::move(other.files_)),
      new_modules_(std::move(other.new_modules_)),
      new_maps_(std::move(other.new_maps_)),
      new_processes_(std::move(other.new_processes_)) {}

UnwindTables::~UnwindTables() {
  if (mapping_entries_ != nullptr) munmap(mapping_entries_, mapping_bytes());
}

// Null: FILE tells nothing that programs could use, or there are too many.
const UnwindTables::Module* UnwindTables::module(const std::shared_ptr<const UnwindFile>& file) {
  const auto known = files_.find(file);
  if (known != files_.end()) return known->second.rows != 0 ? &known->second : nullptr;
  Module& added = files_[file];
  const std::vector<UnwindRowWord> rows = unwind_rows(*file);
  constexpr size_t kMaxRows = size_t{1} << kRowBits;
  if (rows.empty() || rows.size() > kMaxRows || files_.size() > kUnwindModules) return nullptr;
  added.number = static_cast<uint32_t>(files_.size() - 1);
  UniqueFd map = create_rows(static_cast<uint32_t>(rows.size()));
  if (!map.valid()) return nullptr;
  const size_t bytes = rows.size() * sizeof(UnwindRowWord);
  void* memory = mmap(nullptr, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (memory == MAP_FAILED) return nullptr;
  std::memcpy(memory, rows.data(), bytes);
  munmap(memory, whole_pages(bytes));
  new_modules_.push_back(added.number);
  new_maps_.push_back(std::move(map));
  added.rows = static_cast<uint32_t>(rows.size());
  return &added;
}

// The array of arrays holds them from then on. An insertion waits for programs, a batch (since Linux 5.16) but once.
Status UnwindTables::insert_new_modules() {
  const std::vector<uint32_t> numbers = std::exchange(new_modules_, {});
  const std::vector<UniqueFd> maps = std::exchange(new_maps_, {});
  if (numbers.empty()) return {};
  std::vector<int> fds;
  for (const UniqueFd& map : maps) fds.push_back(map.get());
  auto count = static_cast<uint32_t>(numbers.size());
  LIBBPF_OPTS(bpf_map_batch_opts, options);
  if (bpf_map_update_batch(modules_.get(), numbers.data(), fds.data(), &count, &options) == 0) return {};
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (bpf_map_update_elem(modules_.get(), &numbers[i], &fds[i], BPF_ANY) != 0) {
      return Error::from_errno("enter a file's rows into the eBPF tables for unwinding");
    }
  }
  return {};
}

// The index of COUNT entries that no program looks at.
Result<uint32_t> UnwindTables::make_room(uint32_t count) {
  if (count > mappings_count_) return Error("too many mappings");
  if (used_ + count > mappings_count_) {
    // Everyone is asked for again. A program that looked before is done within the time of a step.
    for (const pid_t pid : processes_known_) bpf_map_delete_elem(processes_.get(), &pid);
    processes_known_.clear();
    new_processes_.clear();
    ++clearings_;
    used_ = 0;
    usleep(10'000);
  }
  return std::exchange(used_, used_ + count);
}

Status UnwindTables::enter(pid_t pid, uint64_t tag, UnwindFiles& files, const std::vector<Mapping>& mappings) {
  std::vector<UnwindMapping> entries;
  uint64_t trampoline = 0;
  for (const Mapping& mapping : mappings) {
    if (mapping.path == kReturnProbeMapping) trampoline = mapping.start;
    UnwindMapping entry{mapping.start, mapping.end, 0, 0, 0};
    const auto file = files.open(pid, mapping);
    const auto start = file ? file->address_at(mapping.offset) : std::nullopt;
    const Module* known = start ? module(file) : nullptr;
    if (known != nullptr) {
      entry.bias = mapping.start - *start;
      entry.module = known->number;
      entry.rows = known->rows;
    }
    entries.push_back(entry);
    if (entries.size() == size_t{1} << kMappingBits) break;
  }
  const auto count = static_cast<uint32_t>(entries.size());
  // A program may be looking at those of before: they stay.
  ASSIGN_OR_RETURN(const uint32_t first, make_room(count));
  processes_known_.insert(pid);
  std::copy(entries.begin(), entries.end(), mapping_entries_ + first);
  new_processes_.push_back(
      {pid, {tag, ++last_generation_ * kGenerationHash, first, count, count == 0 ? 1U : 0U, trampoline}});
  return {};
}

Status UnwindTables::commit() {
  TRY(insert_new_modules());
  for (const auto& [pid, process] : std::exchange(new_processes_, {})) {
    if (bpf_map_update_elem(processes_.get(), &pid, &process, BPF_ANY) != 0) {
      return Error::from_errno(fmt::format("enter process {} into the eBPF table of processes", pid));
    }
  }
  return {};
}

void UnwindTables::forget(pid_t pid) {
  if (processes_known_.erase(pid) != 0) bpf_map_delete_elem(processes_.get(), &pid);
}

}  // namespace polytap::ebpf
