// The context, builtins, and memory behind pointers.
#include <algorithm>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/base/check.h"
#include "core/ir/operands.h"
#include "core/probe/registers.h"

namespace polytap::ebpf {
namespace {

int32_t read_helper(AddressSpace space) {
  return space == AddressSpace::kUser ? helper::kReadUser : helper::kReadKernel;
}

int32_t read_string_helper(AddressSpace space) {
  return space == AddressSpace::kUser ? helper::kReadUserString : helper::kReadKernelString;
}

}  // namespace

// A BPF tracepoint's context has the kernel's own pointer where the record has its common fields, so those come from
// helpers; of them only common_pid (the thread) can be had.
void FunctionCompiler::expand(const ir::ContextLoad& op, ir::Temp result) {
  if (!wants(result)) return;
  if (request_.kind == ProgramKind::kTracepoint && op.offset < 8) {
    CHECK(op.offset == 4 && op.size == 4);  // can_run() refuses the others
    call_pid_tgid();
    extend(Reg::k0, 32, op.is_signed);
    set_result(result, Reg::k0);
    return;
  }
  if (request_.kind == ProgramKind::kTracing) {
    load_traced_word(op);
    extend(Reg::k0, op.size * 8U, op.is_signed);
    set_result(result, Reg::k0);
    return;
  }
  if (request_.kind == ProgramKind::kIterator) {
    // Read like any memory, what it points to is an address, and none that the verifier takes care of.
    code_.move(Reg::k1, Reg::kFrame);
    code_.alu(Alu::kAdd, Reg::k1, kWork0);
    code_.move(Reg::k2, static_cast<int32_t>(op.size));
    code_.move(Reg::k3, Reg::k6);
    code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(op.offset));
    code_.call(helper::kReadKernel);
    code_.load(op.size, Reg::k0, Reg::kFrame, kWork0);
    if (op.is_signed) extend(Reg::k0, op.size * 8U, true);
    set_result(result, Reg::k0);
    return;
  }
  const Home& home = plan_.allocation.homes[result];
  const Reg to = home.kind == Home::Kind::kRegister ? home.reg : Reg::k0;
  code_.load(op.size, to, Reg::k6, static_cast<int32_t>(op.offset));
  if (op.is_signed) extend(to, op.size * 8U, true);
  set_result(result, to);
}

// Whether the verifier takes what lies there for a number; a pointer it would not let the program reckon with.
bool FunctionCompiler::loads_number(const ir::ContextLoad& op) const {
  const std::vector<ProbeArgument>& arguments = program_.sites[function_.sites.front()].arguments;
  return std::any_of(arguments.begin(), arguments.end(), [&](const ProbeArgument& argument) {
    return argument.offset == op.offset && (argument.type.is(TypeKind::kInteger) || argument.type.is(TypeKind::kBool));
  });
}

// Loads of a trampoline's context are of whole words.
void FunctionCompiler::load_traced_word(const ir::ContextLoad& op) {
  if (loads_number(op)) {
    code_.load(8, Reg::k0, Reg::k6, static_cast<int32_t>(op.offset));
    return;
  }
  code_.move(Reg::k3, Reg::k6);
  code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(op.offset));
  code_.move(Reg::k1, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k1, kWork0);
  code_.move(Reg::k2, 8);
  code_.call(helper::kReadKernel);
  code_.load(8, Reg::k0, Reg::kFrame, kWork0);
}

void FunctionCompiler::expand(const ir::ContextCopy& op, ir::Temp) {
  const uint32_t padded = (op.length + 7) & ~7U;
  if (unrolls(op.length) && request_.kind != ProgramKind::kTracing) {
    const Memory to = memory(op.to, padded, Reg::k1);
    if (padded != op.length) code_.store(8, to.base, to.offset + static_cast<int32_t>(padded - 8), 0);
    for (uint32_t at = 0; at < op.length;) {
      // Loads from the context must be aligned there.
      uint32_t size = 8;
      while ((op.offset + at) % size != 0 || at % size != 0 || op.length - at < size) size /= 2;
      code_.load(size, Reg::k0, Reg::k6, static_cast<int32_t>(op.offset + at));
      code_.store(size, to.base, to.offset + static_cast<int32_t>(at), Reg::k0);
      at += size;
    }
    return;
  }
  const Memory to = memory(op.to, padded, Reg::k1);
  if (padded != op.length) code_.store(8, to.base, to.offset + static_cast<int32_t>(padded - 8), 0);
  address(Reg::k1, op.to);
  code_.move(Reg::k2, static_cast<int32_t>(op.length));
  code_.move(Reg::k3, Reg::k6);
  code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(op.offset));
  code_.call(helper::kReadKernel);
}

// The string's own length limits the read as well as the capacity, so that what lies behind it is never taken in. The
// helper puts a NUL behind what it reads, so one more is asked for.
void FunctionCompiler::expand(const ir::ContextString& op, ir::Temp result) {
  zero_memory(memory(op.to, op.capacity, Reg::k1), op.capacity);
  const Label done = code_.new_label();
  const Label fits = code_.new_label();
  code_.move(Reg::k0, 0);
  code_.load(4, Reg::k3, Reg::k6, static_cast<int32_t>(op.offset));
  code_.move(Reg::k2, Reg::k3);
  code_.alu(Alu::kShiftRight, Reg::k2, 16);
  code_.alu(Alu::kAnd, Reg::k2, 0xffff);
  code_.jump_if(Jump::kEqual, Reg::k2, 0, done);
  code_.alu(Alu::kAdd, Reg::k2, 1);
  code_.jump_if(Jump::kLessEqual, Reg::k2, static_cast<int32_t>(op.capacity), fits);
  code_.move(Reg::k2, static_cast<int32_t>(op.capacity));
  code_.bind(fits);
  code_.alu(Alu::kAnd, Reg::k3, 0xffff);
  if (op.is_relative) code_.alu(Alu::kAdd, Reg::k3, static_cast<int32_t>(op.offset + 4));
  code_.alu(Alu::kAdd, Reg::k3, Reg::k6);
  address(Reg::k1, op.to);
  code_.call(helper::kReadKernelString);
  const Label positive = code_.new_label();
  code_.jump_if(Jump::kSignedGreater, Reg::k0, 0, positive);
  code_.move(Reg::k0, 1);
  code_.bind(positive);
  code_.alu(Alu::kSub, Reg::k0, 1);
  code_.bind(done);
  set_result(result, Reg::k0);
}

void FunctionCompiler::expand(const ir::ReadBuiltin& op, ir::Temp result) {
  if (!wants(result)) return;
  switch (op.what) {
    case ir::Builtin::kPid:
      call_pid_tgid();
      code_.alu(Alu::kShiftRight, Reg::k0, 32);
      break;
    case ir::Builtin::kTid:
      call_pid_tgid();
      code_.zero_extend_word(Reg::k0);
      break;
    case ir::Builtin::kUid:
      code_.call(helper::kUidGid);
      code_.zero_extend_word(Reg::k0);
      break;
    case ir::Builtin::kGid:
      code_.call(helper::kUidGid);
      code_.alu(Alu::kShiftRight, Reg::k0, 32);
      break;
    case ir::Builtin::kCpu:
      code_.call(helper::kCpu);
      break;
    case ir::Builtin::kNumaNode:
      code_.call(helper::kNumaNode);
      break;
    case ir::Builtin::kCgroup:
      code_.call(helper::kCgroup);
      break;
    case ir::Builtin::kRandom:
      code_.call(helper::kRandom);
      code_.zero_extend_word(Reg::k0);
      break;
    case ir::Builtin::kNsecsMonotonic:
      code_.call(helper::kTimeMonotonic);
      break;
    case ir::Builtin::kNsecsBoot:
      code_.call(helper::kTimeBoot);
      break;
    case ir::Builtin::kNsecsTai:
      code_.call(helper::kTimeTai);
      break;
    case ir::Builtin::kElapsed:
      code_.call(helper::kTimeMonotonic);
      code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kStartTime);
      code_.load(8, Reg::k1, Reg::k1, 0);
      code_.alu(Alu::kSub, Reg::k0, Reg::k1);
      break;
    case ir::Builtin::kJiffies:
      code_.call(helper::kJiffies);
      break;
    case ir::Builtin::kCurrentTask:
      code_.call(helper::kCurrentTask);
      break;
    case ir::Builtin::kParentPid:
      read_parent();
      break;
    case ir::Builtin::kChildPid:
      code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kChildPid);
      code_.load(8, Reg::k0, Reg::k1, 0);
      break;
    case ir::Builtin::kSiteIndex:
      if (request_.site) {
        code_.move(Reg::k0, static_cast<int32_t>(*request_.site));
      } else {
        code_.load(8, Reg::k0, Reg::kFrame, kSiteWord);
      }
      break;
  }
  set_result(result, Reg::k0);
}

// Some kernels (6.1) leave what is behind the name's NUL as it was.
void FunctionCompiler::expand(const ir::ReadComm& op, ir::Temp) {
  zero_memory(memory(op.to, 16, Reg::k1), 16);
  if (op.of_process) return read_process_name(op.to);
  address(Reg::k1, op.to);
  code_.move(Reg::k2, 16);
  code_.call(helper::kComm);
}

// The helper itself leaves zeros behind when it fails.
void FunctionCompiler::expand(const ir::ReadMemory& op, ir::Temp result) {
  load_temp(Reg::k3, op.address);
  address(Reg::k1, op.to);
  code_.move(Reg::k2, static_cast<int32_t>(op.length));
  code_.call(read_helper(op.space));
  const Label failed = code_.new_label();
  const Label done = code_.new_label();
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, failed);
  set_result(result, 1);
  code_.bind(done);
  code_.defer([this, failed, done, op, result, on_fault = on_fault_] {
    code_.bind(failed);
    const Label lost = code_.new_label();
    if (waits_for(op.space)) {
      load_temp(Reg::k3, op.address);
      address(Reg::k1, op.to);
      code_.move(Reg::k2, static_cast<int32_t>(op.length));
      code_.call(helper::kCopyFromUser);
      code_.jump_if(Jump::kNotEqual, Reg::k0, 0, lost);
      set_result(result, 1);
      code_.jump(done);
      code_.bind(lost);
    }
    count_fault(on_fault);
    set_result(result, 0);
    code_.jump(done);
  });
}

// Waits until the page of ADDRESS, or the next one, is in memory, if it can be.
void FunctionCompiler::bring_in(ir::Temp address, bool next_page) {
  constexpr int32_t kPage = 4096;
  load_temp(Reg::k3, address);
  if (next_page) {
    code_.alu(Alu::kOr, Reg::k3, kPage - 1);
    code_.alu(Alu::kAdd, Reg::k3, 1);
  }
  code_.move(Reg::k1, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k1, kWork0);
  code_.move(Reg::k2, 1);
  code_.call(helper::kCopyFromUser);
}

// The helpers count the NUL, except that some kernels (6.1) return 0 for an empty string of a user.
void FunctionCompiler::finish_string(ir::Temp result, const std::function<void()>& retry) {
  const Label failed = code_.new_label();
  const Label again = code_.new_label();
  const Label read = code_.new_label();
  const Label done = code_.new_label();
  code_.jump_if(Jump::kSignedLess, Reg::k0, 0, retry ? again : failed);
  code_.bind(read);
  if (wants(result)) {
    const Label empty = code_.new_label();
    code_.jump_if(Jump::kEqual, Reg::k0, 0, empty);
    code_.alu(Alu::kSub, Reg::k0, 1);
    code_.bind(empty);
    set_result(result, Reg::k0);
  }
  code_.bind(done);
  code_.defer([this, failed, again, read, done, retry, result, on_fault = on_fault_] {
    if (retry) {
      code_.bind(again);
      retry();
      code_.jump_if(Jump::kSignedGreaterEqual, Reg::k0, 0, read);
    }
    code_.bind(failed);
    count_fault(on_fault);
    set_result(result, 0);
    code_.jump(done);
  });
}

// How much of the string is looked at when that has its end: all that reads it are maps that take it for the end of a
// short key (ShortKeys). 0: everything is.
uint32_t FunctionCompiler::short_key_bytes(const ir::ReadString& op) const {
  const auto has_short_keys = [](const auto& map) { return map.form.short_keys.key_size != 0; };
  if (std::none_of(environment_.maps.begin(), environment_.maps.end(), has_short_keys)) return 0;
  const ir::RegionAccess text{op.to, op.capacity, true, nullptr};
  uint32_t bytes = 0;
  std::vector<ir::RegionAccess> accesses;
  for (const ir::Block& block : function_.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      ir::regions_of(program_, instruction.operation, accesses);
      for (const ir::RegionAccess& access : accesses) {
        if (access.is_write || !overlap(access, text)) continue;
        const uint32_t of_text = short_text_in_key(instruction.operation, access, text);
        if (of_text == 0 || (bytes != 0 && of_text != bytes)) return 0;
        bytes = of_text;
      }
    }
  }
  return bytes;
}

// Of TEXT's bytes, when ACCESS reads them as the end of a key: how many there are of them in a short one, else 0.
uint32_t FunctionCompiler::short_text_in_key(const ir::Operation& operation, const ir::RegionAccess& access,
                                             const ir::RegionAccess& text) const {
  return std::visit(
      [&](const auto& op) -> uint32_t {
        if constexpr (requires { op.map, op.key; }) {
          const ShortKeys& keys = binding(op.map).form.short_keys;
          const ir::MapSpec& map = program_.maps[op.map];
          if (access.operand != &op.key || keys.key_size == 0 || !map.key.back().is(TypeKind::kString)) return 0;
          if (access.end() != text.end() || map.key.back().storage_size() != text.length) return 0;
          return keys.key_size - (map.key_size - text.length);
        } else {
          return 0;
        }
      },
      operation);
}

void FunctionCompiler::expand(const ir::ReadString& op, ir::Temp result) {
  const auto read_into = [this, op](uint32_t zeroed) {
    if (!op.unpadded) zero_memory(memory(op.to, zeroed, Reg::k1), zeroed);
    load_temp(Reg::k3, op.address);
    address(Reg::k1, op.to);
    code_.move(Reg::k2, static_cast<int32_t>(op.capacity));
    code_.call(read_string_helper(op.space));
  };
  const auto read = [read_into, op] { read_into(op.capacity); };
  const uint32_t few = op.unpadded ? 0 : short_key_bytes(op);
  if (few == 0) {
    read();
  } else {
    // What lies behind a short string is not looked at. (Where reading fails, the helper leaves zeros.)
    const Label enough = code_.new_label();
    read_into(few);
    code_.jump_if(Jump::kSignedLessEqual, Reg::k0, static_cast<int32_t>(few), enough);
    read();
    code_.bind(enough);
  }
  if (!waits_for(op.space)) {
    finish_string(result);
    return;
  }
  // A string may reach into the next page.
  finish_string(result, [this, op, read] {
    const Label done = code_.new_label();
    bring_in(op.address, false);
    code_.jump_if(Jump::kSignedLess, Reg::k0, 0, done);
    read();
    code_.jump_if(Jump::kSignedGreaterEqual, Reg::k0, 0, done);
    bring_in(op.address, true);
    read();
    code_.bind(done);
  });
}

void FunctionCompiler::expand(const ir::ReadBuffer& op, ir::Temp) {
  const uint32_t region = 8 + op.capacity;
  const Label done = code_.new_label();
  const Label failed = code_.new_label();
  const Label fits = code_.new_label();
  const Label read = code_.new_label();
  zero_memory(memory(op.to, region, Reg::k1), region);
  load_temp(Reg::k2, op.length);
  code_.jump_if(Jump::kLessEqual, Reg::k2, static_cast<int32_t>(op.capacity), fits);
  code_.move(Reg::k2, static_cast<int32_t>(op.capacity));
  code_.bind(fits);
  // The kernel faults on a bad address even when nothing is to be read.
  code_.jump_if(Jump::kEqual, Reg::k2, 0, done);
  code_.store(8, Reg::kFrame, kWork0, Reg::k2);
  load_temp(Reg::k3, op.address);
  address(Reg::k1, {op.to.slot, op.to.offset + 8});
  code_.call(read_helper(op.space));
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, failed);
  code_.bind(read);
  const Memory count_word = memory(op.to, 8, Reg::k1);
  code_.load(8, Reg::k0, Reg::kFrame, kWork0);
  code_.store(8, count_word.base, count_word.offset, Reg::k0);
  code_.bind(done);
  code_.defer([this, failed, read, done, op, on_fault = on_fault_] {
    code_.bind(failed);
    if (waits_for(op.space)) {
      const Label in_range = code_.new_label();
      code_.load(8, Reg::k2, Reg::kFrame, kWork0);
      code_.jump_if(Jump::kLessEqual, Reg::k2, static_cast<int32_t>(op.capacity),
                    in_range);  // always; for the verifier
      code_.move(Reg::k2, static_cast<int32_t>(op.capacity));
      code_.bind(in_range);
      load_temp(Reg::k3, op.address);
      address(Reg::k1, {op.to.slot, op.to.offset + 8});
      code_.call(helper::kCopyFromUser);
      code_.jump_if(Jump::kEqual, Reg::k0, 0, read);
    }
    count_fault(on_fault);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::ReadStack& op, ir::Temp) {
  // BEGIN and the like, and iterators, run in polytap itself.
  const bool has_stack = request_.kind != ProgramKind::kSyscall && request_.kind != ProgramKind::kIterator;
  if (!has_stack || unwinds(op)) zero_memory(memory(op.to, 8 + 8 * op.depth, Reg::k1), 8 + 8 * op.depth);
  if (op.space == AddressSpace::kKernel) {
    // Not a constant, which the verifier would follow through everything that reads the key.
    code_.load_map_value(Reg::k0, environment_.globals_fd, environment_.globals.zeros);
    code_.load(8, Reg::k0, Reg::k0, 0);
  } else {
    call_pid_tgid();
    code_.alu(Alu::kShiftRight, Reg::k0, 32);
  }
  const Memory tgid = memory(op.to, 8, Reg::k1);
  code_.store(8, tgid.base, tgid.offset, Reg::k0);
  if (!has_stack) return;
  if (unwinds(op)) return unwind_user_stack(op);
  const ir::Place frames{op.to.slot, op.to.offset + 8};
  if (op.space == AddressSpace::kUser && adds_caller() && op.depth > 1) {
    read_user_stack_with_caller(frames, op.depth);
  } else {
    read_stack(frames, op.depth, op.space);
  }
}

void FunctionCompiler::read_stack(ir::Place to, uint32_t frames, AddressSpace space) {
  code_.move(Reg::k1, Reg::k6);
  address(Reg::k2, to);
  code_.move(Reg::k3, static_cast<int32_t>(8 * frames));
  code_.move(Reg::k4, space == AddressSpace::kUser ? static_cast<int32_t>(BPF_F_USER_STACK) : 0);
  code_.call(helper::kStack);
}

// The helper's stack goes one word further back, and its first word, the probe's own address, in front of the caller's.
void FunctionCompiler::read_user_stack_with_caller(ir::Place frames, uint32_t depth) {
  const Label done = code_.new_label();
  const ir::Place behind{frames.slot, frames.offset + 8};
  code_.move(Reg::k1, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k1, kWork1);
  code_.move(Reg::k2, 8);
  code_.load(8, Reg::k3, Reg::k6, registers::kSp);
  code_.call(helper::kReadUser);  // the return address; zero when it fails
  if (request_.missing_caller == MissingCaller::kUnlessThere) {
    read_stack(frames, depth, AddressSpace::kUser);
    const Memory second = memory(behind, 8, Reg::k1);
    code_.load(8, Reg::k0, second.base, second.offset);
    code_.load(8, Reg::k2, Reg::kFrame, kWork1);
    code_.jump_if(Jump::kEqual, Reg::k0, Reg::k2, done);
  }
  read_stack(behind, depth - 1, AddressSpace::kUser);
  const Memory words = memory(frames, 16, Reg::k1);
  code_.load(8, Reg::k0, words.base, words.offset + 8);
  code_.store(8, words.base, words.offset, Reg::k0);
  code_.load(8, Reg::k0, Reg::kFrame, kWork1);
  code_.store(8, words.base, words.offset + 8, Reg::k0);
  code_.bind(done);
}

}  // namespace polytap::ebpf
