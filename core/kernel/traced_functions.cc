#include "core/kernel/traced_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/kernel/bpf_programs.h"
#include "core/kernel/glob.h"

namespace polytap {
namespace {

constexpr uint32_t kWord = 8;
constexpr std::string_view kBpf = "bpf";

}  // namespace

ProbeSite traced_site(ProbeType type, const std::vector<BtfTypes::Parameter>& parameters, const Type& result) {
  ProbeSite site;
  site.type = type;
  site.context = ContextKind::kRawArguments;
  uint32_t offset = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const BtfTypes::Parameter& parameter = parameters[i];
    ProbeArgument argument;
    argument.name = parameter.name.empty() ? fmt::format("arg{}", i) : parameter.name;
    argument.type = parameter.type;
    argument.offset = offset;
    argument.size = std::max(1U, parameter.type.size);
    offset += (argument.size + kWord - 1) / kWord * kWord;
    site.arguments.push_back(std::move(argument));
  }
  if (type == ProbeType::kFexit && !result.is(TypeKind::kVoid)) {
    ProbeArgument argument;
    argument.name = kTracedResult;
    argument.type = result;
    argument.offset = offset;
    argument.size = std::max(1U, result.size);
    offset += kWord;
    site.arguments.push_back(std::move(argument));
  }
  site.context_size = offset;
  return site;
}

bool names_bpf_programs(std::string_view module) {
  return module == kBpf || (module.starts_with(kBpf) && module.substr(kBpf.size()).starts_with(":"));
}

Result<std::vector<ProbeSite>> traced_bpf_functions(ProbeType type, std::string_view module,
                                                    std::string_view function) {
  const std::string_view id = module.substr(std::min(module.size(), kBpf.size() + 1));
  ASSIGN_OR_RETURN(const std::vector<BpfFunction> functions, bpf_functions());
  std::vector<ProbeSite> sites;
  for (const BpfFunction& each : functions) {
    if (!glob_match(function, each.name) || (!id.empty() && !glob_match(id, std::to_string(each.program)))) continue;
    ProbeSite site = traced_site(type, each.parameters, each.result);
    site.function = each.name;
    site.module = kBpf;
    site.bpf_program = each.program;
    site.name = fmt::format("{}:bpf:{}:{}", type == ProbeType::kFentry ? "fentry" : "fexit", each.program, each.name);
    sites.push_back(std::move(site));
  }
  return sites;
}

}  // namespace polytap
