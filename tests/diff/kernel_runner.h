// Runs a program's functions in the kernel (BPF_PROG_TYPE_SYSCALL by BPF_PROG_TEST_RUN) and in the interpreter, and
// gives what each left behind.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/ir/ir.h"
#include "tests/support/test_machine.h"

namespace polytap::test {

// All that a run leaves behind.
struct Outcome {
  MapContents maps;
  std::vector<std::pair<ir::EmitId, Bytes>> emitted;
  std::optional<int> exit_code;
  uint64_t faults = 0;
  uint64_t lost_updates = 0;
  bool operator==(const Outcome&) const = default;
};

std::string describe(const Outcome& outcome);

// The kernel's maps and rings for programs that have the same maps as the one given.
class KernelRunner {
 public:
  explicit KernelRunner(const ir::Program& program);
  ~KernelRunner();

  // Every function, in order, until one exits. The maps are empty again afterwards. Fails when the kernel rejects one.
  Result<Outcome> run(const ir::Program& program, Bytes context);
  // How many instructions the verifier went through for the functions of the last run; it gives up at a million.
  uint64_t verified() const;
  // Whether the kernel takes the functions as programs of tracepoints, with all that real ones begin with.
  Status load_as_tracepoints(const ir::Program& program);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The same by the interpreter; MEMORY is what there is to read.
Outcome interpret(const ir::Program& program, Bytes context, std::span<const std::byte> memory);

// A smaller program must fail in the same way: the texts without their numbers and values.
std::string kind_of_failure(const std::string& failure);

}  // namespace polytap::test
