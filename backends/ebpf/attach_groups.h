// Which eBPF programs a function of the IR becomes: its sites, put together by how they are attached.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "backends/ebpf/ebpf_backend.h"
#include "backends/ebpf/function_compiler.h"
#include "core/ir/ir.h"
#include "core/kernel/tracefs.h"

namespace polytap::ebpf {

// How a loaded program gets to its events.
enum class AttachMethod : uint8_t {
  kRun,            // not at all: BPF_PROG_TEST_RUN runs it
  kTracepoint,     // a perf event for each site
  kSyscalls,       // once, to raw_syscalls:sys_enter
  kSyscallExits,   // once, to raw_syscalls:sys_exit
  kRawTracepoint,  // a link for each site; also for tracepoints whose records nobody looks at
  kUprobe,         // a perf event for each site
  kUprobeMulti,    // a link for each file
  kKprobe,         // a perf event for each site
  kKprobeMulti,    // one link
  kKprobeSession,  // one link, together with those of the functions' returns
  kTracing,        // a link; the program was loaded for its only site
  kIterate,        // not at all: EbpfSession::fire() runs it for every object
  kSampled,        // a perf event for each site and CPU
};

// What the kernel and the options allow.
struct AttachAbilities {
  bool uprobe_multi = false;
  bool sleepable_uprobes = false;
  bool kprobe_multi = false;
  bool raw_cookies = false;  // of raw tracepoints
  std::set<std::string, std::less<>>
      dynamic_events;  // "category:event" of tracepoints that the kernel was not built with
};
// Asks the kernel for what PROGRAM needs to know. TRACEFS: null where no site is a tracepoint.
AttachAbilities find_attach_abilities(const ir::Program& program, const EbpfOptions& options, const Tracefs* tracefs);

// One eBPF program, and where it goes.
struct AttachGroup {
  AttachMethod method = AttachMethod::kRun;
  CompileRequest request;
  std::vector<uint32_t> sites;  // indices into Program::sites
  bool wants_cookie = false;    // each site passes its index as its cookie
  uint32_t attach_type = 0;     // bpf_attach_type that the program must be loaded for
};

// Whether a probe fires by itself; the others (BEGIN, END, interval) are run.
bool is_attached(const ProbeSite& site);

std::vector<AttachGroup> group_sites(const ir::Program& program, const ir::Function& function,
                                     const AttachAbilities& abilities);

}  // namespace polytap::ebpf
