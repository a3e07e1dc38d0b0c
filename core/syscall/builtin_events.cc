#include "core/syscall/builtin_events.h"

#include <string>
#include <utility>

#include "core/kernel/event_format.h"

namespace polytap {
namespace {

struct BuiltinEvent {
  std::string_view category;
  std::string_view format;  // as the format file of kernel 6.18 has it, without those common to all
};

constexpr BuiltinEvent kEvents[] = {
    {"raw_syscalls",
     "name: sys_enter\n"
     "field:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
     "field:unsigned long args[6];\toffset:16;\tsize:48;\tsigned:0;\n"},
    {"raw_syscalls",
     "name: sys_exit\n"
     "field:long id;\toffset:8;\tsize:8;\tsigned:1;\n"
     "field:long ret;\toffset:16;\tsize:8;\tsigned:1;\n"},
    {"sched",
     "name: sched_process_exec\n"
     "field:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;\n"
     "field:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;\n"
     "field:pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n"},
    {"sched",
     "name: sched_process_exit\n"
     "field:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
     "field:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
     "field:int prio;\toffset:28;\tsize:4;\tsigned:1;\n"
     "field:bool group_dead;\toffset:32;\tsize:1;\tsigned:0;\n"},
    {"sched",
     "name: sched_process_fork\n"
     "field:__data_loc char[] parent_comm;\toffset:8;\tsize:4;\tsigned:0;\n"
     "field:pid_t parent_pid;\toffset:12;\tsize:4;\tsigned:1;\n"
     "field:__data_loc char[] child_comm;\toffset:16;\tsize:4;\tsigned:0;\n"
     "field:pid_t child_pid;\toffset:20;\tsize:4;\tsigned:1;\n"},
    {"signal",
     "name: signal_deliver\n"
     "field:int sig;\toffset:8;\tsize:4;\tsigned:1;\n"
     "field:int errno;\toffset:12;\tsize:4;\tsigned:1;\n"
     "field:int code;\toffset:16;\tsize:4;\tsigned:1;\n"
     "field:unsigned long sa_handler;\toffset:24;\tsize:8;\tsigned:0;\n"
     "field:unsigned long sa_flags;\toffset:32;\tsize:8;\tsigned:0;\n"},
};

}  // namespace

std::vector<ProbeSite> builtin_event_sites() {
  std::vector<ProbeSite> sites;
  for (const BuiltinEvent& event : kEvents) {
    Result<EventFormat> format = parse_event_format(std::string(event.format) + std::string(kCommonFieldLines),
                                                    EventKind::kOrdinary, "built in");
    CHECK(format.ok());
    sites.push_back(tracepoint_site(event.category, std::move(*format)));
  }
  return sites;
}

}  // namespace polytap
