#include "backends/ebpf/kprobe_multi.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kAtReturn = 1;  // BPF_F_KPROBE_MULTI_RETURN

// union bpf_attr, link_create with kprobe_multi. libbpf refuses types that it does not know.
struct LinkAttributes {
  uint32_t program_fd = 0;
  uint32_t target_fd = 0;
  uint32_t attach_type = kKprobeMulti;
  uint32_t flags = 0;
  uint32_t multi_flags = 0;
  uint32_t count = 0;
  uint64_t symbols = 0;
  uint64_t addresses = 0;
  uint64_t cookies = 0;
};

int create_link(const LinkAttributes& attributes) {
  return static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes));
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
  LinkAttributes attributes;
  attributes.program_fd = static_cast<uint32_t>(program.get());
  attributes.addresses = 8;
  attributes.count = 1;
  const UniqueFd link(create_link(attributes));
  return !link.valid() && errno == EFAULT;
}

Result<UniqueFd> link_kernel_places(int program_fd, const KernelPlaces& places, uint32_t type) {
  LinkAttributes attributes;
  attributes.program_fd = static_cast<uint32_t>(program_fd);
  attributes.attach_type = type;
  attributes.addresses = reinterpret_cast<uint64_t>(places.addresses.data());
  if (!places.cookies.empty()) attributes.cookies = reinterpret_cast<uint64_t>(places.cookies.data());
  attributes.count = static_cast<uint32_t>(places.addresses.size());
  if (places.at_return) attributes.multi_flags = kAtReturn;
  UniqueFd link(create_link(attributes));
  if (!link.valid()) return Error::from_errno("link an eBPF program to kernel functions");
  return link;
}

}  // namespace polytap::ebpf
