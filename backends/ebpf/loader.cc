#include "backends/ebpf/loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>

#include <memory>

#include "backends/ebpf/iterators.h"
#include "backends/ebpf/kernel_objects.h"
#include "backends/ebpf/rejection.h"

namespace polytap::ebpf {
namespace {

constexpr size_t kLogBytes = 16 << 20;

bpf_prog_type program_type(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::kTracepoint:
      return BPF_PROG_TYPE_TRACEPOINT;
    case ProgramKind::kRawTracepoint:
      return BPF_PROG_TYPE_RAW_TRACEPOINT;
    case ProgramKind::kUserFunction:
    case ProgramKind::kKernelFunction:
      return BPF_PROG_TYPE_KPROBE;
    case ProgramKind::kSampled:
      return BPF_PROG_TYPE_PERF_EVENT;
    case ProgramKind::kTracing:
    case ProgramKind::kIterator:
      return BPF_PROG_TYPE_TRACING;
    case ProgramKind::kSyscall:
      break;
  }
  return BPF_PROG_TYPE_SYSCALL;
}

// The kernel takes a callback only from a program whose functions are named in BTF.
struct FunctionInfo {
  UniqueFd btf;
  std::vector<bpf_func_info> functions;
};

Result<FunctionInfo> describe_functions(const std::vector<uint32_t>& callbacks) {
  std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  if (types == nullptr) return Error::from_errno("make BTF");
  const int integer = btf__add_int(types.get(), "int", 4, BTF_INT_SIGNED);
  const int prototype = btf__add_func_proto(types.get(), integer);
  const int main_function = btf__add_func(types.get(), "probe", BTF_FUNC_STATIC, prototype);
  const int callback_function = btf__add_func(types.get(), "callback", BTF_FUNC_STATIC, prototype);
  uint32_t size = 0;
  const void* data = btf__raw_data(types.get(), &size);
  if (callback_function < 0 || data == nullptr) return Error("make BTF: libbpf failed");
  FunctionInfo info;
  info.btf = UniqueFd(bpf_btf_load(data, size, nullptr));
  if (!info.btf.valid()) return Error::from_errno("load BTF for a callback");
  info.functions = {{0, static_cast<uint32_t>(main_function)}};
  for (const uint32_t callback : callbacks) {
    info.functions.push_back({callback, static_cast<uint32_t>(callback_function)});
  }
  return info;
}

}  // namespace

Result<UniqueFd> load_program(const LoadRequest& request, const CompiledFunction& function) {
  ProgramRequest wanted{.type = program_type(request.kind),
                        .name = "polytap",
                        .instructions = function.code.instructions,
                        .license = request.license,
                        .expected_attach_type = request.attach_type};
  FunctionInfo info;
  if (!function.callbacks.empty()) {
    ASSIGN_OR_RETURN(info, describe_functions(function.callbacks));
    wanted.btf_fd = info.btf.get();
    wanted.functions = info.functions;
  }
  if (!request.iterator.empty()) {
    ASSIGN_OR_RETURN(wanted.attach_btf_id, iterator_id(request.iterator));
  }
  if (request.tracing != nullptr) {
    wanted.expected_attach_type = request.tracing->attach_type;
    wanted.attach_btf_id = request.tracing->type_id;
    const UniqueFd& holder = request.tracing->program.valid() ? request.tracing->program : request.tracing->module;
    if (holder.valid()) wanted.attach_btf_fd = holder.get();
  }
  if (request.kind == ProgramKind::kSyscall || request.may_sleep) wanted.flags = BPF_F_SLEEPABLE;
  UniqueFd program = load_program(wanted);
  if (program.valid()) return program;
  const int code = errno;
  if (code == EPERM) {
    return Error("load an eBPF program: permission denied; run polytap with sudo, or give it CAP_BPF and CAP_PERFMON",
                 code);
  }
  if (request.just_try) return Error::from_errno("load an eBPF program", code);
  // A second time with the log, which costs too much for the usual case.
  std::string log(request.log_bytes != 0 ? request.log_bytes : kLogBytes, '\0');
  wanted.log = log;
  program = load_program(wanted);
  if (program.valid()) return program;
  return rejection({request.probe, log.c_str(), code}, function.code);
}

}  // namespace polytap::ebpf
