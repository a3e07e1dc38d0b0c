#include "backends/ebpf/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {
namespace {

// The kernel's per-CPU allocator refuses larger values (PCPU_MIN_UNIT_SIZE).
constexpr uint32_t kMaxPerCpuValue = 32 << 10;
// Entries that are allocated as keys come (BPF_F_NO_PREALLOC) let a start take less time, but of a million new keys in
// a second the kernel's allocator, which may not wait there, loses hundreds. So of probes that fire at any rate all
// entries are there beforehand, as long as they fit into this; of clocks a large map's are not.
constexpr uint64_t kMaxPreallocated = 64 << 20;
constexpr uint64_t kMaxPreallocatedRarely = 1 << 20;
constexpr uint32_t kBatch = 512;

uint32_t round_up(uint32_t bytes) { return (bytes + 7) & ~7U; }

bool better(const Aggregation& parameters, uint64_t candidate, uint64_t value) {
  const bool less =
      parameters.is_signed ? static_cast<int64_t>(candidate) < static_cast<int64_t>(value) : candidate < value;
  return parameters.kind == AggregationKind::kMin ? less : candidate != value && !less;
}

// Map names may hold letters, digits, '_' and '.', 15 at most.
std::string kernel_name(const ir::MapSpec& spec) {
  std::string name = "pt_";
  for (const char c : spec.name) {
    if (name.size() == 15) break;
    if (c != '@') name += (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') ? c : '_';
  }
  return name;
}

}  // namespace

ShortKeys short_keys(const ir::MapSpec& spec) {
  constexpr uint32_t kTextBytes = 64;
  constexpr uint32_t kFrames = 15;
  constexpr uint32_t kLeastGain = 128;
  ShortKeys keys;
  if (spec.key.empty()) return keys;
  const Type& last = spec.key.back();
  const uint32_t before = spec.key_size - last.storage_size();
  if (last.is(TypeKind::kString)) {
    keys = {before + kTextBytes, before + kTextBytes - 1, 1};
  } else if (last.is(TypeKind::kKernelStack)) {
    // The process's number, then the frames.
    keys = {before + 8 + 8 * kFrames, before + 8 + 8 * kFrames, 8};
  }
  // The kernel's maps that evict would do so each for itself.
  if (spec.evicts || keys.key_size + kLeastGain > spec.key_size) return {};
  return keys;
}

MapForm map_form(const ir::MapSpec& spec) {
  MapForm form;
  form.keyed = spec.key_size != 0;
  form.aggregation = spec.value.is(TypeKind::kAggregation);
  form.per_cpu = form.aggregation && spec.value_size <= kMaxPerCpuValue;
  form.value_size = round_up(spec.value_size);
  form.seen = form.value_size;
  if (!form.keyed) form.value_size += 8;
  return form;
}

namespace {

// Of one interval; the numbers are those of the parts.
void merge_interval(const Aggregation& parameters, std::span<uint64_t> total, std::span<const uint64_t> part) {
  const bool newer = part[0] > total[0];
  const bool first = part[0] == total[0] && total[2] == 0;
  if (newer || first) {
    std::copy(part.begin(), part.end(), total.begin());
    return;
  }
  if (part[0] != total[0] || part[2] == 0) return;
  switch (parameters.each) {
    case SeriesKind::kLast:
      if (part[2] > total[2]) std::copy(part.begin(), part.end(), total.begin());
      return;
    case SeriesKind::kSum:
    case SeriesKind::kAvg:
      total[1] += part[1];
      break;
    case SeriesKind::kMin:
    case SeriesKind::kMax: {
      const bool is_min = parameters.each == SeriesKind::kMin;
      const bool less =
          parameters.is_signed ? static_cast<int64_t>(part[1]) < static_cast<int64_t>(total[1]) : part[1] < total[1];
      if (is_min == less) total[1] = part[1];
      break;
    }
  }
  total[2] += part[2];
}

}  // namespace

void merge_aggregation(const Aggregation& parameters, std::span<uint64_t> total, std::span<const uint64_t> part) {
  switch (parameters.kind) {
    case AggregationKind::kSum:
      total[0] += part[0];
      total[1] |= part[1];
      return;
    case AggregationKind::kMin:
    case AggregationKind::kMax:
      if (part[1] != 0 && (total[1] == 0 || better(parameters, part[0], total[0]))) {
        total[0] = part[0];
        total[1] = part[1];
      }
      return;
    case AggregationKind::kCount:
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
    case AggregationKind::kHist:
    case AggregationKind::kLhist:
      for (size_t i = 0; i < total.size(); ++i) total[i] += part[i];
      return;
    case AggregationKind::kTseries:
      for (size_t i = 0; i + 3 <= total.size(); i += 3) {
        merge_interval(parameters, total.subspan(i, 3), part.subspan(i, 3));
      }
      return;
  }
}

uint32_t Maps::zeros_needed(const ir::Program& program) {
  uint32_t bytes = 8;
  for (const ir::MapSpec& spec : program.maps) bytes = std::max(bytes, round_up(spec.value_size));
  return bytes;
}

namespace {

// By MapId: the program goes through the entries, by a helper that takes one map of the kernel.
std::vector<bool> maps_walked_through(const ir::Program& program) {
  std::vector<bool> walked(program.maps.size(), false);
  for (const ir::Function& function : program.functions) {
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (const auto* length = std::get_if<ir::MapLength>(&instruction.operation)) walked[length->map] = true;
        if (const auto* next = std::get_if<ir::MapNext>(&instruction.operation)) walked[next->map] = true;
      }
    }
  }
  return walked;
}

}  // namespace

// ENTRY: the bytes of one.
Result<UniqueFd> Maps::create_one(const ir::MapSpec& spec, const MapForm& form, uint32_t key_size, uint64_t entry) {
  uint32_t flags = 0;
  const bool evicts = spec.evicts && form.keyed;
  // The kernel preallocates maps that evict.
  const uint64_t most = rarely_ ? kMaxPreallocatedRarely : kMaxPreallocated;
  if (form.keyed && !evicts && entry * spec.max_entries > most) {
    flags = BPF_F_NO_PREALLOC;
    on_demand_ = true;
  }
  const bpf_map_type hash = evicts ? (form.per_cpu ? BPF_MAP_TYPE_LRU_PERCPU_HASH : BPF_MAP_TYPE_LRU_HASH)
                                   : (form.per_cpu ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_HASH);
  const bpf_map_type type = form.keyed ? hash : (form.per_cpu ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY);
  const std::string name = kernel_name(spec);
  UniqueFd fd =
      create_map({type, name, form.keyed ? key_size : 4, form.value_size, form.keyed ? spec.max_entries : 1, flags});
  if (!fd.valid()) {
    return Error::from_errno(fmt::format("create the eBPF map {} (key {} bytes, value {} bytes, {} entries)", spec.name,
                                         key_size, form.value_size, spec.max_entries));
  }
  return fd;
}

Result<Maps> Maps::create(const ir::Program& program, bool rarely) {
  Maps maps;
  maps.rarely_ = rarely;
  maps.specs_ = &program.maps;
  maps.cpus_ = static_cast<uint32_t>(std::max(1, libbpf_num_possible_cpus()));
  const std::vector<bool> walked = maps_walked_through(program);
  for (const ir::MapSpec& spec : program.maps) {
    Map map;
    map.form = map_form(spec);
    if (!walked[maps.maps_.size()]) map.form.short_keys = short_keys(spec);
    const uint64_t entry = spec.key_size + uint64_t{map.form.value_size} * (map.form.per_cpu ? maps.cpus_ : 1);
    ASSIGN_OR_RETURN(map.fd, maps.create_one(spec, map.form, spec.key_size, entry));
    if (const uint32_t size = map.form.short_keys.key_size; size != 0) {
      ASSIGN_OR_RETURN(map.short_fd, maps.create_one(spec, map.form, size, entry));
    }
    maps.maps_.push_back(std::move(map));
  }
  return maps;
}

std::vector<Maps::Part> Maps::parts(ir::MapId id) const {
  const Map& map = maps_[id];
  std::vector<Part> parts = {{id, map.fd.get(), spec(id).key_size}};
  if (map.short_fd.valid()) parts.push_back({id, map.short_fd.get(), map.form.short_keys.key_size});
  return parts;
}

size_t Maps::raw_value_size(const Map& map) const {
  return size_t{map.form.value_size} * (map.form.per_cpu ? cpus_ : 1);
}

Result<bool> Maps::read_in_batches(const Part& part, Reading reading, Entries& entries) const {
  const auto next_batch = reading == Reading::kTake ? bpf_map_lookup_and_delete_batch : bpf_map_lookup_batch;
  const size_t key_size = part.key_size;
  const size_t value_size = raw_value_size(maps_[part.map]);
  // A batch must hold the fullest hash bucket (else ENOSPC).
  uint32_t capacity = kBatch;
  uint32_t token = 0;
  bool first = true;
  while (true) {
    entries.keys.resize((entries.count + capacity) * key_size);
    entries.values.resize((entries.count + capacity) * value_size);
    uint32_t count = capacity;
    uint32_t next = 0;
    const int failed =
        next_batch(part.fd, first ? nullptr : &token, &next, entries.keys.data() + entries.count * key_size,
                   entries.values.data() + entries.count * value_size, &count, nullptr);
    const int code = failed != 0 ? errno : 0;
    if (code == ENOSPC) {
      capacity *= 2;
      continue;
    }
    if (code == EINVAL || code == ENOTSUP || code == 524) return false;  // 524: the kernel's ENOTSUPP
    if (code != 0 && code != ENOENT) return Error::from_errno("read the eBPF map " + spec(part.map).name, code);
    entries.count += count;
    if (code == ENOENT) return true;
    token = next;
    first = false;
  }
}

Status Maps::read_one_by_one(const Part& part, Reading reading, Entries& entries) const {
  const size_t key_size = part.key_size;
  const size_t value_size = raw_value_size(maps_[part.map]);
  entries = {};
  std::vector<std::byte> key(key_size);
  std::vector<std::byte> next(key_size);
  bool first = true;
  // Entries that programs remove meanwhile make the kernel start over; the limit ends that.
  while (entries.count < size_t{spec(part.map).max_entries} * 2 &&
         bpf_map_get_next_key(part.fd, first ? nullptr : key.data(), next.data()) == 0) {
    key.swap(next);
    first = false;
    entries.values.resize((entries.count + 1) * value_size);
    if (bpf_map_lookup_elem(part.fd, key.data(), entries.values.data() + entries.count * value_size) != 0) continue;
    entries.keys.insert(entries.keys.end(), key.begin(), key.end());
    ++entries.count;
  }
  if (reading == Reading::kTake) return remove(part, entries);
  return {};
}

Status Maps::remove(const Part& part, const Entries& entries) const {
  for (size_t i = 0; i < entries.count; ++i) {
    if (bpf_map_delete_elem(part.fd, entries.keys.data() + i * part.key_size) != 0 && errno != ENOENT) {
      return Error::from_errno("clear the eBPF map " + spec(part.map).name);
    }
  }
  return {};
}

Result<Maps::Entries> Maps::read_all(const Part& part, Reading reading) const {
  Entries entries;
  ASSIGN_OR_RETURN(const bool done, read_in_batches(part, reading, entries));
  if (!done) TRY(read_one_by_one(part, reading, entries));
  return entries;
}

// Merges one entry's per-CPU parts. False: a scalar map that was never written.
bool Maps::merge(ir::MapId id, std::span<const std::byte> raw, std::vector<uint64_t>& merged) const {
  const MapForm& form = maps_[id].form;
  const size_t words = form.seen / 8;
  merged.assign(words, 0);
  std::vector<uint64_t> part(form.value_size / 8);
  bool seen = form.keyed;
  for (size_t offset = 0; offset < raw.size(); offset += form.value_size) {
    std::memcpy(part.data(), raw.data() + offset, form.value_size);
    seen = seen || part.back() != 0;
    if (form.aggregation) {
      merge_aggregation(spec(id).value.aggregation, merged, std::span(part).first(words));
    } else {
      std::copy_n(part.begin(), words, merged.begin());
    }
  }
  return seen;
}

Status Maps::read(ir::MapId id, MapSink& sink, Reading reading) {
  const Map& map = maps_[id];
  const size_t value_size = raw_value_size(map);
  std::vector<uint64_t> merged;
  const auto deliver = [&](std::span<const std::byte> key, std::span<const std::byte> raw) {
    if (merge(id, raw, merged)) sink.entry(id, key, std::as_bytes(std::span(merged)).first(spec(id).value_size));
  };
  if (!map.form.keyed) {
    std::vector<std::byte> raw(value_size);
    const uint32_t key = 0;
    if (bpf_map_lookup_elem(map.fd.get(), &key, raw.data()) != 0) {
      return Error::from_errno("read the eBPF map " + spec(id).name);
    }
    if (reading == Reading::kTake) TRY(write_scalar(id, false));
    deliver({}, raw);
    return {};
  }
  std::vector<std::byte> whole(spec(id).key_size);
  for (const Part& part : parts(id)) {
    ASSIGN_OR_RETURN(const Entries entries, read_all(part, reading));
    const std::span<const std::byte> values(entries.values);
    for (size_t i = 0; i < entries.count; ++i) {
      std::fill(
          std::copy_n(entries.keys.begin() + static_cast<ptrdiff_t>(i * part.key_size), part.key_size, whole.begin()),
          whole.end(), std::byte{0});
      deliver(whole, values.subspan(i * value_size, value_size));
    }
  }
  return {};
}

Status Maps::write_scalar(ir::MapId id, bool seen) {
  const Map& map = maps_[id];
  std::vector<uint64_t> zeros(raw_value_size(map) / 8, 0);
  if (seen) zeros[map.form.seen / 8] = 1;  // on one CPU is enough
  const uint32_t key = 0;
  if (bpf_map_update_elem(map.fd.get(), &key, zeros.data(), BPF_ANY) != 0) {
    return Error::from_errno("empty the eBPF map " + spec(id).name);
  }
  return {};
}

Status Maps::clear(ir::MapId id) {
  if (!maps_[id].form.keyed) return write_scalar(id, false);
  for (const Part& part : parts(id)) {
    ASSIGN_OR_RETURN(const Entries gone, read_all(part, Reading::kTake));
    static_cast<void>(gone);
  }
  return {};
}

Status Maps::zero(ir::MapId id) {
  Map& map = maps_[id];
  const size_t value_size = raw_value_size(map);
  if (!map.form.keyed) {
    std::vector<std::byte> raw(value_size);
    const uint32_t key = 0;
    std::vector<uint64_t> merged;
    if (bpf_map_lookup_elem(map.fd.get(), &key, raw.data()) != 0) {
      return Error::from_errno("read the eBPF map " + spec(id).name);
    }
    if (!merge(id, raw, merged)) return {};  // never written: stays so
    return write_scalar(id, true);
  }
  const std::vector<std::byte> zeros(value_size);
  for (const Part& part : parts(id)) {
    ASSIGN_OR_RETURN(const Entries entries, read_all(part, Reading::kKeep));
    for (size_t i = 0; i < entries.count; ++i) {
      if (bpf_map_update_elem(part.fd, entries.keys.data() + i * part.key_size, zeros.data(), BPF_EXIST) != 0 &&
          errno != ENOENT) {
        return Error::from_errno("zero the eBPF map " + spec(id).name);
      }
    }
  }
  return {};
}

}  // namespace polytap::ebpf
