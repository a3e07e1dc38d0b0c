#include "backends/ptrace/relocate.h"

#include <Zydis/Decoder.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <optional>

namespace polytap {
namespace {

constexpr uint8_t kPushImmediate = 0x68;
constexpr uint8_t kJumpShort = 0xeb;
constexpr uint8_t kJump = 0xe9;
constexpr uint8_t kCall = 0xe8;
constexpr uint8_t kGroup5 = 0xff;  // /2 call, /3 far call, /4 jmp, /6 push
constexpr uint8_t kBreakpoint = 0xcc;
constexpr uint8_t kSibOrSp = 4;  // modrm.rm: a SIB byte follows (mod 0 to 2), or the register sp (mod 3)

// Writes the code of one slot.
class Writer {
 public:
  Writer(RelocatedInstruction& out, uint64_t slot) : out_(out), slot_(slot) {}

  void byte(uint8_t value) { out_.code[out_.size++] = value; }
  void bytes(std::span<const uint8_t> values) {
    for (const uint8_t value : values) byte(value);
  }
  void word(uint32_t value) {
    memcpy(out_.code.data() + out_.size, &value, sizeof value);
    out_.size += sizeof value;
  }
  // A 32-bit distance to TARGET from the end of an instruction that ends TRAILING bytes behind the distance.
  bool distance_to(uint64_t target, size_t trailing = 0) {
    const auto distance = static_cast<int64_t>(target - (slot_ + out_.size + 4 + trailing));
    if (distance != static_cast<int32_t>(distance)) return false;
    word(static_cast<uint32_t>(distance));
    return true;
  }
  bool jump(uint64_t target) {
    byte(kJump);
    return distance_to(target);
  }
  // Leaves the flags alone.
  void push(uint64_t value) {
    constexpr uint8_t kMoveToSpPlus4[] = {0xc7, 0x44, 0x24, 0x04};  // mov dword ptr [rsp+4], imm32
    byte(kPushImmediate);
    word(static_cast<uint32_t>(value));  // sign-extended to 8 bytes
    bytes(kMoveToSpPlus4);
    word(static_cast<uint32_t>(value >> 32));
  }

 private:
  RelocatedInstruction& out_;
  uint64_t slot_;
};

struct Decoded {
  ZydisDecodedInstruction instruction;
  std::span<const uint8_t> bytes;
  uint64_t next = 0;  // address of the following instruction

  bool has_modrm() const { return (instruction.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0; }
  bool ip_relative() const { return has_modrm() && instruction.raw.modrm.mod == 0 && instruction.raw.modrm.rm == 5; }
  uint64_t memory_target() const { return next + static_cast<uint64_t>(instruction.raw.disp.value); }
  bool is_branch() const { return instruction.raw.imm[0].is_relative != 0; }
  uint64_t branch_target() const { return next + static_cast<uint64_t>(instruction.raw.imm[0].value.s); }
  bool is_indirect_call() const {
    return instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && instruction.opcode == kGroup5 &&
           instruction.raw.modrm.reg == 2;
  }
  bool base_is_sp() const {
    const auto& raw = instruction.raw;
    return raw.modrm.mod != 3 && raw.modrm.rm == kSibOrSp && raw.sib.base == kSibOrSp && raw.rex.B == 0;
  }
};

Error too_far() { return Error("what it refers to is more than 2 GiB away from where its copy can be put"); }

Status relocate_branch(const Decoded& decoded, Writer& writer) {
  const ZydisDecodedInstruction& instruction = decoded.instruction;
  const uint64_t target = decoded.branch_target();
  bool reaches = false;
  if (instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && instruction.opcode == kCall) {
    writer.push(decoded.next);
    reaches = writer.jump(target);
  } else if (instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
             (instruction.opcode == kJump || instruction.opcode == kJumpShort)) {
    reaches = writer.jump(target);
  } else if (instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && instruction.opcode >= 0xe0 &&
             instruction.opcode <= 0xe3) {
    // loop, loope, loopne, jrcxz know short distances only: they jump over a jump. 0x67 (count in ecx) stays.
    if (instruction.address_width == 32) writer.byte(0x67);
    writer.byte(instruction.opcode);
    writer.byte(2);
    writer.byte(kJumpShort);
    writer.byte(5);
    reaches = writer.jump(target);
  } else if ((instruction.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && (instruction.opcode & 0xf0) == 0x70) ||
             (instruction.opcode_map == ZYDIS_OPCODE_MAP_0F && (instruction.opcode & 0xf0) == 0x80)) {
    writer.byte(0x0f);
    writer.byte(static_cast<uint8_t>(0x80 | (instruction.opcode & 0x0f)));
    reaches = writer.distance_to(target);
  } else {
    return Error("it is a relative branch of a kind that cannot be moved");
  }
  if (!reaches) return too_far();
  return {};
}

// call through a register or memory: the return address is pushed by hand, then jmp with the same operand.
Status relocate_indirect_call(const Decoded& decoded, Writer& writer) {
  const auto& raw = decoded.instruction.raw;
  if (raw.modrm.mod == 3 && raw.modrm.rm == kSibOrSp && raw.rex.B == 0) {
    return Error("it calls through the stack pointer");
  }
  constexpr uint8_t kJumpInsteadOfCall = 4 << 3;
  writer.push(decoded.next);
  // Up to the opcode, without bnd (F2) and notrack (3E), which mean nothing to a jump here; fs and gs stay.
  for (size_t i = 0; i + 1 < raw.modrm.offset; i++) {
    if (decoded.bytes[i] != 0xf2 && decoded.bytes[i] != 0x3e) writer.byte(decoded.bytes[i]);
  }
  writer.byte(kGroup5);
  if (decoded.ip_relative()) {
    writer.byte(kJumpInsteadOfCall | 5);
    if (!writer.distance_to(decoded.memory_target())) return too_far();
  } else if (decoded.base_is_sp()) {
    // The stack pointer is 8 lower by now.
    writer.byte(0x80 | kJumpInsteadOfCall | kSibOrSp);  // mod 2: a 32-bit displacement
    writer.byte(decoded.bytes[raw.modrm.offset + 1U]);
    writer.word(static_cast<uint32_t>(raw.disp.value + 8));
  } else {
    writer.byte(static_cast<uint8_t>(raw.modrm.mod << 6 | kJumpInsteadOfCall | raw.modrm.rm));
    writer.bytes(decoded.bytes.subspan(raw.modrm.offset + 1U));
  }
  return {};
}

Status relocate_ip_relative(const Decoded& decoded, Writer& writer) {
  if (decoded.instruction.address_width != 64) return Error("it addresses memory relative to eip");
  const size_t at = decoded.instruction.raw.disp.offset;
  writer.bytes(decoded.bytes.first(at));
  const size_t trailing = decoded.bytes.size() - at - 4;
  if (!writer.distance_to(decoded.memory_target(), trailing)) return too_far();
  writer.bytes(decoded.bytes.last(trailing));
  return {};
}

}  // namespace

Result<RelocatedInstruction> relocate_instruction(std::span<const uint8_t> bytes, uint64_t address, uint64_t slot) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  Decoded decoded;
  if (!ZYAN_SUCCESS(
          ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes.data(), bytes.size(), &decoded.instruction))) {
    return Error("no valid instruction begins there");
  }
  const ZydisDecodedInstruction& instruction = decoded.instruction;
  decoded.bytes = bytes.first(instruction.length);
  decoded.next = address + instruction.length;
  if (instruction.length == 1 && bytes[0] == kBreakpoint) return Error("there is a breakpoint instruction already");

  RelocatedInstruction relocated;
  relocated.original_length = instruction.length;
  Writer writer(relocated, slot);
  if (decoded.is_branch()) {
    // A 16-bit operand cuts the target to 16 bits on some processors and not on others.
    if (instruction.operand_width == 16) return Error("it is a branch with a 16-bit operand");
    TRY(relocate_branch(decoded, writer));
  } else if (decoded.is_indirect_call()) {
    TRY(relocate_indirect_call(decoded, writer));
  } else if (decoded.ip_relative()) {
    TRY(relocate_ip_relative(decoded, writer));
    relocated.executed_at = relocated.size;
  } else {
    writer.bytes(decoded.bytes);
    relocated.executed_at = relocated.size;
  }
  if (!writer.jump(decoded.next)) return too_far();
  return relocated;
}

}  // namespace polytap
