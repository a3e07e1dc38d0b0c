#include "backends/uprobe/attachments.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <utility>

#include "core/kernel/tracefs.h"

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1U << 4)  // linux/perf_event.h since 6.0
#endif

namespace polytap::uprobe {

Result<uint32_t> uprobe_pmu_type() {
  const std::string path = "/sys/bus/event_source/devices/uprobe/type";
  const auto text = read_kernel_file(path);
  uint32_t type = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), type).ec != std::errc()) {
    return Error("this kernel has no uprobe PMU (CONFIG_UPROBE_EVENTS, Linux 4.17 or later): no " + path);
  }
  return type;
}

Result<Attachments> Attachments::create(std::vector<Place>& places, std::optional<EventGroup> group) {
  Attachments attachments(places, std::move(group));
  for (Place& place : places) {
    Definition definition;
    if (attachments.group_) {
      ASSIGN_OR_RETURN(const EventFormat format, attachments.group_->add(*place.site, place.captures.fields()));
      TRY(place.captures.place(format));
      definition = {format.id, PERF_TYPE_TRACEPOINT};
    } else {
      ASSIGN_OR_RETURN(const uint32_t type, uprobe_pmu_type());
      // format/retprobe: bit 0; format/ref_ctr_offset: bits 32 to 63
      definition = {(place.site->is_return() ? 1U : 0U) | place.site->reference_counter << 32, type};
    }
    attachments.definitions_.push_back(definition);
    SampleLayout layout;
    layout.stack = place.unwinds();
    layout.raw = !place.captures.captures().empty();
    layout.registers = static_cast<uint32_t>(std::popcount(place.registers));
    attachments.layouts_.push_back(layout);
  }
  return attachments;
}

Result<UniqueFd> Attachments::open_event(size_t index, pid_t tid, int cpu) {
  const Place& place = (*places_)[index];
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = definitions_[index].type;
  attributes.config = definitions_[index].config;
  if (!group_) {
    attributes.uprobe_path = reinterpret_cast<uint64_t>(place.site->module.c_str());
    attributes.probe_offset = place.site->file_offset;
  }
  attributes.sample_period = 1;
  attributes.sample_type = layouts_[index].sample_type();
  attributes.sample_regs_user = place.registers;
  attributes.sample_stack_user = layouts_[index].stack ? kSampledStack : 0;
  attributes.sample_id_all = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.disabled = 1;
  attributes.inherit = tid != -1 ? 1 : 0;
  while (true) {
    attributes.read_format = counts_lost_ ? PERF_FORMAT_LOST : 0;
    UniqueFd event(static_cast<int>(syscall(SYS_perf_event_open, &attributes, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
    if (event.valid()) return event;
    if (errno != EINVAL || !counts_lost_) return Error::from_errno("attach " + place.site->name);
    counts_lost_ = false;
  }
}

Status Attachments::open(const Rings& rings, pid_t tid) {
  for (uint32_t place = 0; place < places_->size(); ++place) {
    for (const int cpu : rings.cpus()) {
      ASSIGN_OR_RETURN(UniqueFd event, open_event(place, tid, cpu));
      uint64_t id = 0;
      if (ioctl(event.get(), PERF_EVENT_IOC_SET_OUTPUT, rings.output(cpu)) != 0 ||
          ioctl(event.get(), PERF_EVENT_IOC_ID, &id) != 0) {
        return Error::from_errno(
            fmt::format("attach {}: join the ring buffer of CPU {}", (*places_)[place].site->name, cpu));
      }
      sources_[id] = {place, std::max(tid, 0)};
      events_.push_back(std::move(event));
    }
  }
  return {};
}

Status Attachments::enable() const {
  for (const UniqueFd& event : events_) {
    if (ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) return Error::from_errno("enable a user function probe");
  }
  return {};
}

void Attachments::disable() const {
  for (const UniqueFd& event : events_) ioctl(event.get(), PERF_EVENT_IOC_DISABLE, 0);
}

void Attachments::close() { events_.clear(); }

const Attachments::Source* Attachments::find(uint64_t id) const {
  const auto found = sources_.find(id);
  return found == sources_.end() ? nullptr : &found->second;
}

std::optional<uint64_t> Attachments::lost() const {
  if (!counts_lost_) return std::nullopt;
  uint64_t lost = 0;
  for (const UniqueFd& event : events_) {
    uint64_t counts[2] = {};  // the count of firings, what was lost of them
    if (read(event.get(), counts, sizeof counts) == sizeof counts) lost += counts[1];
  }
  return lost;
}

bool make_room_for_files(size_t count) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  const rlim_t wanted = count + 256;
  if (limit.rlim_cur >= wanted) return true;
  rlimit raised = limit;
  raised.rlim_cur = wanted;
  raised.rlim_max = std::max(limit.rlim_max, wanted);
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return true;
  raised = {limit.rlim_max, limit.rlim_max};
  return limit.rlim_max >= wanted && setrlimit(RLIMIT_NOFILE, &raised) == 0;
}

}  // namespace polytap::uprobe
