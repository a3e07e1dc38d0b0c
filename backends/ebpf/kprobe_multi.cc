#include "backends/ebpf/kprobe_multi.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kAtReturn = 1;  // BPF_F_KPROBE_MULTI_RETURN

int create_link(int program_fd, const unsigned long* addresses, const uint64_t* cookies, size_t count, bool at_return) {
  static_assert(sizeof(unsigned long) == sizeof(uint64_t));
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.kprobe_multi.flags = at_return ? kAtReturn : 0;
  options.kprobe_multi.cnt = static_cast<uint32_t>(count);
  options.kprobe_multi.addrs = addresses;
  options.kprobe_multi.cookies = reinterpret_cast<const __u64*>(cookies);
  return bpf_link_create(program_fd, 0, static_cast<bpf_attach_type>(kKprobeMulti), &options);
}

}  // namespace

// A kernel that knows such links reads the list of addresses, which cannot be read here.
bool kernel_has_kprobe_multi() {
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  const auto finished = code.finish();
  if (!finished) return false;
  const UniqueFd program = load_program({.type = BPF_PROG_TYPE_KPROBE,
                                         .name = "polytap_test",
                                         .instructions = finished->instructions,
                                         .expected_attach_type = kKprobeMulti});
  if (!program.valid()) return false;
  const auto* nowhere = reinterpret_cast<const unsigned long*>(uintptr_t{8});
  const UniqueFd link(create_link(program.get(), nowhere, nullptr, 1, false));
  return !link.valid() && errno == EFAULT;
}

Result<UniqueFd> link_kernel_places(int program_fd, const KernelPlaces& places) {
  const uint64_t* cookies = places.cookies.empty() ? nullptr : places.cookies.data();
  UniqueFd link(create_link(program_fd, reinterpret_cast<const unsigned long*>(places.addresses.data()), cookies,
                            places.addresses.size(), places.at_return));
  if (!link.valid()) return Error::from_errno("link an eBPF program to kernel functions");
  return link;
}

}  // namespace polytap::ebpf
