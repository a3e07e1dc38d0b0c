#include "core/plan/composed_backend.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "core/base/check.h"
#include "core/base/unique_fd.h"

namespace polytap {
namespace {

// Keeps what a session delivers until it can be put in order with what the others deliver.
class Buffer : public EventSink {
 public:
  struct Kept {
    EmittedRecord record;
    std::vector<std::byte> payload;
  };
  void record(const EmittedRecord& record) override {
    kept.push_back({record, {record.payload.begin(), record.payload.end()}});
  }
  void exit_requested(int code) override { exit_code = code; }

  std::vector<Kept> kept;
  std::optional<int> exit_code;
};

class ComposedSession : public Session {
 public:
  struct Part {
    std::unique_ptr<Session> session;
    FunctionGroup group;
    std::vector<bool> maps;
  };

  static Result<std::unique_ptr<Session>> create(std::vector<Part> parts) {
    auto session = std::unique_ptr<ComposedSession>(new ComposedSession(std::move(parts)));
    session->poll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
    if (!session->poll_.valid()) return Error::from_errno("epoll_create1");
    for (const Part& part : session->parts_) {
      if (part.session->poll_fd() < 0) continue;
      epoll_event event{};
      event.events = EPOLLIN;
      if (epoll_ctl(session->poll_.get(), EPOLL_CTL_ADD, part.session->poll_fd(), &event) != 0) {
        return Error::from_errno("epoll_ctl");
      }
    }
    return std::unique_ptr<Session>(std::move(session));
  }

  Status start() override {
    for (const Part& part : parts_) TRY(part.session->start());
    return {};
  }

  Status stop() override {
    Status first;
    for (const Part& part : parts_) {
      Status status = part.session->stop();
      if (!status && first.ok()) first = std::move(status);
    }
    return first;
  }

  std::vector<SkippedSite> skipped() const override {
    std::vector<SkippedSite> all;
    for (const Part& part : parts_) std::ranges::move(part.session->skipped(), std::back_inserter(all));
    return all;
  }

  Status fire(uint32_t function, uint32_t site) override {
    for (const Part& part : parts_) {
      if (std::binary_search(part.group.begin(), part.group.end(), function)) {
        return part.session->fire(function, site);
      }
    }
    return Error("a function that belongs to no part was fired");
  }

  int poll_fd() const override { return poll_.get(); }

  int poll_interval_ms() const override {
    int shortest = -1;
    for (const Part& part : parts_) {
      const int interval = part.session->poll_interval_ms();
      if (interval >= 0) shortest = shortest < 0 ? interval : std::min(shortest, interval);
    }
    return shortest;
  }

  Status drain(EventSink& sink) override {
    Buffer buffer;
    for (const Part& part : parts_) TRY(part.session->drain(buffer));
    if (buffer.exit_code && !exited_) {
      // No part counts any more; what was emitted until then is delivered with the rest.
      exited_ = true;
      TRY(stop());
      for (const Part& part : parts_) TRY(part.session->drain(buffer));
    }
    std::stable_sort(buffer.kept.begin(), buffer.kept.end(),
                     [](const Buffer::Kept& a, const Buffer::Kept& b) { return a.record.time_ns < b.record.time_ns; });
    for (Buffer::Kept& kept : buffer.kept) {
      kept.record.payload = kept.payload;
      sink.record(kept.record);
    }
    if (buffer.exit_code && !exit_told_) {
      exit_told_ = true;
      sink.exit_requested(*buffer.exit_code);
    }
    return {};
  }

  Status snapshot(ir::MapId map, MapSink& sink) override { return owner(map).snapshot(map, sink); }
  Status clear(ir::MapId map) override { return owner(map).clear(map); }
  Status zero(ir::MapId map) override { return owner(map).zero(map); }
  Status take(ir::MapId map, MapSink& sink) override { return owner(map).take(map, sink); }

  Status unwatch(uint64_t address) override {
    Status status;
    for (const Part& part : parts_) {
      status = part.session->unwatch(address);
      if (status.ok()) break;
    }
    return status;
  }

  bool finished() const override {
    return std::all_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.session->finished(); });
  }

  Losses losses() const override {
    Losses sum;
    for (const Part& part : parts_) {
      const Losses losses = part.session->losses();
      sum.records += losses.records;
      sum.updates += losses.updates;
      sum.entries_on_demand = sum.entries_on_demand || losses.entries_on_demand;
      sum.faults += losses.faults;
      sum.missed += losses.missed;
      std::ranges::copy(losses.sites, std::back_inserter(sum.sites));
    }
    return sum;
  }

  std::optional<uint64_t> events() const override {
    uint64_t sum = 0;
    for (const Part& part : parts_) {
      const auto events = part.session->events();
      if (!events) return std::nullopt;
      sum += *events;
    }
    return sum;
  }

  // They saw the same processes: any will do.
  ProcessMaps* process_maps() override {
    for (const Part& part : parts_) {
      if (ProcessMaps* maps = part.session->process_maps()) return maps;
    }
    return nullptr;
  }

 private:
  explicit ComposedSession(std::vector<Part> parts) : parts_(std::move(parts)) {}

  Session& owner(ir::MapId map) {
    const auto part = std::find_if(parts_.begin(), parts_.end(), [&](const Part& p) { return p.maps[map]; });
    // A map that is declared and never used is empty wherever one looks.
    return part != parts_.end() ? *part->session : *parts_.front().session;
  }

  std::vector<Part> parts_;
  UniqueFd poll_;
  bool exited_ = false;
  bool exit_told_ = false;
};

class ComposedBackend : public Backend {
 public:
  ComposedBackend(const ir::Program& program, std::vector<Share> shares)
      : program_(program), shares_(std::move(shares)) {
    CHECK(!shares_.empty());
    for (const Share& share : shares_) {
      parts_.push_back(part_of(program, share.group));
      const std::string own(share.backend->name());
      if (!name_.empty()) name_ += "+";
      name_ += own;
    }
  }

  std::string_view name() const override { return name_; }

  Verdict can_run(const ir::Program& /*program*/, const Target& /*target*/) const override {
    Verdict verdict;
    verdict.possible = true;
    for (size_t i = 0; i < shares_.size(); ++i) {
      const Share& share = shares_[i];
      verdict.cost_ns = std::max(verdict.cost_ns, share.verdict.cost_ns);
      if (!share.verdict.fidelity.empty()) {
        if (!verdict.fidelity.empty()) verdict.fidelity += "; ";
        verdict.fidelity += share.verdict.fidelity;
      }
      std::string sites;
      for (const uint32_t f : share.group) {
        if (!sites.empty()) sites += ", ";
        sites += program_.functions[f].name;
      }
      verdict.notes.push_back(fmt::format("{}: {}", share.backend->name(), sites));
      for (const std::string& note : share.verdict.notes) verdict.notes.push_back("  " + note);
    }
    verdict.notes.emplace_back("after exit() in one part the others count on for a few milliseconds");
    return verdict;
  }

  LaunchNeeds launch_needs(const ir::Program& /*program*/) const override {
    LaunchNeeds all;
    for (size_t i = 0; i < shares_.size(); ++i) {
      LaunchNeeds needs = shares_[i].backend->launch_needs(parts_[i]);
      // One backend at most installs a filter: the one that stops its tracees.
      if (!needs.seccomp_filter.empty()) all.seccomp_filter = std::move(needs.seccomp_filter);
      all.discard_output = all.discard_output || needs.discard_output;
    }
    return all;
  }

  Result<std::unique_ptr<Session>> prepare(const ir::Program& /*program*/, const Target& target) override {
    std::vector<ComposedSession::Part> parts;
    for (size_t i = 0; i < shares_.size(); ++i) {
      auto session = shares_[i].backend->prepare(parts_[i], target);
      if (!session) return std::move(session).error().context(std::string(shares_[i].backend->name()));
      parts.push_back({std::move(session).value(), shares_[i].group, maps_of(program_, shares_[i].group)});
    }
    return ComposedSession::create(std::move(parts));
  }

 private:
  const ir::Program& program_;
  std::vector<Share> shares_;
  std::vector<ir::Program> parts_;  // by share; sessions refer to them
  std::string name_;
};

}  // namespace

std::unique_ptr<Backend> compose(const ir::Program& program, std::vector<Share> shares) {
  return std::make_unique<ComposedBackend>(program, std::move(shares));
}

}  // namespace polytap
