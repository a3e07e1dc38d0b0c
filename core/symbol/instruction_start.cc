#include "core/symbol/instruction_start.h"

#include <Zydis/Decoder.h>

namespace polytap {

std::optional<bool> is_instruction_start(std::span<const uint8_t> code, uint64_t offset) {
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  uint64_t at = 0;
  while (at < offset) {
    if (at >= code.size()) return std::nullopt;
    ZydisDecodedInstruction instruction;
    const auto rest = code.subspan(at);
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, nullptr, rest.data(), rest.size(), &instruction))) {
      return std::nullopt;
    }
    at += instruction.length;
  }
  return at == offset;
}

}  // namespace polytap
