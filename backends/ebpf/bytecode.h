// An assembler for eBPF: labels, 64-bit loads, and the place in the script behind every instruction.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/base/source.h"

namespace polytap::ebpf {

// r0: results; r1-r5: arguments, lost in calls; r6-r9: kept across calls; r10: the frame's end (read only).
enum class Reg : uint8_t { k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, kFrame };

// A place in the code, bound once.
struct Label {
  uint32_t id = 0;
};

enum class Alu : uint8_t {
  kAdd = BPF_ADD,
  kSub = BPF_SUB,
  kMul = BPF_MUL,
  kDiv = BPF_DIV,
  kMod = BPF_MOD,
  kOr = BPF_OR,
  kAnd = BPF_AND,
  kXor = BPF_XOR,
  kShiftLeft = BPF_LSH,
  kShiftRight = BPF_RSH,
  kArithmeticShiftRight = BPF_ARSH,
};

enum class Jump : uint8_t {
  kEqual = BPF_JEQ,
  kNotEqual = BPF_JNE,
  kGreater = BPF_JGT,
  kGreaterEqual = BPF_JGE,
  kLess = BPF_JLT,
  kLessEqual = BPF_JLE,
  kSignedGreater = BPF_JSGT,
  kSignedGreaterEqual = BPF_JSGE,
  kSignedLess = BPF_JSLT,
  kSignedLessEqual = BPF_JSLE,
};

// A finished program: one span per instruction word.
struct Bytecode {
  std::vector<bpf_insn> instructions;
  std::vector<Span> spans;
};

class Assembler {
 public:
  // What is emitted from here on belongs to SPAN.
  void set_span(Span span) { span_ = span; }
  Span span() const { return span_; }

  Label new_label();
  void bind(Label label);

  void move(Reg to, Reg from);
  void move(Reg to, int32_t value);  // sign-extended
  void load_constant(Reg to, int64_t value);
  void alu(Alu op, Reg to, Reg from);
  void alu(Alu op, Reg to, int32_t value);
  void negate(Reg reg);
  void zero_extend_word(Reg reg);  // keeps the low 32 bits

  void load(uint32_t size, Reg to, Reg base, int32_t offset);  // zero-extends
  void store(uint32_t size, Reg base, int32_t offset, Reg from);
  void store(uint32_t size, Reg base, int32_t offset, int32_t value);
  // lock *(u64*)(base + offset) += from
  void atomic_add(Reg base, int32_t offset, Reg from);
  // The same, and `value` gets what was there before.
  void atomic_fetch_add(Reg base, int32_t offset, Reg value);
  void atomic_exchange(Reg base, int32_t offset, Reg value);
  void atomic_exchange_word(Reg base, int32_t offset, Reg value);  // of 4 bytes

  void load_map(Reg to, int map_fd);
  void load_map_value(Reg to, int map_fd, uint32_t offset);  // address inside the value of a one-entry array
  void load_function(Reg to, Label function);                // a callback, for helpers that take one

  void jump(Label to);
  void jump_if(Jump condition, Reg left, Reg right, Label to);
  void jump_if(Jump condition, Reg left, int32_t right, Label to);
  void call(int32_t helper);
  void call_kernel_function(uint32_t type_id);  // by its id in the kernel's BTF
  void exit();

  // Code that rarely runs: put behind everything else when the program is finished.
  void defer(std::function<void()> code);

  // Puts it here instead.
  void place_deferred();

  size_t size() const { return code_.instructions.size(); }
  // Whether anything emitted so far refers to it.
  bool is_used(Label label) const;
  // The offset of a bound label, in instruction words.
  uint32_t position(Label label) const;
  // Emits the deferred code and resolves labels. An error when the program is too large for 16-bit jumps.
  Result<Bytecode> finish();

 private:
  enum class Patch : uint8_t { kOffset, kImmediate };
  struct Fixup {
    uint32_t instruction = 0;
    uint32_t label = 0;
    Patch patch = Patch::kOffset;
  };
  struct Deferred {
    Span span;
    std::function<void()> code;
  };
  void emit(uint8_t code, Reg dst, Reg src, int32_t offset, int32_t immediate);

  Bytecode code_;
  std::vector<int64_t> labels_;  // -1: not yet bound
  std::vector<Fixup> fixups_;
  std::vector<Deferred> deferred_;
  Span span_;
};

}  // namespace polytap::ebpf
