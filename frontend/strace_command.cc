#include "frontend/strace_command.h"

#include <fmt/format.h>
#include <linux/unistd.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "backends/ptrace/syscall_trace_backend.h"
#include "core/syscall/table.h"
#include "frontend/strace_json.h"
#include "frontend/strace_options.h"
#include "frontend/strace_output.h"
#include "frontend/strace_printer.h"

namespace polytap {
namespace {

constexpr std::string_view kTip =
    "tip: --fd-family unix, --path-prefix /etc and --errno ENOENT show only the calls that are about these.\n";

int fail(const Error& error) {
  fmt::print(stderr, "strace: {}\n", error.message());
  return 1;
}

// The calls that stop the command under a filter; none: all of them do.
std::vector<uint32_t> calls_to_filter(const StraceOptions& options) {
  std::vector<uint32_t> numbers;
  if (options.trace.is_all()) return numbers;
  for (const Syscall& call : syscalls()) {
    if (options.trace.contains(call.number)) numbers.push_back(call.number);
  }
  constexpr uint32_t kNoCall = CallSet::kSize - 1;
  if (numbers.empty()) numbers.push_back(kNoCall);
  return numbers;
}

// A filter stays with the children, whom nobody would trace without -f; and without privilege it would take the power
// of set-user-id programs away.
bool may_filter(const StraceOptions& options) {
  if (options.detach_on_exec || options.call_limit != 0 || options.daemonize != 0) return false;
  return options.follow && !options.command.empty() && (geteuid() == 0 || options.seccomp);
}

// Calls may be rendered after the fact: nothing is asked for that only a stopped process can tell.
bool may_buffer(const StraceOptions& options) {
  return !options.stacks && !options.kvm_exits && !options.new_namespaces && options.fd_details == 0 &&
         !options.decode_comms && !options.matches.restricts_files() && options.dump_reads.empty() &&
         options.dump_writes.empty();
}

// Those for which something is done at the entry; and, where CPU time is to be told, those that may wait.
std::vector<uint32_t> unbuffered_calls(const StraceOptions& options) {
  std::vector<uint32_t> numbers;
  for (const Syscall& call : syscalls()) {
    const bool injected = std::ranges::any_of(options.injections,
                                              [&](const InjectRule& rule) { return rule.calls.contains(call.number); });
    const bool may_wait = call.name == "read" || call.name == "write";
    const bool timed = options.summary != StraceOptions::Summary::kNone && !options.wall_clock;
    if (injected || (may_wait && timed)) numbers.push_back(call.number);
  }
  return numbers;
}

// An error at every call, where failed calls are neither shown nor counted nor told of otherwise: the kernel's filter
// can do that without a stop. Where calls have several rules, each counts for itself.
bool is_unseen(const StraceOptions& options, const InjectRule& rule) {
  const CallTampering& what = rule.tampering;
  const bool only_fails = what.result.value_or(0) < 0 && what.signal == 0 && !what.number && what.poke_enter.empty() &&
                          what.poke_exit.empty() && what.delay_enter_us == 0 && what.delay_exit_us == 0;
  const bool always = rule.first == 1 && rule.step == 1 && rule.last == UINT32_MAX && options.inject_rate >= 1 &&
                      options.injections.size() == 1 && !options.matches.restricts() &&
                      !rule.calls.contains(__NR_execve);
  const bool shown = (options.statuses & static_cast<uint8_t>(CallStatus::kFailed)) != 0 || options.inject_report ||
                     options.summary != StraceOptions::Summary::kNone;
  return only_fails && always && !shown && may_filter(options);
}

std::vector<CallTraceOptions::SilentFault> silent_faults(const StraceOptions& options) {
  std::vector<CallTraceOptions::SilentFault> faults;
  for (const Syscall& call : syscalls()) {
    for (const InjectRule& rule : options.injections) {
      // Like strace: only what is traced is injected into, if not asked otherwise.
      const bool unseen = is_unseen(options, rule) && options.trace.contains(call.number);
      if (!(rule.silent || unseen) || !rule.calls.contains(call.number)) continue;
      faults.push_back({call.number, static_cast<uint16_t>(-*rule.tampering.result)});
      break;
    }
  }
  return faults;
}

CallTraceOptions trace_options(const StraceOptions& options) {
  CallTraceOptions trace;
  trace.command = options.command;
  trace.argv0 = options.argv0;
  trace.environment_changes = options.environment_changes;
  trace.user = options.user;
  trace.pids = options.pids;
  trace.follow = options.follow;
  trace.cpu_times = options.summary != StraceOptions::Summary::kNone && !options.wall_clock;
  trace.detach_on_exec = options.detach_on_exec;
  trace.daemonize = options.daemonize;
  trace.kill_on_exit = options.kill_on_exit;
  trace.ignore_signals = options.interruptible > 2;
  trace.buffer = may_buffer(options);
  trace.filtered_calls = calls_to_filter(options);
  // A filter for all calls is worth it only where it lets calls be buffered.
  trace.filter = may_filter(options) && (trace.buffer || !trace.filtered_calls.empty());
  // At a filter's stop the kernel takes no signal.
  if (std::ranges::any_of(options.injections, [](const InjectRule& rule) { return rule.tampering.signal != 0; })) {
    trace.filter = false;
  }
  trace.silent_faults = silent_faults(options);
  trace.filter = trace.filter || !trace.silent_faults.empty();
  trace.unbuffered_calls = unbuffered_calls(options);
  trace.string_limit = static_cast<uint32_t>(std::min<size_t>(options.style.string_limit, UINT32_MAX));
  return trace;
}

// As the command ended: by its exit status, or by its signal (without a core dump of ours).
int end_like(int wait_status) {
  if (WIFEXITED(wait_status)) return WEXITSTATUS(wait_status);
  if (!WIFSIGNALED(wait_status)) return 0;
  const int number = WTERMSIG(wait_status);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  signal(number, SIG_DFL);
  raise(number);
  constexpr int kSignalled = 128;
  return kSignalled + number;
}

std::unique_ptr<StraceStacks> injection_stacks(const StraceOptions& options) {
  if (!options.inject_report) return nullptr;
  return std::make_unique<StraceStacks>(options.stack_frame_limit, options.stack_sources, read_tracee_registers);
}

// The command's wait status.
Result<int> trace(const StraceOptions& options, CallObserver& observer) {
  const auto tracer = make_ptrace_call_tracer(trace_options(options), observer);
  TRY(tracer->start());
  return tracer->run();
}

}  // namespace

bool called_as_strace(const char* argv0) {
  if (argv0 == nullptr) return false;
  const char* slash = strrchr(argv0, '/');
  return std::string_view(slash != nullptr ? slash + 1 : argv0) == "strace";
}

int strace_command(int argc, char** argv) {
  auto parsed = parse_strace_options(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const StraceOptions& options = std::get<StraceOptions>(parsed);
  const bool silent = std::ranges::any_of(options.injections, &InjectRule::silent);
  if (silent && !may_filter(options)) {
    return fail(Error("inject=...:silent needs -f, a command, and root or --seccomp-bpf"));
  }
  const bool shared = !options.output_separately || options.output.empty() || options.json;
  auto output = StraceOutput::create(shared ? options.output : "", options.append);
  if (!output) return fail(output.error());
  std::shared_ptr<StraceOutput> sink = std::move(output).value();
  Result<int> wait_status = 0;
  if (options.json) {
    StraceJson observer(options, sink, injection_stacks(options));
    wait_status = trace(options, observer);
    if (wait_status) observer.finish();
  } else {
    auto stacks = options.stacks ? std::make_unique<StraceStacks>(options.stack_frame_limit, options.stack_sources,
                                                                  read_tracee_registers)
                                 : std::unique_ptr<StraceStacks>();
    StracePrinter observer(options, sink, std::move(stacks), injection_stacks(options));
    wait_status = trace(options, observer);
    if (wait_status) observer.finish();
  }
  if (!wait_status) return fail(wait_status.error());
  sink->flush();
  if (options.tips) fmt::print(stderr, "{}", kTip);
  return end_like(*wait_status);
}

}  // namespace polytap
