// How eBPF maps and programs come into being: bpf(2)'s BPF_MAP_CREATE and BPF_PROG_LOAD (include/uapi/linux/bpf.h).
// libbpf's functions for them first find out, by programs and maps of their own, what the kernel can do (names
// since 4.15, accounting of memory by cgroups since 5.11), which takes a tenth of a millisecond at every start.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"

namespace polytap::ebpf {

struct MapRequest {
  bpf_map_type type = BPF_MAP_TYPE_ARRAY;
  std::string_view name;  // the kernel keeps 15 bytes
  uint32_t key_size = 4;
  uint32_t value_size = 0;
  uint32_t entries = 1;
  uint32_t flags = 0;     // BPF_F_*
  int inner_map_fd = -1;  // of a map of maps: one like those that it holds
};

// Not valid() when the kernel refuses it: errno says why.
UniqueFd create_map(const MapRequest& request);

struct ProgramRequest {
  bpf_prog_type type = BPF_PROG_TYPE_UNSPEC;
  std::string_view name;
  std::span<const bpf_insn> instructions;
  std::string license = "GPL";
  uint32_t flags = 0;
  uint32_t expected_attach_type = 0;
  uint32_t attach_btf_id = 0;
  int attach_btf_fd = -1;  // of the module or program whose BTF that is; -1: the kernel
  int btf_fd = -1;         // with `functions`: names the callbacks
  std::span<const bpf_func_info> functions = {};
  std::span<char> log = {};  // gets the verifier's log; empty: none is made
};

// As create_map(). Tried again when the kernel says EAGAIN (a signal came).
UniqueFd load_program(const ProgramRequest& request);

}  // namespace polytap::ebpf
