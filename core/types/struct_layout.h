// How C lays out a struct or union on x86-64 (System V ABI, as gcc and clang do).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/types/type.h"

namespace polytap {

// One member as declared.
struct MemberDeclaration {
  std::string name;  // empty: an anonymous struct or union, or an unnamed bit field
  Type type;
  uint32_t alignment = 1;        // of the type
  std::optional<uint64_t> bits;  // a bit field's width
  bool packed = false;           // __attribute__((packed)) on the member
  uint32_t aligned = 0;          // __attribute__((aligned(n))), _Alignas; 0: none
};

class StructLayout {
 public:
  // PACK: the limit that #pragma pack sets, 0 for none.
  StructLayout(std::string name, bool is_union, bool packed, uint32_t pack = 0);

  // INNER: the fields of an anonymous struct or union, which become this one's; null otherwise. An error when the
  // member cannot be placed: what is wrong with it, without its name.
  Status add(const MemberDeclaration& member, const StructDefinition* inner);
  // __attribute__((aligned(ALIGNMENT))) on the whole.
  void align(uint32_t alignment);

  struct Finished {
    StructDefinition definition;
    uint32_t alignment = 1;
  };
  // An error when the struct is too large.
  Result<Finished> finish() &&;

 private:
  Result<uint64_t> place_bits(const MemberDeclaration& member, uint32_t alignment, Field& field);

  StructDefinition definition_;
  bool is_union_;
  bool packed_;
  uint32_t pack_;
  uint64_t bits_ = 0;  // used so far; of a union by its largest member
  uint32_t alignment_ = 1;
};

}  // namespace polytap
