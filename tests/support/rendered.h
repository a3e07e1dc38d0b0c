// A renderer over a program made by hand, and what it wrote.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/output/renderer.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/symbolizer.h"
#include "tests/support/payload.h"

namespace polytap::test {

class StringSink : public ByteSink {
 public:
  void out(std::string_view text) override { answer += text; }
  void error(std::string_view text) override { errors += text; }
  void flush() override {}

  std::string answer;
  std::string errors;
};

// Everything a renderer needs. Fill `program` before the first call that renders.
class Rendered {
 public:
  explicit Rendered(OutputFormat format, std::string script = "")
      : format_(format), source_("stdin", std::move(script)) {}

  ir::EmitId add_emit(ir::EmitKind kind, std::string format, std::vector<Type> fields) {
    ir::EmitSpec spec;
    spec.kind = kind;
    spec.format = std::move(format);
    spec.fields = std::move(fields);
    program.emits.push_back(std::move(spec));
    return static_cast<ir::EmitId>(program.emits.size() - 1);
  }
  ir::MapId add_map(std::string name, std::vector<Type> key, Type value) {
    ir::MapSpec spec;
    spec.name = std::move(name);
    for (const Type& type : key) spec.key_size += type.storage_size();
    spec.key = std::move(key);
    spec.value_size = ir::map_value_size(value);
    spec.value = std::move(value);
    program.maps.push_back(std::move(spec));
    return static_cast<ir::MapId>(program.maps.size() - 1);
  }

  void record(ir::EmitId emit, const Payload& payload, uint64_t time_ns = 0) {
    const auto bytes = payload.encode();
    renderer().record({.emit = emit, .site = 0, .time_ns = time_ns, .payload = bytes});
  }
  void map(ir::MapId id, std::vector<MapEntry> entries, uint64_t top = 0, uint64_t divisor = 0) {
    renderer().map(id, std::move(entries), top, divisor);
  }
  Renderer& renderer() {
    if (renderer_ == nullptr) renderer_ = make_renderer(format_, program, source_, symbolizer_, sink, types);
    return *renderer_;
  }
  // What was written since the last call.
  std::string take() { return std::exchange(sink.answer, {}); }

  ir::Program program;
  StringSink sink;
  const TypeProvider* types = nullptr;

 private:
  OutputFormat format_;
  Source source_;
  ProcessMaps maps_;
  Symbolizer symbolizer_{maps_, {}};
  std::unique_ptr<Renderer> renderer_;
};

// A printf of one record, in text.
inline std::string printf_text(std::string format, std::vector<Type> types, const Payload& payload) {
  Rendered rendered(OutputFormat::kText);
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintf, std::move(format), std::move(types));
  rendered.record(emit, payload);
  return rendered.take();
}

// print() of one value.
inline std::string print_as(OutputFormat format, Type type, const Payload& payload,
                            const TypeProvider* types = nullptr) {
  Rendered rendered(format);
  rendered.types = types;
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintValue, "", {std::move(type)});
  rendered.record(emit, payload);
  return rendered.take();
}

}  // namespace polytap::test
