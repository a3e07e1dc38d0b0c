#include "backends/ftrace/fetch_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/ir/function_needs.h"
#include "core/kernel/fetch_arguments.h"
#include "core/probe/registers.h"

namespace polytap::ftrace {
namespace {

// Calls of one function that may be under way at a time and still be seen to return; the kernel's own number, twice the
// CPUs, is soon used up by functions that sleep. At most 4096 (KRETPROBE_MAXACTIVE_MAX).
constexpr int kReturnsAtOnce = 512;

constexpr uint32_t kCommonSize = 8;  // the fields that begin every record

bool reads_memory(const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const ir::Operation& operation = instruction.operation;
      if (std::holds_alternative<ir::ReadString>(operation) || std::holds_alternative<ir::ReadBuffer>(operation) ||
          std::holds_alternative<ir::ReadMemory>(operation)) {
        return true;
      }
    }
  }
  return false;
}

// get_event_field() of kernel/trace/trace_eprobe.c takes a field that is declared `char *` or `const char *` for a
// string, and of its pointer the first byte (seen on 6.1 and 6.12).
bool is_char_pointer(const ProbeArgument& argument) {
  const Type& type = argument.type;
  return type.is(TypeKind::kPointer) && type.element != nullptr && type.element->is(TypeKind::kInteger) &&
         type.element->size == 1 && type.element->is_signed;
}

bool is_number(const ProbeArgument& argument) {
  return argument.form == ProbeArgument::Form::kInline &&
         (argument.size == 1 || argument.size == 2 || argument.size == 4 || argument.size == 8);
}

}  // namespace

std::optional<FetchEvent::Word> FetchEvent::word_at(uint32_t offset) const {
  if (is_kprobe()) {
    const std::string_view source = fetch_register(offset);
    if (source.empty()) return std::nullopt;
    const bool is_result = site_->is_return() && offset == registers::kResult;
    return Word{offset, 8, std::string(source.substr(1)), is_result ? "$retval" : std::string(source), 0};
  }
  for (const ProbeArgument& argument : site_->arguments) {
    if (argument.offset != offset || offset < kCommonSize || !is_number(argument) || is_char_pointer(argument))
      continue;
    return Word{offset, argument.size, "f_" + argument.name, "$" + argument.name, 0};
  }
  return std::nullopt;
}

void FetchEvent::add(const ir::Program& program, const ir::Function& function) {
  const ir::Captures found = ir::find_captures(program, function);
  const ir::FunctionNeeds needs = ir::needs_of(function);
  const auto add_word = [&](uint32_t begin, uint32_t end) {
    const bool starts_capture = std::ranges::any_of(found.captures, [&](const ir::Capture& capture) {
      return !capture.address.is_absolute && capture.address.context_offset == begin;
    });
    if (!starts_capture && !needs.touches(begin, end)) return true;
    if (std::ranges::find(words_, begin, &Word::context_offset) != words_.end()) return true;
    std::optional<Word> word = word_at(begin);
    if (word) words_.push_back(std::move(*word));
    return word.has_value();
  };
  if (is_kprobe()) {
    // The one that cannot be fetched is the same at every probe: orig_ax.
    for (uint32_t offset = 0; offset < registers::kSize; offset += 8) add_word(offset, offset + 8);
  } else {
    for (const ProbeArgument& argument : site_->arguments) {
      if (argument.offset < kCommonSize || add_word(argument.offset, argument.offset + argument.size)) continue;
      const std::string_view why = is_char_pointer(argument)
                                       ? "a char pointer, of which the kernel's event probes take one byte only"
                                       : "which is no number";
      refusal_ =
          FetchRefusal{fmt::format("{}: what is read through pointers takes an event probe, and that cannot carry "
                                   "field {}, {}",
                                   function.name, argument.name, why),
                       found.captures.empty() ? std::nullopt : std::optional(found.captures.front().span)};
    }
  }
  merge_captures(captures_, found.captures);
  const FetchWord source = [this](uint32_t offset) -> std::string_view {
    const auto word = std::ranges::find(words_, offset, &Word::context_offset);
    return word == words_.end() || word->size != 8 ? std::string_view() : std::string_view(word->source);
  };
  if (!refusal_) refusal_ = check_fetches(found, function.name, source);
  layout_ = CaptureLayout(captures_, true, source);
}

std::optional<FetchRefusal> FetchEvent::check() const {
  if (refusal_) return refusal_;
  return check_fetch_sizes(fields(), place().size(), site_->name,
                           captures_.empty() ? std::nullopt : std::optional(captures_.front().span));
}

std::vector<FetchField> FetchEvent::fields() const {
  std::vector<FetchField> fields;
  for (const Word& word : words_) {
    fields.push_back({word.name, fmt::format("{}:x{}", word.source, word.size * 8), false, false, 0, word.size});
  }
  for (FetchField& field : layout_.fields()) fields.push_back(std::move(field));
  return fields;
}

std::string FetchEvent::place() const {
  if (!is_kprobe()) return fmt::format("{}/{}", site_->category, site_->event);
  if (site_->address != 0) return fmt::format("{:#x}", site_->address);
  std::string text = site_->module.empty() ? site_->function : fmt::format("{}:{}", site_->module, site_->function);
  if (site_->function_offset != 0) text += fmt::format("+{}", site_->function_offset);
  return text;
}

std::string FetchEvent::arguments() const {
  std::string text;
  for (const FetchField& field : fields()) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", field.name, field.argument);
  }
  return text;
}

std::string FetchEvent::definition(std::string_view group, std::string_view name) const {
  std::string kind = "e";
  if (is_kprobe()) kind = site_->is_return() ? fmt::format("r{}", kReturnsAtOnce) : "p";
  std::string text = fmt::format("{}:{}/{} {}", kind, group, name, place());
  if (const std::string all = arguments(); !all.empty()) text += " " + all;
  return text;
}

Result<uint32_t> FetchEvent::make(ProbeGroup& group) {
  auto format = group.add(definition(group.name(), group.next_event()));
  if (!format) return std::move(format).error().context(site_->name);
  for (Word& word : words_) {
    const auto found = std::ranges::find(format->arguments, word.name, &ProbeArgument::name);
    if (found == format->arguments.end() || found->size != word.size) {
      return Error(fmt::format("{}: the kernel's format of the event does not have field {}", site_->name, word.name));
    }
    word.record_offset = found->offset;
  }
  TRY(layout_.place(*format));
  return format->id;
}

bool FetchEvent::restore(std::span<const std::byte> record, std::vector<std::byte>& context,
                         CapturedMemory& memory) const {
  context.assign(is_kprobe() ? registers::kSize : std::max(site_->context_size, kCommonSize), std::byte{0});
  if (is_kprobe()) {
    // As the kernel has it where no system call is being entered.
    std::memset(context.data() + registers::kOrigAx, 0xff, 8);
  } else {
    std::copy_n(record.begin(), std::min<size_t>(record.size(), kCommonSize), context.begin());
  }
  for (const Word& word : words_) {
    if (word.record_offset + word.size > record.size() || word.context_offset + word.size > context.size()) continue;
    std::memcpy(context.data() + word.context_offset, record.data() + word.record_offset, word.size);
  }
  memory.clear();
  return captures_.empty() || memory.look_at(layout_, context, record);
}

std::vector<FetchPlace> fetch_places(const ir::Program& program) {
  std::vector<FetchPlace> places;
  const auto place_of = [&](const ProbeSite& site) {
    return std::ranges::find_if(places, [&](const FetchPlace& other) { return other.event.site().name == site.name; });
  };
  for (const ir::Function& function : program.functions) {
    const bool reads = reads_memory(function);
    for (const uint32_t index : function.sites) {
      const ProbeSite& site = program.sites[index];
      if (!site.is_kernel_function() && (site.type != ProbeType::kTracepoint || !reads)) continue;
      if (place_of(site) == places.end()) places.push_back({FetchEvent(site), {}});
    }
  }
  for (uint32_t function = 0; function < program.functions.size(); ++function) {
    for (const uint32_t index : program.functions[function].sites) {
      const auto place = place_of(program.sites[index]);
      if (place == places.end()) continue;
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
