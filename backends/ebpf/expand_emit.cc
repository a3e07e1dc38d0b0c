// Records to user space.
//
// A record: a header (frame_layout.h), then the payload of core/ir/ir.h. Records of a fixed size are written
// straight into the ring; records with strings are put together in scratch memory first, so that in the ring they are
// as long as their strings are and not as long as they might be.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"

namespace polytap::ebpf {
void FunctionCompiler::expand(const ir::Emit& op, ir::Temp) {
  if (request_.seq != nullptr) return write_to_file(op);
  const bool control = program_.emits[op.emit].control;
  const int ring = control ? environment_.control_ring_fd : environment_.data_ring_fd;
  const auto flags = static_cast<int32_t>(control ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
  if (has_strings(op)) {
    emit_packed(op, ring, flags);
  } else {
    emit_fixed(op, ring, flags);
  }
}

// r0: what orders the record. All records of one firing have its time with their number added (for control records go
// another way) and its CPU, so that what another CPU emits meanwhile comes before or behind them all.
void FunctionCompiler::load_time() {
  if (!plan_.frame.firing_time) {
    code_.call(helper::kTimeMonotonic);
    return;
  }
  const Label known = code_.new_label();
  scratch_address(Reg::k1, *plan_.frame.firing_time);
  code_.load(8, Reg::k0, Reg::k1, 0);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, known);
  code_.call(helper::kCpu);
  code_.alu(Alu::kAdd, Reg::k0, 1);
  scratch_address(Reg::k1, *plan_.frame.firing_time);
  code_.store(8, Reg::k1, 8, Reg::k0);
  code_.call(helper::kTimeMonotonic);
  code_.bind(known);
  scratch_address(Reg::k1, *plan_.frame.firing_time);
  code_.move(Reg::k2, Reg::k0);
  code_.alu(Alu::kAdd, Reg::k2, 1);
  code_.store(8, Reg::k1, 0, Reg::k2);
}

// Everything in front of the strings' bytes. RECORD's base must not be DATA_SPARE.
void FunctionCompiler::store_fields(const ir::Emit& op, Memory record, Reg base_spare, Reg data_spare) {
  if (plan_.frame.firing_time) {
    scratch_address(data_spare, *plan_.frame.firing_time);
    code_.load(8, data_spare, data_spare, 8);
    code_.store(2, record.base, record.offset + kEmitOffset, static_cast<int32_t>(op.emit));
    code_.store(2, record.base, record.offset + kCpuOffset, data_spare);
  } else {
    code_.store(4, record.base, record.offset + kEmitOffset, static_cast<int32_t>(op.emit));
  }
  store_site({record.base, record.offset + kSiteOffset}, data_spare);
  int32_t at = record.offset + static_cast<int32_t>(kRecordHeader);
  for (const ir::EmitField& field : op.fields) {
    if (field.kind == ir::EmitField::Kind::kWord) {
      if (const std::optional<int32_t> constant = small_constant(field.word)) {
        code_.store(8, record.base, at, *constant);
      } else {
        code_.store(8, record.base, at, operand(field.word, data_spare));
      }
    } else if (field.kind == ir::EmitField::Kind::kBytes) {
      const Memory from = memory(field.from, field.length, base_spare);
      for (uint32_t done = 0; done < field.length; done += 8) {
        code_.load(8, data_spare, from.base, from.offset + static_cast<int32_t>(done));
        code_.store(8, record.base, at + static_cast<int32_t>(done), data_spare);
      }
    }
    at += static_cast<int32_t>(field.kind == ir::EmitField::Kind::kBytes ? field.length : 8);
  }
}

void FunctionCompiler::emit_fixed(const ir::Emit& op, int ring, int32_t flags) {
  const Label full = code_.new_label();
  const Label done = code_.new_label();
  load_time();
  code_.store(8, Reg::kFrame, kWork0, Reg::k0);
  code_.load_map(Reg::k1, ring);
  code_.move(Reg::k2, static_cast<int32_t>(record_capacity(op)));
  code_.move(Reg::k3, 0);
  code_.call(helper::kRingReserve);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, full);
  code_.load(8, Reg::k1, Reg::kFrame, kWork0);
  code_.store(8, Reg::k0, kTimeOffset, Reg::k1);
  store_fields(op, {Reg::k0, 0}, Reg::k1, Reg::k2);
  code_.move(Reg::k1, Reg::k0);
  code_.move(Reg::k2, flags);
  code_.call(helper::kRingSubmit);
  code_.bind(done);
  code_.defer([this, full, done] {
    code_.bind(full);
    count(GlobalsLayout::kLostRecords);
    count_at_site(GlobalsLayout::kSiteLostRecords);
    code_.jump(done);
  });
}

void FunctionCompiler::emit_packed(const ir::Emit& op, int ring, int32_t flags) {
  const Label full = code_.new_label();
  const Label done = code_.new_label();
  load_time();
  scratch_address(Reg::k3, plan_.frame.record);
  code_.store(8, Reg::k3, kTimeOffset, Reg::k0);
  store_fields(op, {Reg::k3, 0}, Reg::k1, Reg::k2);

  int32_t fixed = static_cast<int32_t>(kRecordHeader);
  for (const ir::EmitField& field : op.fields) {
    fixed += static_cast<int32_t>(field.kind == ir::EmitField::Kind::kBytes ? field.length : 8);
  }
  code_.store(8, Reg::kFrame, kWork1, fixed);  // where the next string goes
  int32_t at = static_cast<int32_t>(kRecordHeader);
  for (const ir::EmitField& field : op.fields) {
    if (field.kind == ir::EmitField::Kind::kString) append_string(field, at);
    at += static_cast<int32_t>(field.kind == ir::EmitField::Kind::kBytes ? field.length : 8);
  }
  code_.load_map(Reg::k1, ring);
  scratch_address(Reg::k2, plan_.frame.record);
  code_.load(8, Reg::k3, Reg::kFrame, kWork1);
  code_.move(Reg::k4, flags);
  code_.call(helper::kRingOutput);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, full);
  code_.bind(done);
  code_.defer([this, full, done] {
    code_.bind(full);
    count(GlobalsLayout::kLostRecords);
    count_at_site(GlobalsLayout::kSiteLostRecords);
    code_.jump(done);
  });
}

// Copies a region of LENGTH bytes at r3 to r1, up to its NUL; r0: the length. One byte more than the region is read, so
// that a string without NUL keeps its last byte.
void FunctionCompiler::copy_string(uint32_t length) {
  const auto limit = static_cast<int32_t>(length + 1);
  const Label usable = code_.new_label();
  code_.move(Reg::k2, limit);
  code_.call(helper::kReadKernelString);
  // The helper returns 1 to limit; the comparison tells the verifier of older kernels.
  code_.alu(Alu::kSub, Reg::k0, 1);
  code_.jump_if(Jump::kLess, Reg::k0, limit, usable);
  code_.move(Reg::k0, 0);
  code_.bind(usable);
}

// Copies a region up to its NUL to the record's end and puts the length into its field.
void FunctionCompiler::append_string(const ir::EmitField& field, int32_t length_offset) {
  address(Reg::k3, field.from);
  scratch_address(Reg::k1, plan_.frame.record);
  code_.load(8, Reg::k2, Reg::kFrame, kWork1);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k2);
  copy_string(field.length);
  scratch_address(Reg::k1, plan_.frame.record);
  code_.store(8, Reg::k1, length_offset, Reg::k0);
  code_.load(8, Reg::k1, Reg::kFrame, kWork1);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k0);
  code_.store(8, Reg::kFrame, kWork1, Reg::k1);
}

void FunctionCompiler::expand(const ir::Exit& op, ir::Temp) {
  const Label full = code_.new_label();
  const Label done = code_.new_label();
  code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kExiting);
  code_.store(4, Reg::k1, 0, 1);
  load_time();
  code_.store(8, Reg::kFrame, kWork0, Reg::k0);
  code_.load_map(Reg::k1, environment_.control_ring_fd);
  code_.move(Reg::k2, static_cast<int32_t>(kRecordHeader) + 8);
  code_.move(Reg::k3, 0);
  code_.call(helper::kRingReserve);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, full);
  code_.store(4, Reg::k0, kEmitOffset, static_cast<int32_t>(kExitRecord));
  store_site({Reg::k0, kSiteOffset}, Reg::k1);
  code_.load(8, Reg::k1, Reg::kFrame, kWork0);
  code_.store(8, Reg::k0, kTimeOffset, Reg::k1);
  code_.store(8, Reg::k0, static_cast<int32_t>(kRecordHeader), operand(op.code, Reg::k1));
  code_.move(Reg::k1, Reg::k0);
  code_.move(Reg::k2, static_cast<int32_t>(BPF_RB_FORCE_WAKEUP));
  code_.call(helper::kRingSubmit);
  code_.bind(done);
  code_.defer([this, full, done, code = op.code] {
    code_.bind(full);
    code_.load_map_value(Reg::k2, environment_.globals_fd, GlobalsLayout::kExitLost);
    code_.store(8, Reg::k2, GlobalsLayout::kExitCode - GlobalsLayout::kExitLost, operand(code, Reg::k1));
    code_.store(4, Reg::k2, 0, 1);
    code_.jump(done);
  });
}

}  // namespace polytap::ebpf
