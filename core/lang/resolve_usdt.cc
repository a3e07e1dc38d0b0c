#include "core/lang/resolve_usdt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/nearest.h"
#include "core/lang/written_path.h"

namespace polytap {
namespace {

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::string hint_for(const UsdtQuery& query, const CompileInput& input) {
  if (has_wildcard(query.module)) return {};
  const std::vector<std::string> names = input.catalog->function_names(ProbeType::kUsdt, query.module);
  if (names.empty()) {
    return "it has no such probes at all: it was built without them (sys/sdt.h), or they are in one of its libraries";
  }
  std::vector<std::string> probes;
  for (const std::string& name : names) {
    const std::string probe = name.substr(name.find(':') + 1);
    if (probe == query.probe) return fmt::format("did you mean 'usdt:{}:{}'?", query.module, name);
    probes.push_back(probe);
  }
  std::string hint = did_you_mean(query.probe, probes);
  if (hint.empty()) hint = fmt::format("'polytap -l usdt:{}:*' lists its {} probes", query.module, names.size());
  return hint;
}

}  // namespace

std::vector<ProbeSite> resolve_usdt(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                    const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing) {
  if (parts.size() < 2 || parts.size() > 3 || parts.back().empty() || (parts[0].empty() && input.process == 0)) {
    diagnostics.error(point.span, "A static probe of a program is written usdt:path:probe or usdt:path:provider:probe",
                      parts.size() > 1 && parts[0].empty() ? "the path may be left out when -p names a process"
                      : parts.size() == 1 && !parts[0].empty()
                          ? fmt::format("'polytap -l usdt:{}:*' lists those of a file", parts[0])
                          : "");
    return {};
  }
  UsdtQuery query;
  query.module = parts[0];
  if (parts.size() == 3) query.provider = parts[1];
  query.probe = parts.back();
  query.process = input.process;
  auto found = input.catalog->usdt_probes(query);
  if (!found.ok()) {
    (found.error().code() == ENOENT ? missing : diagnostics).error(point.span, found.error().message());
    return {};
  }
  if (found->empty()) {
    const std::string name = query.provider.empty() ? query.probe : query.provider + ":" + query.probe;
    const std::string where = query.module.empty() || query.module == "*" ? "any file" : query.module;
    missing.error(point.span,
                  has_wildcard(name) ? fmt::format("No static probe in {} matches '{}'", where, name)
                                     : fmt::format("There is no static probe '{}' in {}", name, where),
                  hint_for(query, input));
  }
  for (ProbeSite& site : *found) name_as_written(site, query.module);
  return std::move(*found);
}

}  // namespace polytap
