// Compiles one function of the IR to eBPF: expands each operation with the checks that the kernel's verifier wants.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "backends/ebpf/bytecode.h"
#include "backends/ebpf/first_instruction.h"
#include "backends/ebpf/frame_layout.h"
#include "backends/ebpf/globals.h"
#include "backends/ebpf/map_use.h"
#include "backends/ebpf/maps.h"
#include "backends/ebpf/regions.h"
#include "backends/ebpf/register_allocator.h"
#include "backends/ebpf/task_offsets.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/ir/ir.h"
#include "core/ir/operands.h"
#include "core/kernel/pid_namespace.h"

namespace polytap::ebpf {

struct SeqPiece;  // seq_file.h
struct SeqTexts;

// The kernel's kind of program; it decides what the context is and which helpers there are.
enum class ProgramKind : uint8_t {
  kTracepoint,
  kRawTracepoint,
  kUserFunction,    // on uprobes and uretprobes
  kKernelFunction,  // on kprobes and kretprobes
  kTracing,         // on fentry and fexit
  kSampled,         // on perf events that are sampled: profile, software, hardware, watchpoint
  kIterator,        // run for each of the kernel's objects of a kind
  kSyscall,         // run by BPF_PROG_TEST_RUN: BEGIN, END, interval (and tests)
};

// Emitted by exit(); the payload is the exit code. Emits have smaller numbers.
inline constexpr uint32_t kExitRecord = 0xffff;
// Nested runs on one CPU that find scratch memory: task, soft interrupt, interrupt, NMI.
inline constexpr uint32_t kNestingLevels = 4;
// Runs on one CPU that find scratch memory on user functions: since Linux 6.0 the kernel may suspend one for another.
inline constexpr uint32_t kClaims = 12;
inline constexpr uint32_t kScratchEntries = kNestingLevels + kClaims;  // for each CPU

// What programs need to unwind user stacks: maps, and where struct task_struct has what identifies a process.
struct UnwindAccess {
  int processes_fd = -1;
  int mappings_fd = -1;
  int modules_fd = -1;
  int cache_fd = -1;
  int ring_fd = -1;
  int32_t group_leader = 0;
  int32_t start_time = 0;
  int32_t exec_id = 0;
  uint32_t exec_id_size = 8;
  // For a pointer that programs load from one that the verifier trusts, it searches all of the kernel's BTF (6.4 and
  // later): a third of what it takes for the program. Helpers that copy pointers avoid that, and so does a cast: the
  // BTF ids of struct task_struct and of bpf_rdonly_cast(); 0: there is none.
  bool copies_pointers = false;
  uint32_t task_type = 0;
  uint32_t cast_function = 0;
  uint32_t copied_bytes = 16384;  // of a stack that is sent; a power of two
  // Where uretprobes keep return addresses: task_struct, uprobe_task and return_instance. SIZE 0: not known.
  struct ReturnInstances {
    int32_t utask = 0;
    int32_t first = 0;
    int32_t stack = 0;
    int32_t address = 0;
    int32_t next = 0;
    uint32_t size = 0;  // up to the last of the three
  } returns;
};

// What is the same for all functions of a session: the maps' file descriptors and what the kernel can do.
struct CompileEnvironment {
  struct MapBinding {
    int fd = -1;
    int short_fd = -1;  // where form.short_keys says so
    MapForm form;
    MapUse use;
  };
  std::vector<MapBinding> maps;  // by MapId
  int globals_fd = -1;
  GlobalsLayout globals;
  uint32_t cpus = 1;
  int scratch_fd = -1;
  int data_ring_fd = -1;
  int control_ring_fd = -1;
  int target_filter_fd = -1;           // -1: every process
  bool counts_events = false;          // each firing of a probe
  std::optional<UnwindAccess> unwind;  // none: user stacks by frame pointers
  TaskOffsets task;                    // where needs_task_offsets()
  std::optional<PidNamespace> pids;    // none: the first namespace's
};

// How one function is to be compiled.
struct CompileRequest {
  ProgramKind kind = ProgramKind::kTracepoint;
  // The site, when it is always the same; else tracepoints ask for their cookie and kSyscall reads the context's first
  // word.
  std::optional<uint32_t> site;
  // On a probe: runs only while the session is on, for the target's processes, and counts its firings.
  bool guarded = true;
  // On raw_syscalls:sys_enter or sys_exit, in place of many events of single system calls: a SyscallSites map.
  int syscall_sites_fd = -1;
  MissingCaller missing_caller = MissingCaller::kNo;  // in user stacks
  // Of a pinned iterator: what it prints goes into its reader's file. Not owned.
  const SeqTexts* seq = nullptr;
  // Reads of user memory may wait for it to be brought in. (On user functions, since Linux 6.0.)
  bool may_sleep = false;
};

// A one-entry array map's value: for each system call number the site (plus one) that it belongs to, 0 for none.
struct SyscallSites {
  static constexpr uint32_t kNumbers = 512;
  uint32_t site_plus_one[kNumbers] = {};
};

struct CompiledFunction {
  Bytecode code;
  std::vector<uint32_t> callbacks;  // instructions where callbacks of helpers start, in order
};

// Register homes and frame of a function: known before its maps exist, because they tell how large scratch must be.
struct FunctionPlan {
  Allocation allocation;
  FrameLayout frame;
};
FunctionPlan plan_function(const ir::Program& program, const ir::Function& function);

// Whether it makes a difference to FUNCTION which of its sites fired.
bool reads_site(const ir::Function& function);

// Bytes that must be zero in the globals for the functions of PROGRAM.
uint32_t zeros_needed(const ir::Program& program);

class FunctionCompiler {
 public:
  FunctionCompiler(const ir::Program& program, const ir::Function& function, const FunctionPlan& plan,
                   const CompileEnvironment& environment, const CompileRequest& request);
  Result<CompiledFunction> compile();

 private:
  // A region's start as the base and offset of loads and stores.
  struct Memory {
    Reg base = Reg::kFrame;
    int32_t offset = 0;
  };

  // --- function_compiler.cc: entry, exit, blocks
  void enter();
  void call_pid_tgid();
  void check_target(Label out);
  void check_syscall(Label out);
  bool counts_events() const;
  bool keeps_cpu_block() const;
  void find_cpu_block();
  void take_scratch(Label out);
  bool may_be_suspended() const;
  void claim_scratch(Label none);
  void find_site();
  void zero_slots();
  void leave();
  void finish();
  void expand_block(ir::BlockId block);
  void expand_end(ir::BlockId block, const ir::Binary* fused);
  // FALLS: what is expanded next in this region may follow without a jump.
  void go_to(ir::BlockId from, ir::BlockId to, bool falls);
  bool is_ahead(ir::BlockId from, ir::BlockId to) const;
  const ir::Binary* fusible_comparison(const ir::Block& block) const;

  // --- expand_loop.cc
  const Region& region() const { return regions_.all[region_]; }
  const Region* headed_by(ir::BlockId id) const;
  void expand_program();
  void expand_map_loop(size_t index);
  void copy_entry(const ir::MapNext& op);
  void run_steps(ir::BlockId first, Label step);
  void begin_step(ir::BlockId first, Label step);
  void take_over_frame(Reg caller);
  void set_resume(ir::BlockId to);
  void get_resume(Reg to);
  void end_callback(int32_t result);
  void jump_back(ir::BlockId to);
  void leave_region(ir::BlockId to);
  void next_entry(ir::BlockId head);
  void expand(const ir::MapNext& op, ir::Temp result);

  // --- function_compiler.cc: homes and memory
  Reg operand(ir::Temp temp, Reg spare);  // the register that holds it; SPARE is filled when it lives elsewhere
  void load_temp(Reg to, ir::Temp temp);
  std::optional<int32_t> small_constant(ir::Temp temp) const;
  bool wants(ir::Temp temp) const;  // someone uses it
  void set_result(ir::Temp temp, Reg from);
  void set_result(ir::Temp temp, int32_t value);
  Memory memory(ir::Place place, uint32_t length, Reg spare);  // SPARE may become the base
  void address(Reg to, ir::Place place);
  void scratch_address(Reg to, int32_t offset);
  void zero_memory(Memory to, uint32_t length);                        // loses r0-r5 when unrolls() is false
  void copy_memory(Memory to, Memory from, uint32_t length, Reg via);  // the same
  void count(uint32_t counter);                                        // loses r1 to r5; r0 must be set
  void count_at_site(uint32_t counter);                                // the same
  void store_site(Memory to, Reg spare);

  // --- expand_values.cc
  void expand(const ir::Const& op, ir::Temp result);
  void expand(const ir::Binary& op, ir::Temp result);
  void expand(const ir::Extend& op, ir::Temp result);
  void expand(const ir::SlotLoad& op, ir::Temp result);
  void expand(const ir::SlotLoadAt& op, ir::Temp result);
  void expand(const ir::SlotStore& op, ir::Temp result);
  void expand(const ir::SlotZero& op, ir::Temp result);
  void expand(const ir::SlotCopy& op, ir::Temp result);
  void expand(const ir::SlotLiteral& op, ir::Temp result);
  void expand(const ir::CompareBytes& op, ir::Temp result);
  void compare_in_loop(const ir::CompareBytes& op);
  void expand(const ir::StringLength& op, ir::Temp result);
  void expand_division(const ir::Binary& op, ir::Temp result);
  void expand_comparison(const ir::Binary& op, ir::Temp result);
  void jump_if_holds(const ir::Binary& op, Label to);
  void extend(Reg reg, uint32_t bits, bool is_signed);

  // --- expand_reads.cc
  void expand(const ir::ContextLoad& op, ir::Temp result);
  bool loads_number(const ir::ContextLoad& op) const;
  void load_traced_word(const ir::ContextLoad& op);  // r0
  void expand(const ir::ContextCopy& op, ir::Temp result);
  void expand(const ir::ContextString& op, ir::Temp result);
  void expand(const ir::ReadBuiltin& op, ir::Temp result);
  void expand(const ir::ReadComm& op, ir::Temp result);
  void expand(const ir::ReadMemory& op, ir::Temp result);
  void expand(const ir::ReadString& op, ir::Temp result);
  uint32_t short_key_bytes(const ir::ReadString& op) const;
  uint32_t short_text_in_key(const ir::Operation& operation, const ir::RegionAccess& access,
                             const ir::RegionAccess& text) const;
  void expand(const ir::ReadBuffer& op, ir::Temp result);
  void expand(const ir::ReadStack& op, ir::Temp result);
  // r0 holds what a string read returned: the result without the NUL, 0 and a fault when negative, after RETRY (which
  // puts another result into r0).
  void finish_string(ir::Temp result, const std::function<void()>& retry = {});
  bool waits_for(AddressSpace space) const { return request_.may_sleep && space == AddressSpace::kUser; }
  void bring_in(ir::Temp address, bool next_page);
  void read_stack(ir::Place to, uint32_t frames, AddressSpace space);
  // Whether the kernel's own walk leaves out the caller.
  bool adds_caller() const {
    return request_.missing_caller == MissingCaller::kAlways || request_.missing_caller == MissingCaller::kUnlessThere;
  }
  void read_user_stack_with_caller(ir::Place frames, uint32_t depth);

  // --- expand_unwind.cc
  bool unwinds(const ir::ReadStack& op) const;
  void unwind_user_stack(const ir::ReadStack& op);
  void send_stack(const ir::ReadStack& op, Label failed);
  void copy_stack();
  void load_task_fields();
  void copy_task_fields();
  void copy_return_instances();
  void place_return_step();
  void unwind_state(Reg to, int32_t offset);
  void find_user_registers();
  void place_unwind_step();
  void end_walk(UnwindStatus status);
  void find_cache_entry();
  void follow_rule();
  void find_hidden_return();
  void find_rule();
  template <typename Load>
  void search(uint32_t count_bits, int32_t address, Load load);

  // --- expand_maps.cc
  void expand(const ir::MapGet& op, ir::Temp result);
  void expand(const ir::MapSet& op, ir::Temp result);
  void expand(const ir::MapAdd& op, ir::Temp result);
  void expand(const ir::MapDelete& op, ir::Temp result);
  void expand(const ir::MapHas& op, ir::Temp result);
  void expand(const ir::MapLength& op, ir::Temp result);
  void expand(const ir::Aggregate& op, ir::Temp result);
  void expand(const ir::AggregateRead& op, ir::Temp result);
  const CompileEnvironment::MapBinding& binding(ir::MapId map) const { return environment_.maps[map]; }
  void lookup(ir::MapId map, ir::Place key);  // r0: the value's address or 0
  // Calls a helper on the map with the key; PREPARE loads the arguments behind these two. r0: what it returns.
  template <typename Prepare>
  void call_with_key(ir::MapId map, ir::Place key, int32_t which, Prepare prepare);
  void take_in(const Aggregation& aggregation, uint32_t buckets, const ir::Aggregate& op);
  void take_in_extreme(const Aggregation& aggregation, ir::Temp value);
  void take_into_series(const Aggregation& aggregation, ir::Temp value);
  void hist_index(uint8_t bits, ir::Temp value);
  void lhist_index(const Aggregation& aggregation, uint32_t buckets, ir::Temp value);
  // Runs BODY for the value of every CPU (its address in r0); kWork3 counts. BODY must keep kWork3.
  template <typename Body>
  void for_each_cpu(ir::MapId map, ir::Place key, Body body);
  void seen_on_any_cpu(ir::MapId map, bool erase);  // kWork1: 1 or 0

  // --- expand_texts.cc
  void expand(const ir::FindText& op, ir::Temp result);
  void expand(const ir::JoinTexts& op, ir::Temp result);
  // Copies a text and a NUL to scratch memory. r0: what the helper returned.
  void copy_text(ir::Place from, uint32_t capacity, int32_t to);
  int32_t text_offset() const;
  void place_search();

  // --- expand_actions.cc
  void expand(const ir::SendSignal& op, ir::Temp result);
  void expand(const ir::OverrideResult& op, ir::Temp result);
  void expand(const ir::Delay& op, ir::Temp result);
  void expand(const ir::DecodeCall& op, ir::Temp result);
  void expand(const ir::WriteMemory& op, ir::Temp result);
  // r0: what a helper returned. RESULT: 1, or 0 where it failed.
  void count_if_negative(std::optional<ir::Temp> result);
  void count_fault(ir::EmitId on_fault);
  void follow(uint32_t offset, uint32_t size);
  void read_parent();
  void read_process_name(ir::Place to);

  // --- expand_emit.cc
  void expand(const ir::Emit& op, ir::Temp result);
  void expand(const ir::Exit& op, ir::Temp result);
  void load_time();  // r0; loses r1-r5
  void emit_fixed(const ir::Emit& op, int ring, int32_t flags);
  void emit_packed(const ir::Emit& op, int ring, int32_t flags);
  void copy_string(uint32_t length);
  void append_string(const ir::EmitField& field, int32_t length_offset);
  void store_fields(const ir::Emit& op, Memory record, Reg base_spare, Reg data_spare);

  // --- expand_seq.cc
  void write_to_file(const ir::Emit& op);
  void load_seq_file();
  void write_text(uint32_t text, uint32_t length);
  void write_formatted(const SeqPiece& piece, Reg value);
  void write_string(const ir::EmitField& field, const SeqPiece& piece);
  void write_pointer(const ir::EmitField& field, const SeqPiece& piece);

  const ir::Program& program_;
  const ir::Function& function_;
  const FunctionPlan& plan_;
  const CompileEnvironment& environment_;
  const CompileRequest& request_;
  Assembler code_;
  std::vector<Label> blocks_;
  Regions regions_;
  size_t region_ = 0;  // the one that is being expanded
  Label leave_;
  std::vector<Label> loop_callbacks_;  // by region
  std::vector<Label> callbacks_;       // in the order of their code
  std::optional<Label> callback_;      // the empty one
  std::optional<Label> unwind_step_;   // bpf_loop's
  std::optional<Label> return_step_;   // bpf_loop's, for a snapshot
  std::optional<Label> search_;        // a step of FindText
  ir::EmitId on_fault_ = ir::kNoEmit;  // of the instruction at hand
};

}  // namespace polytap::ebpf
