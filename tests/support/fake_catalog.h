// A catalog of a handful of tracepoints with their real layouts (x86-64, kernel 6.18), the same on every machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/kernel/glob.h"
#include "core/probe/catalog.h"
#include "core/syscall/builtin_events.h"
#include "core/syscall/table.h"

namespace polytap::test {

class FakeCatalog : public ProbeCatalog {
 public:
  FakeCatalog() {
    for (ProbeSite& site : builtin_event_sites()) sites_.push_back(std::move(site));
    sites_.push_back(sched_switch());
    for (const char* name : {"close", "execve", "getppid", "openat", "read", "setsockopt", "write"}) {
      sites_.push_back(syscall_enter_site(*find_syscall(name)));
      sites_.push_back(syscall_exit_site(*find_syscall(name)));
    }
    ProbeSite raw;
    raw.type = ProbeType::kRawTracepoint;
    raw.name = "rawtracepoint:sched_switch";
    raw.event = "sched_switch";
    raw.context = ContextKind::kRawArguments;
    raw.context_size = 32;
    raw_.push_back(std::move(raw));
  }

  Result<std::vector<ProbeSite>> tracepoints(std::string_view category, std::string_view event) const override {
    std::vector<ProbeSite> found;
    for (const ProbeSite& site : sites_) {
      if (glob_match(category, site.category) && glob_match(event, site.event)) found.push_back(site);
    }
    return found;
  }
  Result<std::vector<ProbeSite>> raw_tracepoints(std::string_view event) const override {
    std::vector<ProbeSite> found;
    for (const ProbeSite& site : raw_) {
      if (glob_match(event, site.event)) found.push_back(site);
    }
    return found;
  }
  std::vector<std::string> tracepoint_names() const override {
    std::vector<std::string> names;
    for (const ProbeSite& site : sites_) names.push_back(site.category + ":" + site.event);
    return names;
  }
  std::vector<std::string> raw_tracepoint_names() const override { return {"sched_switch"}; }

 private:
  static ProbeSite sched_switch() {
    ProbeSite site;
    site.type = ProbeType::kTracepoint;
    site.name = "tracepoint:sched:sched_switch";
    site.category = "sched";
    site.event = "sched_switch";
    site.context = ContextKind::kTracepoint;
    site.context_size = 64;
    const Type comm = types::array(types::integer(1, true), 16);
    const Type pid = types::integer(4, true);
    site.arguments = {{"prev_comm", comm, 8, 16},  {"prev_pid", pid, 24, 4},
                      {"prev_prio", pid, 28, 4},   {"prev_state", types::int64(), 32, 8},
                      {"next_comm", comm, 40, 16}, {"next_pid", pid, 56, 4},
                      {"next_prio", pid, 60, 4}};
    return site;
  }

  std::vector<ProbeSite> sites_;
  std::vector<ProbeSite> raw_;
};

}  // namespace polytap::test
