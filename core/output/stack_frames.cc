#include "core/output/stack_frames.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace polytap {
namespace {

bool is_source_mode(StackMode mode) { return mode == StackMode::kInline || mode == StackMode::kLines; }

using Test = bool (*)(const Type& type);

bool shows_lines(const Type& type) {
  return (type.is(TypeKind::kUserStack) || type.is(TypeKind::kKernelStack)) && is_source_mode(type.stack_mode);
}

bool names_user_code(const Type& type) {
  return type.is(TypeKind::kUserSymbol) || (type.is(TypeKind::kUserStack) && type.stack_mode != StackMode::kRaw);
}

bool contains(const Type& type, Test test) {
  const auto inside = [&](const Type& element) { return contains(element, test); };
  return test(type) || std::ranges::any_of(type.elements, inside) ||
         (type.element != nullptr && contains(*type.element, test));
}

bool shows_any(const ir::Program& program, Test test) {
  const auto is_shown = [&](const Type& type) { return contains(type, test); };
  for (const ir::MapSpec& map : program.maps) {
    if (is_shown(map.value) || std::ranges::any_of(map.key, is_shown)) return true;
  }
  return std::ranges::any_of(program.emits,
                             [&](const ir::EmitSpec& emit) { return std::ranges::any_of(emit.fields, is_shown); });
}

// bpftrace's spelling for perf's own "[unknown]" and for the kernel itself.
std::string_view perf_module(const Symbol& symbol, bool is_kernel) {
  if (!symbol.module.empty()) return symbol.module;
  return is_kernel && !symbol.name.empty() ? "[kernel.vmlinux]" : "[unknown]";
}

}  // namespace

bool shows_source_lines(const ir::Program& program) { return shows_any(program, shows_lines); }

bool shows_user_names(const ir::Program& program) { return shows_any(program, names_user_code); }

StackFrames::StackFrames(Symbolizer& symbolizer, const Type& type, int64_t pid)
    : symbolizer_(symbolizer),
      mode_(type.stack_mode),
      is_kernel_(type.is(TypeKind::kKernelStack)),
      pid_(static_cast<pid_t>(pid)) {}

Symbol StackFrames::symbol(uint64_t address) {
  return is_kernel_ ? symbolizer_.kernel_frame_symbol(address, returned_to_)
                    : symbolizer_.user_frame_symbol(pid_, address, returned_to_);
}

void StackFrames::append(std::string& out, uint64_t address, const char* indent) {
  const auto end = std::back_inserter(out);
  if (mode_ == StackMode::kRaw) {
    fmt::format_to(end, "{:x}", address);
    return;
  }
  if (mode_ == StackMode::kBuildId && !is_kernel_) {
    if (const auto place = symbolizer_.build_place(pid_, address)) {
      fmt::format_to(end, "{} {:#x}", place->build_id, place->file_offset);
      return;
    }
  }
  const Symbol found = symbol(address);
  if (is_source_mode(mode_)) {
    if (found.signal_return) returned_to_ = false;
    append_sources(out, address, indent);
  } else if (mode_ == StackMode::kPerf) {
    fmt::format_to(end, "{:x} ", address);
    if (found.name.empty()) {
      out += "[unknown]";
    } else {
      fmt::format_to(end, "{}+{}", found.name, found.offset);
    }
    fmt::format_to(end, " ({})", perf_module(found, is_kernel_));
  } else {
    out += is_kernel_ ? kernel_frame(found, address) : user_frame(found, address);
  }
  // A signal comes between any two instructions.
  returned_to_ = !found.signal_return;
}

void StackFrames::append_sources(std::string& out, uint64_t address, const char* indent) {
  const bool with_lines = mode_ == StackMode::kLines;
  const uint64_t behind = returned_to_ ? 1 : 0;
  const uint64_t instruction = address - behind;
  const Location location =
      is_kernel_ ? symbolizer_.locate_kernel(instruction, true) : symbolizer_.locate(pid_, instruction, true);
  const auto end = std::back_inserter(out);
  for (size_t i = 0; i < location.frames.size(); ++i) {
    const NamedFrame& frame = location.frames[i];
    const bool inlined = i + 1 < location.frames.size();
    if (i > 0) fmt::format_to(end, "\n{}", indent);
    Symbol symbol = location.symbol;
    if (inlined || !symbol.name.empty()) {
      out += frame.function;
      if (!inlined) fmt::format_to(end, "+{}", symbol.offset + behind);
    } else {
      symbol.module_offset += behind;
      out += is_kernel_ ? kernel_frame(symbol, address) : user_frame(symbol, address);
    }
    if (with_lines && !frame.file.empty()) {
      fmt::format_to(end, " at {}", frame.file);
      if (frame.line != 0) fmt::format_to(end, ":{}", frame.line);
    }
    if (inlined) {
      out += " [inlined]";
    } else if (!symbol.name.empty() && !symbol.module.empty()) {
      fmt::format_to(end, "{}{}{}", is_kernel_ ? " [" : " (", symbol.module, is_kernel_ ? ']' : ')');
    }
  }
}

}  // namespace polytap
