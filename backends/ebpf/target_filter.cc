#include "backends/ebpf/target_filter.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <sstream>
#include <string>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/helpers.h"
#include "backends/ebpf/kernel_objects.h"
#include "backends/ebpf/loader.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kMaxProcesses = 1 << 16;
// Threads that exec away their number are found by asking for each member; no more often than this.
constexpr std::chrono::milliseconds kCheckInterval{200};

constexpr int32_t kKey = -8;
constexpr int32_t kValue = -16;

std::optional<uint32_t> field_offset(const EventFormat& format, std::string_view field) {
  for (const ProbeArgument& argument : format.arguments) {
    if (argument.name == field) return argument.offset;
  }
  return std::nullopt;
}

void pass_set_and_key(Assembler& code, int set) {
  code.load_map(Reg::k1, set);
  code.move(Reg::k2, Reg::kFrame);
  code.alu(Alu::kAdd, Reg::k2, kKey);
}

void end(Assembler& code, Label out) {
  code.bind(out);
  code.move(Reg::k0, 1);
  code.exit();
}

// sched_process_fork runs in the parent. A new thread's number joins as well, because the event does not tell threads
// from processes; it leaves when the thread ends, and no process has it meanwhile.
Result<CompiledFunction> compile_fork(int set, uint32_t child_offset) {
  Assembler code;
  const Label out = code.new_label();
  code.move(Reg::k6, Reg::k1);
  code.call(helper::kPidTgid);
  code.alu(Alu::kShiftRight, Reg::k0, 32);
  code.store(4, Reg::kFrame, kKey, Reg::k0);
  pass_set_and_key(code, set);
  code.call(helper::kMapLookup);
  code.jump_if(Jump::kEqual, Reg::k0, 0, out);
  code.load(4, Reg::k1, Reg::k6, static_cast<int32_t>(child_offset));
  code.store(4, Reg::kFrame, kKey, Reg::k1);
  code.store(1, Reg::kFrame, kValue, 1);
  pass_set_and_key(code, set);
  code.move(Reg::k3, Reg::kFrame);
  code.alu(Alu::kAdd, Reg::k3, kValue);
  code.move(Reg::k4, BPF_ANY);
  code.call(helper::kMapUpdate);
  end(code, out);
  CompiledFunction function;
  ASSIGN_OR_RETURN(function.code, code.finish());
  return function;
}

// sched_process_free comes when the kernel lets go of a task: for a process (its leader) after the last of its threads,
// so that every thread's sched_process_exit still finds the process in the set. (signal->live and 6.16's group_dead
// count down before that event: the thread that brings them to 0 need not be the last to report.)
Result<CompiledFunction> compile_free(int set, uint32_t pid_offset) {
  Assembler code;
  const Label out = code.new_label();
  code.load(4, Reg::k1, Reg::k1, static_cast<int32_t>(pid_offset));
  code.store(4, Reg::kFrame, kKey, Reg::k1);
  pass_set_and_key(code, set);
  code.call(helper::kMapDelete);
  end(code, out);
  CompiledFunction function;
  ASSIGN_OR_RETURN(function.code, code.finish());
  return function;
}

// Whether nothing is left of process PID but its exit status: its leader is a zombie and no other thread is there.
bool is_zombie(uint32_t pid) {
  // Not by a stream: when the process is reaped meanwhile, read() fails with ESRCH, and the stream buffer throws.
  const auto text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return false;
  const std::string& stat = *text;
  // "PID (COMM) STATE ...", field 20 is num_threads (proc_pid_stat(5)); COMM may hold anything, parentheses too.
  const size_t behind_comm = stat.rfind(") ");
  if (behind_comm == std::string::npos || stat.compare(behind_comm + 2, 1, "Z") != 0) return false;
  std::istringstream fields(stat.substr(behind_comm + 2));
  std::string field;
  for (int i = 3; i <= 20; ++i) fields >> field;
  return field == "0" || field == "1";
}

}  // namespace

Result<TargetFilter> TargetFilter::create(const Tracefs& tracefs, const std::string& license) {
  TargetFilter filter;
  filter.set_ = create_map({BPF_MAP_TYPE_HASH, "polytap_target", 4, 1, kMaxProcesses, BPF_F_NO_PREALLOC});
  if (!filter.set_.valid()) return Error::from_errno("create the eBPF map of traced processes");

  ASSIGN_OR_RETURN(const EventFormat fork_format, tracefs.format("sched", "sched_process_fork"));
  const std::optional<uint32_t> child = field_offset(fork_format, "child_pid");
  if (!child) return Error("tracepoint sched:sched_process_fork has no field child_pid");
  ASSIGN_OR_RETURN(const CompiledFunction fork, compile_fork(filter.fd(), *child));
  ASSIGN_OR_RETURN(filter.fork_program_, load_program({ProgramKind::kTracepoint, license, "following forks"}, fork));

  ASSIGN_OR_RETURN(const EventFormat free_format, tracefs.format("sched", "sched_process_free"));
  const std::optional<uint32_t> pid = field_offset(free_format, "pid");
  if (!pid) return Error("tracepoint sched:sched_process_free has no field pid");
  ASSIGN_OR_RETURN(const CompiledFunction free, compile_free(filter.fd(), *pid));
  ASSIGN_OR_RETURN(filter.free_program_, load_program({ProgramKind::kTracepoint, license, "following ends"}, free));
  return filter;
}

Status TargetFilter::follow(const Tracefs& tracefs) {
  ASSIGN_OR_RETURN(Attachment fork, attach_tracepoint(fork_program_.get(), tracefs, "sched", "sched_process_fork", {}));
  attachments_.push_back(std::move(fork));
  ASSIGN_OR_RETURN(Attachment free, attach_tracepoint(free_program_.get(), tracefs, "sched", "sched_process_free", {}));
  attachments_.push_back(std::move(free));
  return {};
}

Status TargetFilter::insert(pid_t pid) {
  const uint8_t value = 1;
  if (bpf_map_update_elem(set_.get(), &pid, &value, BPF_ANY) != 0) {
    return Error::from_errno("add a process to the eBPF filter");
  }
  return {};
}

// A member that waits for its parent to take its status has ended too, though the kernel has not let go of it.
bool TargetFilter::empty() {
  uint32_t key = 0;
  if (bpf_map_get_next_key(set_.get(), nullptr, &key) != 0) return true;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_check_) return false;
  next_check_ = now + kCheckInterval;
  std::vector<uint32_t> gone;
  bool alive = false;
  do {
    if (kill(static_cast<pid_t>(key), 0) != 0 && errno == ESRCH) {
      gone.push_back(key);
    } else if (!is_zombie(key)) {
      alive = true;
    }
  } while (bpf_map_get_next_key(set_.get(), &key, &key) == 0);
  for (const uint32_t pid : gone) bpf_map_delete_elem(set_.get(), &pid);
  return !alive;
}

}  // namespace polytap::ebpf
