// What is printed in a pinned iterator: written into the file of the reader for whom the program runs.
//
// A text that does not fit any more is no loss: the kernel takes back what this object has written, and runs the
// program for it again at the next read (bpf_seq_read() in kernel/bpf/bpf_iter.c).
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "backends/ebpf/seq_file.h"

namespace polytap::ebpf {

void FunctionCompiler::write_to_file(const ir::Emit& op) {
  for (const SeqPiece& piece : request_.seq->emits[op.emit]) {
    switch (piece.kind) {
      case SeqPiece::Kind::kText:
        write_text(piece.text, piece.text_length);
        break;
      case SeqPiece::Kind::kString:
      case SeqPiece::Kind::kPadded:
        write_string(op.fields[piece.field], piece);
        break;
      case SeqPiece::Kind::kNumber:
        load_temp(Reg::k0, op.fields[piece.field].word);
        if (piece.bits < 64) extend(Reg::k0, piece.bits, piece.is_signed);
        write_formatted(piece, Reg::k0);
        break;
      case SeqPiece::Kind::kPointer:
        write_pointer(op.fields[piece.field], piece);
        break;
      case SeqPiece::Kind::kCharacter:
        load_temp(Reg::k0, op.fields[piece.field].word);
        code_.store(8, Reg::kFrame, kWork0, Reg::k0);
        load_seq_file();
        code_.move(Reg::k2, Reg::kFrame);
        code_.alu(Alu::kAdd, Reg::k2, kWork0);
        code_.move(Reg::k3, 1);
        code_.call(helper::kSeqWrite);
        break;
    }
  }
}

// r1: context->meta->seq; both are what their structs begin with.
void FunctionCompiler::load_seq_file() {
  code_.load(8, Reg::k1, Reg::k6, 0);
  code_.load(8, Reg::k1, Reg::k1, 0);
}

void FunctionCompiler::write_text(uint32_t text, uint32_t length) {
  if (length == 0) return;
  load_seq_file();
  code_.load_map_value(Reg::k2, request_.seq->map_fd, text);
  code_.move(Reg::k3, static_cast<int32_t>(length));
  code_.call(helper::kSeqWrite);
}

void FunctionCompiler::write_formatted(const SeqPiece& piece, Reg value) {
  code_.store(8, Reg::kFrame, kWork0, value);
  load_seq_file();
  code_.load_map_value(Reg::k2, request_.seq->map_fd, piece.text);
  code_.move(Reg::k3, static_cast<int32_t>(piece.text_length + 1));
  code_.move(Reg::k4, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k4, kWork0);
  code_.move(Reg::k5, 8);
  code_.call(helper::kSeqPrintf);
}

// By way of a copy, of which the length comes. The kernel's own %s is for those alone that have to be padded: it cuts
// texts of 512 bytes and more.
void FunctionCompiler::write_string(const ir::EmitField& field, const SeqPiece& piece) {
  address(Reg::k3, field.from);
  scratch_address(Reg::k1, plan_.frame.record);
  copy_string(field.length);
  const Label padded = code_.new_label();
  const Label done = code_.new_label();
  if (piece.kind == SeqPiece::Kind::kPadded) {
    code_.jump_if(Jump::kLess, Reg::k0, static_cast<int32_t>(piece.width), padded);
  }
  code_.move(Reg::k3, Reg::k0);
  load_seq_file();
  scratch_address(Reg::k2, plan_.frame.record);
  code_.call(helper::kSeqWrite);
  if (piece.kind != SeqPiece::Kind::kPadded) return;
  code_.jump(done);
  code_.bind(padded);
  scratch_address(Reg::k0, plan_.frame.record);
  write_formatted(piece, Reg::k0);
  code_.bind(done);
}

void FunctionCompiler::write_pointer(const ir::EmitField& field, const SeqPiece& piece) {
  constexpr uint32_t kNullLength = 5;  // "(nil)"
  const Label null = code_.new_label();
  const Label done = code_.new_label();
  load_temp(Reg::k0, field.word);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, null);
  write_formatted(piece, Reg::k0);
  code_.jump(done);
  code_.bind(null);
  write_text(piece.text + piece.text_length + 1, kNullLength);
  code_.bind(done);
}

}  // namespace polytap::ebpf
