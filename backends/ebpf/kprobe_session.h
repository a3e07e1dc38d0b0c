// A probe of kernel functions and one of their returns as one program with one link (kprobe.session, Linux 6.10): the
// kernel's tracer goes to each function once, and not once for each of the two.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "backends/ebpf/attach_groups.h"
#include "backends/ebpf/function_compiler.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

// bpf_attach_type BPF_TRACE_KPROBE_SESSION. Programs must be loaded for it.
inline constexpr uint32_t kKprobeSession = 56;

// Of two groups that are linked to many functions (kKprobeMulti): the one at the functions' beginning and the one at
// their returns, when both are about the same functions and not both have to be told where they fire.
struct SessionPair {
  const AttachGroup* entry = nullptr;
  const AttachGroup* at_return = nullptr;
};
std::optional<SessionPair> session_pair(std::span<const ProbeSite> sites, const AttachGroup& first,
                                        const AttachGroup& second);

// A program that runs ENTRY or AT_RETURN, as the kernel says which it is. Nullopt: this kernel does not say, or the two
// do not go together (one calls functions of its own).
std::optional<CompiledFunction> join_for_session(const CompiledFunction& entry, const CompiledFunction& at_return);

}  // namespace polytap::ebpf
