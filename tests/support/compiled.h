// Scripts compiled against the fake catalog, and run by the interpreter.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ir/interpreter.h"
#include "core/lang/compile.h"
#include "core/lang/parse.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/rendered.h"
#include "tests/support/test_machine.h"

namespace polytap::test {

struct CompiledText {
  std::optional<Compiled> compiled;
  std::string diagnostics;
};

inline CompiledText compile_text(std::string text, std::vector<std::string> parameters = {}, std::string name = "stdin",
                                 bool allow_unsafe = false) {
  const FakeCatalog catalog;
  CompileInput input;
  input.catalog = &catalog;
  input.parameters = std::move(parameters);
  input.allow_unsafe = allow_unsafe;
  const Source source(std::move(name), std::move(text));
  Diagnostics diagnostics;
  CompiledText result;
  const ast::Script script = parse(source, diagnostics);
  if (!diagnostics.has_errors()) result.compiled = compile(script, input, diagnostics);
  result.diagnostics = render(source, diagnostics);
  return result;
}

// A compiled script with its machine and renderer. Runs one function at a time.
class CompiledRun {
 public:
  explicit CompiledRun(std::string text, std::vector<std::string> parameters = {})
      : result_(compile_text(std::move(text), std::move(parameters))) {
    if (!result_.compiled) return;
    machine_ = std::make_unique<TestMachine>(program());
    renderer_ =
        make_renderer(OutputFormat::kText, program(), source_, symbolizer_, sink_, result_.compiled->types.get());
  }

  bool ok() const { return result_.compiled.has_value(); }
  const std::string& diagnostics() const { return result_.diagnostics; }
  const ir::Program& program() const { return result_.compiled->program; }
  TestMachine& machine() { return *machine_; }

  // Runs every function whose first site is called SITE, in order, until one exits.
  void fire(std::string_view site, Bytes context = {}) {
    ir::Interpreter interpreter(program());
    machine_->set_context(std::move(context));
    for (const ir::Function& function : program().functions) {
      for (const uint32_t index : function.sites) {
        if (program().sites[index].name != site || machine_->exit_code()) continue;
        machine_->set_builtin(ir::Builtin::kSiteIndex, index);
        interpreter.run(function, *machine_);
      }
    }
    deliver();
  }
  // What was printed since the last call.
  std::string take() { return std::exchange(sink_.answer, {}); }

  // The value of a map's one entry, or of KEY's first word.
  std::optional<int64_t> value(std::string_view map, std::optional<int64_t> key = std::nullopt) {
    for (ir::MapId id = 0; id < program().maps.size(); ++id) {
      if (program().maps[id].name != map) continue;
      Bytes key_bytes(program().maps[id].key_size);
      if (key) std::memcpy(key_bytes.data(), &*key, 8);
      const auto found = machine_->maps().find(id, key_bytes);
      if (found.size() < 8) return std::nullopt;
      int64_t word = 0;
      std::memcpy(&word, found.data(), 8);
      return word;
    }
    return std::nullopt;
  }

 private:
  // As the run loop does: maps are shown and changed in the program's order.
  void deliver() {
    for (; delivered_ < machine_->emitted().size(); ++delivered_) {
      const auto& [emit, payload] = machine_->emitted()[delivered_];
      const ir::EmitSpec& spec = program().emits[emit];
      if (spec.kind == ir::EmitKind::kPrintMap) {
        uint64_t words[2] = {};
        std::memcpy(words, payload.data(), sizeof words);
        print_map(spec.map, words[0], words[1]);
      } else if (spec.kind == ir::EmitKind::kClearMap) {
        machine_->maps().clear(spec.map);
      } else if (spec.kind == ir::EmitKind::kZeroMap) {
        machine_->maps().zero(spec.map);
      } else {
        renderer_->record({.emit = emit, .site = 0, .time_ns = 0, .payload = payload});
      }
    }
  }
  void print_map(ir::MapId id, uint64_t top, uint64_t divisor) {
    struct Entries : MapSink {
      void entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) override {
        found.push_back({{key.begin(), key.end()}, {value.begin(), value.end()}});
      }
      std::vector<MapEntry> found;
    } entries;
    machine_->maps().snapshot(id, entries);
    renderer_->map(id, std::move(entries.found), top, divisor);
  }

  CompiledText result_;
  std::unique_ptr<TestMachine> machine_;
  Source source_{"stdin", ""};
  ProcessMaps process_maps_;
  Symbolizer symbolizer_{process_maps_, {}};
  StringSink sink_;
  std::unique_ptr<Renderer> renderer_;
  size_t delivered_ = 0;
};

// What BEGIN prints.
inline std::string begin_output(const std::string& body, std::vector<std::string> parameters = {}) {
  CompiledRun run("BEGIN { " + body + " }", std::move(parameters));
  if (!run.ok()) return run.diagnostics();
  run.fire("BEGIN");
  return run.take();
}

}  // namespace polytap::test
