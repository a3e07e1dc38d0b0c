#include "core/lang/resolve_syscalls.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/nearest.h"
#include "core/kernel/glob.h"
#include "core/syscall/call_set.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

bool is_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// Expressions are written between slashes here, and with one in front there.
Result<CallSet> calls_of(std::string_view what) {
  const bool is_expression = what.size() > 1 && what.starts_with('/') && what.ends_with('/');
  if (is_expression) return parse_call_set(what.substr(0, what.size() - 1));
  if (!is_glob(what)) return parse_call_set(what);
  CallSet set;
  for (const Syscall& call : syscalls()) {
    if (glob_match(what, call.name)) set.members.set(call.number);
  }
  return set;
}

std::string nearest_call(std::string_view what) {
  std::vector<std::string> names;
  for (const Syscall& call : syscalls()) names.emplace_back(call.name);
  return did_you_mean(std::string(what), names);
}

}  // namespace

std::vector<ProbeSite> resolve_syscalls(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                        const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing) {
  const bool is_return = parts.size() == 2 && parts[1] == "return";
  if (parts.empty() || parts.size() > 2 || parts[0].empty() || (parts.size() == 2 && !is_return)) {
    diagnostics.error(point.span, "A system call is written syscall:name, and its return syscall:name:return",
                      "the name may be a glob, a %class or a /regular expression/");
    return {};
  }
  const std::string& what = parts[0];
  const auto calls = calls_of(what);
  if (!calls) {
    missing.error(point.span, fmt::format("No such system call: '{}'", what), nearest_call(what));
    return {};
  }
  const bool is_single = calls->members.count() == 1;
  const Syscall* only = nullptr;
  for (const Syscall& call : syscalls()) {
    if (is_single && calls->contains(call.number)) only = &call;
  }
  const std::string_view prefix = is_return ? "sys_exit_" : "sys_enter_";
  auto found = input.catalog->tracepoints("syscalls", fmt::format("{}{}", prefix, only != nullptr ? only->event : "*"));
  if (!found) {
    diagnostics.error(point.span, found.error().message());
    return {};
  }
  std::erase_if(*found, [&](const ProbeSite& site) {
    const Syscall* call = find_syscall_event(site.event).syscall;
    return call == nullptr || !calls->contains(call->number);
  });
  if (found->empty()) missing.error(point.span, fmt::format("No system call that can be traced matches '{}'", what));
  const bool is_pattern = is_glob(what) || what.starts_with('%') || what.starts_with('/');
  for (ProbeSite& site : *found) {
    site.from_pattern = is_pattern;
    site.name = fmt::format("syscall:{}{}", find_syscall_event(site.event).syscall->name, is_return ? ":return" : "");
  }
  return *std::move(found);
}

}  // namespace polytap
