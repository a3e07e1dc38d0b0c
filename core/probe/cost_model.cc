#include "core/probe/cost_model.h"

#include <algorithm>
#include <variant>

namespace polytap {
namespace {

double operation_cost(const CostModel& model, const ir::Operation& operation) {
  const auto bytes = [](uint32_t length) { return length / 32.0; };  // copied and zeroed at about 32 bytes a nanosecond
  return std::visit(
      ir::Overloaded{
          [&](const ir::ReadBuiltin&) { return model.builtin; },
          [&](const ir::ReadComm&) { return model.builtin; },
          [&](const ir::MapGet&) { return model.map_read; },
          [&](const ir::MapHas&) { return model.map_read; },
          [&](const ir::AggregateRead&) { return model.map_read; },
          [&](const ir::MapSet&) { return model.map_write; },
          [&](const ir::MapAdd&) { return model.map_write; },
          [&](const ir::MapDelete&) { return model.map_write; },
          [&](const ir::MapNext&) { return model.map_length; },
          [&](const ir::MapLength&) { return model.map_length; },
          [&](const ir::Aggregate&) { return model.aggregate; },
          [&](const ir::ReadMemory& op) { return model.read_memory + bytes(op.length); },
          [&](const ir::ReadBuffer& op) { return model.read_memory + bytes(op.capacity); },
          [&](const ir::ReadString& op) { return model.read_string + (op.unpadded ? 0 : bytes(op.capacity)); },
          [&](const ir::ContextString& op) { return model.step + bytes(op.capacity); },
          [&](const ir::ReadStack&) { return model.stack; },
          [&](const ir::Emit&) { return model.emit; },
          [&](const auto&) { return model.step; },
      },
      operation);
}

}  // namespace

double firing_cost(const CostModel& model, ProbeType type) {
  switch (type) {
    case ProbeType::kTracepoint:
      return model.tracepoint;
    case ProbeType::kRawTracepoint:
      return model.raw_tracepoint;
    case ProbeType::kKprobe:
      return model.kernel_function;
    case ProbeType::kKretprobe:
      return model.kernel_return;
    case ProbeType::kUprobe:
    case ProbeType::kUsdt:
      return model.user_function;
    case ProbeType::kUretprobe:
      return model.user_return;
    case ProbeType::kProfile:
    case ProbeType::kSoftware:
    case ProbeType::kHardware:
    case ProbeType::kWatchpoint:
      return model.sampled;
    default:
      return 0;
  }
}

double operations_cost(const CostModel& model, const ir::Function& function) {
  double sum = 0;
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      sum += operation_cost(model, instruction.operation);
    }
  }
  return sum;
}

double cost_of(const CostModel& model, const ir::Program& program) {
  double most = 0;
  for (const ir::Function& function : program.functions) {
    double firing = 0;
    for (const uint32_t site : function.sites) {
      firing = std::max(firing, firing_cost(model, program.sites[site].type));
    }
    // What polytap fires itself costs the traced threads nothing.
    if (firing > 0) most = std::max(most, firing + operations_cost(model, function));
  }
  return most;
}

}  // namespace polytap
