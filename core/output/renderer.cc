#include "core/output/renderer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "core/output/action.h"
#include "core/output/capture_files.h"
#include "core/output/json.h"
#include "core/output/losses.h"
#include "core/output/map.h"
#include "core/output/printf.h"
#include "core/output/record.h"
#include "core/output/value.h"

namespace polytap {
namespace {

bool takes_format(ir::EmitKind kind) {
  switch (kind) {
    case ir::EmitKind::kPrintf:
    case ir::EmitKind::kErrorf:
    case ir::EmitKind::kWarnf:
    case ir::EmitKind::kDebugf:
    case ir::EmitKind::kCat:
    case ir::EmitKind::kSystem:
      return true;
    default:
      return false;
  }
}

std::string plural(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

class ScriptRenderer : public Renderer {
 public:
  ScriptRenderer(OutputFormat format, const ir::Program& program, const Source& source, Symbolizer& symbolizer,
                 ByteSink& sink, const TypeProvider* types)
      : is_json_(format == OutputFormat::kJson),
        program_(program),
        source_(source),
        sink_(sink),
        losses_(is_json_, program, sink),
        values_(program, symbolizer, types),
        maps_(values_),
        layouts_(RecordLayout::of_program(program)) {
    for (const ir::EmitSpec& spec : program.emits) {
      formatters_.emplace_back();
      if (!takes_format(spec.kind)) continue;
      auto formatter = PrintfFormatter::create(spec.format, spec.fields, values_);
      CHECK(formatter.ok());  // the checker reads every format first
      formatters_.back() = std::move(formatter).value();
    }
  }

  void record(const EmittedRecord& record) override;
  void map(ir::MapId id, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) override;
  void map_entry(ir::MapId id, MapEntry entry) override;
  void end_of_run() override {
    if (!is_json_) sink_.out("\n\n");
  }
  void attached_probes(uint64_t count) override;
  void benchmarks(std::span<const BenchmarkTime> times) override {
    sink_.out(is_json_ ? benchmark_json(times) : benchmark_table(times));
  }
  void mute_warnings() override { is_mute_ = true; }
  void losses(const Losses& losses) override;
  void losses_so_far(const Losses& losses) override;

 private:
  // {"type": "TYPE", "data": "TEXT"}, or just TEXT.
  void message(std::string_view type, std::string_view text);
  void begin_message(std::string_view type);
  void report(ir::EmitKind kind, Span span, std::string_view text);
  void trouble(Span span, const Error& error);
  std::string formatted(ir::EmitId emit) const;
  void print_value(const ir::EmitSpec& spec);
  void print_map_value(const ir::EmitSpec& spec);
  void packet(const ir::EmitSpec& spec, uint64_t time_ns);
  void helper_error(const ir::EmitSpec& spec);
  // The members of JSON that tell a place in the script.
  std::string place_json(Span span) const;
  void show_value(const Type& type, Bytes bytes);
  void time(const ir::EmitSpec& spec, uint64_t time_ns);
  void join(const ir::EmitSpec& spec);
  void cat(ir::EmitId emit, const ir::EmitSpec& spec);
  void system(ir::EmitId emit, const ir::EmitSpec& spec);

  const bool is_json_;
  bool is_mute_ = false;
  const ir::Program& program_;
  const Source& source_;
  ByteSink& sink_;
  LossRenderer losses_;
  ValueRenderer values_;
  MapRenderer maps_;
  std::vector<RecordLayout> layouts_;
  std::vector<std::optional<PrintfFormatter>> formatters_;
  CaptureFiles captures_;
  // Of the record at hand; kept for their memory.
  std::vector<Bytes> fields_;
  std::string line_;
  std::string text_;
};

void ScriptRenderer::record(const EmittedRecord& record) {
  CHECK(record.emit < program_.emits.size());
  const ir::EmitSpec& spec = program_.emits[record.emit];
  layouts_[record.emit].split(record.payload, fields_);
  CHECK(fields_.size() == spec.fields.size());
  switch (spec.kind) {
    case ir::EmitKind::kPrintf:
      text_.clear();
      formatters_[record.emit]->append(text_, fields_);
      return message("printf", text_);
    case ir::EmitKind::kWarnf:
      if (is_mute_) return;
      [[fallthrough]];
    case ir::EmitKind::kErrorf:
    case ir::EmitKind::kDebugf:
      return report(spec.kind, spec.span, formatted(record.emit));
    case ir::EmitKind::kPrintValue:
      return print_value(spec);
    case ir::EmitKind::kPrintMapValue:
      return print_map_value(spec);
    case ir::EmitKind::kTime:
      return time(spec, record.time_ns);
    case ir::EmitKind::kJoin:
      return join(spec);
    case ir::EmitKind::kCat:
      return cat(record.emit, spec);
    case ir::EmitKind::kSystem:
      return system(record.emit, spec);
    case ir::EmitKind::kSkbOutput:
      return packet(spec, record.time_ns);
    case ir::EmitKind::kHelperError:
      if (!is_mute_) helper_error(spec);
      return;
    case ir::EmitKind::kPrintMapEntry:
    case ir::EmitKind::kUnwatch:
    case ir::EmitKind::kPrintMap:
    case ir::EmitKind::kClearMap:
    case ir::EmitKind::kZeroMap:
      // The caller's: they need the session.
      CHECK(false);
  }
}

void ScriptRenderer::begin_message(std::string_view type) {
  line_ = "{\"type\": \"";
  line_ += type;
  line_ += "\", \"data\": ";
}

void ScriptRenderer::message(std::string_view type, std::string_view text) {
  if (!is_json_) return sink_.out(text);
  begin_message(type);
  append_json_string(line_, text);
  line_ += "}\n";
  sink_.out(line_);
}

std::string ScriptRenderer::formatted(ir::EmitId emit) const {
  std::string text;
  formatters_[emit]->append(text, fields_);
  return text;
}

// errorf, warnf, debugf: with their place in the script, on standard error.
void ScriptRenderer::report(ir::EmitKind kind, Span span, std::string_view text) {
  const Source::Position from = source_.position(span.begin);
  if (is_json_) {
    line_ = fmt::format("{{\"type\": \"{}\", \"msg\": ", kind == ir::EmitKind::kErrorf  ? "errorf"
                                                         : kind == ir::EmitKind::kWarnf ? "warnf"
                                                                                        : "debugf");
    append_json_string(line_, text);
    line_ += place_json(span);
    line_ += "}\n";
    return sink_.out(line_);
  }
  const Source::Position to = source_.position(std::max(span.begin, span.end));
  const uint32_t line_end = from.column + static_cast<uint32_t>(source_.line_at(span.begin).size());
  const uint32_t end_column = to.line == from.line ? to.column : line_end;
  const char* severity = kind == ir::EmitKind::kErrorf ? "ERROR" : kind == ir::EmitKind::kWarnf ? "WARNING" : "DEBUG";
  // What the script printed before comes first, wherever both go.
  sink_.flush();
  sink_.error(fmt::format("{}:{}:{}-{}: {}: {}\n", from.name, from.line, from.column, end_column, severity, text));
}

std::string ScriptRenderer::place_json(Span span) const {
  const Source::Position from = source_.position(span.begin);
  std::string text = ", \"filename\": ";
  append_json_string(text, from.name);
  return text + fmt::format(", \"line\": {}, \"col\": {}", from.line, from.column);
}

// Something the script asked for that user space could not do.
void ScriptRenderer::trouble(Span span, const Error& error) {
  if (!is_json_) return report(ir::EmitKind::kErrorf, span, error.message());
  line_ = "{\"type\": \"runtime_error\", \"msg\": ";
  append_json_string(line_, error.message());
  line_ += place_json(span) + "}\n";
  sink_.out(line_);
}

// -k: a read that failed in the kernel, or at a stop.
void ScriptRenderer::helper_error(const ir::EmitSpec& spec) {
  const auto code = static_cast<int64_t>(load_word(fields_.front()));
  const std::string why = error_name(code);
  if (is_json_) {
    line_ = "{\"type\": \"helper_error\", \"msg\": ";
    append_json_string(line_, why);
    line_ += fmt::format(", \"helper\": \"{}\", \"retcode\": {}", spec.format, code);
    line_ += place_json(spec.span) + "}\n";
    return sink_.out(line_);
  }
  sink_.flush();
  Diagnostic diagnostic;
  diagnostic.severity = Severity::kWarning;
  diagnostic.span = spec.span;
  diagnostic.message = fmt::format("Failed to {}: {} ({})", spec.format, why, code);
  sink_.error(render(source_, diagnostic));
}

void ScriptRenderer::packet(const ir::EmitSpec& spec, uint64_t time_ns) {
  const Bytes bytes = buffer_content(fields_[1]);
  if (bytes.empty()) return;  // which skboutput() has returned
  const Status status =
      captures_.write(spec.format, values_.clock().epoch_of_monotonic(time_ns), load_word(fields_[0]), bytes);
  if (!status.ok()) trouble(spec.span, Error(status.error()).context("skboutput"));
}

// A histogram with its key, as in print() of the map; anything else as a value.
void ScriptRenderer::map_entry(ir::MapId id, MapEntry entry) {
  const Type& type = program_.maps[id].value;
  if (is_histogram(type)) return map(id, {std::move(entry)}, 0, 1);
  if (entry.value.empty()) entry.value.resize(ir::map_value_size(type));
  show_value(type, entry.value);
}

void ScriptRenderer::show_value(const Type& type, Bytes bytes) {
  // An aggregation comes as its whole value, or cast to an integer.
  const bool is_whole = type.is(TypeKind::kAggregation) && bytes.size() > 8;
  if (is_json_) {
    begin_message("value");
    is_whole ? maps_.value(line_, type, bytes, 1, true) : values_.json(line_, type, bytes);
    line_ += "}\n";
  } else {
    line_.clear();
    is_whole ? maps_.value(line_, type, bytes, 1, false) : values_.text(line_, type, bytes);
    line_ += '\n';
  }
  sink_.out(line_);
}

void ScriptRenderer::print_value(const ir::EmitSpec& spec) {
  for (size_t i = 0; i < fields_.size(); ++i) show_value(spec.fields[i], fields_[i]);
}

// A histogram is shown with its key, as in print() of the map; anything else as a value.
void ScriptRenderer::print_map_value(const ir::EmitSpec& spec) {
  CHECK(!fields_.empty());
  // Without a key it is print(@x) of a scalar map: "@x: 5".
  const bool scalar = spec.fields.size() == 1;
  if (!scalar && !is_histogram(spec.fields.back())) return show_value(spec.fields.back(), fields_.back());
  MapEntry entry;
  const Bytes last = fields_.back();
  fields_.pop_back();
  entry.key = key_of_fields(spec.fields, fields_);
  entry.value.assign(last.begin(), last.end());
  map(spec.map, {std::move(entry)}, 0, 1);
}

// The time of the event, not of its reading.
void ScriptRenderer::time(const ir::EmitSpec& spec, uint64_t time_ns) {
  text_.clear();
  if (time_ns != 0) {
    values_.clock().append_monotonic(text_, spec.format, time_ns);
  } else {
    values_.clock().append_now(text_, spec.format);
  }
  message("time", text_);
}

// Arrays of strings have no length in the kernel: what was not there reads as empty strings at the end.
void ScriptRenderer::join(const ir::EmitSpec& spec) {
  size_t count = fields_.size();
  while (count > 0 && string_text(fields_[count - 1]).empty()) --count;
  text_.clear();
  for (size_t i = 0; i < count; ++i) {
    if (i != 0) text_ += spec.format;
    values_.text(text_, spec.fields[i], fields_[i]);
  }
  if (!is_json_) text_ += '\n';
  message("join", text_);
}

void ScriptRenderer::cat(ir::EmitId emit, const ir::EmitSpec& spec) {
  const auto text = read_file_start(formatted(emit), program_.settings.max_cat_bytes);
  if (!text.ok()) return trouble(spec.span, Error(text.error()).context("cat"));
  message("cat", *text);
}

void ScriptRenderer::system(ir::EmitId emit, const ir::EmitSpec& spec) {
  sink_.flush();
  const auto text = run_shell_command(formatted(emit));
  if (!text.ok()) return trouble(spec.span, Error(text.error()).context("system"));
  message("syscall", *text);
}

void ScriptRenderer::map(ir::MapId id, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) {
  CHECK(id < program_.maps.size());
  const ir::MapSpec& spec = program_.maps[id];
  sort_by_value(spec, entries);
  std::string text;
  if (is_json_) {
    maps_.json(text, spec, entries, {top, divisor});
  } else {
    maps_.text(text, spec, entries, {top, divisor});
  }
  sink_.out(text);
}

void ScriptRenderer::attached_probes(uint64_t count) {
  if (is_json_) {
    return sink_.out(
        fmt::format("{{\"type\": \"attached_probes\", \"count\": {0}, \"data\": {{\"probes\": {0}}}}}\n", count));
  }
  sink_.error(fmt::format("Attached {}\n", plural(count, "probe")));
}

void ScriptRenderer::losses(const Losses& losses) { losses_.at_end(losses); }

void ScriptRenderer::losses_so_far(const Losses& losses) { losses_.so_far(losses); }

}  // namespace

std::unique_ptr<Renderer> make_renderer(OutputFormat format, const ir::Program& program, const Source& source,
                                        Symbolizer& symbolizer, ByteSink& sink, const TypeProvider* types) {
  return std::make_unique<ScriptRenderer>(format, program, source, symbolizer, sink, types);
}

}  // namespace polytap
