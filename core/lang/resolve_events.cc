#include "core/lang/resolve_events.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/nearest.h"
#include "core/lang/parameters.h"
#include "core/lang/resolve_probes.h"
#include "core/probe/counted_events.h"
#include "core/probe/registers.h"

namespace polytap {
namespace {

// perf_swevent_init_hrtimer() in kernel/events/core.c takes no shorter period.
constexpr uint64_t kShortestPeriod = 10'000;

// Decimal or 0x and hexadecimal, all 64 bits.
std::optional<uint64_t> parse_address(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr const char* kIterators[] = {"task", "task_file", "task_vma"};
// Iterators whose links name a map.
constexpr const char* kOfOneMap[] = {"bpf_map_elem", "bpf_sk_storage_map", "sockmap"};
constexpr uint32_t kWord = 8;

// Names of pins are files of the kernel's own file system.
std::string pin_path(const std::string& written) {
  return written.starts_with('/') ? written : "/sys/fs/bpf/" + written;
}

class EventResolver {
 public:
  EventResolver(const ast::AttachPoint& point, ProbeType type, std::vector<std::string> parts,
                const TypeProvider* types, Diagnostics& diagnostics)
      : point_(point), parts_(std::move(parts)), types_(types), diagnostics_(diagnostics) {
    site_.type = type;
    site_.name = fmt::format("{}:{}", provider_name(type), fmt::join(parts_, ":"));
  }

  std::vector<ProbeSite> run() {
    if (site_.is_sampled()) {
      site_.context = ContextKind::kRegisters;
      site_.context_size = registers::kSize;
    }
    if (!read()) return {};
    return {std::move(site_)};
  }

 private:
  bool read() {
    switch (site_.type) {
      case ProbeType::kInterval:
        return interval();
      case ProbeType::kProfile:
        return profile();
      case ProbeType::kWatchpoint:
        return watchpoint();
      case ProbeType::kIter:
        return iterator();
      case ProbeType::kSelf:
        return own_signal();
      case ProbeType::kTest:
      case ProbeType::kBench:
        return named();
      default:
        return counted();
    }
  }

  bool error(std::string message, std::string hint = {}) {
    diagnostics_.error(point_.span, std::move(message), std::move(hint));
    return false;
  }

  std::optional<uint64_t> period() {
    auto period = parse_period(parts_);
    if (period.ok()) return *period;
    const std::string_view name = provider_name(site_.type);
    error(period.error().message(), fmt::format("write {0}:s:1, {0}:ms:100, {0}:us:10, {0}:hz:99 or {0}:1s", name));
    return std::nullopt;
  }

  bool interval() {
    const auto length = period();
    if (!length) return false;
    site_.period_ns = *length;
    return true;
  }

  bool profile() {
    const auto length = period();
    if (!length) return false;
    site_.sampled = {.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .period = *length};
    if (*length < kShortestPeriod) {
      site_.sampled.period = kShortestPeriod;
      diagnostics_.warning(point_.span,
                           "The kernel samples no more often than every 10 us on each CPU: so does this "
                           "probe");
    }
    return true;
  }

  // What `ctx` has is struct bpf_iter__task and so on in the kernel: of these three it is known without BTF.
  bool iterator() {
    if (parts_.empty() || parts_.size() > 2 || (parts_.size() == 2 && parts_[1].empty())) {
      return error("An iterator is written iter:name or iter:name:pin", "for example iter:task:list");
    }
    site_.event = parts_[0];
    site_.context = ContextKind::kRawArguments;
    if (parts_.size() == 2) site_.module = pin_path(parts_[1]);
    const std::vector<std::string> names(std::begin(kIterators), std::end(kIterators));
    if (std::ranges::find(names, parts_[0]) == names.end()) return iterator_of_btf(names);
    add_field("task", "struct task_struct");
    if (site_.event == "task_vma") add_field("vma", "struct vm_area_struct");
    if (site_.event == "task_file") {
      site_.arguments.push_back({"fd", types::integer(4, false), kWord * 2, 4});
      site_.context_size = kWord * 3;
      add_field("file", "struct file");
    }
    return true;
  }

  bool iterator_of_btf(const std::vector<std::string>& well_known) {
    const std::string& name = parts_[0];
    const bool asks = types_ != nullptr && name.find("__") == std::string::npos;  // those are the verifier's own
    const StructDefinition* context = asks ? types_->find_struct(fmt::format("struct bpf_iter__{}", name)) : nullptr;
    if (context == nullptr) {
      std::string hint = did_you_mean(name, well_known);
      if (hint.empty()) hint = "'polytap -l iter:*' shows those of this kernel";
      return error(fmt::format("There is no iterator '{}'", name), std::move(hint));
    }
    if (std::ranges::find(kOfOneMap, name) != std::end(kOfOneMap)) {
      return error(fmt::format("The iterator '{}' goes through one eBPF map, which no script can name", name),
                   "iter:bpf_map goes through all maps");
    }
    for (const Field& field : context->fields) {
      if (field.name.empty() || field.name == "meta" || field.bit_size != 0) continue;
      if (!field.type.is_scalar() || (field.type.size != 4 && field.type.size != kWord)) continue;
      site_.arguments.push_back({field.name, field.type, field.offset, field.type.size});
      site_.context_size = std::max(site_.context_size, field.offset + kWord);
    }
    return true;
  }

  // Behind what the structs begin with: a pointer to struct bpf_iter_meta.
  void add_field(const char* name, const char* pointee) {
    const uint32_t offset = std::max(kWord, site_.context_size);
    const Type pointer = types::pointer(types::structure(pointee, 0), AddressSpace::kKernel);
    site_.arguments.push_back({name, pointer, offset, kWord});
    site_.context_size = offset + kWord;
  }

  // Of the others some end polytap, and the rest have no use of their own.
  bool own_signal() {
    if (parts_.size() != 2 || parts_[0] != "signal") {
      return error("A signal to polytap itself is written self:signal:SIGUSR1");
    }
    if (parts_[1] == "SIGUSR1") site_.signal = SIGUSR1;
    if (parts_[1] == "SIGUSR2") site_.signal = SIGUSR2;
    return site_.signal != 0 ||
           error(fmt::format("self:signal does not know '{}'", parts_[1]), "it takes SIGUSR1 and SIGUSR2");
  }

  bool named() {
    if (parts_.size() == 1 && !parts_[0].empty()) return true;
    return error(fmt::format("It is written {}:name", provider_name(site_.type)));
  }

  bool counted() {
    const bool software = site_.type == ProbeType::kSoftware;
    const std::string_view name = provider_name(site_.type);
    const std::string form = fmt::format("{}:{}:100", name, software ? "page-faults" : "cache-misses");
    if (parts_.empty() || parts_.size() > 2 || parts_[0].empty()) {
      return error(fmt::format("A {0} event is written {0}:event:count", name), "for example " + form);
    }
    const CountedEvent* event = find_counted_event(site_.type, parts_[0]);
    if (event == nullptr) {
      const std::vector<std::string> names = counted_event_names(site_.type);
      std::string hint = did_you_mean(parts_[0], names);
      if (hint.empty()) hint = fmt::format("there are {}", fmt::join(names, ", "));
      return error(fmt::format("There is no {} event '{}'", name, parts_[0]), std::move(hint));
    }
    uint64_t count = event->default_period;
    if (parts_.size() == 2 && !parts_[1].empty()) {
      const auto number = parse_number(parts_[1]);
      if (!number || *number <= 0) {
        return error(fmt::format("'{}' is not a number of events", parts_[1]),
                     fmt::format("write {}: the probe fires at every 100th", form));
      }
      count = static_cast<uint64_t>(*number);
    }
    site_.sampled = {
        .type = software ? PERF_TYPE_SOFTWARE : PERF_TYPE_HARDWARE, .config = event->config, .period = count};
    return true;
  }

  bool watchpoint() {
    constexpr const char* kForm = "write watchpoint:0xADDRESS:LENGTH:MODE, for example watchpoint:0x10000000:8:w";
    // Once there was room for a program in front of the address.
    if (parts_.size() == 4 && parts_[0].empty()) parts_.erase(parts_.begin());
    if (parts_.size() != 3) return error("A watchpoint has an address, a length and a mode", kForm);
    const auto start = parse_address(parts_[0]);
    if (!start) return error(fmt::format("'{}' is not an address", parts_[0]), kForm);
    const auto length = parse_number(parts_[1]);
    if (!length || (*length != 1 && *length != 2 && *length != 4 && *length != 8)) {
      return error(fmt::format("A watchpoint of length '{}' is not possible", parts_[1]),
                   "the processor watches 1, 2, 4 or 8 bytes");
    }
    const auto bytes = static_cast<uint64_t>(*length);
    const auto access = watched_access(parts_[2]);
    if (!access) return false;
    const bool executed = *access == HW_BREAKPOINT_X;
    if (executed && bytes != 8) {
      return error("A watchpoint on execution has length 8", fmt::format("write watchpoint:{}:8:x", parts_[0]));
    }
    if (!executed && *start % bytes != 0) {
      return error(fmt::format("The address {:#x} is not a multiple of the length {}", *start, bytes),
                   "the processor watches aligned memory only");
    }
    site_.sampled = {.type = PERF_TYPE_BREAKPOINT,
                     .config = 0,
                     .period = 1,
                     .address = *start,
                     .length = static_cast<uint32_t>(bytes),
                     .access = *access};
    return true;
  }

  // x86-64 has three kinds: execution, writing, and both reading and writing.
  std::optional<uint32_t> watched_access(std::string_view mode) {
    bool read = false;
    bool write = false;
    bool execute = false;
    bool wrong = mode.empty();
    for (const char c : mode) {
      bool& flag = c == 'r' ? read : c == 'w' ? write : execute;
      wrong = wrong || flag || (c != 'r' && c != 'w' && c != 'x');
      flag = true;
    }
    if (wrong) {
      error(fmt::format("'{}' is not the mode of a watchpoint", mode), "it is w, rw or x");
    } else if (execute && (read || write)) {
      error("A watchpoint cannot be on execution and on data at once", "make two probes");
    } else if (read && !write) {
      error("This processor cannot watch for reads alone", "write rw: it fires at writes too");
    } else {
      return execute ? HW_BREAKPOINT_X : read ? HW_BREAKPOINT_RW : HW_BREAKPOINT_W;
    }
    return std::nullopt;
  }

  const ast::AttachPoint& point_;
  std::vector<std::string> parts_;
  const TypeProvider* types_;
  Diagnostics& diagnostics_;
  ProbeSite site_;
};

}  // namespace

std::vector<ProbeSite> resolve_event(const ast::AttachPoint& point, ProbeType type,
                                     const std::vector<std::string>& parts, const TypeProvider* types,
                                     Diagnostics& diagnostics) {
  return EventResolver(point, type, parts, types, diagnostics).run();
}

}  // namespace polytap
