// The argument descriptions of USDT probes: "-4@%eax 8@-16(%rbp) 4@$5" (x86-64), "8@x0 -4@[sp, 12] 4@5" (aarch64), as
// the assembler wrote them into .note.stapsdt (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

enum class Machine : uint8_t { kX8664, kAarch64 };

struct UsdtOperand {
  enum class Kind : uint8_t {
    kConstant,  // `displacement`
    kRegister,  // `base`
    kMemory,    // at base + index * scale + displacement; a base or a symbol may be missing
    kOther,     // a floating point register, or what no description tells
  };
  Kind kind = Kind::kOther;
  uint32_t size = 8;
  bool is_signed = false;
  std::string base;   // a register's name, without %
  std::string index;  // "" for none
  uint32_t scale = 1;
  int64_t displacement = 0;
  std::string symbol;  // kMemory: its address is added; with base "rip" it is meant alone
  std::string text;    // as it was written
};

std::vector<UsdtOperand> parse_usdt_operands(std::string_view text, Machine machine);

}  // namespace polytap
