#include "backends/ebpf/unwind_tables.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/kernel/btf_types.h"
#include "core/symbol/unwind_rows.h"

namespace polytap::ebpf {
namespace {

constexpr size_t kMappingBytes = sizeof(UnwindMapping) * kUnwindMappings;
constexpr uint64_t kGenerationHash = 0xd6e8feb86659fd93;

// Any number of rows can take the place of the one that the array of arrays was made with.
UniqueFd create_rows(uint32_t count) {
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
  return UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_rows", 4, sizeof(UnwindRowWord), count, &options));
}

size_t whole_pages(size_t bytes) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (bytes + page - 1) / page * page;
}

}  // namespace

Result<UnwindTables> UnwindTables::create() {
  UnwindTables tables;
  TRY(tables.find_task_fields());
  tables.processes_ =
      UniqueFd(bpf_map_create(BPF_MAP_TYPE_HASH, "polytap_procs", 4, sizeof(UnwindProcess), kUnwindProcesses, nullptr));
  LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
  tables.mappings_ = UniqueFd(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_mapped", 4, sizeof(UnwindMapping), kUnwindMappings, &mapped));
  tables.cache_ = UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "polytap_rules", 4, kUnwindCacheBytes, 1, nullptr));
  const UniqueFd example = create_rows(1);
  LIBBPF_OPTS(bpf_map_create_opts, outer, .inner_map_fd = static_cast<uint32_t>(example.get()));
  tables.modules_ =
      UniqueFd(bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "polytap_modules", 4, 4, kUnwindModules, &outer));
  if (!tables.processes_.valid() || !tables.mappings_.valid() || !tables.cache_.valid() || !tables.modules_.valid()) {
    return Error::from_errno("create the eBPF maps for unwinding");
  }
  void* memory = mmap(nullptr, kMappingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, tables.mappings_.get(), 0);
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
      used_(other.used_),
      last_generation_(other.last_generation_),
      processes_known_(std::move(other.processes_known_)),
      clearings_(other.clearings_),
      files_(std::move(other.files_)),
      new_modules_(std::move(other.new_modules_)),
      new_maps_(std::move(other.new_maps_)),
      new_processes_(std::move(other.new_processes_)) {}

UnwindTables::~UnwindTables() {
  if (mapping_entries_ != nullptr) munmap(mapping_entries_, kMappingBytes);
}

Status UnwindTables::find_task_fields() {
  const BtfTypes types("/sys/kernel/btf/vmlinux");
  const StructDefinition* task = types.find_struct("struct task_struct");
  if (task == nullptr) return Error("the kernel's BTF has no struct task_struct");
  const auto field = [&](std::string_view name) { return task->find(name); };
  const auto* leader = field("group_leader");
  const auto* start = field("start_time");
  const auto* exec_id = field("self_exec_id");
  if (leader == nullptr || start == nullptr || exec_id == nullptr) {
    return Error("the kernel's struct task_struct lacks group_leader, start_time or self_exec_id");
  }
  access_.group_leader = static_cast<int32_t>(leader->offset);
  access_.start_time = static_cast<int32_t>(start->offset);
  access_.exec_id = static_cast<int32_t>(exec_id->offset);
  access_.exec_id_size = exec_id->type.size;
  find_return_instances(types, *task);
  return {};
}

void UnwindTables::find_return_instances(const TypeProvider& types, const StructDefinition& task) {
  const StructDefinition* of_task = types.find_struct("struct uprobe_task");
  const StructDefinition* instance = types.find_struct("struct return_instance");
  const auto* utask = task.find("utask");
  if (of_task == nullptr || instance == nullptr || utask == nullptr) return;
  const auto* first = of_task->find("return_instances");
  const auto* stack = instance->find("stack");
  const auto* address = instance->find("orig_ret_vaddr");
  const auto* next = instance->find("next");
  if (first == nullptr || stack == nullptr || address == nullptr || next == nullptr) return;
  const auto size = static_cast<uint32_t>(std::max({stack->offset, address->offset, next->offset}) + 8);
  if (size > kMaxReturnInstance) return;
  access_.returns = {static_cast<int32_t>(utask->offset), static_cast<int32_t>(first->offset),
                     static_cast<int32_t>(stack->offset), static_cast<int32_t>(address->offset),
                     static_cast<int32_t>(next->offset),  size};
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
  if (count > kUnwindMappings) return Error("too many mappings");
  if (used_ + count > kUnwindMappings) {
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
