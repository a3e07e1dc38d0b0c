#include "backends/ebpf/target_filter.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <signal.h>

#include <cerrno>
#include <memory>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/helpers.h"
#include "backends/ebpf/loader.h"

namespace polytap::ebpf {
namespace {

constexpr uint32_t kMaxProcesses = 1 << 16;
// Threads that exec away their number are found by asking for each member; no more often than this.
constexpr std::chrono::milliseconds kCheckInterval{200};

constexpr int32_t kKey = -8;
constexpr int32_t kValue = -16;
constexpr int32_t kPointer = -24;

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

// Where task->signal->live is: how many threads of the group still run.
struct LiveOffsets {
  uint32_t signal = 0;
  uint32_t live = 0;
};

Result<uint32_t> member_offset(const btf* types, const char* structure, const char* member) {
  const int id = btf__find_by_name_kind(types, structure, BTF_KIND_STRUCT);
  const btf_type* type = id < 0 ? nullptr : btf__type_by_id(types, static_cast<uint32_t>(id));
  for (uint32_t i = 0; type != nullptr && i < btf_vlen(type); ++i) {
    const char* name = btf__name_by_offset(types, btf_members(type)[i].name_off);
    if (name != nullptr && std::string_view(name) == member) return btf_member_bit_offset(type, i) / 8;
  }
  return Error(std::string("the kernel's BTF has no ") + structure + "." + member);
}

Result<LiveOffsets> find_live_offsets() {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
  if (types == nullptr) return Error::from_errno("read the kernel's BTF, to follow the ends of processes");
  LiveOffsets offsets;
  ASSIGN_OR_RETURN(offsets.signal, member_offset(types.get(), "task_struct", "signal"));
  ASSIGN_OR_RETURN(offsets.live, member_offset(types.get(), "signal_struct", "live"));
  return offsets;
}

// Leaves r0 = 0 and goes to OUT when threads of the group still run.
void check_group_dead(Assembler& code, const LiveOffsets& offsets, Label out) {
  code.call(helper::kCurrentTask);
  const auto read = [&](int32_t to, int32_t size, uint32_t offset) {
    code.move(Reg::k3, Reg::k0);
    code.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(offset));
    code.move(Reg::k1, Reg::kFrame);
    code.alu(Alu::kAdd, Reg::k1, to);
    code.move(Reg::k2, size);
    code.call(helper::kReadKernel);
  };
  read(kPointer, 8, offsets.signal);
  code.load(8, Reg::k0, Reg::kFrame, kPointer);
  read(kValue, 4, offsets.live);
  code.load(4, Reg::k0, Reg::kFrame, kValue);
  code.jump_if(Jump::kNotEqual, Reg::k0, 0, out);
}

// sched_process_exit runs in each thread that ends. GROUP_DEAD: the field that tells whether it was the last one
// (Linux 6.16); without it the count of live threads is read from the kernel's own structures.
Result<CompiledFunction> compile_exit(int set, std::optional<uint32_t> group_dead) {
  Assembler code;
  const Label out = code.new_label();
  const Label leader = code.new_label();
  code.move(Reg::k6, Reg::k1);
  code.call(helper::kPidTgid);
  code.move(Reg::k7, Reg::k0);
  code.alu(Alu::kShiftRight, Reg::k7, 32);
  code.zero_extend_word(Reg::k0);
  code.jump_if(Jump::kEqual, Reg::k0, Reg::k7, leader);
  code.store(4, Reg::kFrame, kKey, Reg::k0);
  pass_set_and_key(code, set);
  code.call(helper::kMapDelete);
  code.bind(leader);
  if (group_dead) {
    code.load(1, Reg::k1, Reg::k6, static_cast<int32_t>(*group_dead));
    code.jump_if(Jump::kEqual, Reg::k1, 0, out);
  } else {
    ASSIGN_OR_RETURN(const LiveOffsets offsets, find_live_offsets());
    check_group_dead(code, offsets, out);
  }
  code.store(4, Reg::kFrame, kKey, Reg::k7);
  pass_set_and_key(code, set);
  code.call(helper::kMapDelete);
  end(code, out);
  CompiledFunction function;
  ASSIGN_OR_RETURN(function.code, code.finish());
  return function;
}

}  // namespace

Result<TargetFilter> TargetFilter::create(const Tracefs& tracefs, const std::string& license) {
  TargetFilter filter;
  LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
  filter.set_ = UniqueFd(bpf_map_create(BPF_MAP_TYPE_HASH, "polytap_target", 4, 1, kMaxProcesses, &options));
  if (!filter.set_.valid()) return Error::from_errno("create the eBPF map of traced processes");

  ASSIGN_OR_RETURN(const EventFormat fork_format, tracefs.format("sched", "sched_process_fork"));
  const std::optional<uint32_t> child = field_offset(fork_format, "child_pid");
  if (!child) return Error("tracepoint sched:sched_process_fork has no field child_pid");
  ASSIGN_OR_RETURN(const CompiledFunction fork, compile_fork(filter.fd(), *child));
  ASSIGN_OR_RETURN(filter.fork_program_, load_program({ProgramKind::kTracepoint, license, "following forks"}, fork));

  ASSIGN_OR_RETURN(const EventFormat exit_format, tracefs.format("sched", "sched_process_exit"));
  ASSIGN_OR_RETURN(const CompiledFunction exit, compile_exit(filter.fd(), field_offset(exit_format, "group_dead")));
  ASSIGN_OR_RETURN(filter.exit_program_, load_program({ProgramKind::kTracepoint, license, "following exits"}, exit));
  return filter;
}

Status TargetFilter::follow(const Tracefs& tracefs) {
  ASSIGN_OR_RETURN(Attachment fork, attach_tracepoint(fork_program_.get(), tracefs, "sched", "sched_process_fork", {}));
  attachments_.push_back(std::move(fork));
  ASSIGN_OR_RETURN(Attachment exit, attach_tracepoint(exit_program_.get(), tracefs, "sched", "sched_process_exit", {}));
  attachments_.push_back(std::move(exit));
  return {};
}

Status TargetFilter::insert(pid_t pid) {
  const uint8_t value = 1;
  if (bpf_map_update_elem(set_.get(), &pid, &value, BPF_ANY) != 0) {
    return Error::from_errno("add a process to the eBPF filter");
  }
  return {};
}

// A thread other than the leader that executes a program takes the leader's number; its own leaves no trace, so members
// without a process are dropped here.
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
    } else {
      alive = true;
    }
  } while (bpf_map_get_next_key(set_.get(), &key, &key) == 0);
  for (const uint32_t pid : gone) bpf_map_delete_elem(set_.get(), &pid);
  return !alive;
}

}  // namespace polytap::ebpf
