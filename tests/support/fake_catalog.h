// A catalog of a handful of tracepoints with their real layouts (x86-64, kernel 6.18), the same on every machine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/kernel/glob.h"
#include "core/kernel/traced_functions.h"
#include "core/probe/catalog.h"
#include "core/probe/prototype.h"
#include "core/probe/registers.h"
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
  // One program, /bin/app; the kernel's vfs_read and vfs_write.
  Result<std::vector<ProbeSite>> user_functions(ProbeType type, const FunctionQuery& query) const override {
    if (query.module != "/bin/app") return Error(query.module + ": No such file or directory", ENOENT);
    return functions(type, query, "/bin/app", {"finish", "log_line", "open_file", "pick", "run", "scale"});
  }
  Result<std::vector<ProbeSite>> kernel_functions(ProbeType type, const FunctionQuery& query) const override {
    if (type == ProbeType::kFentry || type == ProbeType::kFexit) return traced_functions(type, query);
    return functions(type, query, "", {"vfs_read", "vfs_write"});
  }
  std::vector<std::string> function_names(ProbeType type, std::string_view module) const override {
    if (type == ProbeType::kKprobe || type == ProbeType::kKretprobe) return {"vfs_read", "vfs_write"};
    if (module != "/bin/app") return {};
    return {"finish", "log_line", "open_file", "pick", "run", "scale"};
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

  // run(int count, char *name, 4 longs, short last) -> int; finish() -> void; scale(double by, int n) -> double;
  // pick is an IFUNC; of open_file and log_line nothing is known.
  static FunctionPrototype prototype(std::string_view function) {
    const PassedValue number{"", types::integer(4, true), PassedAs::kWord, ""};
    const PassedValue real{"", types::none(), PassedAs::kFloat, "double"};
    const auto named = [](PassedValue value, std::string name) {
      value.name = std::move(name);
      return value;
    };
    const PassedValue text{"name", types::pointer(types::integer(1, true), AddressSpace::kUser), PassedAs::kWord, ""};
    if (function == "finish") return {{}, {"", types::of_kind(TypeKind::kVoid), PassedAs::kWord, "void"}};
    if (function == "scale") return {{named(real, "by"), named(number, "n")}, real};
    FunctionPrototype run{{named(number, "count"), text}, number};
    for (const char* name : {"a", "b", "c", "d"}) run.parameters.push_back({name, types::int64(), PassedAs::kWord, ""});
    run.parameters.push_back({"last", types::integer(2, true), PassedAs::kWord, ""});
    return run;
  }

  // vfs_read and vfs_write (char *buf, unsigned long count) -> long
  static std::vector<ProbeSite> traced_functions(ProbeType type, const FunctionQuery& query) {
    std::vector<ProbeSite> found;
    for (const char* name : {"vfs_read", "vfs_write"}) {
      if (!glob_match(query.function, name)) continue;
      const Type text = types::pointer(types::integer(1, true), AddressSpace::kUser);
      ProbeSite site = traced_site(type, {{"buf", text}, {"count", types::uint64()}}, types::int64());
      site.name = std::string(type == ProbeType::kFentry ? "fentry" : "fexit") + ":vmlinux:" + name;
      site.function = name;
      found.push_back(std::move(site));
    }
    return found;
  }

  static std::vector<ProbeSite> functions(ProbeType type, const FunctionQuery& query, const std::string& module,
                                          const std::vector<std::string>& names) {
    std::vector<ProbeSite> found;
    for (const std::string& name : names) {
      if (!glob_match(query.function, name)) continue;
      ProbeSite site;
      site.type = type;
      const char* provider = site.is_user_function() ? (site.is_return() ? "uretprobe:" : "uprobe:")
                                                     : (site.is_return() ? "kretprobe:" : "kprobe:");
      site.name = provider + module + (module.empty() ? "" : ":") + name;
      site.context = ContextKind::kRegisters;
      site.context_size = registers::kSize;
      site.module = module;
      site.function = name;
      site.function_offset = query.offset;
      site.unresolved = name == "pick";
      const bool known = name == "run" || name == "finish" || name == "scale";
      if (known && query.offset == 0) site.arguments = arguments_of(prototype(name), site.is_return());
      found.push_back(std::move(site));
    }
    return found;
  }

  std::vector<ProbeSite> sites_;
  std::vector<ProbeSite> raw_;
};

}  // namespace polytap::test
