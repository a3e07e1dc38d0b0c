#include "backends/ptrace/return_frames.h"

namespace polytap {

void ReturnFrames::push(const ReturnFrame& frame) {
  while (!frames_.empty()) {
    const ReturnFrame& last = frames_.back();
    const bool left = is_deeper(last, frame.sp) || (last.sp == frame.sp && last.place == frame.place) ||
                      (last.sp == frame.sp && last.address != frame.address);
    if (!left) break;
    frames_.pop_back();
  }
  if (frames_.size() == kMostFrames) frames_.erase(frames_.begin(), frames_.begin() + kMostFrames / 2);
  frames_.push_back(frame);
}

std::vector<const FunctionPlace*> ReturnFrames::pop(uint64_t address, uint64_t sp) {
  std::vector<const FunctionPlace*> returned;
  while (!frames_.empty() && is_deeper(frames_.back(), sp)) frames_.pop_back();
  for (size_t i = frames_.size(); i > 0; i--) {
    const ReturnFrame& frame = frames_[i - 1];
    if (frame.sp != sp || frame.address != address) continue;
    returned.push_back(frame.place);
    frames_.erase(frames_.begin() + static_cast<ptrdiff_t>(i) - 1);
  }
  return returned;
}

}  // namespace polytap
