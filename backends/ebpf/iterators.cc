#include "backends/ebpf/iterators.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {

Result<uint32_t> iterator_id(const std::string& name) {
  const int id = libbpf_find_vmlinux_btf_id(name.c_str(), BPF_TRACE_ITER);
  if (id <= 0) return Error(fmt::format("this kernel has no iterator '{}', or no BTF", name), ENOENT);
  return static_cast<uint32_t>(id);
}

std::optional<std::string> why_no_iterator(const ProbeSite& site) {
  const auto id = iterator_id(site.event);
  if (!id) return fmt::format("{}: {}", site.name, id.error().message());
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  const auto finished = code.finish();
  if (!finished) return finished.error().message();
  const UniqueFd program = load_program({.type = BPF_PROG_TYPE_TRACING,
                                         .name = "polytap_test",
                                         .instructions = finished->instructions,
                                         .expected_attach_type = BPF_TRACE_ITER,
                                         .attach_btf_id = *id});
  if (program.valid()) return std::nullopt;
  return fmt::format(
      "{}: the kernel takes no eBPF programs of the kind that iterators need (BPF_PROG_TYPE_TRACING): {}", site.name,
      Error::from_errno("", errno).message());
}

Status iterate(int program_fd, const ProbeSite& site) {
  const UniqueFd link(bpf_link_create(program_fd, 0, BPF_TRACE_ITER, nullptr));
  if (!link.valid()) return Error::from_errno(fmt::format("attach to {}", site.name));
  const UniqueFd iterator(bpf_iter_create(link.get()));
  if (!iterator.valid()) return Error::from_errno(fmt::format("run {}", site.name));
  // The program writes nothing there: each read runs it for up to a million objects (MAX_ITER_OBJECTS), then says
  // EAGAIN.
  std::array<char, 4096> nothing;
  for (;;) {
    const ssize_t got = read(iterator.get(), nothing.data(), nothing.size());
    if (got == 0) return {};
    if (got < 0 && errno != EAGAIN && errno != EINTR) return Error::from_errno(fmt::format("run {}", site.name));
  }
}

}  // namespace polytap::ebpf
