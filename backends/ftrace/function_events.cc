#include "backends/ftrace/function_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/ir/function_needs.h"
#include "core/kernel/fetch_arguments.h"
#include "core/kernel/fetch_check.h"

namespace polytap::ftrace {
namespace {

// Calls of one function that may be under way at a time and still be seen to return; the kernel's own number, twice the
// CPUs, is soon used up by functions that sleep. At most 4096 (KRETPROBE_MAXACTIVE_MAX).
constexpr int kReturnsAtOnce = 512;

// How the event's field is called: "di".
std::string_view field_name(uint32_t context_offset) { return fetch_register(context_offset).substr(1); }

}  // namespace

void FunctionEvent::add(const ir::Program& program, const ir::Function& function) {
  const ir::Captures found = ir::find_captures(program, function);
  const ir::FunctionNeeds needs = ir::needs_of(function);
  for (uint32_t offset = 0; offset < registers::kSize; offset += 8) {
    const bool starts_capture = std::ranges::any_of(found.captures, [&](const ir::Capture& capture) {
      return !capture.address.is_absolute && capture.address.context_offset == offset;
    });
    const bool known = std::ranges::any_of(registers_, [&](const Register& r) { return r.context_offset == offset; });
    if (known || fetch_register(offset).empty()) continue;
    if (starts_capture || needs.touches(offset, offset + 8)) registers_.push_back({offset, 0});
  }
  merge_captures(captures_, found.captures);
  layout_ = CaptureLayout(captures_, true);
}

std::vector<FetchField> FunctionEvent::fields() const {
  std::vector<FetchField> fields;
  for (const Register& each : registers_) {
    const bool is_result = site_->is_return() && each.context_offset == registers::kResult;
    const std::string_view word = is_result ? "$retval" : fetch_register(each.context_offset);
    fields.push_back({std::string(field_name(each.context_offset)), fmt::format("{}:x64", word), false, false, 0, 8});
  }
  for (FetchField& field : layout_.fields()) fields.push_back(std::move(field));
  return fields;
}

std::string FunctionEvent::place() const {
  if (site_->address != 0) return fmt::format("{:#x}", site_->address);
  std::string text = site_->module.empty() ? site_->function : fmt::format("{}:{}", site_->module, site_->function);
  if (site_->function_offset != 0) text += fmt::format("+{}", site_->function_offset);
  return text;
}

std::string FunctionEvent::arguments() const {
  std::string text;
  for (const FetchField& field : fields()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", field.name, field.argument);
  }
  return text;
}

std::string FunctionEvent::definition(std::string_view group, std::string_view name) const {
  const std::string kind = site_->is_return() ? fmt::format("r{}", kReturnsAtOnce) : "p";
  std::string text = fmt::format("{}:{}/{} {}", kind, group, name, place());
  if (const std::string all = arguments(); !all.empty()) text += " " + all;
  return text;
}

Result<uint32_t> FunctionEvent::make(ProbeGroup& group) {
  auto format = group.add(definition(group.name(), group.next_event()));
  if (!format) return std::move(format).error().context(site_->name);
  for (Register& each : registers_) {
    const auto found = std::ranges::find(format->arguments, field_name(each.context_offset), &ProbeArgument::name);
    if (found == format->arguments.end() || found->size != 8) {
      return Error(fmt::format("{}: the kernel's format of the event does not have field {}", site_->name,
                               field_name(each.context_offset)));
    }
    each.record_offset = found->offset;
  }
  TRY(layout_.place(*format));
  return format->id;
}

bool FunctionEvent::restore(std::span<const std::byte> record, Context& context, CapturedMemory& memory) const {
  context.fill(std::byte{0});
  // As the kernel has it where no system call is being entered.
  std::memset(context.data() + registers::kOrigAx, 0xff, 8);
  for (const Register& each : registers_) {
    if (each.record_offset + 8 > record.size()) continue;
    std::memcpy(context.data() + each.context_offset, record.data() + each.record_offset, 8);
  }
  memory.clear();
  return captures_.empty() || memory.look_at(layout_, context, record);
}

std::vector<FunctionPlace> function_places(const ir::Program& program) {
  std::vector<FunctionPlace> places;
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    for (const uint32_t index : program.functions[function].sites) {
      const ProbeSite& site = program.sites[index];
      if (!site.is_kernel_function()) continue;
      auto place = std::ranges::find_if(
          places, [&](const FunctionPlace& other) { return other.event.site().name == site.name; });
      if (place == places.end()) place = places.insert(places.end(), FunctionPlace{FunctionEvent(site), {}});
      place->event.add(program, program.functions[function]);
      place->hooks.push_back({function, index});
    }
  }
  return places;
}

uint64_t missed_probes(std::string_view profile, const std::vector<std::string>& events) {
  uint64_t missed = 0;
  // Lines "  EVENT HITS MISSED", in columns.
  while (!profile.empty()) {
    const std::string_view line = profile.substr(0, profile.find('\n'));
    profile.remove_prefix(std::min(profile.size(), line.size() + 1));
    const size_t begin = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view name = line.substr(begin, line.find(' ', begin) - begin);
    const size_t last = line.rfind(' ');
    if (last == std::string_view::npos || std::ranges::find(events, name) == events.end()) continue;
    uint64_t count = 0;
    std::from_chars(line.data() + last + 1, line.data() + line.size(), count);
    missed += count;
  }
  return missed;
}

uint64_t missed_probes(const std::string& tracefs_root, const ProbeGroup& group) {
  const auto text = read_kernel_file(tracefs_root + "/kprobe_profile");
  return text ? missed_probes(*text, group.events()) : 0;
}

}  // namespace polytap::ftrace
