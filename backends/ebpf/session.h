// A program at work in the kernel.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "backends/ebpf/attach.h"
#include "backends/ebpf/attach_groups.h"
#include "backends/ebpf/attacher.h"
#include "backends/ebpf/ebpf_backend.h"
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/globals.h"
#include "backends/ebpf/iterators.h"
#include "backends/ebpf/maps.h"
#include "backends/ebpf/process_events.h"
#include "backends/ebpf/ring.h"
#include "backends/ebpf/stack_service.h"
#include "backends/ebpf/target_filter.h"
#include "backends/ebpf/tracing_target.h"
#include "core/kernel/tracefs.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

class EbpfSession : public Session {
 public:
  ~EbpfSession() override;
  static Result<std::unique_ptr<Session>> create(const ir::Program& program, const Target& target,
                                                 const EbpfOptions& options);

  Status start() override;
  std::vector<SkippedSite> skipped() const override { return skipped_; }
  Status stop() override;
  Status fire(uint32_t function, uint32_t site) override;
  int poll_fd() const override { return control_ring_->fd(); }
  Status drain(EventSink& sink) override;
  Status snapshot(ir::MapId map, MapSink& sink) override;
  Status clear(ir::MapId map) override { return maps_->clear(map); }
  Status take(ir::MapId map, MapSink& sink) override;
  Status zero(ir::MapId map) override { return maps_->zero(map); }
  Status unwatch(uint64_t address) override;
  bool finished() const override;
  Losses losses() const override;
  std::optional<uint64_t> events() const override {
    return target_.counts_events ? std::optional(globals_->firings()) : std::nullopt;
  }
  ProcessMaps* process_maps() override;

 private:
  EbpfSession(const ir::Program& program, const Target& target, const EbpfOptions& options)
      : program_(program), target_(target), options_(options) {}

  Status prepare();
  Status read(ir::MapId map, MapSink& sink, Maps::Reading reading);
  Status create_rings();
  Status prepare_stacks();
  Status create_scratch(uint32_t bytes);
  Status load_functions();
  struct WaitingGroup {
    uint32_t function = 0;
    AttachGroup group;
  };
  bool load_session(const WaitingGroup& first, const WaitingGroup& second, std::span<const FunctionPlan> plans);
  Status attach_session(Attacher& attacher);
  Status load_group(uint32_t function, const FunctionPlan& plan, AttachGroup group);
  std::vector<SiteLosses> missed_by_kernel() const;
  Status leave_out(uint32_t site, Error why);
  Status halt();
  Status attach_all();
  Result<UniqueFd> make_syscall_sites(const AttachGroup& group);

  const ir::Program& program_;
  Target target_;
  EbpfOptions options_;

  uint32_t programs_ = 0;  // loaded so far
  bool sleeping_programs_ = false;
  AttachAbilities abilities_;
  TracingTargets tracing_targets_;
  std::optional<Tracefs> tracefs_;  // when there is something to attach there
  std::optional<Globals> globals_;
  std::optional<Maps> maps_;
  std::optional<Ring> data_ring_;
  std::optional<Ring> control_ring_;
  std::optional<RecordMerger> merger_;
  UniqueFd scratch_;
  CompileEnvironment environment_;
  std::vector<LoadedProgram> loaded_;
  std::vector<IteratorPin> pins_;
  std::vector<WaitingGroup> joined_;  // the two that a program of method kKprobeSession stands for
  std::vector<UniqueFd> fired_;       // by function: its program for BEGIN, END and interval
  mutable std::optional<TargetFilter> filter_;
  std::unique_ptr<ProcessEvents> process_events_;
  std::unique_ptr<StackService> stacks_;  // when user stacks are asked for and can be unwound
  std::vector<Attachment> attachments_;
  std::vector<SkippedSite> skipped_;
  std::vector<SiteLosses> missed_;  // by the kernel, when the session was stopped
  std::thread detacher_;
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace polytap::ebpf
