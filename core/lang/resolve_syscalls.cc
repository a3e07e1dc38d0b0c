#include "core/lang/resolve_syscalls.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/base/nearest.h"
#include "core/kernel/glob.h"
#include "core/syscall/call_set.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

struct Calls {
  std::vector<const Syscall*> calls;
  bool by_pattern = false;
};

Calls calls_of(const std::vector<uint32_t>& numbers) {
  Calls found{{}, true};
  for (const uint32_t number : numbers) found.calls.push_back(find_syscall(uint64_t{number}));
  return found;
}

// Nullopt after an error.
std::optional<Calls> find_calls(const std::string& name, Span span, Diagnostics& diagnostics) {
  if (name.starts_with('%')) {
    if (const auto members = calls_of_class(std::string_view(name).substr(1))) return calls_of(*members);
    const std::vector<std::string_view> classes = call_classes();
    const auto near = nearest(name.substr(1), classes);
    diagnostics.error(
        span, fmt::format("There is no class of system calls '{}'", name),
        near ? fmt::format("did you mean '%{}'?", *near) : fmt::format("there are %{}", fmt::join(classes, ", %")));
    return std::nullopt;
  }
  if (name.size() > 1 && name.starts_with('/') && name.ends_with('/')) {
    const auto matching = calls_matching(std::string_view(name).substr(1, name.size() - 2));
    if (matching.ok()) return calls_of(*matching);
    diagnostics.error(span, fmt::format("invalid system call expression: {}", matching.error().message()));
    return std::nullopt;
  }
  Calls found{{}, name.find_first_of("*?[") != std::string::npos};
  for (const Syscall& call : syscalls()) {
    const bool named = found.by_pattern ? glob_match(name, call.name) : name == call.name || name == call.event;
    if (named) found.calls.push_back(&call);
  }
  return found;
}

std::string name_hint(const std::string& name) {
  std::vector<std::string> names;
  for (const Syscall& call : syscalls()) names.emplace_back(call.name);
  const auto near = nearest(name, names);
  return near ? fmt::format("did you mean 'syscall:{}'?", *near) : std::string();
}

}  // namespace

std::vector<ProbeSite> resolve_syscalls(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                        const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing) {
  const bool at_return = parts.size() == 2 && parts[1] == "return";
  if (parts.empty() || parts[0].empty() || parts.size() > 2 || (parts.size() == 2 && !at_return)) {
    diagnostics.error(point.span, "A system call is written syscall:NAME or syscall:NAME:return",
                      "NAME may be a glob (open*), a class (%file) or a regular expression (/^open/)");
    return {};
  }
  const auto found = find_calls(parts[0], point.span, diagnostics);
  if (!found) return {};
  std::vector<ProbeSite> sites;
  for (const Syscall* call : found->calls) {
    if (call->event.empty()) continue;
    auto events =
        input.catalog->tracepoints("syscalls", fmt::format("sys_{}_{}", at_return ? "exit" : "enter", call->event));
    if (!events.ok()) {
      diagnostics.error(point.span, events.error().message());
      return {};
    }
    for (ProbeSite& site : *events) {
      site.name = fmt::format("{}{}{}", kSyscallProbe, call->name, at_return ? ":return" : "");
      site.from_pattern = found->by_pattern;
      sites.push_back(std::move(site));
    }
  }
  if (!sites.empty()) return sites;
  if (found->calls.size() == 1 && !found->by_pattern) {
    missing.error(point.span, fmt::format("The kernel has no events for the system call '{}'", parts[0]),
                  "tracepoint:raw_syscalls:sys_enter sees every call, by its number");
  } else {
    const std::string_view what = found->by_pattern ? "No system call matches" : "There is no system call";
    missing.error(point.span, fmt::format("{} '{}'", what, parts[0]), found->by_pattern ? "" : name_hint(parts[0]));
  }
  return {};
}

}  // namespace polytap
