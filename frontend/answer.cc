#include "frontend/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <variant>

namespace polytap {

class AnswerRecorder::TextSink : public ByteSink {
 public:
  void out(std::string_view text) override { text_ += text; }
  void error(std::string_view text) override { text_ += text; }
  void flush() override {}
  std::string take() { return std::exchange(text_, {}); }

 private:
  std::string text_;
};

namespace {

// Numbers out: what is left of a line when only its words count.
std::string without_numbers(std::string_view line) {
  std::string result;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(line[i])) != 0;
    if (!digit) {
      result += line[i];
    } else if (result.empty() || result.back() != '#') {
      result += '#';
    }
  }
  return result;
}

// A map's value with what timing decides taken out: a histogram keeps how many values it holds, the rest only that it
// is there.
std::vector<std::byte> without_timing(const ir::MapSpec& spec, const std::vector<std::byte>& value) {
  std::vector<std::byte> kept(value.size());
  const bool is_aggregation = spec.value.is(TypeKind::kAggregation);
  if (is_aggregation && spec.value.aggregation.kind == AggregationKind::kCount) return value;
  const bool is_histogram = is_aggregation && (spec.value.aggregation.kind == AggregationKind::kHist ||
                                               spec.value.aggregation.kind == AggregationKind::kLhist);
  if (!is_histogram) return kept;
  uint64_t total = 0;
  for (size_t i = 0; i + sizeof total <= value.size(); i += sizeof total) {
    uint64_t bucket = 0;
    std::memcpy(&bucket, value.data() + i, sizeof bucket);
    total += bucket;
  }
  std::memcpy(kept.data(), &total, sizeof total);
  return kept;
}

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Frames without a name and pointers: "0x7fbbc79a5d40" becomes "0x#".
std::string without_addresses(std::string_view line) {
  constexpr size_t kLeastDigits = 6;
  std::string result;
  for (size_t i = 0; i < line.size();) {
    size_t end = i;
    if (line.substr(i).starts_with("0x")) {
      end = i + 2;
      while (end < line.size() && std::isxdigit(static_cast<unsigned char>(line[end])) != 0) ++end;
    }
    if (end >= i + 2 + kLeastDigits) {
      result += "0x#";
      i = end;
    } else {
      result += line[i++];
    }
  }
  return result;
}

std::vector<std::string> without_addresses(const std::vector<std::string>& lines) {
  std::vector<std::string> result;
  result.reserve(lines.size());
  for (const std::string& line : lines) result.push_back(without_addresses(line));
  std::sort(result.begin(), result.end());
  return result;
}

// The first element that only one of two sorted lists has.
std::string first_difference(const std::vector<std::string>& reference, const std::vector<std::string>& other,
                             const Answer& a, const Answer& b) {
  size_t i = 0;
  while (i < reference.size() && i < other.size() && reference[i] == other[i]) ++i;
  const auto side = [](const Answer& answer, const std::vector<std::string>& lines, size_t at) {
    return at < lines.size() ? fmt::format("{}: {}", answer.backend, one_line(lines[at]))
                             : fmt::format("{}: (nothing more)", answer.backend);
  };
  return side(a, reference, i) + "  <>  " + side(b, other, i);
}

}  // namespace

Agreement compare_answers(const Answer& reference, const Answer& other, bool time_matters) {
  using Degree = Agreement::Degree;
  if (reference.exact == other.exact) return {};
  const auto a = without_addresses(reference.exact);
  const auto b = without_addresses(other.exact);
  if (a == b) return {Degree::kEqualButForAddresses, {}};
  if (!time_matters) return {Degree::kDifferent, first_difference(a, b, reference, other)};
  const auto timeless_a = without_addresses(reference.timeless);
  const auto timeless_b = without_addresses(other.timeless);
  if (timeless_a == timeless_b) return {Degree::kEqualButForTiming, {}};
  return {Degree::kDifferent, first_difference(timeless_a, timeless_b, reference, other)};
}

bool depends_on_time(const ir::Program& program) {
  const auto reads_time = [](const ir::Instruction& instruction) {
    const auto* read = std::get_if<ir::ReadBuiltin>(&instruction.operation);
    if (read == nullptr) return false;
    switch (read->what) {
      case ir::Builtin::kCpu:
      case ir::Builtin::kNumaNode:
      case ir::Builtin::kRandom:
      case ir::Builtin::kNsecsMonotonic:
      case ir::Builtin::kNsecsBoot:
      case ir::Builtin::kNsecsTai:
      case ir::Builtin::kElapsed:
      case ir::Builtin::kJiffies:
        return true;
      default:
        return false;
    }
  };
  for (const ir::Function& function : program.functions) {
    for (const ir::Block& block : function.blocks) {
      if (std::any_of(block.instructions.begin(), block.instructions.end(), reads_time)) return true;
    }
  }
  return false;
}

AnswerRecorder::AnswerRecorder(const ir::Program& program, const Source& source, Symbolizer& symbolizer,
                               const TypeProvider* types)
    : program_(program),
      sink_(std::make_unique<TextSink>()),
      renderer_(make_renderer(OutputFormat::kText, program, source, symbolizer, *sink_, types)) {}

AnswerRecorder::~AnswerRecorder() = default;

void AnswerRecorder::record(const EmittedRecord& record) {
  renderer_->record(record);
  const std::string text = sink_->take();
  answer_.exact.push_back(text);
  answer_.timeless.push_back(without_numbers(text));
  answer_.text += text;
}

void AnswerRecorder::map(ir::MapId map, std::vector<MapEntry> entries, uint64_t top, uint64_t divisor) {
  for (const MapEntry& entry : entries) {
    renderer_->map(map, {entry}, 0, divisor);
    answer_.exact.push_back(sink_->take());
    renderer_->map(map, {{entry.key, without_timing(program_.maps[map], entry.value)}}, 0, divisor);
    answer_.timeless.push_back(sink_->take());
  }
  renderer_->map(map, std::move(entries), top, divisor);
  answer_.text += sink_->take();
}

void AnswerRecorder::end_of_run() {}
void AnswerRecorder::attached_probes(uint64_t) {}
void AnswerRecorder::losses(const Losses&) {}

Answer AnswerRecorder::take() {
  std::sort(answer_.exact.begin(), answer_.exact.end());
  std::sort(answer_.timeless.begin(), answer_.timeless.end());
  return std::move(answer_);
}

}  // namespace polytap
