// A backend's whole answer, kept so that it can be shown and compared with another's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/ir/ir.h"
#include "core/output/renderer.h"
#include "core/run/runner.h"
#include "core/symbol/symbolizer.h"

namespace polytap {

struct Answer {
  std::string backend;
  std::string text;                   // as the user would have seen it
  std::vector<std::string> exact;     // printed lines and map entries, sorted
  std::vector<std::string> timeless;  // the same without what depends on when things happened
  LaneReport lane;
  uint64_t start_ns = 0;
  uint64_t wall_ns = 0;
};

// How two answers relate.
struct Agreement {
  enum class Degree : uint8_t { kEqual, kEqualButForAddresses, kEqualButForTiming, kDifferent } degree = Degree::kEqual;
  std::string first_difference;  // empty when equal
};

// Compares up to the order of lines and entries, and up to addresses: each run of a command has its own.
Agreement compare_answers(const Answer& reference, const Answer& other, bool depends_on_time);

// Whether PROGRAM reads clocks, CPUs or random numbers: then two runs may differ without either being wrong.
bool depends_on_time(const ir::Program& program);

// A renderer that keeps the answer instead of printing it.
class AnswerRecorder : public Renderer {
 public:
  // Everything must outlive the recorder.
  AnswerRecorder(const ir::Program& program, const Source& source, Symbolizer& symbolizer, const TypeProvider* types);
  ~AnswerRecorder() override;
  void record(const EmittedRecord& record) override;
  void map(ir::MapId map, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) override;
  void end_of_run() override;
  void attached_probes(uint64_t count) override;
  void losses(const Losses& losses) override;
  // The answer so far; text, exact and timeless only.
  Answer take();

 private:
  class TextSink;
  const ir::Program& program_;
  std::unique_ptr<TextSink> sink_;
  std::unique_ptr<Renderer> renderer_;
  Answer answer_;
};

}  // namespace polytap
