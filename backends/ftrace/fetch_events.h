// Events of our own whose records carry what the program looks at: kprobe events, with registers, and event probes on
// tracepoints (Linux 5.15), with fields; both with what is read through pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/ftrace/event_filter.h"
#include "core/base/result.h"
#include "core/ir/captures.h"
#include "core/ir/ir.h"
#include "core/kernel/captured_memory.h"
#include "core/kernel/fetch_check.h"
#include "core/kernel/probe_group.h"
#include "core/probe/site.h"

namespace polytap::ftrace {

inline constexpr std::string_view kKprobeEvents = "kprobe_events";
inline constexpr std::string_view kDynamicEvents = "dynamic_events";

// What the record must carry for the functions of PROGRAM that run at one place.
class FetchEvent {
 public:
  explicit FetchEvent(const ProbeSite& site) : site_(&site) {}
  // FUNCTION runs here too.
  void add(const ir::Program& program, const ir::Function& function);
  // Why the kernel cannot fetch it; after the last add().
  std::optional<FetchRefusal> check() const;

  const ProbeSite& site() const { return *site_; }
  bool is_kprobe() const { return site_->is_kernel_function(); }
  // "p:GROUP/NAME vfs_read di=%di:x64 ...", "e:GROUP/NAME syscalls/sys_enter_openat f_filename=$filename:x64 ...".
  std::string definition(std::string_view group, std::string_view name) const;
  // The fetch arguments alone.
  std::string arguments() const;
  const std::vector<ir::Capture>& captures() const { return captures_; }

  // Makes the event. Its id.
  Result<uint32_t> make(ProbeGroup& group);
  // The context as the probe saw it, as far as the program looks at it, and the memory. False: a string is not in
  // RECORD as a whole.
  bool restore(std::span<const std::byte> record, std::vector<std::byte>& context, CapturedMemory& memory) const;

 private:
  // A register, or a field of the event that is a number.
  struct Word {
    uint32_t context_offset = 0;
    uint32_t size = 8;
    std::string name;    // of our event's field
    std::string source;  // "%di", "$retval", "$filename"
    uint32_t record_offset = 0;
  };
  std::optional<Word> word_at(uint32_t offset) const;
  std::vector<FetchField> fields() const;
  std::string place() const;

  const ProbeSite* site_;
  std::vector<Word> words_;
  std::vector<ir::Capture> captures_;
  CaptureLayout layout_;  // of captures_
  std::optional<FetchRefusal> refusal_;
};

// A place with what runs there.
struct FetchPlace {
  FetchEvent event;
  std::vector<Hook> hooks;
};
// The kernel functions of PROGRAM, and the tracepoints on which something is read through a pointer, in the order of
// the script; each place once.
std::vector<FetchPlace> fetch_places(const ir::Program& program);

// What kprobe_profile tells of the events of GROUP that did not fire: a probe was hit inside of another, or more calls
// were under way than returns are waited for.
uint64_t missed_probes(const std::string& tracefs_root, const ProbeGroup& group);
uint64_t missed_probes(std::string_view profile, const std::vector<std::string>& events);

}  // namespace polytap::ftrace
