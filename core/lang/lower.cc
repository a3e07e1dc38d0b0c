#include "core/lang/lower.h"

#include <fmt/format.h>

#include <utility>

#include "core/lang/lowerer.h"

namespace polytap {
namespace {

std::string clause(const ast::Probe& probe) {
  std::string text;
  for (const ast::AttachPoint& point : probe.attach_points) text += (text.empty() ? "" : ",") + point.text;
  return text;
}

// Of the slots of one function; core/ir/verify.cc has the same limit.
constexpr uint64_t kMaxFrame = 16U << 20;

ir::MapSpec map_spec(const MapInfo& map, const ir::Settings& settings) {
  ir::MapSpec spec;
  spec.name = map.name;
  spec.key = map.key;
  for (const Type& type : map.key) spec.key_size += type.storage_size();
  spec.value = map.value;
  spec.value_size = ir::map_value_size(map.value);
  spec.max_entries = map.key.empty() ? 1 : map.max_entries;
  spec.evicts = map.evicts;
  spec.print_at_end = settings.print_maps_at_end;
  spec.span = map.span;
  return spec;
}

// The kernel's name of the helper that an operation is; nullptr for those that cannot fail.
const char* helper_name(const ir::Operation& operation) {
  if (const auto* op = std::get_if<ir::ReadMemory>(&operation)) {
    return op->space == AddressSpace::kUser ? "probe_read_user" : "probe_read_kernel";
  }
  if (const auto* op = std::get_if<ir::ReadBuffer>(&operation)) {
    return op->space == AddressSpace::kUser ? "probe_read_user" : "probe_read_kernel";
  }
  if (const auto* op = std::get_if<ir::ReadString>(&operation)) {
    return op->space == AddressSpace::kUser ? "probe_read_user_str" : "probe_read_kernel_str";
  }
  if (std::holds_alternative<ir::SendSignal>(operation)) return "send_signal";
  if (std::holds_alternative<ir::Delay>(operation)) return "delay";
  if (std::holds_alternative<ir::WriteMemory>(operation)) return "probe_write_user";
  return nullptr;
}

// One record for each place in the script.
void report_faults(ir::Program& program, ir::Function& function) {
  for (ir::Block& block : function.blocks) {
    for (ir::Instruction& instruction : block.instructions) {
      const char* helper = helper_name(instruction.operation);
      if (helper == nullptr) continue;
      instruction.on_fault = static_cast<ir::EmitId>(program.emits.size());
      ir::EmitSpec spec;
      spec.kind = ir::EmitKind::kHelperError;
      spec.format = helper;
      spec.fields = {types::int64()};
      spec.span = instruction.span;
      program.emits.push_back(std::move(spec));
    }
  }
}

}  // namespace

ir::Program lower(const CheckedScript& script, Diagnostics& diagnostics) {
  ir::Program program;
  program.settings = script.settings;
  for (const MapInfo& map : script.maps) program.maps.push_back(map_spec(map, script.settings));
  for (const CheckedFunction& checked : script.functions) {
    ir::Function function = Lowerer(script, checked, program, diagnostics).run();
    if (script.settings.report_faults) report_faults(program, function);
    uint64_t bytes = 0;
    for (const ir::Slot& slot : function.slots) bytes += slot.size;
    if (bytes > kMaxFrame) {
      diagnostics.error(function.span,
                        fmt::format("The probe's values take {} bytes; at most {} are possible", bytes, kMaxFrame),
                        "set max_strlen lower, or use fewer strings and stacks at a time");
    }
    for (const ProbeSite& site : checked.sites) {
      function.sites.push_back(static_cast<uint32_t>(program.sites.size()));
      program.sites.push_back(site);
    }
    program.functions.push_back(std::move(function));
  }
  return program;
}

Lowerer::Lowerer(const CheckedScript& script, const CheckedFunction& function, ir::Program& program,
                 Diagnostics& diagnostics)
    : script_(script),
      function_(function),
      program_(program),
      diagnostics_(diagnostics),
      build_(clause(*function.probe), function.probe->span),
      variables_(function.variables.size()) {}

ir::Function Lowerer::run() {
  if (function_.probe->predicate != nullptr) {
    const ir::BlockId body = build_.new_block();
    const ir::BlockId out = build_.new_block();
    build_.at(function_.probe->predicate->span);
    branch(*function_.probe->predicate, body, out);
    build_.switch_to(out);
    build_.ret();
    build_.switch_to(body);
  }
  block(function_.probe->body);
  build_.ret();
  return build_.finish();
}

Type Lowerer::value_type(const ast::Expression& e) const {
  const Type& type = info(e).type;
  if (!type.is(TypeKind::kAggregation)) return type;
  return types::integer(8, type.aggregation.kind == AggregationKind::kCount || type.aggregation.is_signed);
}

}  // namespace polytap
