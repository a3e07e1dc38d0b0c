#include "backends/ptrace/tracer.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "backends/ptrace/trace_loop.h"

namespace polytap {

Tracer::Tracer(SessionState& state, const StopPlan& plan, LaunchedCommand* command)
    : state_(state), plan_(plan), command_(command) {}

Tracer::~Tracer() { end(); }

Status Tracer::start(const std::vector<pid_t>& pids) {
  if (command_ != nullptr) command_->set_traced(true);
  std::promise<Status> attached;
  std::future<Status> outcome = attached.get_future();
  thread_ = std::thread([this, pids, promise = std::move(attached)]() mutable { run(pids, std::move(promise)); });
  Status status = outcome.get();
  if (!status.ok()) end();
  return status;
}

void Tracer::run(const std::vector<pid_t>& pids, std::promise<Status> attached) {
  tid_ = gettid();
  pthread_setname_np(pthread_self(), "polytap-tracer");
  wake_.accept_here();
  TraceLoop loop(state_, plan_, command_, wake_.number());
  Status status = loop.attach(pids);
  const bool failed = !status.ok();
  attached.set_value(std::move(status));
  if (failed) return;
  if (loop.run(stop_) == TraceLoop::End::kAllGone) all_gone_ = true;
  state_.queue.wake();
}

void Tracer::end() {
  if (!thread_.joinable()) return;
  stop_ = true;
  const timespec pause{0, 100'000};
  // Sent again and again: a signal that arrives before the thread sleeps in its wait is lost. The thread's id goes away
  // behind the kernel's detaching, which a join alone does not wait for.
  while (wake_.send(tid_)) nanosleep(&pause, nullptr);
  thread_.join();
  if (command_ != nullptr) command_->set_traced(false);
}

}  // namespace polytap
