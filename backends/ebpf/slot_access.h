// Which bytes of which slots an operation reads and writes.
#pragma once

#include <cstdint>
#include <functional>

#include "core/ir/ir.h"

namespace polytap::ebpf {

enum class Access : uint8_t {
  kRead,
  kWrite,  // every byte of the region gets a value that does not depend on what it held
};

using AccessVisitor = std::function<void(ir::Place place, uint32_t length, Access access)>;

// Calls VISIT for every region: those read first, then those written.
void visit_slots(const ir::Program& program, const ir::Operation& operation, const AccessVisitor& visit);

// Calls VISIT for every temporary that OPERATION takes.
void visit_temps(const ir::Operation& operation, const std::function<void(ir::Temp)>& visit);

}  // namespace polytap::ebpf
