// Sites of fentry and fexit: what BTF says of the functions of the kernel and of BPF programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/btf_types.h"
#include "core/probe/catalog.h"

namespace polytap {

// A site of TYPE (kFentry, kFexit) without its name: one word of the context for each parameter (two for a struct of
// more than 8 bytes), then the result.
ProbeSite traced_site(ProbeType type, const std::vector<BtfTypes::Parameter>& parameters, const Type& result);

// The functions of loaded BPF programs that MODULE ("bpf" or "bpf:ID") and FUNCTION, a glob, name.
Result<std::vector<ProbeSite>> traced_bpf_functions(ProbeType type, std::string_view module, std::string_view function);
bool names_bpf_programs(std::string_view module);

}  // namespace polytap
