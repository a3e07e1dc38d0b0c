// What those who compute a variable rely on (core/lang and the backends): checked of every description.
#pragma once

#include <optional>
#include <vector>

#include "core/base/check.h"
#include "core/probe/registers.h"
#include "core/probe/variable.h"

namespace polytap::test {

inline void check_variables(const std::optional<std::vector<ProbeVariable>>& variables) {
  if (!variables) return;
  const auto is_power = [](uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; };
  for (const ProbeVariable& variable : *variables) {
    CHECK(variable.pieces.empty() != variable.missing.empty());
    using Kind = LocationNode::Kind;
    for (size_t i = 0; i < variable.nodes.size(); ++i) {
      const LocationNode& node = variable.nodes[i];
      if (node.kind == Kind::kRegister) CHECK(node.value % 8 == 0 && node.value + 8 <= registers::kSize);
      if (node.kind == Kind::kLoad || node.kind == Kind::kExtend) CHECK(is_power(node.size) && node.left < i);
      if (node.kind == Kind::kBinary) CHECK(node.left < i && node.right < i);
    }
    for (const LocationPiece& piece : variable.pieces) {
      CHECK(piece.node < variable.nodes.size());
      CHECK(piece.in_memory || piece.size <= 8);
      if (piece.in_memory && variable.pieces.size() == 1) continue;  // nobody copies it as a whole
      CHECK(uint64_t{piece.offset} + piece.size <= 4096);
    }
  }
}

}  // namespace polytap::test
