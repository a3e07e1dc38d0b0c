// Runs a function of the IR. This is the specification: every code generator must agree with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/ir/ir.h"

namespace polytap {
class MapStore;
}

namespace polytap::ir {

// The surroundings of a probe: what the interpreter cannot know by itself. Every failure is an answer, never an error.
class Machine {
 public:
  virtual ~Machine() = default;
  // The same bytes during a whole run: the fixed part, then what its data locations point to.
  virtual std::span<const std::byte> context() = 0;
  virtual uint64_t builtin(Builtin what) = 0;
  // Fills in the current thread's name, zero padded.
  virtual void comm(std::span<char, 16> out) = 0;
  // The same of the process: the name of its first thread.
  virtual void process_name(std::span<char, 16> out) { comm(out); }
  // All of OUT, or false (OUT may then hold anything).
  virtual bool read_memory(AddressSpace space, uint64_t address, std::span<std::byte> out) = 0;
  // Bytes up to a NUL or up to OUT's end, without the NUL: how many; -1 for a fault on the first byte.
  virtual int64_t read_string(AddressSpace space, uint64_t address, std::span<char> out) = 0;
  // Frames innermost first; returns how many (at most frames.size()).
  virtual size_t stack(AddressSpace space, std::span<uint64_t> frames) = 0;
  virtual MapStore& maps() = 0;
  virtual void emit(EmitId emit, std::span<const std::byte> payload) = 0;
  virtual void exit(int code) = 0;
  virtual void fault() = 0;  // counts one failed read
  // What changes the process; false when it cannot be done. Backends that cannot do it at all refuse such programs.
  virtual bool send_signal(int, bool) { return false; }
  virtual bool override_result(int64_t) { return false; }
  virtual bool delay(uint64_t /*nanoseconds*/) { return false; }
  // The line of the system call that the thread is at, as much of it as OUT (zeros) takes; false when it is at none.
  virtual bool decode_call(std::span<char> /*out*/) { return false; }
  virtual bool write_memory(uint64_t, std::span<const std::byte>) { return false; }
};

// Runs functions of one program; holds the frame memory, so that a run allocates nothing in the usual case.
class Interpreter {
 public:
  explicit Interpreter(const Program& program) : program_(program) {}
  // A verified function. Endless loops are cut after kMaxBlocks blocks: the run then ends as if it had returned. What
  // follows Machine::exit() in the function still runs.
  void run(const Function& function, Machine& machine);
  static constexpr uint64_t kMaxBlocks = 1U << 23;

 private:
  class Run;  // one run of a function

  const Program& program_;
  std::vector<uint64_t> frame_;        // the slots, one behind the other; 8-byte aligned
  std::vector<uint32_t> slot_starts_;  // bytes from the frame's start
  std::vector<int64_t> temps_;
  std::vector<std::byte> payload_;
};

}  // namespace polytap::ir
