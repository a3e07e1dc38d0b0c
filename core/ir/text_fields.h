// What the text form writes of each thing, in order. Io is the writer (text.cc) or the reader (text_parse.cc), so that
// the two cannot disagree. An Io's members take a label ("" for none) and a reference; the optional_ ones leave out
// (and read as) the default.
#pragma once

#include <array>
#include <string_view>
#include <variant>

#include "core/ir/ir.h"
#include "core/ir/names.h"

namespace polytap::ir {

// Index: that of the alternative in Operation. Binary is written as its BinaryOp's name.
inline constexpr std::array<std::string_view, 38> kOperationNames = {
    "const",         "binary",        "extend",       "slot_load",      "slot_load_at",    "slot_store",
    "slot_zero",     "slot_copy",     "slot_literal", "context_load",   "context_copy",    "context_string",
    "builtin",       "comm",          "read_memory",  "read_string",    "read_buffer",     "read_stack",
    "compare_bytes", "string_length", "map_get",      "map_set",        "map_add",         "map_delete",
    "map_has",       "map_length",    "aggregate",    "aggregate_read", "map_next",        "emit",
    "exit",          "find_text",     "join_texts",   "send_signal",    "override_result", "write_memory",
    "delay",         "decode_call"};
static_assert(kOperationNames.size() == std::variant_size_v<Operation>);

template <typename Io>
void fields(Io& io, Const& op) {
  io.number("", op.value);
}
template <typename Io>
void fields(Io& io, Binary& op) {
  io.temp("", op.left);
  io.temp("", op.right);
}
template <typename Io>
void fields(Io& io, Extend& op) {
  io.temp("", op.value);
  io.number("bits", op.bits);
  io.flag("signed", op.is_signed);
}
template <typename Io>
void fields(Io& io, SlotLoad& op) {
  io.place("", op.from);
  io.number("size", op.size);
  io.flag("signed", op.is_signed);
}
template <typename Io>
void fields(Io& io, SlotLoadAt& op) {
  io.place("", op.from);
  io.number("count", op.count);
  io.number("size", op.size);
  io.flag("signed", op.is_signed);
  io.temp("index", op.index);
}
template <typename Io>
void fields(Io& io, SlotStore& op) {
  io.place("", op.to);
  io.temp("", op.value);
  io.number("size", op.size);
}
template <typename Io>
void fields(Io& io, SlotZero& op) {
  io.place("", op.to);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, SlotCopy& op) {
  io.place("to", op.to);
  io.place("from", op.from);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, SlotLiteral& op) {
  io.place("", op.to);
  io.string_id("text", op.text);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, ContextLoad& op) {
  io.number("offset", op.offset);
  io.number("size", op.size);
  io.flag("signed", op.is_signed);
}
template <typename Io>
void fields(Io& io, ContextCopy& op) {
  io.place("to", op.to);
  io.number("offset", op.offset);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, ContextString& op) {
  io.place("to", op.to);
  io.number("offset", op.offset);
  io.number("capacity", op.capacity);
  io.flag("relative", op.is_relative);
}
template <typename Io>
void fields(Io& io, ReadBuiltin& op) {
  io.word("", kBuiltinNames, op.what);
}
template <typename Io>
void fields(Io& io, ReadComm& op) {
  io.place("to", op.to);
  io.flag("process", op.of_process);
}
template <typename Io>
void fields(Io& io, ReadMemory& op) {
  io.word("", kAddressSpaceNames, op.space);
  io.temp("", op.address);
  io.place("to", op.to);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, ReadString& op) {
  io.word("", kAddressSpaceNames, op.space);
  io.temp("", op.address);
  io.place("to", op.to);
  io.number("capacity", op.capacity);
  io.flag("unpadded", op.unpadded);
}
template <typename Io>
void fields(Io& io, ReadBuffer& op) {
  io.word("", kAddressSpaceNames, op.space);
  io.temp("", op.address);
  io.temp("length", op.length);
  io.place("to", op.to);
  io.number("capacity", op.capacity);
}
template <typename Io>
void fields(Io& io, ReadStack& op) {
  io.word("", kAddressSpaceNames, op.space);
  io.place("to", op.to);
  io.number("depth", op.depth);
}
template <typename Io>
void fields(Io& io, CompareBytes& op) {
  io.place("", op.left);
  io.place("", op.right);
  io.number("length", op.length);
}
template <typename Io>
void fields(Io& io, StringLength& op) {
  io.place("", op.from);
  io.number("capacity", op.capacity);
}
template <typename Io>
void fields(Io& io, MapGet& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
  io.place("to", op.to);
}
template <typename Io>
void fields(Io& io, MapSet& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
  io.place("from", op.from);
}
template <typename Io>
void fields(Io& io, MapAdd& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
  io.temp("", op.delta);
}
template <typename Io>
void fields(Io& io, MapDelete& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
}
template <typename Io>
void fields(Io& io, MapHas& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
}
template <typename Io>
void fields(Io& io, MapLength& op) {
  io.map_id("", op.map);
}
template <typename Io>
void fields(Io& io, Aggregate& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
  io.temp("", op.value);
}
template <typename Io>
void fields(Io& io, AggregateRead& op) {
  io.map_id("", op.map);
  io.place("key", op.key);
}
template <typename Io>
void fields(Io& io, MapNext& op) {
  io.map_id("", op.map);
  io.place("position", op.position);
  io.place("key", op.key);
  io.place("value", op.value);
}
template <typename Io>
void fields(Io& io, EmitField& field) {
  io.word("", kEmitFieldNames, field.kind);
  if (field.kind == EmitField::Kind::kWord) {
    io.temp("", field.word);
  } else {
    io.place("", field.from);
    io.number("length", field.length);
  }
}
template <typename Io>
void fields(Io& io, Emit& op) {
  io.emit_id("", op.emit);
  io.list("fields", op.fields);
}
template <typename Io>
void fields(Io& io, Exit& op) {
  io.temp("", op.code);
}

template <typename Io>
void fields(Io& io, FindText& op) {
  io.place("", op.text);
  io.number("capacity", op.capacity);
  io.place("pattern", op.pattern);
  io.number("pattern_capacity", op.pattern_capacity);
}
template <typename Io>
void fields(Io& io, JoinTexts& op) {
  io.place("to", op.to);
  io.number("capacity", op.capacity);
  io.place("left", op.left);
  io.number("left_capacity", op.left_capacity);
  io.place("right", op.right);
  io.number("right_capacity", op.right_capacity);
}
template <typename Io>
void fields(Io& io, DecodeCall& op) {
  io.place("to", op.to);
  io.number("capacity", op.capacity);
}
template <typename Io>
void fields(Io& io, SendSignal& op) {
  io.temp("", op.number);
  io.flag("thread", op.to_thread);
}
template <typename Io>
void fields(Io& io, OverrideResult& op) {
  io.temp("", op.value);
}
template <typename Io>
void fields(Io& io, Delay& op) {
  io.temp("", op.nanoseconds);
}
template <typename Io>
void fields(Io& io, WriteMemory& op) {
  io.temp("", op.address);
  io.place("from", op.from);
  io.number("length", op.length);
}

template <typename Io>
void fields(Io& io, Return&) {
  (void)io;
}
template <typename Io>
void fields(Io& io, Jump& end) {
  io.block_id("", end.to);
}
template <typename Io>
void fields(Io& io, Branch& end) {
  io.temp("", end.condition);
  io.block_id("", end.if_true);
  io.block_id("", end.if_false);
}

template <typename Io>
void fields(Io& io, Aggregation& aggregation) {
  const Aggregation defaults;
  io.word("", kAggregationNames, aggregation.kind);
  bool is_unsigned = !aggregation.is_signed;
  io.flag("unsigned", is_unsigned);
  aggregation.is_signed = !is_unsigned;
  io.optional_number("bits", aggregation.bits, defaults.bits);
  io.optional_number("low", aggregation.low, defaults.low);
  io.optional_number("high", aggregation.high, defaults.high);
  io.optional_number("step", aggregation.step, defaults.step);
  io.optional_number("interval", aggregation.interval_ns, defaults.interval_ns);
  io.optional_number("intervals", aggregation.intervals, defaults.intervals);
  io.optional_word("each", kSeriesKindNames, aggregation.each);
}
// The kind stands in front.
template <typename Io>
void fields(Io& io, Type& type) {
  io.flag("signed", type.is_signed);
  io.optional_number("size", type.size, 0U);
  io.optional_number("count", type.count, 0U);
  io.optional_word("space", kAddressSpaceNames, type.space);
  io.optional_word("mode", kStackModeNames, type.stack_mode);
  io.optional_text("name", type.name);
  io.optional_element("element", type.element);
  io.optional_list("elements", type.elements);
  io.optional_list("field_names", type.field_names);
  io.optional_aggregation("of", type.aggregation);
}

template <typename Io>
void fields(Io& io, ProbeArgument& argument) {
  io.text("", argument.name);
  io.type("type", argument.type);
  io.number("offset", argument.offset);
  io.number("size", argument.size);
  io.optional_word("form", kArgumentFormNames, argument.form);
  io.optional_number("index", argument.index, uint32_t{0});
  io.optional_number("scale", argument.scale, uint8_t{0});
  io.optional_number("displacement", argument.displacement, int64_t{0});
}
template <typename Io>
void fields(Io& io, ProbeSite& site) {
  io.word("", kProbeTypeNames, site.type);
  io.text("", site.name);
  io.optional_text("category", site.category);
  io.optional_text("event", site.event);
  io.optional_word("context", kContextKindNames, site.context);
  io.optional_number("context_size", site.context_size, 0U);
  io.optional_number("period_ns", site.period_ns, uint64_t{0});
  io.optional_text("module", site.module);
  io.optional_text("function", site.function);
  io.optional_number("function_offset", site.function_offset, uint64_t{0});
  io.optional_number("file_offset", site.file_offset, uint64_t{0});
  io.optional_number("address", site.address, uint64_t{0});
  io.optional_list("arguments", site.arguments);
}
template <typename Io>
void fields(Io& io, MapSpec& map) {
  const MapSpec defaults;
  io.text("", map.name);
  io.optional_list("key", map.key);
  io.optional_number("key_size", map.key_size, 0U);
  io.type("value", map.value);
  io.number("value_size", map.value_size);
  io.optional_number("max_entries", map.max_entries, defaults.max_entries);
  io.flag("evicts", map.evicts);
  bool is_hidden = !map.print_at_end;
  io.flag("hidden", is_hidden);
  map.print_at_end = !is_hidden;
}
template <typename Io>
void fields(Io& io, EmitSpec& emit) {
  io.word("", kEmitKindNames, emit.kind);
  io.optional_text("format", emit.format);
  io.optional_list("fields", emit.fields);
  io.optional_number("map", emit.map, 0U);
  io.flag("control", emit.control);
}
template <typename Io>
void fields(Io& io, Settings& settings) {
  const Settings defaults;
  io.optional_number("max_string", settings.max_string, defaults.max_string);
  io.optional_number("max_map_entries", settings.max_map_entries, defaults.max_map_entries);
  bool is_quiet = !settings.print_maps_at_end;
  io.flag("no_print_maps_at_end", is_quiet);
  settings.print_maps_at_end = !is_quiet;
  io.text("cut_trailer", settings.cut_trailer);
  io.optional_word("stack_mode", kStackModeNames, settings.stack_mode);
  bool is_mangled = !settings.demangle;
  io.flag("no_demangle", is_mangled);
  settings.demangle = !is_mangled;
  io.text("license", settings.license);
  io.flag("report_faults", settings.report_faults);
  io.optional_word("stack_mode", kStackModeNames, settings.stack_mode);
  io.optional_number("max_cat_bytes", settings.max_cat_bytes, defaults.max_cat_bytes);
  io.optional_number("max_copied_stack", settings.max_copied_stack, defaults.max_copied_stack);
  io.optional_number("max_programs", settings.max_programs, defaults.max_programs);
  io.optional_number("on_stack_limit", settings.on_stack_limit, defaults.on_stack_limit);
  io.optional_number("ring_pages", settings.ring_pages, defaults.ring_pages);
  io.optional_number("verifier_log_bytes", settings.verifier_log_bytes, defaults.verifier_log_bytes);
}
template <typename Io>
void fields(Io& io, Slot& slot) {
  io.optional_text("name", slot.name);
  io.number("size", slot.size);
}
// Without slots and blocks.
template <typename Io>
void fields(Io& io, Function& function) {
  io.text("", function.name);
  io.list("sites", function.sites);
  io.number("temps", function.temps);
}

}  // namespace polytap::ir
