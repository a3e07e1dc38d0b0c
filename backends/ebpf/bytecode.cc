#include "backends/ebpf/bytecode.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/check.h"

namespace polytap::ebpf {
namespace {

uint8_t size_bits(uint32_t size) {
  switch (size) {
    case 1:
      return BPF_B;
    case 2:
      return BPF_H;
    case 4:
      return BPF_W;
    default:
      CHECK(size == 8);
      return BPF_DW;
  }
}

}  // namespace

void Assembler::emit(uint8_t code, Reg dst, Reg src, int32_t offset, int32_t immediate) {
  CHECK(offset >= std::numeric_limits<int16_t>::min() && offset <= std::numeric_limits<int16_t>::max());
  bpf_insn instruction{};
  instruction.code = code;
  instruction.dst_reg = static_cast<uint8_t>(dst) & 0xf;
  instruction.src_reg = static_cast<uint8_t>(src) & 0xf;
  instruction.off = static_cast<int16_t>(offset);
  instruction.imm = immediate;
  code_.instructions.push_back(instruction);
  code_.spans.push_back(span_);
}

Label Assembler::new_label() {
  labels_.push_back(-1);
  return {static_cast<uint32_t>(labels_.size() - 1)};
}

void Assembler::bind(Label label) {
  CHECK(labels_[label.id] < 0);
  labels_[label.id] = static_cast<int64_t>(size());
}

bool Assembler::is_used(Label label) const {
  return std::any_of(fixups_.begin(), fixups_.end(), [&](const Fixup& fixup) { return fixup.label == label.id; });
}

uint32_t Assembler::position(Label label) const {
  CHECK(labels_[label.id] >= 0);
  return static_cast<uint32_t>(labels_[label.id]);
}

void Assembler::move(Reg to, Reg from) {
  if (to != from) emit(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void Assembler::move(Reg to, int32_t value) { emit(BPF_ALU64 | BPF_MOV | BPF_K, to, Reg::k0, 0, value); }

void Assembler::load_constant(Reg to, int64_t value) {
  if (value == static_cast<int32_t>(value)) {
    move(to, static_cast<int32_t>(value));
    return;
  }
  emit(BPF_LD | BPF_DW | BPF_IMM, to, Reg::k0, 0, static_cast<int32_t>(value));
  emit(0, Reg::k0, Reg::k0, 0, static_cast<int32_t>(static_cast<uint64_t>(value) >> 32));
}

void Assembler::alu(Alu op, Reg to, Reg from) {
  emit(static_cast<uint8_t>(BPF_ALU64 | static_cast<uint8_t>(op) | BPF_X), to, from, 0, 0);
}

void Assembler::alu(Alu op, Reg to, int32_t value) {
  emit(static_cast<uint8_t>(BPF_ALU64 | static_cast<uint8_t>(op) | BPF_K), to, Reg::k0, 0, value);
}

void Assembler::negate(Reg reg) { emit(BPF_ALU64 | BPF_NEG, reg, Reg::k0, 0, 0); }

void Assembler::zero_extend_word(Reg reg) { emit(BPF_ALU | BPF_MOV | BPF_X, reg, reg, 0, 0); }

void Assembler::load(uint32_t size, Reg to, Reg base, int32_t offset) {
  emit(BPF_LDX | BPF_MEM | size_bits(size), to, base, offset, 0);
}

void Assembler::store(uint32_t size, Reg base, int32_t offset, Reg from) {
  emit(BPF_STX | BPF_MEM | size_bits(size), base, from, offset, 0);
}

void Assembler::store(uint32_t size, Reg base, int32_t offset, int32_t value) {
  emit(BPF_ST | BPF_MEM | size_bits(size), base, Reg::k0, offset, value);
}

void Assembler::atomic_add(Reg base, int32_t offset, Reg from) {
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, base, from, offset, BPF_ADD);
}

void Assembler::atomic_fetch_add(Reg base, int32_t offset, Reg value) {
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, base, value, offset, BPF_ADD | BPF_FETCH);
}

void Assembler::atomic_exchange(Reg base, int32_t offset, Reg value) {
  emit(BPF_STX | BPF_ATOMIC | BPF_DW, base, value, offset, BPF_XCHG);
}

void Assembler::atomic_exchange_word(Reg base, int32_t offset, Reg value) {
  emit(BPF_STX | BPF_ATOMIC | BPF_W, base, value, offset, BPF_XCHG);
}

void Assembler::load_map(Reg to, int map_fd) {
  emit(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Reg>(BPF_PSEUDO_MAP_FD), 0, map_fd);
  emit(0, Reg::k0, Reg::k0, 0, 0);
}

void Assembler::load_map_value(Reg to, int map_fd, uint32_t offset) {
  emit(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Reg>(BPF_PSEUDO_MAP_VALUE), 0, map_fd);
  emit(0, Reg::k0, Reg::k0, 0, static_cast<int32_t>(offset));
}

void Assembler::load_function(Reg to, Label function) {
  fixups_.push_back({static_cast<uint32_t>(size()), function.id, Patch::kImmediate});
  emit(BPF_LD | BPF_DW | BPF_IMM, to, static_cast<Reg>(BPF_PSEUDO_FUNC), 0, 0);
  emit(0, Reg::k0, Reg::k0, 0, 0);
}

void Assembler::jump(Label to) {
  fixups_.push_back({static_cast<uint32_t>(size()), to.id, Patch::kOffset});
  emit(BPF_JMP | BPF_JA, Reg::k0, Reg::k0, 0, 0);
}

void Assembler::jump_if(Jump condition, Reg left, Reg right, Label to) {
  fixups_.push_back({static_cast<uint32_t>(size()), to.id, Patch::kOffset});
  emit(static_cast<uint8_t>(BPF_JMP | static_cast<uint8_t>(condition) | BPF_X), left, right, 0, 0);
}

void Assembler::jump_if(Jump condition, Reg left, int32_t right, Label to) {
  fixups_.push_back({static_cast<uint32_t>(size()), to.id, Patch::kOffset});
  emit(static_cast<uint8_t>(BPF_JMP | static_cast<uint8_t>(condition) | BPF_K), left, Reg::k0, 0, right);
}

void Assembler::call(int32_t helper) { emit(BPF_JMP | BPF_CALL, Reg::k0, Reg::k0, 0, helper); }

void Assembler::call_kernel_function(uint32_t type_id) {
  emit(BPF_JMP | BPF_CALL, Reg::k0, static_cast<Reg>(BPF_PSEUDO_KFUNC_CALL), 0, static_cast<int32_t>(type_id));
}

void Assembler::exit() { emit(BPF_JMP | BPF_EXIT, Reg::k0, Reg::k0, 0, 0); }

void Assembler::defer(std::function<void()> code) { deferred_.push_back({span_, std::move(code)}); }

void Assembler::place_deferred() {
  for (size_t i = 0; i < deferred_.size(); ++i) {  // deferred code may defer more
    const Deferred deferred = std::move(deferred_[i]);
    span_ = deferred.span;
    deferred.code();
  }
  deferred_.clear();
}

Result<Bytecode> Assembler::finish() {
  place_deferred();
  for (const Fixup& fixup : fixups_) {
    const int64_t target = labels_[fixup.label];
    CHECK(target >= 0);
    const int64_t distance = target - fixup.instruction - 1;
    bpf_insn& instruction = code_.instructions[fixup.instruction];
    if (fixup.patch == Patch::kImmediate) {
      instruction.imm = static_cast<int32_t>(distance);
    } else if (distance < std::numeric_limits<int16_t>::min() || distance > std::numeric_limits<int16_t>::max()) {
      return Error(fmt::format(
          "the probe is too large for the kernel: {} eBPF instructions, and jumps reach 32768; split it into several",
          size()));
    } else {
      instruction.off = static_cast<int16_t>(distance);
    }
  }
  return std::move(code_);
}

}  // namespace polytap::ebpf
