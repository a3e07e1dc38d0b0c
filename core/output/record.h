// The payload of an emitted record, taken apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/ir/ir.h"
#include "core/output/value.h"

namespace polytap {

// Where the fields of one EmitSpec's records lie: see ir::Emit.
class RecordLayout {
 public:
  // As the Emit operations of PROGRAM say; by SPEC's types where no operation is left: strings as kString, scalars as
  // kWord, the rest as kBytes.
  static std::vector<RecordLayout> of_program(const ir::Program& program);
  static RecordLayout of_operation(const ir::Emit& operation);
  static RecordLayout of_types(const ir::EmitSpec& spec);

  // One span per field, into PAYLOAD; of a string just its bytes. A payload that is too short gives empty fields.
  void split(Bytes payload, std::vector<Bytes>& fields) const;

 private:
  struct Part {
    bool is_string = false;
    uint32_t length = 8;  // in the fixed part
  };
  std::vector<Part> parts_;
  uint32_t fixed_ = 0;
};

// The key that FIELDS of these TYPES make: bytes as ir::MapSpec::key lays them out.
std::vector<std::byte> key_of_fields(const std::vector<Type>& types, const std::vector<Bytes>& fields);

}  // namespace polytap
