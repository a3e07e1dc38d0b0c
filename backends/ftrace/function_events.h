// kprobe events of our own: a place in the kernel whose record carries the registers that the program looks at, and
// what it reads through pointers.
#pragma once

#include <array>
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
#include "core/kernel/probe_group.h"
#include "core/probe/registers.h"
#include "core/probe/site.h"

namespace polytap::ftrace {

inline constexpr std::string_view kKprobeEvents = "kprobe_events";

// What the record must carry for the functions of PROGRAM that run at one place.
class FunctionEvent {
 public:
  explicit FunctionEvent(const ProbeSite& site) : site_(&site) {}
  // FUNCTION runs here too.
  void add(const ir::Program& program, const ir::Function& function);

  const ProbeSite& site() const { return *site_; }
  // "p:GROUP/NAME vfs_read di=%di:x64 ...", as kprobe_events takes it.
  std::string definition(std::string_view group, std::string_view name) const;
  // The fetch arguments alone.
  std::string arguments() const;
  std::vector<FetchField> fields() const;
  // Characters that tell the place in the definition.
  size_t place_length() const { return place().size(); }
  const std::vector<ir::Capture>& captures() const { return captures_; }

  // Makes the event. Its id.
  Result<uint32_t> make(ProbeGroup& group);

  using Context = std::array<std::byte, registers::kSize>;
  // The context as the probe saw it, as far as the program looks at it, and the memory. False: a string is not in
  // RECORD as a whole.
  bool restore(std::span<const std::byte> record, Context& context, CapturedMemory& memory) const;

 private:
  struct Register {
    uint32_t context_offset = 0;
    uint32_t record_offset = 0;
  };
  std::string place() const;

  const ProbeSite* site_;
  std::vector<Register> registers_;
  std::vector<ir::Capture> captures_;
  CaptureLayout layout_;  // of captures_, once made
};

// A place with what runs there.
struct FunctionPlace {
  FunctionEvent event;
  std::vector<Hook> hooks;
};
// The kernel functions of PROGRAM, in the order of the script; each place once.
std::vector<FunctionPlace> function_places(const ir::Program& program);

// What kprobe_profile tells of the events of GROUP that did not fire: a probe was hit inside of another, or more calls
// were under way than returns are waited for.
uint64_t missed_probes(const std::string& tracefs_root, const ProbeGroup& group);
uint64_t missed_probes(std::string_view profile, const std::vector<std::string>& events);

}  // namespace polytap::ftrace
