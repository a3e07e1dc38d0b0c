// The calls of a thread whose return is waited for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace polytap {

struct FunctionPlace;

struct ReturnFrame {
  uint64_t address = 0;  // where the function returns to
  uint64_t sp = 0;       // the stack pointer behind its return
  const FunctionPlace* place = nullptr;
};

// Return addresses stay as they are in the tracee (so that unwinding works): a frame is recognized by address and stack
// pointer.
class ReturnFrames {
 public:
  // A function was entered. Frames that a longjmp left behind go: those deeper in the same stack, and those of the same
  // function at the same place. (Another function at the same place: one jumped to the other, and both return.)
  void push(const ReturnFrame& frame);
  // A thread is at ADDRESS with SP: the calls that have returned thereby, innermost first.
  std::vector<const FunctionPlace*> pop(uint64_t address, uint64_t sp);
  void clear() { frames_.clear(); }
  size_t size() const { return frames_.size(); }

 private:
  // Other stacks (of coroutines, of signal handlers) have frames that are alive at any distance; within this one it is
  // the same stack.
  static constexpr uint64_t kSameStack = 16 * 1024;
  // Programs that leave functions by switching stacks for good must not make the list grow for ever.
  static constexpr size_t kMostFrames = 16 * 1024;
  static bool is_deeper(const ReturnFrame& frame, uint64_t sp) { return frame.sp < sp && sp - frame.sp < kSameStack; }

  std::vector<ReturnFrame> frames_;
};

}  // namespace polytap
