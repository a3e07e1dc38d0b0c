#include "tests/toy_backend/toy_backend.h"

#include <algorithm>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/ir/function_needs.h"
#include "core/ir/interpreter.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap {
namespace {

using nlohmann::json;
using Bytes = std::vector<uint8_t>;
using enum ir::Builtin;
const std::map<ir::Builtin, std::string> kRecorded = {
    {kNsecsBoot, "nsecs"}, {kPid, "pid"}, {kTid, "tid"}, {kCpu, "cpu"}};

std::string event_of(const ProbeSite& site) { return site.category + ":" + site.event; }

class ToySession : public Session, private ir::Machine {
 public:
  ToySession(const ir::Program& program, const std::vector<json>& recording, RecordQueue queue)
      : program_(program), recording_(recording), maps_(program.maps), queue_(std::move(queue)) {}

  Status start() override { return started_ = true, Status(); }
  Status stop() override { return replay(), Status(); }
  Status fire(uint32_t function, uint32_t site) override { return run(function, site, nullptr), Status(); }
  int poll_fd() const override { return queue_.fd(); }
  Status drain(EventSink& sink) override { return replay(), queue_.drain(sink), Status(); }
  bool finished() const override { return false; }  // the end of the command ends the run
  Status snapshot(ir::MapId map, MapSink& sink) override { return maps_.snapshot(map, sink), Status(); }
  Status clear(ir::MapId map) override { return maps_.clear(map), Status(); }
  Status zero(ir::MapId map) override { return maps_.zero(map), Status(); }
  Status take(ir::MapId map, MapSink& sink) override { return maps_.snapshot(map, sink), maps_.clear(map), Status(); }
  Losses losses() const override { return {queue_.dropped(), maps_.lost_updates(), faults_, 0}; }

 private:
  void replay() {
    if (!std::exchange(started_, false)) return;
    for (const json& event : std::span(recording_).subspan(1)) {
      memory_.update(event.at("memory"));
      for (uint32_t function = 0; function < program_.functions.size(); ++function) {
        for (const uint32_t site : program_.functions[function].sites) {
          if (!exited_ && event["event"] == event_of(program_.sites[site])) run(function, site, &event);
        }
      }
    }
  }
  void run(uint32_t function, uint32_t site, const json* event) {
    site_ = site;
    event_ = event;
    context_ = event != nullptr ? event->at("context").get<Bytes>() : Bytes();
    interpreter_.run(program_.functions[function], *this);
  }

  std::span<const std::byte> context() override { return std::as_bytes(std::span(context_)); }
  uint64_t builtin(ir::Builtin what) override {
    if (what == kSiteIndex) return site_;
    return event_ != nullptr ? event_->at(kRecorded.at(what)).get<uint64_t>() : clock_ns(CLOCK_BOOTTIME);
  }
  void comm(std::span<char, 16> out) override { std::ranges::copy(event_->at("comm").get<Bytes>(), out.begin()); }
  int64_t read_string(AddressSpace, uint64_t address, std::span<char> out) override {
    const Bytes text = memory_.value(std::to_string(address), Bytes());
    if (text.empty()) return -1;
    const size_t length = std::min(text.size() - 1, out.size());
    std::copy_n(text.begin(), length, out.begin());
    return static_cast<int64_t>(length);
  }
  bool read_memory(AddressSpace, uint64_t, std::span<std::byte>) override { return false; }  // can_run() refuses
  size_t stack(AddressSpace, std::span<uint64_t>) override { return 0; }                     // can_run() refuses
  MapStore& maps() override { return maps_; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override {
    queue_.push({emit, site_, builtin(kNsecsBoot), payload}, program_.emits[emit].control);
  }
  void exit(int code) override { queue_.push_exit(code), exited_ = true; }
  void fault() override { ++faults_; }

  const ir::Program& program_;
  const std::vector<json>& recording_;
  MapStore maps_;
  RecordQueue queue_;
  ir::Interpreter interpreter_{program_};
  uint32_t site_ = 0;
  const json* event_ = nullptr;  // null in BEGIN and END, which run here
  Bytes context_;
  json memory_ = json::object();  // by address: what the events so far pointed to
  bool started_ = false, exited_ = false;
  uint64_t faults_ = 0;
};

class ToyBackend : public Backend {
 public:
  explicit ToyBackend(const std::string& path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) recording_.push_back(json::parse(line, nullptr, false));
    if (recording_.empty()) recording_.push_back(json::object());
  }
  std::string_view name() const override { return "toy"; }

  Verdict can_run(const ir::Program& program, const Target& target) const override {
    Verdict verdict;
    verdict.fidelity = "the answer is that of the recorded run";
    for (const ir::MapSpec& map : program.maps) {
      const bool timed = map.value.aggregation.kind == AggregationKind::kTseries;
      if (timed) verdict.reason = "the clock of a tseries was not recorded";
    }
    for (const ir::Function& function : program.functions) {
      for (const uint32_t site : function.sites) {
        if (verdict.reason.empty()) verdict.reason = why_not(program.sites[site], ir::needs_of(function), target);
      }
    }
    verdict.possible = verdict.reason.empty();
    return verdict;
  }
  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target&) override {
    ASSIGN_OR_RETURN(RecordQueue queue, RecordQueue::create());
    return std::unique_ptr<Session>(std::make_unique<ToySession>(program, recording_, std::move(queue)));
  }

 private:
  std::string why_not(const ProbeSite& site, const ir::FunctionNeeds& needs, const Target& target) const {
    const bool here = site.type == ProbeType::kBegin || site.type == ProbeType::kEnd;
    std::string fields;
    for (const auto& field : site.arguments) fields += field.name + " " + std::to_string(field.offset) + ",";
    const bool same_command = target.command_line.ends_with("/" + recording_[0].value("command", "none"));
    if (!here && !same_command) return "another command was recorded";
    const std::string recorded = recording_[0]["layouts"].value(event_of(site), "none");
    if (!here && recorded != fields) return site.name + " was not recorded";
    for (const ir::Builtin word : needs.builtins) {
      const bool known = word == kSiteIndex || (here ? word == kNsecsBoot : kRecorded.contains(word));
      if (!known) return "a builtin was not recorded";
    }
    if (needs.acts || needs.decodes || needs.memory || needs.kernel_memory || needs.user_stack || needs.kernel_stack ||
        (here && needs.comm)) {
      return "of memory only the texts that arguments point to were recorded, and nothing of it can be changed";
    }
    return {};
  }

  std::vector<json> recording_;
};
}  // namespace

std::unique_ptr<Backend> make_toy_backend(const std::string& recording) {
  return std::make_unique<ToyBackend>(recording);
}

}  // namespace polytap
