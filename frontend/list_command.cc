#include "frontend/list_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/kernel/glob.h"
#include "core/kernel/tracepoint_catalog.h"

namespace polytap {

namespace {

void print_site(const ProbeSite& site, bool verbose) {
  fmt::print("{}\n", site.name);
  if (!verbose) return;
  for (const ProbeArgument& argument : site.arguments) {
    if (!argument.name.starts_with("common_")) fmt::print("    {} {}\n", to_string(argument.type), argument.name);
  }
}

// "tracepoint:syscalls:*open*" or "*open*" (any part may match).
bool matches(std::string_view pattern, std::string_view provider, std::string_view name) {
  const std::string full = fmt::format("{}:{}", provider, name);
  return pattern.empty() || glob_match(pattern, full) || glob_match(pattern, name);
}

}  // namespace

int list_command(const Options& options) {
  const auto catalog = make_catalog();
  size_t found = 0;
  for (const std::string& name : catalog->tracepoint_names()) {
    if (!matches(options.list_pattern, "tracepoint", name)) continue;
    ++found;
    const size_t colon = name.find(':');
    if (!options.verbose) {
      fmt::print("tracepoint:{}\n", name);
    } else if (const auto sites = catalog->tracepoints(name.substr(0, colon), name.substr(colon + 1)); sites.ok()) {
      for (const ProbeSite& site : *sites) print_site(site, true);
    }
  }
  for (const std::string& name : catalog->raw_tracepoint_names()) {
    if (!matches(options.list_pattern, "rawtracepoint", name)) continue;
    ++found;
    if (!options.verbose) {
      fmt::print("rawtracepoint:{}\n", name);
    } else if (const auto sites = catalog->raw_tracepoints(name); sites.ok()) {
      for (const ProbeSite& site : *sites) print_site(site, true);
    }
  }
  if (found != 0) return 0;
  fmt::print(stderr, "No probe matches '{}'. Patterns take * ? [...]: try 'tracepoint:syscalls:*open*'.\n",
             options.list_pattern);
  return 1;
}

}  // namespace polytap
