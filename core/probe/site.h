// A probe site: one place where a probe fires, with the layout of what it sees there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/probe/variable.h"
#include "core/types/type.h"

namespace polytap {

enum class ProbeType : uint8_t {
  kBegin,
  kEnd,
  kInterval,
  kProfile,
  kTracepoint,
  kRawTracepoint,
  kKprobe,
  kKretprobe,
  kFentry,
  kFexit,
  kUprobe,
  kUretprobe,
  kUsdt,
  kSoftware,
  kHardware,
  kWatchpoint,
  kIter,
  kSelf,
  kTest,
  kBench,
};

// What the context bytes are.
enum class ContextKind : uint8_t {
  kNone,          // BEGIN, END, interval
  kTracepoint,    // the event's record as its tracefs format describes it
  kRawArguments,  // raw tracepoint: array of 64-bit arguments
  kRegisters,     // struct pt_regs (core/probe/registers.h)
};

// An argument of a probe, as `args.NAME` finds it.
struct ProbeArgument {
  std::string name;
  Type type;            // as C has it; syscall arguments are 8 bytes wide in the record whatever their C type
  uint32_t offset = 0;  // in the context
  uint32_t size = 0;    // bytes in the context
  enum class Form : uint8_t {
    kInline,            // the value itself (an array type: its elements)
    kDataLocation,      // __data_loc: u32, length << 16 | offset from the record's start
    kRelativeLocation,  // __rel_loc: the offset counts from behind the field
    kStack,             // function probes, at entry: in memory, `offset` bytes above the stack pointer
    kConstant,          // USDT: no more than a number, `displacement`
    kMemory,     // USDT: in memory, at the word at `offset` plus `scale` times that at `index`, plus `displacement`
    kElsewhere,  // function probes: where the registers do not tell (floating point, structs by value); the
                 // type's name says what it is. A result of type void: there is none
  };
  Form form = Form::kInline;
  uint32_t index = 0;
  uint8_t scale = 0;  // 0: no index
  int64_t displacement = 0;
};

// profile, software, hardware, watchpoint: the perf event whose every PERIOD-th occurrence is the probe's, as
// perf_event_open() takes it.
struct SampledEvent {
  uint32_t type = 0;  // PERF_TYPE_...
  uint64_t config = 0;
  uint64_t period = 0;
  // Watchpoints.
  uint64_t address = 0;
  uint32_t length = 0;
  uint32_t access = 0;  // HW_BREAKPOINT_...
};

// The name of the result among the arguments of a kFexit site; no C name.
inline constexpr std::string_view kTracedResult = "$retval";

struct ProbeSite {
  ProbeType type = ProbeType::kBegin;
  std::string name;      // full: "tracepoint:syscalls:sys_enter_openat", "interval:ms:20", "BEGIN"
  std::string category;  // tracepoint: "syscalls"; rawtracepoint: module or empty
  std::string event;     // tracepoint and rawtracepoint: the event
  ContextKind context = ContextKind::kNone;
  uint32_t context_size = 0;  // bytes of the fixed part
  std::vector<ProbeArgument> arguments;
  uint64_t period_ns = 0;  // interval
  int signal = 0;          // self:signal
  SampledEvent sampled;    // profile, software, hardware, watchpoint

  // Function probes: kprobe, kretprobe, fentry, fexit, uprobe, uretprobe, usdt (category: its provider; event: its
  // name).
  // uprobe: path of the ELF file as polytap opens it; kprobe: module, empty: the kernel; iter: its pin, empty: none.
  std::string module;
  uint32_t bpf_program = 0;      // fentry, fexit: the function is one of the BPF program with this id; 0: of the kernel
  std::string function;          // symbol in which the place lies, as the symbol table has it; empty: unknown
  uint64_t function_offset = 0;  // bytes from the start of `function`
  uint64_t file_offset = 0;      // uprobe: of the instruction in the file, what uprobe_events and the perf PMU take
  // usdt: of the counter in the file by which the program knows that somebody listens (its semaphore); 0: it has none.
  uint64_t reference_counter = 0;
  // uprobe: `function` is an IFUNC. The place is that of the implementation it picks on this machine; when that cannot
  // be told, `unresolved`: never probed, what resolves the script's probes refuses it.
  bool unresolved = false;
  std::string shared_with;  // other functions that the implementation serves: "memmove"; empty: none
  uint64_t address = 0;     // kprobe: an absolute address was given; 0: function and function_offset tell
  // kprobe: where the kernel's function tracer can stop at functions of that name; empty: not known, or it cannot.
  std::vector<uint64_t> entries;
  bool from_pattern = false;  // one of what a pattern matched: the others can do without it

  // uprobe: the parameters and local variables in scope, where they were asked for. Nullopt: not, or nothing is known.
  std::optional<std::vector<ProbeVariable>> variables;

  bool is_return() const { return type == ProbeType::kUretprobe || type == ProbeType::kKretprobe; }
  // A place in a program's code: breakpoints lead there.
  bool is_user_function() const {
    return type == ProbeType::kUprobe || type == ProbeType::kUretprobe || type == ProbeType::kUsdt;
  }
  bool is_kernel_function() const { return type == ProbeType::kKprobe || type == ProbeType::kKretprobe; }
  // By BPF trampolines; `args` has what the function was called with, by BTF.
  bool is_traced_function() const { return type == ProbeType::kFentry || type == ProbeType::kFexit; }
  bool is_function() const { return is_user_function() || is_kernel_function(); }
  // Fires when a perf event has happened a number of times, wherever the CPU is then.
  bool is_sampled() const {
    return type == ProbeType::kProfile || type == ProbeType::kSoftware || type == ProbeType::kHardware ||
           type == ProbeType::kWatchpoint;
  }
  const ProbeArgument* find_argument(std::string_view name) const;
  // What `retval` is: the argument "ret", or, where functions may have a parameter of that name, kTracedResult.
  const ProbeArgument* find_result() const { return find_argument(type == ProbeType::kFexit ? kTracedResult : "ret"); }
};

}  // namespace polytap
