#include "backends/ebpf/kprobe_session.h"

#include <linux/bpf.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/kernel/btf_file.h"
#include "core/kernel/btf_types.h"

namespace polytap::ebpf {
namespace {

std::vector<uint64_t> addresses_of(std::span<const ProbeSite> sites, const AttachGroup& group) {
  std::vector<uint64_t> addresses;
  for (const uint32_t index : group.sites) {
    addresses.insert(addresses.end(), sites[index].entries.begin(), sites[index].entries.end());
  }
  std::ranges::sort(addresses);
  return addresses;
}

bpf_insn instruction(uint8_t code, uint8_t dst, uint8_t src, int16_t offset, int32_t immediate) {
  bpf_insn made{};
  made.code = code;
  made.dst_reg = dst & 0xf;
  made.src_reg = src & 0xf;
  made.off = offset;
  made.imm = immediate;
  return made;
}

}  // namespace

std::optional<SessionPair> session_pair(std::span<const ProbeSite> sites, const AttachGroup& first,
                                        const AttachGroup& second) {
  const auto returns = [&](const AttachGroup& group) { return sites[group.sites.front()].is_return(); };
  const auto alike = [&](const AttachGroup& group) {
    return std::ranges::all_of(group.sites, [&](uint32_t site) { return sites[site].is_return() == returns(group); });
  };
  if (returns(first) == returns(second) || !alike(first) || !alike(second)) return std::nullopt;
  if (first.wants_cookie && second.wants_cookie) return std::nullopt;  // a place has one
  if (addresses_of(sites, first) != addresses_of(sites, second)) return std::nullopt;
  return returns(first) ? SessionPair{&second, &first} : SessionPair{&first, &second};
}

std::optional<CompiledFunction> join_for_session(const CompiledFunction& entry, const CompiledFunction& at_return) {
  // A program's own functions have to stand behind all of it.
  if (!entry.callbacks.empty() || !at_return.callbacks.empty()) return std::nullopt;
  const size_t distance = entry.code.instructions.size();
  if (distance > static_cast<size_t>(std::numeric_limits<int16_t>::max())) return std::nullopt;
  const auto kernel = BtfFile::read_as_needed(std::string(kVmlinuxBtf));
  const auto is_return = kernel ? kernel->find_callable_function("bpf_session_is_return") : std::nullopt;
  if (!is_return) return std::nullopt;
  CompiledFunction joined;
  std::vector<bpf_insn>& code = joined.code.instructions;
  code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0));
  code.push_back(instruction(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, static_cast<int32_t>(*is_return)));
  code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0));
  // A bool: of its register only the low byte counts.
  code.push_back(instruction(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 0xff));
  code.push_back(instruction(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, static_cast<int16_t>(distance), 0));
  joined.code.spans.resize(code.size());
  for (const CompiledFunction* part : {&entry, &at_return}) {
    code.insert(code.end(), part->code.instructions.begin(), part->code.instructions.end());
    joined.code.spans.insert(joined.code.spans.end(), part->code.spans.begin(), part->code.spans.end());
  }
  return joined;
}

}  // namespace polytap::ebpf
