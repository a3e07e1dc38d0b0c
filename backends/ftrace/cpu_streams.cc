#include "backends/ftrace/cpu_streams.h"

#include <unistd.h>

#include <cerrno>
#include <limits>

namespace polytap::ftrace {

Result<CpuStreams> CpuStreams::open(const Instance& instance) {
  CpuStreams streams;
  for (const int cpu : instance.cpus()) {
    Stream stream;
    stream.cpu = cpu;
    ASSIGN_OR_RETURN(stream.fd, instance.open_raw(cpu));
    stream.page.resize(instance.page_size());
    streams.streams_.push_back(std::move(stream));
  }
  return streams;
}

std::vector<int> CpuStreams::descriptors() const {
  std::vector<int> fds;
  for (const Stream& stream : streams_) fds.push_back(stream.fd.get());
  return fds;
}

bool CpuStreams::read_page(Stream& stream) {
  ssize_t got = 0;
  do {
    got = read(stream.fd.get(), stream.page.data(), stream.page.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  stream.reader = PageReader(std::span(stream.page).first(static_cast<size_t>(got)));
  return true;
}

void CpuStreams::advance(Stream& stream) {
  while (!(stream.has_current = stream.reader.next(stream.current))) {
    if (stream.reader.broken()) broken_pages_++;
    stream.reader = PageReader();
    if (stream.dry || !read_page(stream)) {
      stream.dry = true;
      return;
    }
  }
}

void CpuStreams::refresh() {
  if (taken_ != nullptr) advance(*taken_);
  taken_ = nullptr;
  leader_ = nullptr;
  for (Stream& stream : streams_) {
    stream.dry = false;
    if (!stream.has_current) advance(stream);
  }
}

bool CpuStreams::next(uint64_t limit, CpuRecord& record) {
  if (taken_ != nullptr) advance(*taken_);
  taken_ = nullptr;
  if (leader_ == nullptr || !leader_->has_current || leader_->current.time > lead_until_) {
    leader_ = nullptr;
    lead_until_ = std::numeric_limits<uint64_t>::max();
    for (Stream& stream : streams_) {
      if (!stream.has_current) continue;
      if (leader_ == nullptr) {
        leader_ = &stream;
      } else if (stream.current.time < leader_->current.time) {
        lead_until_ = leader_->current.time;
        leader_ = &stream;
      } else if (stream.current.time < lead_until_) {
        lead_until_ = stream.current.time;
      }
    }
  }
  if (leader_ == nullptr || leader_->current.time > limit) return false;
  taken_ = leader_;
  record = {leader_->cpu, leader_->current};
  return true;
}

}  // namespace polytap::ftrace
