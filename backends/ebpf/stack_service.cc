#include "backends/ebpf/stack_service.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "backends/ebpf/maps.h"

namespace polytap::ebpf {
namespace {

// Stacks whose numbers may still be in maps.
constexpr size_t kMaxStacks = 65536;

uint64_t word_at(std::span<const std::byte> bytes, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

}  // namespace

StackService::StackService(UnwindTables tables, Ring ring)
    : tables_(std::move(tables)),
      ring_(std::move(ring)),
      files_(std::make_shared<UnwindFiles>()),
      unwinder_(maps_, files_) {}

Result<std::unique_ptr<StackService>> StackService::create(uint32_t ring_bytes, bool rarely) {
  ASSIGN_OR_RETURN(UnwindTables tables, UnwindTables::create(rarely));
  ASSIGN_OR_RETURN(Ring ring, Ring::create("polytap_stacks", ring_bytes, sizeof(StackSnapshot)));
  std::unique_ptr<StackService> service(new StackService(std::move(tables), std::move(ring)));
  service->wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!service->wake_.valid()) return Error::from_errno("create an eventfd");
  return service;
}

StackService::~StackService() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
  thread_.join();
}

// Cannot fail: the counter would have to be full.
void StackService::wake() {
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

UnwindAccess StackService::access() const {
  UnwindAccess access = tables_.access();
  access.ring_fd = ring_.fd();
  return access;
}

Status StackService::start(std::span<const pid_t> pids) {
  for (const pid_t pid : pids) learn(pid, 0);
  do_tasks();
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void StackService::run() {
  UniqueFd waiting(epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {ring_.fd(), wake_.get()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (epoll_ctl(waiting.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  }
  while (true) {
    epoll_event event{};
    if (epoll_wait(waiting.get(), &event, 1, -1) != 1) continue;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      uint64_t wakes = 0;
      (void)!read(wake_.get(), &wakes, sizeof wakes);
      collect_locked();
    }
    do_tasks();
  }
}

// All that are there at once: what is new to the kernel costs one wait.
void StackService::do_tasks() {
  std::map<pid_t, Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  if (tasks.empty()) return;
  const uint64_t clearings = tables_.clearings();
  std::vector<pid_t> failed;
  for (const auto& [pid, task] : tasks) {
    if (task.forget) {
      tables_.forget(pid);
    } else if (!tables_.enter(pid, task.tag, *files_, task.mappings).ok()) {
      failed.push_back(pid);
    }
  }
  const bool committed = tables_.commit().ok();
  const std::lock_guard lock(mutex_);
  for (auto& [pid, process] : processes_) {
    const bool tried = tasks.contains(pid);
    if (tables_.clearings() != clearings ? !tried : tried && !committed) process.published = false;
  }
  for (const pid_t pid : failed) {
    if (const auto process = processes_.find(pid); process != processes_.end()) process->second.published = false;
  }
}

void StackService::collect() {
  const std::lock_guard lock(mutex_);
  collect_locked();
}

void StackService::collect_locked() {
  do {
    records_.clear();
    ring_.collect(records_);
    for (const RingRecord& record : records_) {
      take(record);
      ring_.release(record.end);
    }
  } while (!records_.empty());
}

// What is known of PID is what holds now.
void StackService::learn(pid_t pid, uint64_t tag) {
  Process& process = processes_[pid];
  if (process.tag != 0 && tag != 0 && process.tag != tag) maps_.exec(pid);
  // Fails when the process is gone; then what was known stays.
  const bool read = maps_.read_from_proc(pid).ok();
  const bool same = process.published && process.version == maps_.version(pid) && (tag == 0 || process.tag == tag);
  if (same) return;
  if (tag != 0) process.tag = tag;
  process.version = maps_.version(pid);
  if (!read && !maps_.knows(pid)) return;
  process.published = true;
  tasks_[pid] = {.tag = process.tag, .mappings = maps_.mappings(pid)};
  wake();
}

bool StackService::walk(Unwinder& unwinder, std::span<const std::byte> snapshot, Stack& stack) {
  const auto at = [&](size_t offset) { return snapshot.subspan(offset - kRecordHeader); };
  const auto copied = at(offsetof(StackSnapshot, stack));
  const uint64_t length = std::min<uint64_t>(word_at(at(offsetof(StackSnapshot, length)), 0), copied.size());
  const UnwindValues values = unwind_values(at(offsetof(StackSnapshot, registers)).first(registers::kSize));
  UnwindMemory memory(values[kDwarfRsp], copied.first(length));
  const bool at_entry = word_at(at(offsetof(StackSnapshot, at_entry)), 0) != 0;
  stack.frames.resize(stack.depth);
  const std::vector<HiddenReturn> hidden = hidden_returns(at(offsetof(StackSnapshot, return_instances)));
  const Unwinder::Walk walk = unwinder.walk(stack.pid, values, memory, stack.frames, at_entry, hidden);
  stack.frames.resize(walk.frames);
  return walk.end != UnwindEnd::kUnknownCode;
}

std::vector<HiddenReturn> StackService::hidden_returns(std::span<const std::byte> instances) const {
  const UnwindAccess::ReturnInstances& fields = tables_.access().returns;
  std::vector<HiddenReturn> hidden;
  for (uint32_t i = 0; i < kSnapshotReturns && fields.size != 0; ++i) {
    const auto instance = instances.subspan(size_t{i} * kMaxReturnInstance, kMaxReturnInstance);
    const uint64_t address = word_at(instance, static_cast<size_t>(fields.address));
    if (address == 0) break;
    hidden.push_back({word_at(instance, static_cast<size_t>(fields.stack)), address});
  }
  return hidden;
}

void StackService::take(const RingRecord& record) {
  static_assert(offsetof(StackSnapshot, tag) == kRecordHeader && offsetof(StackSnapshot, tgid) == 4 &&
                offsetof(StackSnapshot, id) == 8);
  if (record.payload.size() < offsetof(StackSnapshot, stack) - kRecordHeader) return;
  Stack stack;
  stack.depth = record.emit;
  stack.pid = static_cast<pid_t>(record.site);
  const uint64_t tag = word_at(record.payload, 0);
  const auto known = processes_.find(stack.pid);
  if (known == processes_.end() || known->second.tag != tag || !known->second.published) learn(stack.pid, tag);
  const bool whole = walk(unwinder_, record.payload, stack);
  // Code that was not known: the walk has read the mappings again.
  if (maps_.version(stack.pid) != processes_[stack.pid].version) learn(stack.pid, tag);
  if (!whole && late_) stack.snapshot.assign(record.payload.begin(), record.payload.end());
  if (stacks_.size() >= kMaxStacks) stacks_.clear();
  stacks_[record.time_ns] = std::move(stack);
}

void StackService::mappings_changed(pid_t pid) {
  const std::lock_guard lock(mutex_);
  const auto known = processes_.find(pid);
  if (known != processes_.end()) learn(pid, known->second.tag);
}

void StackService::exited(pid_t pid) {
  const std::lock_guard lock(mutex_);
  maps_.exited(pid);
  if (processes_.erase(pid) == 0) return;
  tasks_[pid] = {.forget = true};
  wake();
}

bool StackService::has_stacks() {
  const std::lock_guard lock(mutex_);
  return !stacks_.empty();
}

void StackService::restore(std::span<std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  for (size_t offset = 0; offset + 8 <= bytes.size(); offset += 8) {
    const uint64_t word = word_at(bytes, offset);
    if ((word & kDeferredBits) != kDeferredMark) continue;
    const auto found = stacks_.find(word & ~kDeferredBits);
    if (found == stacks_.end()) continue;
    Stack& stack = found->second;
    if (!stack.snapshot.empty()) walk(*late_, std::exchange(stack.snapshot, {}), stack);
    if (bytes.size() - offset < 8 * size_t{stack.depth}) continue;
    std::memset(bytes.data() + offset, 0, 8 * size_t{stack.depth});
    std::memcpy(bytes.data() + offset, stack.frames.data(), 8 * stack.frames.size());
  }
}

void RestoringSink::record(const EmittedRecord& record) {
  if (!collected_) stacks_.collect();
  collected_ = true;
  if (!stacks_.has_stacks()) {
    sink_.record(record);
    return;
  }
  payload_.assign(record.payload.begin(), record.payload.end());
  stacks_.restore(payload_);
  EmittedRecord restored = record;
  restored.payload = payload_;
  sink_.record(restored);
}

void RestoringMapSink::entry(ir::MapId, std::span<const std::byte> key, std::span<const std::byte> value) {
  std::vector<std::byte> whole(key.begin(), key.end());
  stacks_.restore(whole);
  std::vector<uint64_t> words(value.size() / 8);
  std::memcpy(words.data(), value.data(), words.size() * 8);
  stacks_.restore(std::as_writable_bytes(std::span(words)));
  const auto [at, added] = entries_.try_emplace(std::move(whole), words);
  if (added) return;
  if (spec_.value.is(TypeKind::kAggregation)) {
    merge_aggregation(spec_.value.aggregation, at->second, words);
  } else {
    at->second = words;
  }
}

void RestoringMapSink::finish(ir::MapId map) {
  for (const auto& [key, value] : entries_) sink_.entry(map, key, std::as_bytes(std::span(value)));
}

}  // namespace polytap::ebpf
