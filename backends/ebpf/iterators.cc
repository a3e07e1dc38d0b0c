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
namespace {

// Not valid: errno tells.
UniqueFd link_iterator(int program_fd, const ProbeSite& site) {
  // All groups, each in front of those within it.
  bpf_iter_link_info groups{};
  groups.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
  LIBBPF_OPTS(bpf_link_create_opts, options);
  if (site.event == "cgroup") {
    options.iter_info = &groups;
    options.iter_info_len = sizeof groups;
  }
  return UniqueFd(bpf_link_create(program_fd, 0, BPF_TRACE_ITER, &options));
}

}  // namespace

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

Result<IteratorPin> IteratorPin::create(int program_fd, const ProbeSite& site) {
  const UniqueFd link = link_iterator(program_fd, site);
  if (!link.valid()) return Error::from_errno(fmt::format("attach to {}", site.name));
  if (bpf_obj_pin(link.get(), site.module.c_str()) == 0) return IteratorPin(site.module);
  const int code = errno;
  if (code == EEXIST) {
    return Error(
        fmt::format("pin {}: {} is there already: remove it (rm), or choose another name", site.name, site.module),
        code);
  }
  // EPERM: not one of the kernel's own files, or not a name that those may have.
  const bool has_dot = site.module.substr(site.module.find_last_of('/') + 1).find('.') != std::string::npos;
  return Error(
      fmt::format("{} ({})", Error::from_errno(fmt::format("pin {} at {}", site.name, site.module), code).message(),
                  code == EPERM && has_dot ? "names of pins have no dots"
                                           : "pins are files of a BPF file system, which 'mount -t bpf bpf "
                                             "/sys/fs/bpf' makes"),
      code);
}

IteratorPin::~IteratorPin() {
  if (!path_.empty()) unlink(path_.c_str());
}

Status iterate(int program_fd, const ProbeSite& site) {
  const UniqueFd link = link_iterator(program_fd, site);
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
