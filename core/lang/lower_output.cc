#include <algorithm>

#include "core/base/check.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/lang/named_values.h"
#include "core/lang/printf_format.h"
#include "core/lang/reference.h"
#include "core/types/characters.h"

namespace polytap {

using ir::EmitField;
using ir::EmitKind;
using ir::EmitSpec;

void Lowerer::emit(EmitSpec spec, std::vector<EmitField> fields) {
  const auto id = static_cast<ir::EmitId>(program_.emits.size());
  program_.emits.push_back(std::move(spec));
  build_.run(ir::Emit{id, std::move(fields)});
}

void Lowerer::add_field(const ast::Expression& e, std::vector<Type>& types, std::vector<EmitField>& fields) {
  Type type = value_type(e);
  EmitField field;
  if (type.is_scalar()) {
    field.kind = EmitField::Kind::kWord;
    field.word = word(e);
  } else {
    type = characters_as_text(type);
    field.kind = type.is(TypeKind::kString) ? EmitField::Kind::kString : EmitField::Kind::kBytes;
    field.from = region(e, type);
    field.length = type.storage_size();
  }
  types.push_back(std::move(type));
  fields.push_back(field);
}

void Lowerer::statement_call(const ast::Call& call) {
  const FunctionSignature* function = find_function(call.name);
  CHECK(function != nullptr);
  const auto map_of_argument = [&] { return map_id(*named_map(*call.arguments[0])); };
  switch (function->id) {
    case FunctionId::kPrintf:
      format_call(call, EmitKind::kPrintf);
      return;
    case FunctionId::kErrorf:
      format_call(call, EmitKind::kErrorf);
      return;
    case FunctionId::kWarnf:
      format_call(call, EmitKind::kWarnf);
      return;
    case FunctionId::kDebugf:
      format_call(call, EmitKind::kDebugf);
      return;
    case FunctionId::kCat:
      format_call(call, EmitKind::kCat);
      return;
    case FunctionId::kSystem:
      format_call(call, EmitKind::kSystem);
      return;
    case FunctionId::kPrint:
      print(call);
      return;
    case FunctionId::kJoin:
      join(call);
      return;
    case FunctionId::kAssert:
      assertion(call);
      return;
    case FunctionId::kStaticAssert:
    case FunctionId::kFail:
      return;
    case FunctionId::kExit:
      exit(call);
      return;
    case FunctionId::kSignal:
    case FunctionId::kSignalThread:
      signal(call, function->id == FunctionId::kSignalThread);
      return;
    case FunctionId::kDelay:
      build_.run(ir::Delay{word(*call.arguments[0])});
      return;
    case FunctionId::kOverride:
      build_.run(ir::OverrideResult{word(*call.arguments[0])});
      return;
    case FunctionId::kPoke:
      poke(call);
      return;
    case FunctionId::kUnwatch:
      unwatch(call);
      return;
    case FunctionId::kClear:
      clear_or_zero(map_of_argument(), true);
      return;
    case FunctionId::kZero:
      clear_or_zero(map_of_argument(), false);
      return;
    case FunctionId::kTime: {
      EmitSpec spec;
      spec.kind = EmitKind::kTime;
      spec.format = call.arguments.empty() ? "%H:%M:%S\n" : *info(*call.arguments[0]).text;
      spec.span = call.name_span;
      emit(std::move(spec), {});
      return;
    }
    default:
      break;
  }
  CHECK(false);
}

// %s of `args.flags` shows names.
void Lowerer::name_fields(const ast::Call& call, EmitSpec& spec) {
  const auto pieces = parse_printf_format(spec.format);
  CHECK(pieces.ok());  // the checker parsed it
  size_t next = 0;
  for (const FormatPiece& piece : *pieces) {
    if (!piece.conversion) continue;
    next += piece.conversion->arguments();
    Type& type = spec.fields[next - 1];
    if (piece.conversion->conversion != 's' || !type.is(TypeKind::kInteger)) continue;
    type.name = names_of_argument(function_, *call.arguments[next]);
  }
}

void Lowerer::format_call(const ast::Call& call, EmitKind kind) {
  EmitSpec spec;
  spec.kind = kind;
  spec.format = *info(*call.arguments[0]).text;
  spec.control = kind == EmitKind::kErrorf;
  spec.span = call.name_span;
  std::vector<EmitField> fields;
  for (size_t i = 1; i < call.arguments.size(); ++i) add_field(*call.arguments[i], spec.fields, fields);
  name_fields(call, spec);
  // The whole call is the place that errorf and warnf show.
  spec.span.end = std::max(spec.span.end, call.arguments.back()->span.end + 1);
  emit(std::move(spec), std::move(fields));
}

void Lowerer::print(const ast::Call& call) {
  const ast::Expression& value = *call.arguments[0];
  const auto* reference = named_map(value);
  if (reference != nullptr && !reference->has_key) {
    const ir::MapId id = map_id(*reference);
    if (map(id).key.empty() && !map(id).value.is(TypeKind::kAggregation)) {
      print_scalar_map(id);
    } else {
      print_map(call, id);
    }
    return;
  }
  const Type& type = info(value).type;
  if (reference != nullptr && type.is(TypeKind::kAggregation) && !is_number(type)) {
    print_entry(call, *reference);
    return;
  }
  EmitSpec spec;
  spec.kind = EmitKind::kPrintValue;
  spec.span = call.name_span;
  std::vector<EmitField> fields;
  add_field(value, spec.fields, fields);
  emit(std::move(spec), std::move(fields));
}

// User space looks the entry up, as it does whole maps.
void Lowerer::print_entry(const ast::Call& call, const ast::MapReference& reference) {
  const ir::MapId id = map_id(reference);
  EmitSpec spec;
  spec.kind = EmitKind::kPrintMapEntry;
  spec.map = id;
  spec.control = true;
  spec.span = call.name_span;
  ir::Place at = key(reference);
  std::vector<EmitField> fields;
  for (const Type& type : map(id).key) {
    EmitField field;
    if (type.is_scalar()) {
      field.word = build_.load(at);
    } else {
      field.kind = type.is(TypeKind::kString) ? EmitField::Kind::kString : EmitField::Kind::kBytes;
      field.from = at;
      field.length = type.storage_size();
    }
    at.offset += type.storage_size();
    fields.push_back(field);
    spec.fields.push_back(type);
  }
  emit(std::move(spec), std::move(fields));
}

// The value as it is now, so that the order of the program is kept; nothing when it was never set.
void Lowerer::print_scalar_map(ir::MapId id) {
  const Type& type = map(id).value;
  const ir::Place place = scratch_for(type);
  const ir::Temp found = build_.add(ir::MapGet{id, {}, place});
  const ir::BlockId show = build_.new_block();
  const ir::BlockId after = build_.new_block();
  build_.branch(found, show, after);
  build_.switch_to(show);
  EmitSpec spec;
  spec.kind = EmitKind::kPrintMapValue;
  spec.map = id;
  spec.fields = {type};
  spec.control = true;
  EmitField field;
  if (type.is_scalar()) {
    field.word = build_.load(place);
  } else {
    field.kind = type.is(TypeKind::kString) ? EmitField::Kind::kString : EmitField::Kind::kBytes;
    field.from = place;
    field.length = type.storage_size();
  }
  emit(std::move(spec), {field});
  build_.jump(after);
  build_.switch_to(after);
}

void Lowerer::print_map(const ast::Call& call, ir::MapId id) {
  EmitSpec spec;
  spec.kind = EmitKind::kPrintMap;
  spec.map = id;
  spec.control = true;
  spec.span = call.name_span;
  std::vector<EmitField> fields;
  for (size_t i = 1; i <= 2; ++i) {
    EmitField field;
    field.word = constant(i < call.arguments.size() ? info(*call.arguments[i]).constant.value_or(0) : 0);
    fields.push_back(field);
    spec.fields.push_back(types::uint64());
  }
  emit(std::move(spec), std::move(fields));
}

void Lowerer::clear_or_zero(ir::MapId id, bool clear) {
  const MapInfo& target = map(id);
  if (target.key.empty() && !target.value.is(TypeKind::kAggregation)) {
    // One value: done here and now, so that what follows in the probe sees it.
    if (clear) {
      build_.run(ir::MapDelete{id, {}});
      return;
    }
    const ir::Place zeros = scratch_for(target.value);
    build_.zero(zeros, target.value.storage_size());
    build_.run(ir::MapSet{id, {}, zeros});
    return;
  }
  EmitSpec spec;
  spec.kind = clear ? EmitKind::kClearMap : EmitKind::kZeroMap;
  spec.map = id;
  spec.control = true;
  emit(std::move(spec), {});
}

ir::Temp Lowerer::remove(const ast::Call& call) {
  const ast::MapReference& reference = *named_map(*call.arguments[0]);
  const ir::MapId id = map_id(reference);
  const ir::Place at = call.arguments.size() == 2 ? key_of(id, *call.arguments[1]) : key(reference);
  return build_.add(ir::MapDelete{id, at});
}

// Says what does not hold, and ends the session with 1.
void Lowerer::assertion(const ast::Call& call) {
  const ir::BlockId fails = build_.new_block();
  const ir::BlockId holds = build_.new_block();
  branch(*call.arguments[0], holds, fails);
  build_.switch_to(fails);
  EmitSpec spec;
  spec.kind = EmitKind::kErrorf;
  for (const char c : *info(*call.arguments[1]).text) spec.format += c == '%' ? std::string("%%") : std::string(1, c);
  spec.control = true;
  spec.span = call.arguments[0]->span;
  emit(std::move(spec), {});
  build_.run(ir::Exit{constant(1)});
  build_.ret();
  build_.switch_to(holds);
}

void Lowerer::exit(const ast::Call& call) {
  const ir::Temp code = call.arguments.empty() ? constant(0) : word(*call.arguments[0]);
  build_.run(ir::Exit{code});
  build_.ret();
}

// Up to 16 strings, up to the null pointer; those behind it are empty.
void Lowerer::join(const ast::Call& call) {
  constexpr uint32_t kStrings = 16;
  const ast::Expression& list = *call.arguments[0];
  const Type& type = info(list).type;
  const bool user = type.is(TypeKind::kPointer) ? type.space == AddressSpace::kUser : function_.reads_user_memory();
  const AddressSpace space = user ? AddressSpace::kUser : AddressSpace::kKernel;
  const Type text = types::string(script_.settings.max_string);
  EmitSpec spec;
  spec.kind = EmitKind::kJoin;
  spec.format = call.arguments.size() > 1 ? *info(*call.arguments[1]).text : " ";
  spec.span = call.name_span;
  const ir::Temp start = word(list);
  const ir::Place pointer{build_.scratch(8), 0};
  std::vector<EmitField> fields;
  for (uint32_t i = 0; i < kStrings; ++i) {
    EmitField field;
    field.kind = EmitField::Kind::kString;
    field.from = scratch_for(text);
    field.length = text.storage_size();
    // Of a slot that was used before.
    build_.zero(field.from, 8);
    fields.push_back(field);
    spec.fields.push_back(text);
  }
  const ir::BlockId after = build_.new_block();
  for (const EmitField& field : fields) {
    const ir::BlockId more = build_.new_block();
    const int64_t offset = 8 * (&field - fields.data());
    build_.run(ir::ReadMemory{pointer, 8, build_.binary(ir::BinaryOp::kAdd, start, constant(offset)), space});
    const ir::Temp address = build_.load(pointer);
    build_.branch(address, more, after);
    build_.switch_to(more);
    build_.run(ir::ReadString{field.from, field.length, address, space, false});
  }
  build_.jump(after);
  build_.switch_to(after);
  emit(std::move(spec), std::move(fields));
}

}  // namespace polytap
