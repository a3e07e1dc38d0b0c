#include "backends/ebpf/kernel_objects.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace polytap::ebpf {
namespace {

template <size_t kSize>
void set_name(char (&to)[kSize], std::string_view name) {
  std::memcpy(to, name.data(), std::min(name.size(), kSize - 1));
}

uint64_t address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

UniqueFd call(bpf_cmd command, bpf_attr& attributes) {
  return UniqueFd(static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

// Before 5.11 maps and programs count as locked memory, of which root may have 64 KiB: then the call fails with EPERM.
UniqueFd call_with_memory(bpf_cmd command, bpf_attr& attributes) {
  UniqueFd fd = call(command, attributes);
  rlimit limit{};
  if (fd.valid() || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return fd;
  }
  limit = {RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    errno = EPERM;
    return fd;
  }
  return call(command, attributes);
}

}  // namespace

UniqueFd create_map(const MapRequest& request) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.map_type = request.type;
  attributes.key_size = request.key_size;
  attributes.value_size = request.value_size;
  attributes.max_entries = request.entries;
  attributes.map_flags = request.flags;
  if (request.inner_map_fd >= 0) attributes.inner_map_fd = static_cast<uint32_t>(request.inner_map_fd);
  set_name(attributes.map_name, request.name);
  return call_with_memory(BPF_MAP_CREATE, attributes);
}

UniqueFd load_program(const ProgramRequest& request) {
  bpf_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = request.type;
  attributes.insns = address(request.instructions.data());
  attributes.insn_cnt = static_cast<uint32_t>(request.instructions.size());
  attributes.license = address(request.license.c_str());
  attributes.prog_flags = request.flags;
  set_name(attributes.prog_name, request.name);
  attributes.expected_attach_type = request.expected_attach_type;
  attributes.attach_btf_id = request.attach_btf_id;
  if (request.attach_btf_fd >= 0) attributes.attach_btf_obj_fd = static_cast<uint32_t>(request.attach_btf_fd);
  if (request.btf_fd >= 0) {
    attributes.prog_btf_fd = static_cast<uint32_t>(request.btf_fd);
    attributes.func_info = address(request.functions.data());
    attributes.func_info_cnt = static_cast<uint32_t>(request.functions.size());
    attributes.func_info_rec_size = sizeof(bpf_func_info);
  }
  if (!request.log.empty()) {
    attributes.log_level = 1;
    attributes.log_buf = address(request.log.data());
    attributes.log_size = static_cast<uint32_t>(request.log.size());
  }
  constexpr int kTries = 5;
  UniqueFd fd;
  for (int tries = 0; tries < kTries; ++tries) {
    fd = call_with_memory(BPF_PROG_LOAD, attributes);
    if (fd.valid() || errno != EAGAIN) break;
  }
  return fd;
}

}  // namespace polytap::ebpf
