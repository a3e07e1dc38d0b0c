#include "core/output/stack_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace polytap {
namespace {

bool is_source_mode(StackMode mode) { return mode == StackMode::kInline || mode == StackMode::kLines; }

bool shows_lines(const Type& type) {
  if (type.is(TypeKind::kUserStack) || type.is(TypeKind::kKernelStack)) return is_source_mode(type.stack_mode);
  return std::ranges::any_of(type.elements, shows_lines) || (type.element != nullptr && shows_lines(*type.element));
}

}  // namespace

bool shows_source_lines(const ir::Program& program) {
  for (const ir::MapSpec& map : program.maps) {
    if (shows_lines(map.value) || std::ranges::any_of(map.key, shows_lines)) return true;
  }
  return std::ranges::any_of(program.emits,
                             [](const ir::EmitSpec& emit) { return std::ranges::any_of(emit.fields, shows_lines); });
}

void append_source_frames(std::string& out, Symbolizer& symbolizer, const Type& type, int64_t pid, uint64_t address,
                          bool is_caller, const char* indent) {
  const bool is_kernel = type.is(TypeKind::kKernelStack);
  const bool with_lines = type.stack_mode == StackMode::kLines;
  const uint64_t instruction = address - (is_caller ? 1 : 0);
  const Location location = is_kernel ? symbolizer.locate_kernel(instruction, true)
                                      : symbolizer.locate(static_cast<pid_t>(pid), instruction, true);
  const auto end = std::back_inserter(out);
  for (size_t i = 0; i < location.frames.size(); ++i) {
    const NamedFrame& frame = location.frames[i];
    const bool inlined = i + 1 < location.frames.size();
    if (i > 0) fmt::format_to(end, "\n{}", indent);
    Symbol symbol = location.symbol;
    if (inlined || !symbol.name.empty()) {
      out += frame.function;
      if (!inlined) fmt::format_to(end, "+{}", symbol.offset + (is_caller ? 1 : 0));
    } else {
      symbol.module_offset += is_caller ? 1 : 0;
      out += is_kernel ? kernel_frame(symbol, address) : user_frame(symbol, address);
    }
    if (with_lines && !frame.file.empty()) {
      fmt::format_to(end, " at {}", frame.file);
      if (frame.line != 0) fmt::format_to(end, ":{}", frame.line);
    }
    if (inlined) {
      out += " [inlined]";
    } else if (!symbol.name.empty() && !symbol.module.empty()) {
      fmt::format_to(end, "{}{}{}", is_kernel ? " [" : " (", symbol.module, is_kernel ? ']' : ')');
    }
  }
}

}  // namespace polytap
