#include "core/output/record.h"

#include <algorithm>
#include <variant>

namespace polytap {
namespace {

Bytes bounded(Bytes bytes, size_t offset, size_t length) {
  if (offset >= bytes.size()) return {};
  return bytes.subspan(offset, std::min(length, bytes.size() - offset));
}

}  // namespace

RecordLayout RecordLayout::of_operation(const ir::Emit& operation) {
  RecordLayout layout;
  for (const ir::EmitField& field : operation.fields) {
    const bool is_bytes = field.kind == ir::EmitField::Kind::kBytes;
    layout.parts_.push_back({field.kind == ir::EmitField::Kind::kString, is_bytes ? field.length : 8});
    layout.fixed_ += layout.parts_.back().length;
  }
  return layout;
}

RecordLayout RecordLayout::of_types(const ir::EmitSpec& spec) {
  RecordLayout layout;
  for (const Type& type : spec.fields) {
    const bool is_string = type.is(TypeKind::kString);
    layout.parts_.push_back({is_string, is_string ? 8 : ir::map_value_size(type)});
    layout.fixed_ += layout.parts_.back().length;
  }
  return layout;
}

std::vector<RecordLayout> RecordLayout::of_program(const ir::Program& program) {
  std::vector<RecordLayout> layouts;
  for (const ir::EmitSpec& spec : program.emits) layouts.push_back(of_types(spec));
  for (const ir::Function& function : program.functions) {
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        const auto* emit = std::get_if<ir::Emit>(&instruction.operation);
        if (emit != nullptr && emit->emit < layouts.size()) layouts[emit->emit] = of_operation(*emit);
      }
    }
  }
  return layouts;
}

void RecordLayout::split(Bytes payload, std::vector<Bytes>& fields) const {
  fields.clear();
  size_t fixed_at = 0;
  size_t string_at = fixed_;
  for (const Part& part : parts_) {
    if (part.is_string) {
      const uint64_t length = load_word(payload, fixed_at);
      fields.push_back(bounded(payload, string_at, length));
      string_at += fields.back().size();
    } else {
      fields.push_back(bounded(payload, fixed_at, part.length));
    }
    fixed_at += part.length;
  }
}

std::vector<std::byte> key_of_fields(const std::vector<Type>& types, const std::vector<Bytes>& fields) {
  std::vector<std::byte> key;
  for (size_t i = 0; i < std::min(types.size(), fields.size()); ++i) {
    const size_t end = key.size() + types[i].storage_size();
    key.insert(key.end(), fields[i].begin(), fields[i].end());
    key.resize(end);
  }
  return key;
}

}  // namespace polytap
