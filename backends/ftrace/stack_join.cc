#include "backends/ftrace/stack_join.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace polytap::ftrace {
namespace {

constexpr uint32_t kCount = 8;  // offset of struct stack_entry's size, behind the common fields

uint16_t id_of(std::span<const std::byte> record) {
  uint16_t id = 0;
  std::memcpy(&id, record.data(), sizeof id);
  return id;
}

uint64_t context_of(std::span<const std::byte> record) {
  uint64_t head = 0;
  std::memcpy(&head, record.data(), sizeof head);
  return head >> 16;
}

}  // namespace

Result<StackJoin> StackJoin::create(const Tracefs& tracefs) {
  StackJoin join;
  ASSIGN_OR_RETURN(const EventFormat format, tracefs.format("ftrace", "kernel_stack"));
  const auto callers = std::ranges::find(format.arguments, "caller", &ProbeArgument::name);
  if (callers == format.arguments.end()) return Error("event ftrace:kernel_stack of this kernel has no field caller");
  join.stack_id_ = static_cast<uint16_t>(format.id);
  join.callers_ = callers->offset;
  ASSIGN_OR_RETURN(const std::string text, read_kernel_file("/proc/kallsyms"));
  join.symbols_ = KernelSymbols::parse(text);
  return join;
}

// What the kernel calls from a tracepoint to write the record is above the place that was asked about.
bool StackJoin::is_machinery(uint64_t address) {
  const auto known = machinery_.find(address);
  if (known != machinery_.end()) return known->second;
  const auto hit = symbols_.find(address);
  const std::string_view name = hit ? hit->name : std::string_view();
  const bool is = name.starts_with("trace_event_raw_event_") || name.starts_with("__traceiter_") ||
                  name == "ftrace_syscall_enter" || name == "ftrace_syscall_exit" ||
                  name == "do_trace_event_raw_event" || name.starts_with("trace_event_buffer_commit");
  return machinery_[address] = is;
}

void StackJoin::take_frames(std::span<const std::byte> record, std::vector<uint64_t>& frames) {
  frames.clear();
  uint32_t count = 0;
  if (record.size() < callers_) return;
  std::memcpy(&count, record.data() + kCount, sizeof count);
  frames.resize(std::min<size_t>(count, (record.size() - callers_) / 8));
  if (!frames.empty()) std::memcpy(frames.data(), record.data() + callers_, frames.size() * 8);
  const auto first = std::ranges::find_if(frames, [&](uint64_t address) { return !is_machinery(address); });
  frames.erase(frames.begin(), first);
}

bool StackJoin::see(const CpuRecord& record, Joined& joined) {
  if (record.raw.data.size() < 8) return false;
  const auto here = waiting_.find(record.cpu);
  if (here == waiting_.end()) return false;
  std::vector<Waiting>& waiting = here->second;
  const uint64_t context = context_of(record.raw.data);
  const bool is_stack = id_of(record.raw.data) == stack_id_;
  const auto found = std::ranges::find(waiting, context, &Waiting::context);
  if (found == waiting.end()) return false;
  // What was put aside later was of an interrupt, which is over; and no other event comes between an event and its
  // stack.
  lonely_ += static_cast<uint64_t>(waiting.end() - found) - (is_stack ? 1 : 0);
  if (is_stack) {
    joined.data = std::move(found->data);
    joined.record = {record.cpu, {found->time, joined.data}};
    take_frames(record.raw.data, joined.frames);
  }
  waiting.erase(found, waiting.end());
  return is_stack;
}

void StackJoin::wait(const CpuRecord& record) {
  const auto data = record.raw.data;
  waiting_[record.cpu].push_back({context_of(data), record.raw.time, {data.begin(), data.end()}});
}

}  // namespace polytap::ftrace
