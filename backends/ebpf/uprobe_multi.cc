#include "backends/ebpf/uprobe_multi.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"

namespace polytap::ebpf {
namespace {

// union bpf_attr, link_create with uprobe_multi.
struct LinkAttributes {
  uint32_t program_fd = 0;
  uint32_t target_fd = 0;
  uint32_t attach_type = kUprobeMulti;
  uint32_t flags = 0;
  uint64_t path = 0;
  uint64_t offsets = 0;
  uint64_t reference_counters = 0;
  uint64_t cookies = 0;
  uint32_t count = 0;
  uint32_t multi_flags = 0;
  int32_t pid = 0;  // 0: every process
  uint32_t padding = 0;
};

constexpr uint32_t kAtReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN

int create_link(const LinkAttributes& attributes) {
  return static_cast<int>(syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes));
}

}  // namespace

// A kernel that knows such links says of a folder that it is no file, before it looks at anything else.
bool kernel_has_uprobe_multi() {
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  const auto finished = code.finish();
  if (!finished) return false;
  const UniqueFd program = load_program({.type = BPF_PROG_TYPE_KPROBE,
                                         .name = "polytap_test",
                                         .instructions = finished->instructions,
                                         .expected_attach_type = kUprobeMulti});
  if (!program.valid()) return false;
  const uint64_t offset = 0;
  LinkAttributes attributes;
  attributes.program_fd = static_cast<uint32_t>(program.get());
  attributes.path = reinterpret_cast<uint64_t>("/");
  attributes.offsets = reinterpret_cast<uint64_t>(&offset);
  attributes.count = 1;
  const UniqueFd link(create_link(attributes));
  return !link.valid() && errno == EBADF;
}

Result<UniqueFd> link_user_places(int program_fd, const UserPlaces& places) {
  LinkAttributes attributes;
  attributes.program_fd = static_cast<uint32_t>(program_fd);
  attributes.path = reinterpret_cast<uint64_t>(places.path.c_str());
  attributes.offsets = reinterpret_cast<uint64_t>(places.offsets.data());
  if (!places.cookies.empty()) attributes.cookies = reinterpret_cast<uint64_t>(places.cookies.data());
  if (!places.reference_counters.empty()) {
    attributes.reference_counters = reinterpret_cast<uint64_t>(places.reference_counters.data());
  }
  attributes.count = static_cast<uint32_t>(places.offsets.size());
  if (places.at_return) attributes.multi_flags = kAtReturn;
  UniqueFd link(create_link(attributes));
  if (!link.valid()) return Error::from_errno(places.path);
  return link;
}

}  // namespace polytap::ebpf
