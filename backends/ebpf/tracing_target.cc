#include "backends/ebpf/tracing_target.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/kernel_objects.h"
#include "core/kernel/bpf_programs.h"

namespace polytap::ebpf {
namespace {

Error unknown(const ProbeSite& site) {
  return Error(
      fmt::format("the BTF of {} does not know the function", site.module.empty() ? "the kernel" : site.module),
      ENOENT);
}

// The kernel's BTF object that has NAME, a module's.
UniqueFd open_module_btf(const std::string& name) {
  uint32_t id = 0;
  while (bpf_btf_get_next_id(id, &id) == 0) {
    UniqueFd object(bpf_btf_get_fd_by_id(id));
    if (!object.valid()) continue;
    std::array<char, 64> its_name{};
    bpf_btf_info info{};
    info.name = reinterpret_cast<uint64_t>(its_name.data());
    info.name_len = its_name.size();
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(object.get(), &info, &size) == 0 && info.kernel_btf != 0 && name == its_name.data()) {
      return object;
    }
  }
  return {};
}

Result<UniqueFd> load_test_program(uint32_t type_id) {
  Assembler code;
  code.move(Reg::k0, 0);
  code.exit();
  ASSIGN_OR_RETURN(const Bytecode finished, code.finish());
  UniqueFd program = load_program({.type = BPF_PROG_TYPE_TRACING,
                                   .name = "polytap_test",
                                   .instructions = finished.instructions,
                                   .expected_attach_type = BPF_TRACE_FENTRY,
                                   .attach_btf_id = type_id});
  if (!program.valid()) return Error::from_errno("load a program of the type tracing");
  return program;
}

}  // namespace

TracingTargets::TracingTargets() = default;

TracingTargets::~TracingTargets() { btf__free(kernel_); }

Status TracingTargets::find_in_kernel(const ProbeSite& site, TracingTarget& target) {
  const int id = btf__find_by_name_kind(kernel_, site.function.c_str(), BTF_KIND_FUNC);
  if (id <= 0) return unknown(site);
  target.type_id = static_cast<uint32_t>(id);
  return {};
}

Status TracingTargets::find_in_module(const ProbeSite& site, TracingTarget& target) {
  btf* types = btf__load_module_btf(site.module.c_str(), kernel_);
  if (types == nullptr) return Error::from_errno("read the BTF of the module " + site.module);
  const int id = btf__find_by_name_kind(types, site.function.c_str(), BTF_KIND_FUNC);
  btf__free(types);
  if (id <= 0) return unknown(site);
  target.type_id = static_cast<uint32_t>(id);
  target.module = open_module_btf(site.module);
  if (!target.module.valid()) return Error("the BTF of the module " + site.module + " cannot be opened", ENOENT);
  return {};
}

Result<TracingTarget> TracingTargets::find(const ProbeSite& site) {
  TracingTarget target;
  target.attach_type = site.type == ProbeType::kFentry ? BPF_TRACE_FENTRY : BPF_TRACE_FEXIT;
  if (site.bpf_program != 0) {
    ASSIGN_OR_RETURN(const std::vector<BpfFunction> functions, bpf_functions());
    for (const BpfFunction& each : functions) {
      if (each.program == site.bpf_program && each.name == site.function) target.type_id = each.type_id;
    }
    if (target.type_id == 0) return Error(fmt::format("the BPF program {} is gone", site.bpf_program), ENOENT);
    ASSIGN_OR_RETURN(target.program, open_bpf_program(site.bpf_program));
    return target;
  }
  if (kernel_ == nullptr) kernel_ = btf__load_vmlinux_btf();
  if (kernel_ == nullptr) return Error::from_errno("read the kernel's BTF");
  TRY(site.module.empty() ? find_in_kernel(site, target) : find_in_module(site, target));
  return target;
}

Result<UniqueFd> link_tracing(int program_fd) {
  UniqueFd link(bpf_raw_tracepoint_open(nullptr, program_fd));
  if (!link.valid()) return Error::from_errno("attach the eBPF trampoline");
  return link;
}

std::optional<std::string> why_no_tracing() {
  // A function of the kernel's own tests, which nobody else calls.
  btf* types = btf__load_vmlinux_btf();
  if (types == nullptr) return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF), which fentry and fexit need";
  const int id = btf__find_by_name_kind(types, "bpf_fentry_test1", BTF_KIND_FUNC);
  btf__free(types);
  if (id <= 0) return std::nullopt;  // attaching will tell
  auto program = load_test_program(static_cast<uint32_t>(id));
  Status attached;
  if (program) {
    const auto link = link_tracing(program->get());
    if (!link) attached = link.error();
  } else {
    attached = program.error();
  }
  if (attached.ok() || attached.error().code() == EPERM) return std::nullopt;
  return fmt::format(
      "this kernel has no fentry and fexit probes ({}); they need Linux 5.5 with CONFIG_FUNCTION_TRACER and "
      "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS. kprobe, or a tracepoint, may tell the same",
      attached.error().message());
}

}  // namespace polytap::ebpf
