// perf_event_open(2).
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_perf.h"

namespace polytap::printers {
namespace {

// What the bits of the word behind read_format mean (struct perf_event_attr).
constexpr std::string_view kBits[] = {
    "disabled",
    "inherit",
    "pinned",
    "exclusive",
    "exclude_user",
    "exclude_kernel",
    "exclude_hv",
    "exclude_idle",
    "mmap",
    "comm",
    "freq",
    "inherit_stat",
    "enable_on_exec",
    "task",
    "watermark",
    "precise_ip",
    "",
    "mmap_data",
    "sample_id_all",
    "exclude_host",
    "exclude_guest",
    "exclude_callchain_kernel",
    "exclude_callchain_user",
    "mmap2",
    "comm_exec",
    "use_clockid",
    "context_switch",
    "write_backward",
    "namespaces",
    "ksymbol",
    "bpf_event",
    "aux_output",
    "cgroup",
    "text_poke",
    "build_id",
    "inherit_thread",
    "remove_on_exec",
    "sigtrap",
};
constexpr size_t kPrecise = 15;  // two bits
constexpr size_t kBitsOffset = offsetof(perf_event_attr, read_format) + sizeof(perf_event_attr::read_format);

void put_cache_event(CallText& text, uint64_t config) {
  if (config >> 24 != 0) {
    text.hex(config >> 24);
    text.put("<<24|");
  }
  text.enumeration(kPerfCacheResults, config >> 16 & 0xff);
  text.put("<<16|");
  text.enumeration(kPerfCacheOperations, config >> 8 & 0xff);
  text.put("<<8|");
  text.enumeration(kPerfCaches, config & 0xff);
}

void put_config(CallText& text, const perf_event_attr& attributes) {
  switch (attributes.type) {
    case PERF_TYPE_HARDWARE:
      return text.enumeration(kPerfHardwareEvents, attributes.config);
    case PERF_TYPE_SOFTWARE:
      return text.enumeration(kPerfSoftwareEvents, attributes.config);
    case PERF_TYPE_TRACEPOINT:
      return text.print("{}", attributes.config);
    case PERF_TYPE_HW_CACHE:
      return put_cache_event(text, attributes.config);
    default:
      return text.hex(attributes.config);
  }
}

void put_bits(CallText& text, uint64_t bits) {
  constexpr const char* kPrecision[] = {"arbitrary skid", "constant skid", "requested to have 0 skid",
                                        "must have 0 skid"};
  for (size_t i = 0; i < std::size(kBits); ++i) {
    if (kBits[i].empty()) continue;
    if (i == kPrecise) {
      const uint64_t precise = bits >> i & 3;
      text.print(", precise_ip={} /* {} */", precise, kPrecision[precise]);
      continue;
    }
    const uint64_t bit = bits >> i & 1;
    if (bit != 0 || text.style.verbose) text.print(", {}={}", kBits[i], bit);
  }
  const uint64_t reserved = bits >> std::size(kBits);
  if (reserved != 0) text.print(", __reserved_1={:#x} /* Bits 63..{} */", reserved, std::size(kBits));
}

// The fields behind the bits, up to the size that the caller gives.
class Rest {
 public:
  Rest(CallText& text, const perf_event_attr& attributes, size_t size)
      : text_(text), attributes_(attributes), size_(size) {}

  void put() const {
    if (size_ <= kBitsOffset + 8) return;
    text_.print(", {}={}", attributes_.watermark != 0 ? "wakeup_watermark" : "wakeup_events",
                attributes_.wakeup_events);
    const bool is_breakpoint = attributes_.type == PERF_TYPE_BREAKPOINT;
    if (is_breakpoint) {
      text_.put(", bp_type=");
      text_.enumeration(kPerfBreakpoints, attributes_.bp_type);
    }
    if (!has(offsetof(perf_event_attr, config1))) return;
    text_.put(is_breakpoint ? ", bp_addr=" : ", config1=");
    text_.hex(attributes_.config1);
    if (!has(offsetof(perf_event_attr, config2))) return;
    if (is_breakpoint) {
      text_.print(", bp_len={}", attributes_.bp_len);
    } else {
      text_.put(", config2=");
      text_.hex(attributes_.config2);
    }
    put_sampling();
  }

 private:
  bool has(size_t offset) const { return size_ > offset; }

  void put_reserved(size_t offset, uint32_t value, size_t size) const {
    if (value != 0) text_.print(" /* bytes {}..{}: {:#x} */", offset, offset + size - 1, value);
  }

  void put_sampling() const {
    if (has(offsetof(perf_event_attr, branch_sample_type)) &&
        (attributes_.sample_type & PERF_SAMPLE_BRANCH_STACK) != 0) {
      text_.put(", branch_sample_type=");
      text_.flags(kPerfBranches, attributes_.branch_sample_type);
    }
    if (!has(offsetof(perf_event_attr, sample_regs_user))) return;
    text_.put(", sample_regs_user=");
    text_.hex(attributes_.sample_regs_user);
    if (has(offsetof(perf_event_attr, sample_stack_user)) && (attributes_.sample_type & PERF_SAMPLE_STACK_USER) != 0) {
      text_.put(", sample_stack_user=");
      text_.hex(attributes_.sample_stack_user);
    }
    if (has(offsetof(perf_event_attr, clockid)) && attributes_.use_clockid != 0) {
      text_.put(", clockid=");
      text_.enumeration(kClocks, static_cast<uint32_t>(attributes_.clockid));
    }
    if (!has(offsetof(perf_event_attr, sample_regs_intr))) return;
    text_.put(", sample_regs_intr=");
    text_.hex(attributes_.sample_regs_intr);
    if (!has(offsetof(perf_event_attr, aux_watermark))) return;
    text_.print(", aux_watermark={}", attributes_.aux_watermark);
    if (!has(offsetof(perf_event_attr, sample_max_stack))) return;
    text_.print(", sample_max_stack={}", attributes_.sample_max_stack);
    put_reserved(offsetof(perf_event_attr, __reserved_2), attributes_.__reserved_2, sizeof attributes_.__reserved_2);
    if (!has(offsetof(perf_event_attr, aux_sample_size))) return;
    text_.print(", aux_sample_size={}", attributes_.aux_sample_size);
    put_reserved(offsetof(perf_event_attr, __reserved_3), attributes_.__reserved_3, sizeof attributes_.__reserved_3);
    if (!has(offsetof(perf_event_attr, sig_data))) return;
    text_.put(", sig_data=");
    text_.hex(attributes_.sig_data);
    if (attributes_.size > sizeof attributes_) text_.put(", ...");
  }

  CallText& text_;
  const perf_event_attr& attributes_;
  size_t size_;
};

}  // namespace

void perf_attributes(CallText& text, uint64_t value, const ArgumentKind&) {
  // The first form that the kernel had ends behind the bits; a size of 0 means that form.
  constexpr size_t kShortest = kBitsOffset + 8;
  uint32_t size = 0;
  perf_event_attr attributes{};
  if (value == 0 || !text.memory.read_object(value + offsetof(perf_event_attr, size), size)) return text.address(value);
  if (size == 0) size = PERF_ATTR_SIZE_VER0;
  if (size < PERF_ATTR_SIZE_VER0) return text.address(value);
  const size_t given = std::clamp<size_t>(size, kShortest, sizeof attributes);
  // No more is needed than is shown.
  const size_t shown = text.style.verbose ? given : kShortest;
  const auto bytes = std::as_writable_bytes(std::span(&attributes, 1)).first(shown);
  if (text.memory.read(value, bytes) != shown) return text.address(value);
  text.put("{type=");
  text.enumeration(kPerfTypes, attributes.type);
  text.put(", size=");
  text.enumeration(kPerfSizes, attributes.size);
  text.put(", config=");
  put_config(text, attributes);
  text.print(", {}={}, sample_type=", attributes.freq != 0 ? "sample_freq" : "sample_period", attributes.sample_period);
  text.flags(kPerfSamples, attributes.sample_type);
  text.put(", read_format=");
  text.flags(kPerfReadFormats, attributes.read_format);
  uint64_t bits = 0;
  std::memcpy(&bits, reinterpret_cast<const char*>(&attributes) + kBitsOffset, sizeof bits);
  put_bits(text, bits);
  if (text.style.verbose) {
    Rest(text, attributes, given).put();
  } else {
    text.put(", ...");
  }
  text.put('}');
}

}  // namespace polytap::printers
